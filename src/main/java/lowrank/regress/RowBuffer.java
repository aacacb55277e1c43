package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;

/** A block that is made row by row, in the precision of the products. */
final class RowBuffer {
    private final Arena arena;
    private final int width;
    private final Precision precision;
    private final int blockRows;
    private final double[] row;
    private final RowWriter writer;
    private long address;

    RowBuffer(Arena arena, int width, Precision precision, int blockRows) {
        this.arena = arena;
        this.width = width;
        this.precision = precision;
        this.blockRows = blockRows;
        row = new double[width];
        writer = new RowWriter(precision);
    }

    double[] row() {
        return row;
    }

    /** Writes {@link #row} as a row of the block. */
    void put(int index) {
        writer.put(memory() + (long) index * width * precision.bytes(), row, 0, width);
    }

    Slab slab(int rows) {
        return new Slab(memory(), rows, width, precision);
    }

    private long memory() {
        if (address == 0) {
            // The driver only merges, and needs none.
            address = arena.allocate((long) blockRows * width, precision);
        }
        return address;
    }
}
