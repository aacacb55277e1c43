package lowrank.kernel;

import java.util.Map;
import lowrank.blas.VectorMath;
import lowrank.random.Draws;

/**
 * With a = sqrt(2 nu) |x - y| / s: k(x, y) = exp(-a) for nu = 1/2, (1 + a) exp(-a) for 3/2, (1 + a + a^2/3) exp(-a) for 5/2. Frequencies
 * are a multivariate t distribution: g sqrt(2 nu / chi^2_(2 nu)) / s, g ~ N(0, I).
 *
 * @param bandwidth s
 * @param nu how smooth: 0.5, 1.5 or 2.5
 */
public record Matern(double bandwidth, double nu) implements ShiftInvariant {
    static final String NAME = "matern";

    /** Distances at a time. */
    private static final int STRIP = 256;

    public Matern {
        DistanceKernel.require(bandwidth);
        if (nu != 0.5 && nu != 1.5 && nu != 2.5) {
            throw new IllegalArgumentException("kernel.nu must be 0.5, 1.5 or 2.5, not " + nu);
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Map<String, Double> parameters() {
        return Map.of(BANDWIDTH, bandwidth, "nu", nu);
    }

    @Override
    public Form form() {
        return Form.SQUARED_DISTANCE;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        double factor = DistanceKernel.factor(Math.sqrt(2 * nu) / bandwidth);
        double linear = nu == 0.5 ? 0 : 1;
        double square = nu == 2.5 ? 1 / 3.0 : 0;
        double[] power = new double[Math.min(STRIP, count)];
        for (int first = from; first < from + count; first += STRIP) {
            int some = Math.min(STRIP, from + count - first);
            for (int j = 0; j < some; j++) {
                double a = factor * Math.sqrt(Math.max(values[first + j], 0));
                values[first + j] = a;
                power[j] = -a;
            }
            VectorMath.exp(power, 0, some);
            for (int j = 0; j < some; j++) {
                double a = values[first + j];
                // 0 * infinity^2 is NaN: of an infinite distance only the power counts.
                values[first + j] = power[j] == 0 ? 0 : power[j] * (1 + a * (linear + a * square));
            }
        }
    }

    @Override
    public double radius(Draws random, long feature) {
        return StrictMath.sqrt(2 * nu / random.chiSquare(feature, 2 * nu)) / bandwidth;
    }
}
