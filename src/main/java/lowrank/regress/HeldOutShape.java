package lowrank.regress;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;

/**
 * What predicting held-out rows takes, by shapes alone; for passes and for plans. Of each fold travels what is less: the coefficients of all
 * lambdas, D x (lambdas t), or V and b, D x (D + t), from which tasks make them: w = V (L + mu)^-1 b.
 *
 * @param features D
 * @param targets t
 */
public record HeldOutShape(int features, int targets, int lambdas) {
    /** Bytes of folds that travel at once; one fold is the least. */
    static final long MOST_BYTES = 1L << 27;

    /** Whether V travels. */
    boolean rotates() {
        return features > 0 && predictions() > features;
    }

    /** Predictions of a row. */
    private long predictions() {
        return (long) lambdas * targets;
    }

    /** Columns of what the rows of a fold are multiplied by first: V, or the coefficients. */
    private long columns() {
        return rotates() ? features : predictions();
    }

    /** Lambdas whose predictions of a block are made at once. */
    int panel() {
        return rotates() ? Math.max(1, features / targets) : lambdas;
    }

    /** Bytes of what travels of one fold. */
    private long partBytes() {
        long filter = rotates() ? (long) features * (targets + 1) + lambdas : 0;
        return 8 * (features * columns() + filter + predictions());
    }

    /** Folds of one pass. */
    public int together(int folds) {
        return together(folds, MOST_BYTES);
    }

    int together(int folds, long most) {
        return (int) Math.max(1, Math.min(folds, most / Math.max(1, partBytes())));
    }

    /** The name of a pass over so many folds. */
    public static String label(int parts) {
        return "held-out errors of " + parts + (parts == 1 ? " fold" : " folds");
    }

    /** Bytes that a pass over so many folds sends to the tasks. */
    public long sentBytes(int parts) {
        return parts * partBytes();
    }

    /** Flops of {@code parts} of the folds of a table. */
    public double flops(long rows, int parts, int folds) {
        double products = predictions() + (rotates() ? features : 0);
        return 2.0 * rows * parts / folds * features * products;
    }

    /** Bytes of a node. */
    public long nodeBytes() {
        return 8 * (predictions() + lambdas);
    }

    /** Bytes off the heap of one task beside the rows gathered by fold: V or coefficients of all parts, and the products of a block. */
    public long workBytes(Layout layout, int parts, Precision precision) {
        long b = layout.blockRows();
        long panel = (long) panel() * targets;
        long rotated = rotates() ? b * features + features * panel : 0;
        return precision.bytes() * ((long) parts * features * columns() + rotated + b * panel);
    }
}
