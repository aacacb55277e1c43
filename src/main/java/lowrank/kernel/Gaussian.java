package lowrank.kernel;

import lowrank.blas.VectorMath;

/**
 * k(x, y) = exp(-|x - y|^2 / (2 s^2)).
 *
 * @param bandwidth s
 */
public record Gaussian(double bandwidth) implements Kernel {
    public Gaussian {
        if (!(bandwidth > 0) || Double.isInfinite(bandwidth)) {
            throw new IllegalArgumentException("kernel.bandwidth must be a positive number, not " + bandwidth);
        }
    }

    @Override
    public String name() {
        return "gaussian";
    }

    @Override
    public Form form() {
        return Form.SQUARED_DISTANCE;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        double factor = -0.5 / (bandwidth * bandwidth);
        for (int j = from; j < from + count; j++) {
            values[j] = factor * values[j];
        }
        VectorMath.exp(values, from, count);
    }

    @Override
    public double self(double size) {
        return 1;
    }
}
