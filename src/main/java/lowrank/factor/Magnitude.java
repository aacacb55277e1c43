package lowrank.factor;

import java.util.Arrays;
import lowrank.blas.Precision;
import lowrank.linalg.NumericalException;

/**
 * The unit in which a matrix is factored: 1 while its values are of ordinary size, else the power of two that brings the largest
 * near 1. Squares and their sums then neither overflow nor vanish, and multiplying by a power of two is exact.
 */
final class Magnitude {
    /** Squares of doubles up to this, summed over any number of rows, stay finite; those of 1 over it stay normal. */
    private static final double LARGE_DOUBLE = 1e70;

    /** The same for products in float. */
    private static final double LARGE_FLOAT = 1e8;

    private Magnitude() {}

    /** Whether a matrix whose largest magnitude is {@code maxAbs} must be read again in another unit. */
    static boolean needsUnit(double maxAbs, Precision precision) {
        double large = precision == Precision.DOUBLE ? LARGE_DOUBLE : LARGE_FLOAT;
        return maxAbs > 0 && !(maxAbs <= large && maxAbs >= 1 / large);
    }

    /** The power of two that brings the largest magnitude into [1, 2). */
    static double unitFor(double maxAbs) {
        // Near the ends of the range 2^-e is not a double; 2^1000 is close enough to 1 there.
        return Math.scalb(1.0, -Math.max(-1000, Math.min(1000, Math.getExponent(maxAbs))));
    }

    /**
     * The units in which columns are read: one for all, that of the largest value, or one for each, which costs nothing where columns
     * are divided by their deviations, and keeps those that are far smaller than others.
     *
     * @param largest magnitude of each column
     */
    static double[] units(double[] largest, Precision precision, boolean each) {
        double all = largest(largest);
        double[] units = new double[largest.length];
        for (int j = 0; j < units.length; j++) {
            // Of what overflowed only the size of all is known, if at all.
            double size = each && Double.isFinite(largest[j]) ? largest[j] : all;
            units[j] = needsUnit(size, precision) ? unitFor(size) : 1;
        }
        return units;
    }

    /** Whether there is any other than 1. */
    static boolean areUnits(double[] units) {
        return Arrays.stream(units).anyMatch(unit -> unit != 1);
    }

    /** The largest of all, NaN where there is one. */
    static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    /** Refuses deviations that have few digits or none, of columns that are to be divided by them. */
    static void requireNormal(double[] deviations) {
        for (int j = 0; j < deviations.length; j++) {
            if (deviations[j] < Double.MIN_NORMAL) {
                throw new NumericalException("column " + j + " (from 0) varies by less than the smallest normal double"
                        + " (2.2e-308), so that it cannot be divided by its deviation; multiply it by a power of two");
            }
        }
    }

    /** Refuses values whose differences are beyond the range of doubles in any unit. */
    static void requireFinite(double maxAbs) {
        if (!Double.isFinite(maxAbs)) {
            throw new NumericalException(
                    "values are so near the largest double that their differences overflow; divide "
                            + "the input by a power of two");
        }
    }

    /** Back from a unit: values / unit. */
    static double[] divided(double[] values, double unit) {
        return Arrays.stream(values).map(x -> x / unit).toArray();
    }

    /** n times the same value. */
    static double[] filled(int n, double value) {
        double[] values = new double[n];
        Arrays.fill(values, value);
        return values;
    }
}
