package lowrank.blocks;

import lowrank.blas.Precision;

/** A dense off-heap matrix, row by row without gaps: the values of one column of a block. Does not own its memory. */
public record Slab(long address, int rows, int width, Precision precision) {

    /** Values held. */
    public long count() {
        return (long) rows * width;
    }

    /** Bytes held. */
    public long bytes() {
        return count() * precision.bytes();
    }

    /** Address of the first value of a row. */
    public long row(int row) {
        return address + (long) row * width * precision.bytes();
    }
}
