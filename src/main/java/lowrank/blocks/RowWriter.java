package lowrank.blocks;

import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/** Puts panels of rows from the heap into a slab, rounded to its type: what {@link RowReader} does, the other way. */
public final class RowWriter {
    private final float[] floats;

    /**
     * @param precision of the slabs
     * @param most values of a panel
     */
    public RowWriter(Precision precision, int most) {
        floats = precision == Precision.FLOAT ? new float[most] : null;
    }

    /** Rows first .. first + count of a slab = values, row by row. */
    public void write(Slab slab, int first, int count, double[] values) {
        int n = count * slab.width();
        if (slab.precision() == Precision.DOUBLE) {
            OffHeap.put(slab.row(first), values, 0, n);
        } else {
            for (int i = 0; i < n; i++) {
                floats[i] = (float) values[i];
            }
            OffHeap.put(slab.row(first), floats, 0, n);
        }
    }
}
