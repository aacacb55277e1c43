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

    private MedianDistance() {}

    /** The median over pairs of sampled rows of a table. */
    public static double of(RowBlocks rows, Kernel.Form form, long seed) {
        int count = (int) Math.min(ROWS, rows.rows());
        Sample sample = Uniform.draw(rows, count, seed, false);
        return of(new Matrix(rows.cols(), sample.count(), sample.values()), form);
    }

    /**
     * The median over pairs of rows.
     *
     * @param rows a sample, in random order, one row per column
     * @throws DataException when it is 0: half of the rows are equal, and there is no scale
     */
    static double of(Matrix rows, Kernel.Form form) {
        int n = rows.cols();
        int shifts = Math.min(SHIFTS, (n - 1 + 1) / 2);
        double[] distances = new double[Math.max(1, n * shifts)];
        int count = 0;
        for (int s = 1; s <= shifts; s++) {
            for (int i = 0; i < n; i++) {
                distances[count++] = distance(rows, i, (i + s) % n, form);
            }
        }
        Arrays.sort(distances, 0, count);
        double median = count == 0 ? 0 : distances[count / 2];
        if (!(median > 0)) {
            throw new DataException("kernel.bandwidth = median is 0 over pairs of " + n
                    + " sampled rows: most of them are equal; set kernel.bandwidth to a number");
        }
        return median;
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
