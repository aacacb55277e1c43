package lowrank.kernel;

import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/** Writes doubles of the heap to an address in the precision of the blocks. */
final class ValueWriter {
    private final float[] floats;

    ValueWriter(Precision precision) {
        floats = precision == Precision.FLOAT ? new float[OffHeap.TILE] : null;
    }

    /** Values from + [0, count) at {@code address}. */
    void put(long address, double[] values, int from, int count) {
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
