package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;

/**
 * How many rows are shown, and the means and the sums of products about them of their queries and keys: what aligns queries and keys
 * ({@link Alignment}).
 *
 * @param count shown rows
 */
public record HeadMoments(long count, Side query, Side key) implements Serializable {

    /**
     * Of queries, or of keys.
     *
     * @param products sum (x - mean)(x - mean)'
     */
    public record Side(double[] mean, Triangle products) implements Serializable {

        /** Of both sets of rows (Chan, Golub and LeVeque 1983): what is added has positive diagonals, so nothing cancels. */
        Side and(Side other, long mine, long others) {
            int d = mean.length;
            double[] step = new double[d];
            double[] both = mean.clone();
            for (int j = 0; j < d; j++) {
                step[j] = other.mean[j] - mean[j];
                both[j] += step[j] * others / (mine + others);
            }
            double[] sum = products.plus(other.products).values();
            double weight = (double) mine * others / (mine + others);
            for (int j = 0, at = 0; j < d; at += ++j) {
                for (int i = 0; i <= j; i++) {
                    sum[at + i] += weight * step[i] * step[j];
                }
            }
            return new Side(both, new Triangle(d, sum));
        }

        /** The covariance. */
        Matrix covariance(long count) {
            Matrix c = products.symmetric();
            double[] parts = new double[mean.length];
            Arrays.fill(parts, 1.0 / count);
            return c.scaleColumns(parts);
        }
    }

    /** Those of a head, in one read of its queries and keys: 2 d^2 flops per row, d^2 + 3 d doubles a task. */
    public static HeadMoments of(RowBlocks rows) {
        return rows.pass(new HeadMomentsPass());
    }

    /** Bytes on the heap, of queries of this width. */
    public static long bytes(int width) {
        return 8L * width * (width + 3);
    }

    /** Those of both sets of rows. */
    public HeadMoments and(HeadMoments other) {
        if (count == 0 || other.count == 0) {
            return count == 0 ? other : this;
        }
        return new HeadMoments(
                count + other.count,
                query.and(other.query, count, other.count),
                key.and(other.key, count, other.count));
    }
}
