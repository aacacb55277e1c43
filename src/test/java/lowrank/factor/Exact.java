package lowrank.factor;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import lowrank.linalg.Matrix;

/**
 * A small matrix, centred and scaled as some factors say they were, but by exact means: the reference for those factors.
 *
 * @param matrix (a - mean) / deviation unit, every entry right to a few units of roundoff of its own
 * @param unit a power of two, so that nothing over- or underflows
 */
record Exact(Matrix matrix, double unit) {
    /** More than any double has, so that the mean of equal values is that value. */
    private static final MathContext DIGITS = new MathContext(1100);

    /** The reference for factors: centred where any of their means is not 0, scaled where any of their scales is not 1. */
    static Exact of(Matrix a, Svd svd) {
        boolean center = Arrays.stream(svd.mean()).anyMatch(x -> x != 0);
        return of(a, center, center && Arrays.stream(svd.scale()).anyMatch(x -> x != 1));
    }

    static Exact of(Matrix a, boolean center, boolean scale) {
        Matrix centred = center ? centred(a) : a;
        if (scale) {
            centred = scaled(centred);
        }
        double largest = Arrays.stream(centred.values()).map(Math::abs).max().orElse(0);
        double unit = largest == 0 ? 1 : Magnitude.unitFor(largest);
        return new Exact(centred.scaleColumns(Magnitude.filled(a.cols(), unit)), unit);
    }

    private static Matrix centred(Matrix a) {
        Matrix centred = Matrix.zeros(a.rows(), a.cols());
        for (int j = 0; j < a.cols(); j++) {
            BigDecimal sum = BigDecimal.ZERO;
            for (int i = 0; i < a.rows(); i++) {
                sum = sum.add(new BigDecimal(a.get(i, j)));
            }
            BigDecimal mean = sum.divide(BigDecimal.valueOf(a.rows()), DIGITS);
            double high = mean.doubleValue();
            double low = mean.subtract(new BigDecimal(high)).doubleValue();
            for (int i = 0; i < a.rows(); i++) {
                centred.set(i, j, a.get(i, j) - high - low);
            }
        }
        return centred;
    }

    private static Matrix scaled(Matrix centred) {
        Matrix scaled = Matrix.zeros(centred.rows(), centred.cols());
        for (int j = 0; j < centred.cols(); j++) {
            double largest = 0;
            for (int i = 0; i < centred.rows(); i++) {
                largest = Math.max(largest, Math.abs(centred.get(i, j)));
            }
            BigDecimal squares = BigDecimal.ZERO;
            for (int i = 0; i < centred.rows() && largest > 0; i++) {
                squares = squares.add(new BigDecimal(centred.get(i, j) / largest).pow(2), MathContext.DECIMAL128);
            }
            double deviation = Math.sqrt(squares.doubleValue() / (centred.rows() - 1));
            for (int i = 0; i < centred.rows() && largest > 0; i++) {
                scaled.set(i, j, centred.get(i, j) / largest / deviation);
            }
        }
        return scaled;
    }
}
