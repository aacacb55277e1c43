package lowrank.blocks;

import lowrank.blas.Precision;

/**
 * A dense off-heap matrix, column by column: what stays inside a pass. Products of tall blocks are a fifth faster into this order than
 * row by row.
 *
 * @param ld values from column to column
 */
public record Columns(long address, int rows, int cols, int ld, Precision precision) {
    /** Address of the first value of a column. */
    public long column(int column) {
        return address + (long) column * ld * precision.bytes();
    }
}
