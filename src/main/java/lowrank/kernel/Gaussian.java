package lowrank.kernel;

import lowrank.blas.VectorMath;
import lowrank.random.Draws;

/**
 * k(x, y) = exp(-|x - y|^2 / (2 s^2)); frequencies are N(0, I / s^2).
 *
 * @param bandwidth s
 */
public record Gaussian(double bandwidth) implements ShiftInvariant {
    static final String NAME = "gaussian";

    public Gaussian {
        DistanceKernel.require(bandwidth);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Form form() {
        return Form.SQUARED_DISTANCE;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        double factor = DistanceKernel.factor(-0.5 / bandwidth / bandwidth);
        for (int j = from; j < from + count; j++) {
            values[j] = factor * Math.max(values[j], 0);
        }
        VectorMath.exp(values, from, count);
    }

    @Override
    public double radius(Draws random, long feature) {
        return 1 / bandwidth;
    }
}
