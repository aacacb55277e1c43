package lowrank.factor;

import java.io.Serializable;

/**
 * Column means and sums of squares of packed rows. Squares are about the mean when the matrix is to be centred, about zero
 * otherwise; groups of rows are joined by the update of Chan, Golub and LeVeque (1983), "Algorithms for computing the sample
 * variance", whose terms are all positive: nothing cancels, however large the mean. Sums of squares carry their rounding error
 * along (Knuth's two-sum), since residuals are found by subtracting from them.
 *
 * @param count rows
 * @param mean column means, or zeros when squares are about zero
 * @param square sums of squares per column
 * @param error what rounding took from them
 * @param largest magnitude of the packed values of each column
 */
record Moments(long count, double[] mean, double[] square, double[] error, double[] largest) implements Serializable {

    /** No rows of so many columns. */
    static Moments none(int cols) {
        return new Moments(0, new double[cols], new double[cols], new double[cols], new double[cols]);
    }

    /**
     * These rows and those, as new moments. With d = mean_b - mean_a and c = count_a + count_b: mean = mean_a + d count_b / c,
     * square = square_a + square_b + d^2 count_a count_b / c.
     */
    Moments and(Moments b) {
        return new Moments(count, mean.clone(), square.clone(), error.clone(), largest.clone()).join(b);
    }

    /** The same in place: the arrays of these moments become those of the result. Only for the one that made them. */
    Moments join(Moments b) {
        long both = count + b.count;
        double weight = (double) b.count / both;
        double cross = count * weight;
        for (int j = 0; j < mean.length; j++) {
            double d = b.mean[j] - mean[j];
            mean[j] += d * weight;
            double added = b.square[j] + d * d * cross;
            double sum = square[j] + added;
            double part = sum - square[j];
            error[j] += b.error[j] + ((square[j] - (sum - part)) + (added - part));
            square[j] = sum;
            largest[j] = Math.max(largest[j], b.largest[j]);
        }
        return new Moments(both, mean, square, error, largest);
    }

    /** Sum of squares of column j. */
    double squareOf(int j) {
        return square[j] + error[j];
    }
}
