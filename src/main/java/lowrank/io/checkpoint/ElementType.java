package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Types of the numbers of stored tensors, little-endian. */
public enum ElementType {
    F64(8, true),
    F32(4, true),
    F16(2, true),
    BF16(2, true),
    I64(8, false),
    I32(4, false),
    I16(2, false),
    I8(1, false),
    U64(8, false),
    U32(4, false),
    U16(2, false),
    U8(1, false),
    BOOL(1, false);

    private final int bytes;
    private final boolean floating;

    ElementType(int bytes, boolean floating) {
        this.bytes = bytes;
        this.floating = floating;
    }

    /** Bytes of one number. */
    public int bytes() {
        return bytes;
    }

    /** Whether it has fractions: only such tensors, and quantised ones, are weights. */
    public boolean floating() {
        return floating;
    }

    /** Half the distance from 1 to the next larger number; 0 for whole numbers. */
    public double roundoff() {
        return switch (this) {
            case F64 -> 0x1p-53;
            case F32 -> 0x1p-24;
            case F16 -> 0x1p-11;
            case BF16 -> 0x1p-8;
            default -> 0;
        };
    }

    /** The least magnitude that is rounded to infinity. */
    double beyond() {
        return switch (this) {
            case F32 -> 0x1.ffffffp127;
            case F16 -> 65520; // half way from the largest half to the next power of two
            case BF16 -> 0x1.ffp127;
            default -> Double.POSITIVE_INFINITY;
        };
    }

    /** target[0 .. count) = numbers that begin at {@code at} of a little-endian buffer; exact for all but 64-bit whole numbers. */
    void decode(ByteBuffer from, int at, double[] target, int count) {
        ByteBuffer stored = from.slice(at, count * bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (this) {
            case F64 -> stored.asDoubleBuffer().get(target, 0, count);
            case F32 -> widen(stored, target, count);
            case F16, BF16, I16, U16 -> widenShorts(stored, target, count);
            case I64 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = stored.getLong(8 * i);
                }
            }
            case U64 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = unsigned(stored.getLong(8 * i));
                }
            }
            case I32 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = stored.getInt(4 * i);
                }
            }
            case U32 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = Integer.toUnsignedLong(stored.getInt(4 * i));
                }
            }
            case I8 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = stored.get(i);
                }
            }
            case U8, BOOL -> {
                for (int i = 0; i < count; i++) {
                    target[i] = Byte.toUnsignedInt(stored.get(i));
                }
            }
        }
    }

    private static void widen(ByteBuffer stored, double[] target, int count) {
        float[] floats = new float[count];
        stored.asFloatBuffer().get(floats);
        for (int i = 0; i < count; i++) {
            target[i] = floats[i];
        }
    }

    private void widenShorts(ByteBuffer stored, double[] target, int count) {
        short[] shorts = new short[count];
        stored.asShortBuffer().get(shorts);
        switch (this) {
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = half(shorts[i]);
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = Float.intBitsToFloat(shorts[i] << 16);
                }
            }
            case I16 -> {
                for (int i = 0; i < count; i++) {
                    target[i] = shorts[i];
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    target[i] = Short.toUnsignedInt(shorts[i]);
                }
            }
        }
    }

    /** The nearest double of 64 bits without a sign. */
    private static double unsigned(long bits) {
        // Half of it, with the last bit kept so that rounding sees whether anything is below.
        return bits >= 0 ? bits : 2.0 * (bits >>> 1 | bits & 1);
    }

    /** target[0 .. count) = values[0 .. count) as this type holds them. */
    public void rounded(double[] values, int count, double[] target) {
        ByteBuffer stored = ByteBuffer.allocate(count * bytes).order(ByteOrder.LITTLE_ENDIAN);
        encode(values, count, stored, 0);
        decode(stored, 0, target, count);
    }

    /** Numbers at {@code at} of a little-endian buffer = source[0 .. count), each rounded once, to nearest, ties to even. */
    void encode(double[] source, int count, ByteBuffer to, int at) {
        ByteBuffer stored = to.slice(at, count * bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (this) {
            case F64 -> stored.asDoubleBuffer().put(source, 0, count);
            case F32 -> {
                float[] floats = new float[count];
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) source[i];
                }
                stored.asFloatBuffer().put(floats);
            }
            case F16 -> {
                short[] shorts = new short[count];
                for (int i = 0; i < count; i++) {
                    shorts[i] = toHalf(source[i]);
                }
                stored.asShortBuffer().put(shorts);
            }
            case BF16 -> {
                short[] shorts = new short[count];
                for (int i = 0; i < count; i++) {
                    shorts[i] = toBrain(source[i]);
                }
                stored.asShortBuffer().put(shorts);
            }
            default -> throw new IllegalArgumentException("values are not rounded to whole numbers (" + this + ")");
        }
    }

    /**
     * The value of an IEEE half: 5 bits of exponent, 10 of fraction. Moved to a float's place they are a float that is 2^112 too
     * small, the difference of the two exponents' offsets, 127 - 15; subnormals as well.
     */
    static float half(short bits) {
        int moved = (bits & 0x7fff) << 13;
        float magnitude = Float.intBitsToFloat(moved) * 0x1p112f;
        if (magnitude >= 65536) { // the exponent of infinity and NaN
            magnitude = Float.intBitsToFloat(moved | 0x7f800000);
        }
        return bits < 0 ? -magnitude : magnitude;
    }

    /** 2^n for a normal result. */
    private static double powerOfTwo(int n) {
        return Double.longBitsToDouble(n + 1023L << 52);
    }

    /** The nearest half. */
    static short toHalf(double value) {
        int sign = (int) (Double.doubleToRawLongBits(value) >>> 48) & 0x8000;
        double magnitude = Math.abs(value);
        if (Double.isNaN(value)) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= F16.beyond()) {
            return (short) (sign | 0x7c00);
        }
        // Subnormals count in units of 2^-24; rint takes ties to even.
        int exponent = Math.max(Math.getExponent(magnitude), -14);
        long units = (long) Math.rint(magnitude * powerOfTwo(10 - exponent));
        // Units of a normal number carry its leading bit, and a fraction that rounds up carries into the exponent.
        return (short) (sign | (int) (units + ((exponent + 14L) << 10)));
    }

    /** The nearest bfloat16: a float's upper half. Rounded once: a double between two floats decides on its own. */
    static short toBrain(double value) {
        if (Double.isNaN(value)) {
            return (short) 0x7fc0;
        }
        int sign = (int) (Double.doubleToRawLongBits(value) >>> 48) & 0x8000;
        double magnitude = Math.abs(value);
        if (magnitude >= BF16.beyond()) {
            return (short) (sign | 0x7f80);
        }
        int exponent = Math.max(Math.getExponent(magnitude), -126);
        long units = (long) Math.rint(magnitude * powerOfTwo(7 - exponent));
        return (short) (sign | (int) (units + ((exponent + 126L) << 7)));
    }
}
