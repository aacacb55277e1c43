package lowrank.factor;

import java.util.Arrays;

/** {@link Moments} while rows come in, in memory that is used again. */
final class MomentsSum {
    /** Rows that are summed plainly. */
    static final int GROUP = 64;

    private final Packing packing;
    private final boolean centred;
    private final int n;
    private final double[] row;
    private final double[] groupMean;
    private final double[] groupSquare;
    private final double[] groupLargest;
    private final double[] nothing;
    private int grouped;
    private Moments sum;

    /**
     * A sum of no rows.
     *
     * @param packing how rows are read: all columns in their order, less one number each
     * @param centred whether squares are about the mean
     */
    MomentsSum(Packing packing, boolean centred) {
        if (packing.columns() != null || packing.rest() != null) {
            throw new IllegalArgumentException("moments are of all columns, less one number each");
        }
        this.packing = packing;
        this.centred = centred;
        n = packing.width();
        row = new double[n];
        groupMean = new double[n];
        groupSquare = new double[n];
        groupLargest = new double[n];
        nothing = new double[n];
        sum = Moments.none(n);
    }

    /** Adds rows that lie one after the other, the first at {@code from}. */
    void add(double[] values, int from, int rows) {
        for (int first = 0; first < rows; ) {
            // Squares about zero may wait for the rows of the next call; those about a mean need all rows of their
            // group at once.
            int count = Math.min(GROUP - grouped, rows - first);
            int start = from + first * n;
            if (centred) {
                means(values, start, count);
            }
            for (int i = 0; i < count; i++) {
                pack(values, start + i * n);
                for (int j = 0; j < n; j++) {
                    double d = row[j] - groupMean[j];
                    groupSquare[j] += d * d;
                    groupLargest[j] = Math.max(groupLargest[j], Math.abs(row[j]));
                }
            }
            grouped += count;
            first += count;
            if (centred || grouped == GROUP) {
                join();
            }
        }
    }

    private void means(double[] values, int from, int rows) {
        for (int i = 0; i < rows; i++) {
            pack(values, from + i * n);
            for (int j = 0; j < n; j++) {
                groupMean[j] += row[j];
            }
        }
        for (int j = 0; j < n; j++) {
            groupMean[j] /= rows;
        }
    }

    private void pack(double[] values, int from) {
        double[] shift = packing.shift();
        double[] factor = packing.factor();
        for (int j = 0; j < n; j++) {
            row[j] = (values[from + j] - shift[j]) * factor[j];
        }
    }

    private void join() {
        if (grouped == 0) {
            return;
        }
        sum = sum.join(new Moments(grouped, groupMean, groupSquare, nothing, groupLargest));
        Arrays.fill(groupMean, 0);
        Arrays.fill(groupSquare, 0);
        Arrays.fill(groupLargest, 0);
        grouped = 0;
    }

    /** The moments of the rows so far; the next ones begin a new sum. */
    Moments take() {
        join();
        Moments taken = sum;
        sum = Moments.none(n);
        return taken;
    }
}
