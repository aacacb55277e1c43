package lowrank.random;

/**
 * Numbers of other distributions at an address, made of {@link Philox}'s normal and uniform numbers by StrictMath: the same bits
 * everywhere. One stream serves one purpose: gamma draws use many columns of their row.
 */
public final class Draws {
    /** Where the second uniform number of a gamma draw of a small shape stands, far from all attempts. */
    private static final int BOOST = 1 << 30;

    private final Philox random;

    /** Draws under a seed, for one purpose. */
    public Draws(long seed, int stream) {
        random = new Philox(seed, stream);
    }

    /** target[from + c] = standard normal numbers at (row, c), c < count. */
    public void gaussians(long row, double[] target, int from, int count) {
        random.gaussians(row, 0, target, from, count);
    }

    /** A uniform number in (0, 1). */
    public double uniform(long row, int column) {
        return random.uniformAt(row, column);
    }

    /** 1 or -1, as likely. */
    public int sign(long row, int column) {
        return random.uniformAt(row, column) < 0.5 ? -1 : 1;
    }

    /** Density 1 / (pi (1 + x^2)); the quartiles are -1 and 1. */
    public double cauchy(long row, int column) {
        return StrictMath.tan(StrictMath.PI * (random.uniformAt(row, column) - 0.5));
    }

    /**
     * Density x^(shape - 1) exp(-x) / Gamma(shape), by the rejection of Marsaglia and Tsang (2000), "A simple method for generating gamma
     * variables"; below shape 1, of shape + 1 times u^(1/shape).
     */
    public double gamma(long row, double shape) {
        if (!(shape > 0) || Double.isInfinite(shape)) {
            throw new IllegalArgumentException("the shape of a gamma distribution is a positive number, not " + shape);
        }
        if (shape < 1) {
            return gammaFromOne(row, shape + 1) * StrictMath.pow(random.uniformAt(row, BOOST), 1 / shape);
        }
        return gammaFromOne(row, shape);
    }

    private double gammaFromOne(long row, double shape) {
        double d = shape - 1 / 3.0;
        double c = 1 / StrictMath.sqrt(9 * d);
        double[] normal = new double[1];
        for (int attempt = 0; ; attempt++) {
            random.gaussians(row, 2 * attempt, normal, 0, 1);
            double x = normal[0];
            double v = 1 + c * x;
            if (v > 0) {
                v = v * v * v;
                double u = random.uniformAt(row, attempt);
                if (StrictMath.log(u) < 0.5 * x * x + d - d * v + d * StrictMath.log(v)) {
                    return d * v;
                }
            }
        }
    }

    /** The sum of the squares of so many standard normal numbers. */
    public double chiSquare(long row, double freedom) {
        return 2 * gamma(row, freedom / 2);
    }

    /** The length of a vector of so many standard normal numbers. */
    public double chi(long row, double freedom) {
        return StrictMath.sqrt(chiSquare(row, freedom));
    }
}
