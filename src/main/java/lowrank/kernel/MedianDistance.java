package lowrank.kernel;

import java.util.Arrays;
import lowrank.blocks.DataException;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/**
 * The bandwidth that makes a usual pair of rows neither alike nor strangers: the median over pairs of sampled rows of the distance that
 * the kernel is a function of.
 *
 * <p><b>Cost</b>: at most {@link #SHIFTS} distances per sampled row.
 */
public final class MedianDistance {
    /** Rows that are looked at. */
    public static final int ROWS = 2000;

    /** Each row is compared with so many others. */
    private static final int SHIFTS = 50;

    private static final String KEY = "kernel.bandwidth = median";

    private MedianDistance() {}

    /** The median over pairs of sampled rows of a table. */
    public static double of(RowBlocks rows, Kernel.Form form, long seed) {
        int count = (int) Math.min(ROWS, rows.rows());
        Sample sample = Uniform.draw(rows, count, seed, false);
        if (form == Kernel.Form.CHI_SQUARED) {
            requireNoNegative(sample);
        }
        return of(new Matrix(rows.cols(), sample.count(), sample.values()), form);
    }

    /**
     * The median over pairs of rows.
     *
     * @param rows a sample, in random order, one row per column
     * @throws DataException when it is 0, since half of the rows are equal and there is no scale, or no double holds it
     */
    static double of(Matrix rows, Kernel.Form form) {
        int n = rows.cols();
        if (n < 2) {
            throw new DataException(KEY + " needs at least 2 rows; set kernel.bandwidth to a number");
        }
        int shifts = Math.min(SHIFTS, (n - 1 + 1) / 2);
        double[] distances = new double[n * shifts];
        int count = 0;
        for (int s = 1; s <= shifts; s++) {
            for (int i = 0; i < n; i++) {
                distances[count++] = distance(rows, i, (i + s) % n, form);
            }
        }
        Arrays.sort(distances, 0, count);
        double median = distances[count / 2];
        boolean squared = form == Kernel.Form.SQUARED_DISTANCE;
        // Kernels of squared distances divide by 2 s^2.
        if (!Double.isFinite(squared ? 2 * median * median : median)) {
            throw beyond("large", squared);
        }
        boolean lost = squared ? median * median < Double.MIN_NORMAL : !(median > 0);
        if (lost && 2 * unequal(rows, shifts) > count) {
            throw beyond("small", squared);
        }
        if (!(median > 0)) {
            throw new DataException(KEY + " is 0 over pairs of " + n
                    + " sampled rows: most of them are equal; set kernel.bandwidth to a number");
        }
        return median;
    }

    private static DataException beyond(String size, boolean squared) {
        return new DataException(KEY + " does not exist: the values are so " + size
                + " that doubles do not hold the squares of their differences; "
                + (squared ? "set read.scale = standard, or divide" : "divide")
                + " the columns by kernel.length-scales");
    }

    /** Pairs of rows that differ. */
    private static int unequal(Matrix rows, int shifts) {
        int n = rows.cols();
        int d = rows.rows();
        double[] v = rows.values();
        int unequal = 0;
        for (int s = 1; s <= shifts; s++) {
            for (int i = 0; i < n; i++) {
                int other = (i + s) % n * d;
                boolean equal = true;
                for (int j = 0; j < d && equal; j++) {
                    equal = v[i * d + j] == v[other + j];
                }
                unequal += equal ? 0 : 1;
            }
        }
        return unequal;
    }

    private static void requireNoNegative(Sample sample) {
        for (int i = 0; i < sample.values().length; i++) {
            if (sample.values()[i] < 0) {
                throw new DataException("row " + sample.rows()[i / sample.width()] + " column " + i % sample.width()
                        + " (counted from 0) is negative, and kernels of chi-squared kind take rows without negative"
                        + " values; shift them, or choose another kernel");
            }
        }
    }

    private static double distance(Matrix rows, int a, int b, Kernel.Form form) {
        int d = rows.rows();
        double[] v = rows.values();
        double sum = 0;
        for (int j = 0; j < d; j++) {
            double x = v[a * d + j];
            double y = v[b * d + j];
            double difference = x - y;
            sum += switch (form) {
                case SQUARED_DISTANCE -> difference * difference;
                case ABSOLUTE_DISTANCE -> Math.abs(difference);
                case CHI_SQUARED -> x + y == 0 ? 0 : difference * difference / (x + y);
                case HARMONIC, PRODUCT -> throw new IllegalArgumentException("the kernel is no function of a distance");
            };
        }
        return form == Kernel.Form.SQUARED_DISTANCE ? Math.sqrt(sum) : sum;
    }
}
