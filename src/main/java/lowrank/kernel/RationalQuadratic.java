package lowrank.kernel;

import java.util.Map;
import lowrank.random.Draws;

/**
 * k(x, y) = (1 + |x - y|^2 / (2 alpha s^2))^-alpha, a mixture of Gaussians of all bandwidths; alpha = 1 is the isotropic Cauchy kernel.
 * Frequencies are N(0, tau I) with tau ~ Gamma(alpha, rate alpha s^2).
 *
 * <p>Multiples of 1/2 as alpha are powers and roots; any other takes StrictMath.pow, about 50 ns a pair.
 *
 * @param bandwidth s
 * @param alpha how much of the mass lies near
 */
public record RationalQuadratic(double bandwidth, double alpha) implements ShiftInvariant {
    static final String NAME = "rational-quadratic";

    /** Powers up to this one are products. */
    private static final double PRODUCTS = 64;

    public RationalQuadratic {
        DistanceKernel.require(bandwidth);
        Parameter.requirePositive("alpha", alpha);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Map<String, Double> parameters() {
        return Map.of(BANDWIDTH, bandwidth, "alpha", alpha);
    }

    @Override
    public Form form() {
        return Form.SQUARED_DISTANCE;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        double factor = DistanceKernel.factor(0.5 / alpha / bandwidth / bandwidth);
        boolean products = alpha <= PRODUCTS && 2 * alpha == Math.rint(2 * alpha);
        int twice = products ? (int) (2 * alpha) : 0;
        for (int j = from; j < from + count; j++) {
            double base = 1 + factor * Math.max(values[j], 0);
            if (products) {
                double power = Polynomial.power(base, twice / 2);
                values[j] = 1 / (twice % 2 == 0 ? power : power * Math.sqrt(base));
            } else {
                values[j] = StrictMath.pow(base, -alpha);
            }
        }
    }

    @Override
    public double radius(Draws random, long feature) {
        return StrictMath.sqrt(random.gamma(feature, alpha) / alpha) / bandwidth;
    }
}
