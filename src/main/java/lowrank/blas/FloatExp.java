package lowrank.blas;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * exp of floats, by the rules of {@link VectorMath}: the same bits on every machine. One thread's, with memory of its own, since the JIT
 * vectorises what is done with floats and what is done with their bits, but not the step from one to the other: that is a copy.
 */
public final class FloatExp {
    /** Adding 1.5 * 2^23 rounds a small number to an integer, which then stands in the lowest bits. */
    private static final float ROUND = 0x1.8p23f;

    private static final double LN2 = 0x1.62e42fefa39efp-1;
    private static final float INVERSE_LN2 = (float) (1 / LN2);
    private static final float LN2_HIGH = (float) LN2;
    private static final float LN2_LOW = (float) (LN2 - LN2_HIGH);

    /** Below the first, exp is taken for 0; above the second, it is infinite. */
    private static final float LEAST = -87.5f;

    private static final float MOST = 89;

    private final float[] value;
    private final int[] bits;
    private final FloatBuffer asFloats;
    private final IntBuffer asBits;

    /** Room for so many values at a time. */
    public FloatExp(Arena arena, int most) {
        value = new float[most];
        bits = new int[most];
        ByteBuffer room = OffHeap.view(arena.allocate(most, Precision.FLOAT), 4L * most);
        asFloats = room.asFloatBuffer();
        asBits = room.asIntBuffer();
    }

    /** Bytes off the heap. */
    public static long bytes(int most) {
        return 4L * most;
    }

    /**
     * x[i] = exp(x[i]) for i < count, within 2 units in the last place; 0 where that is below 1.7e-38, infinity where it is beyond the
     * largest float, NaN for NaN.
     *
     * <p>x = n ln 2 + r, |r| <= ln(2)/2: exp x = (2 exp r) 2^(n - 1), where the power is a float for all n up to 128, and 0 for -126.
     */
    public void of(float[] x, int count) {
        parts(x, value, count);
        asFloats.put(0, x, 0, count);
        asBits.get(0, bits, 0, count);
        for (int i = 0; i < count; i++) {
            bits[i] = (bits[i] + 126) << 23;
        }
        asBits.put(0, bits, 0, count);
        asFloats.get(0, x, 0, count);
        for (int i = 0; i < count; i++) {
            x[i] *= value[i];
        }
    }

    /**
     * The remainder of the series is (ln(2)/2)^8 / 8! = 5e-9.
     *
     * @param x replaced by n, in the lowest bits
     * @param value 2 exp(r)
     */
    private static void parts(float[] x, float[] value, int count) {
        for (int i = 0; i < count; i++) {
            float within = Math.min(Math.max(x[i], LEAST), MOST);
            float shifted = Math.fma(within, INVERSE_LN2, ROUND);
            float n = shifted - ROUND;
            float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, within));
            float e = Math.fma(r, 2 / 5040f, 2 / 720f);
            e = Math.fma(r, e, 2 / 120f);
            e = Math.fma(r, e, 2 / 24f);
            e = Math.fma(r, e, 2 / 6f);
            e = Math.fma(r, e, 1f);
            e = Math.fma(r, e, 2f);
            value[i] = Math.fma(r, e, 2f);
            x[i] = shifted;
        }
    }
}
