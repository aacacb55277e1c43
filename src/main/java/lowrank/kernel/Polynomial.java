package lowrank.kernel;

import java.util.Map;

/**
 * k(x, y) = (scale x'y + offset)^degree.
 *
 * @param scale of the product, above 0
 * @param offset at least 0, else the kernel is not positive semidefinite
 * @param degree at least 1
 */
public record Polynomial(double scale, double offset, int degree) implements Kernel {
    static final String NAME = "polynomial";

    /** Beyond, values are 0 or infinite for nearly all rows. */
    private static final int MOST_DEGREE = 100;

    public Polynomial {
        Parameter.requirePositive("scale", scale);
        Parameter.requireNotNegative("offset", offset);
        if (degree < 1 || degree > MOST_DEGREE) {
            throw new IllegalArgumentException(
                    "kernel.degree must lie between 1 and " + MOST_DEGREE + ", not be " + degree);
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Map<String, Double> parameters() {
        return Map.of("scale", scale, "offset", offset, "degree", (double) degree);
    }

    @Override
    public Form form() {
        return Form.PRODUCT;
    }

    @Override
    public void apply(double[] values, int from, int count, double size, double[] sizes, int sizesFrom) {
        for (int j = from; j < from + count; j++) {
            values[j] = power(Math.fma(scale, values[j], offset), degree);
        }
    }

    /** base^exponent for an exponent of at least 0, by squaring. */
    static double power(double base, int exponent) {
        double result = 1;
        double square = base;
        for (int e = exponent; e > 0; e >>= 1) {
            if ((e & 1) != 0) {
                result *= square;
            }
            square *= square;
        }
        return result;
    }

    @Override
    public double self(double size) {
        return power(Math.fma(scale, size, offset), degree);
    }
}
