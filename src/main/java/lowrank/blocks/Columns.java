package lowrank.blocks;

import lowrank.blas.Precision;

/**
 * A dense off-heap matrix, column by column: what stays inside a pass. Products of tall blocks are a fifth faster into this order than
 * row by row.
 *
 * @param ld values from column to column
 */
public record Columns(long address, int rows, int cols, int ld, Precision precision) {
    /** Values between the columns of a block, so that they do not lie a power of two apart and share the same lines of the cache. */
    private static final int GAP = 8;

    /** Distance of the columns of a matrix of at most so many rows. */
    public static int distance(int rows) {
        return rows + GAP;
    }

    /** Address of the first value of a column. */
    public long column(int column) {
        return address + (long) column * ld * precision.bytes();
    }
}
