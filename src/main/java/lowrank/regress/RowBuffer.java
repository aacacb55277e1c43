package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;

/** A block that is made row by row, in the precision of the products. */
final class RowBuffer {
    private final Arena arena;
    private final int width;
    private final Precision precision;
    private final int blockRows;
    private final double[] row;
    private final float[] floats;
    private long address;

    RowBuffer(Arena arena, int width, Precision precision, int blockRows) {
        this.arena = arena;
        this.width = width;
        this.precision = precision;
        this.blockRows = blockRows;
        row = new double[width];
        floats = new float[precision == Precision.FLOAT ? width : 0];
    }

    double[] row() {
        return row;
    }

    /** Writes {@link #row} as a row of the block. */
    void put(int index) {
        long at = memory() + (long) index * width * precision.bytes();
        if (precision == Precision.DOUBLE) {
            OffHeap.put(at, row, 0, width);
        } else {
            for (int j = 0; j < width; j++) {
                floats[j] = (float) row[j];
            }
            OffHeap.put(at, floats, 0, width);
        }
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
