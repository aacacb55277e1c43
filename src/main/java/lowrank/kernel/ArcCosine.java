package lowrank.kernel;

import java.util.Map;

/**
 * With theta the angle between x and y: k(x, y) = 1 - theta / pi for order 0, |x| |y| (sin theta + (pi - theta) cos theta) / pi for order
 * 1: what an infinitely wide layer of steps or of rectified linear units does (Cho and Saul 2009, "Kernel methods for deep learning").
 * A row of zeros has no angle: its kernel with every row is 0, as that of its features is.
 *
 * <p>The angle is made of x'y, |x|^2 and |y|^2, and is off by up to sqrt(2 e) where these are off by a part e: order 0 knows values of
 * nearly parallel rows to about 1e-8 only, order 1 to about 1e-15. An angle takes StrictMath.acos, about 20 ns a pair. Rows
 * shorter than 1e-150 have squares with few digits, and so have their angles.
 *
 * @param order 0 or 1
 */
public record ArcCosine(int order) implements Kernel {
    static final String NAME = "arc-cosine";

    /** Cosines this near to 1 or -1 are those of parallel rows. */
    private static final double PARALLEL = 0x1p-50;

    public ArcCosine {
        if (order != 0 && order != 1) {
            throw new IllegalArgumentException("kernel.order must be 0 or 1, not " + order);
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Map<String, Double> parameters() {
        return Map.of("order", (double) order);
    }

    @Override
    public Form form() {
        return Form.PRODUCT;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        double norm = Math.sqrt(size);
        for (int j = 0; j < count; j++) {
            // Norms one by one: their squares' product may leave the range of doubles.
            double both = norm * Math.sqrt(sizes[sizesFrom + j]);
            values[from + j] = both == 0 ? 0 : value(values[from + j] / both, both);
        }
    }

    private double value(double cosine, double both) {
        double c = cosine >= 1 - PARALLEL ? 1 : cosine <= PARALLEL - 1 ? -1 : cosine;
        double rest = StrictMath.PI - StrictMath.acos(c);
        if (order == 0) {
            return rest / StrictMath.PI;
        }
        return both * (Math.sqrt((1 - c) * (1 + c)) + rest * c) / StrictMath.PI;
    }

    @Override
    public double self(double size) {
        return order == 1 ? size : size == 0 ? 0 : 1;
    }
}
