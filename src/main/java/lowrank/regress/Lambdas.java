package lowrank.regress;

import lowrank.blas.Precision;

/** Which lambdas normal equations can be solved for, and which of many is best. */
public final class Lambdas {
    /** Values of a default path. */
    public static final int PATH = 30;

    /** Below n lambda = this times l_max, products in double leave nothing of the equations. */
    static final double DOUBLE_LIMIT = 1e-13;

    /** The same of products in float. */
    static final double FLOAT_LIMIT = 1e-6;

    private Lambdas() {}

    /**
     * The least lambda that can be told from rounding.
     *
     * @param size of what was summed: the largest eigenvalue, with an intercept and n |mean(z)|^2
     */
    static double least(double size, double n, Precision precision) {
        return (precision == Precision.DOUBLE ? DOUBLE_LIMIT : FLOAT_LIMIT) * size / n;
    }

    /** So many values from the largest sensible lambda, l_max / n, down to {@code bottom}; evenly spaced in logarithm. */
    static double[] path(double largest, double bottom, double n, int count) {
        // Features that are nearly constant may leave nothing between the two.
        double top = Math.max(largest / n, 10 * bottom);
        double[] path = new double[count];
        double ratio = bottom / top;
        for (int i = 0; i < count; i++) {
            path[i] = top * (count == 1 ? 1 : StrictMath.pow(ratio, (double) i / (count - 1)));
        }
        return path;
    }

    /** Refuses what the equations cannot be solved for. */
    static void require(double lambda, double size, double n, Precision precision) {
        if (!(lambda > 0) || Double.isInfinite(lambda)) {
            throw new IllegalArgumentException("solve.lambda must be a positive number, not " + lambda);
        }
        double least = least(size, n, precision);
        // The end of a path is the limit itself, rounded.
        if (lambda < least * (1 - 1e-9)) {
            throw new LambdaTooSmallException("solve.lambda must be at least " + least
                    + " for this data: normal equations "
                    + (precision == Precision.DOUBLE
                            ? "in double lose smaller ones to rounding"
                            : "of float blocks lose smaller ones to rounding; blocks.precision = double allows "
                                    + least(size, n, Precision.DOUBLE)));
        }
    }

    /**
     * The index of the least sum over targets of score / unit; ties go to the larger lambda.
     *
     * @param scores per lambda and target; a sum that is not a number never wins
     * @param units per target: ones where all targets have one unit, else their variances, say
     */
    public static int best(double[] lambdas, double[][] scores, double[] units) {
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < lambdas.length; i++) {
            double sum = 0;
            for (int k = 0; k < units.length; k++) {
                sum += units[k] > 0 ? scores[i][k] / units[k] : 0;
            }
            boolean tie = best >= 0 && sum == least && lambdas[i] > lambdas[best];
            if (sum < least || tie) {
                least = sum;
                best = i;
            }
        }
        if (best < 0) {
            throw new IllegalArgumentException(
                    "solve.lambda: no value of the path has a finite score; give larger ones, or fewer features");
        }
        return best;
    }
}
