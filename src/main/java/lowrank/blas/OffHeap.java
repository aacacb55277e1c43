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

    /** Doubles of a cache line. */
    private static final int LINE = 8;

    private OffHeap() {}

    /**
     * Values from column to column of a matrix of so many rows that is worked on by columns: not a power of two, or all would share the
     * same few lines of the cache.
     */
    public static int columnDistance(int rows) {
        return rows + LINE;
    }

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

    /**
     * Doubles at {@code address} = the transpose of rows on the heap: value (i, j) of them goes to {@code address + 8 (distance j + i)}.
     * A cache line of each row is read at a time.
     */
    public static void putTransposed(double[] rows, int count, int width, long address, long distance) {
        int whole = width - width % LINE;
        for (int first = 0; first < whole; first += LINE) {
            for (int i = 0; i < count; i++) {
                for (int j = first; j < first + LINE; j++) {
                    putDouble(address + 8 * (distance * j + i), rows[i * width + j]);
                }
            }
        }
        for (int j = whole; j < width; j++) {
            for (int i = 0; i < count; i++) {
                putDouble(address + 8 * (distance * j + i), rows[i * width + j]);
            }
        }
    }

    /** Whether none of {@code count} doubles is infinite or no number. */
    public static boolean allFinite(long address, long count) {
        double[] tile = new double[TILE];
        for (long from = 0; from < count; from += TILE) {
            int some = (int) Math.min(TILE, count - from);
            get(address + 8 * from, tile, 0, some);
            // 0 x is 0 for finite x alone; four sums at a time, since each waits for itself.
            double a = 0;
            double b = 0;
            double c = 0;
            double d = 0;
            int i = 0;
            for (; i + 3 < some; i += 4) {
                a += 0 * tile[i];
                b += 0 * tile[i + 1];
                c += 0 * tile[i + 2];
                d += 0 * tile[i + 3];
            }
            for (; i < some; i++) {
                a += 0 * tile[i];
            }
            if (a + b + c + d != 0) { // which holds for NaN
                return false;
            }
        }
        return true;
    }

    /** The same of values of a type. */
    public static boolean allFinite(long address, long count, Precision precision) {
        if (precision == Precision.DOUBLE) {
            return allFinite(address, count);
        }
        float[] tile = new float[TILE];
        for (long from = 0; from < count; from += TILE) {
            int some = (int) Math.min(TILE, count - from);
            get(address + 4 * from, tile, 0, some);
            float a = 0;
            float b = 0;
            float c = 0;
            float d = 0;
            int i = 0;
            for (; i + 3 < some; i += 4) {
                a += 0 * tile[i];
                b += 0 * tile[i + 1];
                c += 0 * tile[i + 2];
                d += 0 * tile[i + 3];
            }
            for (; i < some; i++) {
                a += 0 * tile[i];
            }
            if (a + b + c + d != 0) { // which holds for NaN
                return false;
            }
        }
        return true;
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
