package lowrank.blas;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Copies between heap arrays and addresses. Element-wise work belongs on heap tiles of {@link #TILE} values: the JIT does
 * not vectorise loops over addresses.
 */
public final class OffHeap {
    /** Values in a heap tile: 16 KB of doubles, half of a first-level cache. */
    public static final int TILE = 2048;

    private OffHeap() {}

    /** A view of {@code bytes} bytes at {@code address}, in native order. */
    public static ByteBuffer view(long address, long bytes) {
        return MemoryUtil.directBuffer(address, Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    }

    /** target[from .. from + count) = doubles at {@code address}. */
    public static void get(long address, double[] target, int from, int count) {
        view(address, 8L * count).asDoubleBuffer().get(target, from, count);
    }

    /** Doubles at {@code address} = source[from .. from + count). */
    public static void put(long address, double[] source, int from, int count) {
        view(address, 8L * count).asDoubleBuffer().put(source, from, count);
    }

    /** target[from .. from + count) = floats at {@code address}. */
    public static void get(long address, float[] target, int from, int count) {
        view(address, 4L * count).asFloatBuffer().get(target, from, count);
    }

    /** Floats at {@code address} = source[from .. from + count). */
    public static void put(long address, float[] source, int from, int count) {
        view(address, 4L * count).asFloatBuffer().put(source, from, count);
    }

    /** The bit patterns of {@code count} doubles at {@code address}. */
    public static void getBits(long address, long[] target, int count) {
        view(address, 8L * count).asLongBuffer().get(target, 0, count);
    }

    /** The bit patterns of {@code count} floats at {@code address}. */
    public static void getBits(long address, int[] target, int count) {
        view(address, 4L * count).asIntBuffer().get(target, 0, count);
    }

    /** The double at {@code address}. */
    public static double getDouble(long address) {
        return Double.longBitsToDouble(MemoryUtil.getLong(address));
    }

    /** Writes one double. */
    public static void putDouble(long address, double value) {
        MemoryUtil.putLong(address, Double.doubleToRawLongBits(value));
    }

    /** The float at {@code address}. */
    public static float getFloat(long address) {
        return Float.intBitsToFloat(MemoryUtil.getInt(address));
    }

    /** Writes one float. */
    public static void putFloat(long address, float value) {
        MemoryUtil.putInt(address, Float.floatToRawIntBits(value));
    }

    /** Floats at {@code target} = the {@code count} doubles at {@code source}, rounded. */
    public static void narrow(long source, long target, long count) {
        double[] doubles = new double[TILE];
        float[] floats = new float[TILE];
        for (long from = 0; from < count; from += TILE) {
            int some = (int) Math.min(TILE, count - from);
            get(source + 8 * from, doubles, 0, some);
            for (int i = 0; i < some; i++) {
                floats[i] = (float) doubles[i];
            }
            put(target + 4 * from, floats, 0, some);
        }
    }

    /** Doubles at {@code target} = the {@code count} floats at {@code source}. */
    public static void widen(long source, long target, long count) {
        double[] doubles = new double[TILE];
        float[] floats = new float[TILE];
        for (long from = 0; from < count; from += TILE) {
            int some = (int) Math.min(TILE, count - from);
            get(source + 4 * from, floats, 0, some);
            for (int i = 0; i < some; i++) {
                doubles[i] = floats[i];
            }
            put(target + 8 * from, doubles, 0, some);
        }
    }

    /** Copies {@code bytes} bytes between addresses. */
    public static void copy(long source, long target, long bytes) {
        MemoryUtil.copyMemory(source, target, bytes);
    }

    /** Sets {@code bytes} bytes to zero. */
    public static void zero(long address, long bytes) {
        MemoryUtil.setMemory(address, bytes, (byte) 0);
    }
}
