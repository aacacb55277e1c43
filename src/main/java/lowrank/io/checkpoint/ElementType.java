package lowrank.io.checkpoint;

import java.nio.ByteBuffer;

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

    /** target[0 .. count) = numbers that begin at {@code at} of a little-endian buffer; exact for all but 64-bit whole numbers. */
    void decode(ByteBuffer from, int at, double[] target, int count) {
        for (int i = 0; i < count; i++) {
            int p = at + i * bytes;
            target[i] = switch (this) {
                case F64 -> from.getDouble(p);
                case F32 -> from.getFloat(p);
                case F16 -> half(from.getShort(p));
                case BF16 -> Float.intBitsToFloat(from.getShort(p) << 16);
                case I64, U64 -> from.getLong(p);
                case I32 -> from.getInt(p);
                case U32 -> Integer.toUnsignedLong(from.getInt(p));
                case I16 -> from.getShort(p);
                case U16 -> Short.toUnsignedInt(from.getShort(p));
                case I8 -> from.get(p);
                case U8, BOOL -> Byte.toUnsignedInt(from.get(p));
            };
        }
    }

    /** Numbers at {@code at} of a little-endian buffer = source[0 .. count), each rounded once, to nearest, ties to even. */
    void encode(double[] source, int count, ByteBuffer to, int at) {
        for (int i = 0; i < count; i++) {
            int p = at + i * bytes;
            switch (this) {
                case F64 -> to.putDouble(p, source[i]);
                case F32 -> to.putFloat(p, (float) source[i]);
                case F16 -> to.putShort(p, toHalf(source[i]));
                case BF16 -> to.putShort(p, toBrain(source[i]));
                default -> throw new IllegalArgumentException("values are not rounded to whole numbers (" + this + ")");
            }
        }
    }

    /** The value of an IEEE half: 5 bits of exponent, 10 of fraction. */
    static double half(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        double magnitude = exponent == 0
                ? fraction * 0x1p-24
                : exponent == 0x1f
                        ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                        : Math.scalb(1 + fraction * 0x1p-10, exponent - 15);
        return bits < 0 ? -magnitude : magnitude;
    }

    /** The nearest half. */
    static short toHalf(double value) {
        int sign = (int) (Double.doubleToRawLongBits(value) >>> 48) & 0x8000;
        double magnitude = Math.abs(value);
        if (Double.isNaN(value)) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= 65520) { // half way from the largest half to the next power of two
            return (short) (sign | 0x7c00);
        }
        // Subnormals count in units of 2^-24; rint takes ties to even.
        int exponent = Math.max(Math.getExponent(magnitude), -14);
        long units = (long) Math.rint(Math.scalb(magnitude, 10 - exponent));
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
        if (magnitude >= 0x1.ffp127) {
            return (short) (sign | 0x7f80);
        }
        int exponent = Math.max(Math.getExponent(magnitude), -126);
        long units = (long) Math.rint(Math.scalb(magnitude, 7 - exponent));
        return (short) (sign | (int) (units + ((exponent + 126L) << 7)));
    }
}
