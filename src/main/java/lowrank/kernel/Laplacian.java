package lowrank.kernel;

import lowrank.blas.VectorMath;
import lowrank.random.Draws;

/**
 * k(x, y) = exp(-sum |x_j - y_j| / s); the coordinates of a frequency are independent Cauchy numbers over s, so that some are very
 * large and features are noisier than those of other kernels.
 *
 * @param bandwidth s
 */
public record Laplacian(double bandwidth) implements ShiftInvariant {
    static final String NAME = "laplacian";

    public Laplacian {
        DistanceKernel.require(bandwidth);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Form form() {
        return Form.ABSOLUTE_DISTANCE;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        double factor = DistanceKernel.factor(-1 / bandwidth);
        for (int j = from; j < from + count; j++) {
            values[j] = factor * values[j];
        }
        VectorMath.exp(values, from, count);
    }

    @Override
    public boolean isotropic() {
        return false;
    }

    @Override
    public void direction(Draws random, long feature, double[] direction, int from, int count) {
        for (int j = 0; j < count; j++) {
            direction[from + j] = random.cauchy(feature, j);
        }
    }

    @Override
    public double radius(Draws random, long feature) {
        return 1 / bandwidth;
    }
}
