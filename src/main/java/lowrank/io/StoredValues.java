package lowrank.io;

import java.nio.ByteBuffer;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/** Copies floating-point numbers from bytes of a file to their destination, through tiles where the precision changes. */
final class StoredValues {
    private final Precision stored;
    private final double[] doubles = new double[OffHeap.TILE];
    private final float[] floats = new float[OffHeap.TILE];

    StoredValues(Precision stored) {
        this.stored = stored;
    }

    /**
     * Values from {@code index} on = {@code count} values of {@code source}, from its byte {@code at} on.
     *
     * @param source in the byte order of the values, which is little endian as the processor's
     */
    void copy(ByteBuffer source, int at, Destination to, long index, int count) {
        if (stored == to.precision() && to.takesBytes()) {
            to.put(index, source, at, count);
            return;
        }
        for (int done = 0; done < count; done += OffHeap.TILE) {
            int some = Math.min(OffHeap.TILE, count - done);
            ByteBuffer tile = source.slice(at + done * stored.bytes(), some * stored.bytes())
                    .order(source.order());
            if (stored == Precision.DOUBLE) {
                tile.asDoubleBuffer().get(doubles, 0, some);
            } else {
                tile.asFloatBuffer().get(floats, 0, some);
            }
            if (to.precision() == Precision.DOUBLE) {
                widen(some);
                to.put(index + done, doubles, some);
            } else {
                narrow(some);
                to.put(index + done, floats, some);
            }
        }
    }

    private void widen(int count) {
        if (stored == Precision.FLOAT) {
            for (int i = 0; i < count; i++) {
                doubles[i] = floats[i];
            }
        }
    }

    private void narrow(int count) {
        if (stored == Precision.DOUBLE) {
            for (int i = 0; i < count; i++) {
                floats[i] = (float) doubles[i];
            }
        }
    }
}
