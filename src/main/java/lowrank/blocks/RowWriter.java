package lowrank.blocks;

import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/** Puts doubles of the heap where blocks lie, rounded to their type: what {@link RowReader} does, the other way. */
public final class RowWriter {
    private final float[] floats;

    /** A writer of values of this type. */
    public RowWriter(Precision precision) {
        floats = precision == Precision.FLOAT ? new float[OffHeap.TILE] : null;
    }

    /** Rows first .. first + count of a slab = values, row by row. */
    public void write(Slab slab, int first, int count, double[] values) {
        put(slab.row(first), values, 0, count * slab.width());
    }

    /** The values at {@code address} = values[from .. from + count). */
    public void put(long address, double[] values, int from, int count) {
        if (floats == null) {
            OffHeap.put(address, values, from, count);
            return;
        }
        for (int first = 0; first < count; first += floats.length) {
            int some = Math.min(floats.length, count - first);
            for (int i = 0; i < some; i++) {
                floats[i] = (float) values[from + first + i];
            }
            OffHeap.put(address + 4L * first, floats, 0, some);
        }
    }
}
