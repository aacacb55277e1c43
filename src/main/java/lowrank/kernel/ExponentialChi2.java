package lowrank.kernel;

import lowrank.blas.VectorMath;

/**
 * k(x, y) = exp(-sum (x_j - y_j)^2 / (x_j + y_j) / s), where 0/0 is 0, of rows without negative values.
 *
 * @param bandwidth s
 */
public record ExponentialChi2(double bandwidth) implements DistanceKernel {
    static final String NAME = "exponential-chi2";

    public ExponentialChi2 {
        DistanceKernel.require(bandwidth);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Form form() {
        return Form.CHI_SQUARED;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        double factor = DistanceKernel.factor(-1 / bandwidth);
        for (int j = from; j < from + count; j++) {
            values[j] = factor * values[j];
        }
        VectorMath.exp(values, from, count);
    }
}
