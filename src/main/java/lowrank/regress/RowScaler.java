package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;

/** The rows of a block times one number each, in own memory. */
final class RowScaler {
    private final Arena arena;
    private final int width;
    private final Precision precision;
    private final int blockRows;
    private long memory;
    private final double[] doubles;
    private final float[] floats;

    RowScaler(Arena arena, int width, Precision precision, int blockRows) {
        this.arena = arena;
        this.width = width;
        this.precision = precision;
        this.blockRows = blockRows;
        doubles = new double[precision == Precision.DOUBLE ? width : 0];
        floats = new float[precision == Precision.FLOAT ? width : 0];
    }

    Slab scaled(Slab rows, double[] factors) {
        if (memory == 0) {
            // The driver only merges, and needs none.
            memory = arena.allocate((long) blockRows * width, precision);
        }
        Slab scaled = new Slab(memory, rows.rows(), width, precision);
        for (int i = 0; i < rows.rows(); i++) {
            if (precision == Precision.DOUBLE) {
                OffHeap.get(rows.row(i), doubles, 0, width);
                double factor = factors[i];
                for (int j = 0; j < width; j++) {
                    doubles[j] *= factor;
                }
                OffHeap.put(scaled.row(i), doubles, 0, width);
            } else {
                OffHeap.get(rows.row(i), floats, 0, width);
                float factor = (float) factors[i];
                for (int j = 0; j < width; j++) {
                    floats[j] *= factor;
                }
                OffHeap.put(scaled.row(i), floats, 0, width);
            }
        }
        return scaled;
    }
}
