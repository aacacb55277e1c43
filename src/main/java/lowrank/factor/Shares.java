package lowrank.factor;

import java.io.Serializable;

/**
 * What a model misses of rows, by their squared norms: how large a part of each, and of all together.
 *
 * @param missed sum of what is missed of the squares; infinite where they overflow
 * @param whole sum of the squares
 * @param counts rows by the part that is missed: class k from 2^-(k+1) to below 2^-k, the first with 1, the last with all that is less.
 *     Powers of two are exact, so the counts are the same on any machine
 */
public record Shares(double missed, double whole, long[] counts) implements Serializable {
    /** Parts below 2^-96 are rounding of rounding. */
    static final int CLASSES = 97;

    /** The class of a part from 0 to 1; what is not finite counts as 1. */
    static int classOf(double part) {
        return !(part < 1) ? 0 : Math.min(CLASSES - 1, -1 - Math.getExponent(part));
    }

    /** The largest part of a class. */
    public static double most(int k) {
        return Math.scalb(1.0, -k);
    }

    Shares plus(Shares other) {
        long[] sum = counts.clone();
        for (int k = 0; k < sum.length; k++) {
            sum[k] += other.counts[k];
        }
        return new Shares(missed + other.missed, whole + other.whole, sum);
    }

    /** What is missed of all rows together; not a number where the sums overflow. */
    public double part() {
        return whole > 0 ? missed / whole : missed == 0 ? 0 : Double.NaN;
    }

    /** How many rows there are. */
    public long rows() {
        long rows = 0;
        for (long count : counts) {
            rows += count;
        }
        return rows;
    }

    /** The least edge of a class that this many of the rows do not exceed. */
    public double atMost(long rows) {
        long below = 0;
        for (int k = CLASSES - 1; k > 0; k--) {
            below += counts[k];
            if (below >= rows) {
                return most(k);
            }
        }
        return 1;
    }
}
