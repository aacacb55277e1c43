package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.linalg.Matrix;

/**
 * Means of consecutive rows: landmarks. Row i of n belongs to segment floor(i m / n), so sizes differ by at most one; hidden rows count
 * in no mean.
 *
 * @param counts shown rows of each segment
 * @param q sums of queries, segment by segment
 * @param k sums of keys
 * @param v sums of values, none where they are not asked for
 */
record SegmentMeans(long[] counts, double[] q, double[] k, double[] v) implements Serializable {

    SegmentMeans and(SegmentMeans other) {
        SegmentMeans both = new SegmentMeans(counts.clone(), q.clone(), k.clone(), v.clone());
        Arrays.setAll(both.counts, i -> counts[i] + other.counts[i]);
        add(both.q, other.q);
        add(both.k, other.k);
        add(both.v, other.v);
        return both;
    }

    private static void add(double[] to, double[] what) {
        for (int i = 0; i < to.length; i++) {
            to[i] += what[i];
        }
    }

    /** The same without segments whose rows are all hidden. */
    SegmentMeans shown() {
        int[] kept = java.util.stream.IntStream.range(0, counts.length)
                .filter(i -> counts[i] > 0)
                .toArray();
        if (kept.length == counts.length) {
            return this;
        }
        return new SegmentMeans(
                Arrays.stream(kept).mapToLong(i -> counts[i]).toArray(), of(q, kept), of(k, kept), of(v, kept));
    }

    private double[] of(double[] sums, int[] kept) {
        int width = sums.length / counts.length;
        double[] some = new double[kept.length * width];
        for (int i = 0; i < kept.length; i++) {
            System.arraycopy(sums, kept[i] * width, some, i * width, width);
        }
        return some;
    }

    int segments() {
        return counts.length;
    }

    /** Means of queries, a column each. */
    Matrix queries() {
        return means(q);
    }

    /** Means of keys, a column each. */
    Matrix keys() {
        return means(k);
    }

    /** Means of values, a column each. */
    Matrix values() {
        return means(v);
    }

    /** Logarithms of the counts: what the score of a mean gains for the keys that it stands for. */
    double[] logCounts() {
        return Arrays.stream(counts).mapToDouble(StrictMath::log).toArray();
    }

    private Matrix means(double[] sums) {
        int width = sums.length / counts.length;
        double[] means = new double[sums.length];
        Arrays.setAll(means, i -> sums[i] / counts[i / width]);
        return new Matrix(width, counts.length, means);
    }
}
