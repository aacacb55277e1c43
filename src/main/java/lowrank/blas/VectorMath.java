package lowrank.blas;

/**
 * cos, sin and exp of heap arrays ({@link FloatExp} for floats), several values at a time: polynomials of fused multiply-adds without branches, which the JIT turns
 * into vector instructions. Every operation is rounded as IEEE 754 says, so the bits are the same on every machine, which those of
 * {@code Math.cos} and {@code Math.exp} are not.
 *
 * <p>Series are Taylor's: their remainders are bounds that anybody can check, and two more terms than a minimax polynomial cost less
 * than a tenth of a gemm beside it.
 */
public final class VectorMath {
    /** Beyond this |x|, doubles are reduced by StrictMath: x / pi may no longer be a small integer number of half turns. */
    static final double FAR = 1e9;

    /** The same for floats. */
    static final float FAR_FLOAT = 1e6f;

    /** Adding 1.5 * 2^52 rounds a small number to an integer, which then stands in the lowest bits. */
    private static final double ROUND = 0x1.8p52;

    private static final float ROUND_FLOAT = 0x1.8p23f;

    private static final double INVERSE_PI = 0x1.45f306dc9c883p-2;
    private static final double PI_HIGH = 0x1.921fb54442d18p1;
    private static final double PI_LOW = 0x1.1a62633145c07p-53;
    private static final float INVERSE_PI_FLOAT = (float) INVERSE_PI;
    private static final float PI_HIGH_FLOAT = (float) PI_HIGH;
    private static final float PI_LOW_FLOAT = (float) (PI_HIGH - PI_HIGH_FLOAT);

    private static final double INVERSE_LN2 = 0x1.71547652b82fep0;
    private static final double LN2_HIGH = 0x1.62e42fefa39efp-1;
    private static final double LN2_LOW = 0x1.abc9e3b39803fp-56;

    /** Below the first and above the second, exp is 0 and infinity. */
    private static final double EXP_LEAST = -746;

    private static final double EXP_MOST = 710;

    /** Values of exp at a time. */
    private static final int STRIP = 256;

    private VectorMath() {}

    /**
     * cos[i] = scale cos(x[i]) and sin[i] = scale sin(x[i]) for i < count; an output may be the input itself. The absolute error is at
     * most 1e-15 scale for |x| up to 1e9; larger values, infinities and NaN are what StrictMath makes of them.
     */
    public static void cosSin(double[] x, double[] cos, double[] sin, int count, double scale) {
        if (allWithin(x, count, FAR)) {
            cosSinNear(x, cos, sin, count, scale);
            return;
        }
        double[] values = x.clone();
        cosSinNear(x, cos, sin, count, scale);
        for (int i = 0; i < count; i++) {
            double value = values[i];
            if (!(Math.abs(value) <= FAR)) {
                cos[i] = scale * StrictMath.cos(value);
                sin[i] = scale * StrictMath.sin(value);
            }
        }
    }

    /**
     * x = j pi + r, |r| <= pi/2 (and a rounding error): cos x = (-1)^j cos r, sin x = (-1)^j sin r. Remainders of the series at pi/2:
     * (pi/2)^22 / 22! = 2e-17 for cos, (pi/2)^23 / 23! = 2e-18 for sin.
     */
    private static void cosSinNear(double[] x, double[] cos, double[] sin, int count, double scale) {
        for (int i = 0; i < count; i++) {
            double j = Math.fma(x[i], INVERSE_PI, ROUND) - ROUND;
            double r = Math.fma(j, -PI_LOW, Math.fma(j, -PI_HIGH, x[i]));
            double parity = Math.fma(Math.fma(j, 0.5, ROUND) - ROUND, -2, j);
            double sign = Math.fma(parity * parity, -2 * scale, scale);
            double s = r * r;
            double c = Math.fma(s, 1 / 2432902008176640000.0, -1 / 6402373705728000.0);
            c = Math.fma(s, c, 1 / 20922789888000.0);
            c = Math.fma(s, c, -1 / 87178291200.0);
            c = Math.fma(s, c, 1 / 479001600.0);
            c = Math.fma(s, c, -1 / 3628800.0);
            c = Math.fma(s, c, 1 / 40320.0);
            c = Math.fma(s, c, -1 / 720.0);
            c = Math.fma(s, c, 1 / 24.0);
            c = Math.fma(s, c, -0.5);
            double d = Math.fma(s, 1 / 51090942171709440000.0, -1 / 121645100408832000.0);
            d = Math.fma(s, d, 1 / 355687428096000.0);
            d = Math.fma(s, d, -1 / 1307674368000.0);
            d = Math.fma(s, d, 1 / 6227020800.0);
            d = Math.fma(s, d, -1 / 39916800.0);
            d = Math.fma(s, d, 1 / 362880.0);
            d = Math.fma(s, d, -1 / 5040.0);
            d = Math.fma(s, d, 1 / 120.0);
            d = Math.fma(s, d, -1 / 6.0);
            cos[i] = sign * Math.fma(s, c, 1);
            sin[i] = sign * Math.fma(s * r, d, r);
        }
    }

    /** As for doubles; the absolute error is at most 3e-7 scale for |x| up to 1e6. */
    public static void cosSin(float[] x, float[] cos, float[] sin, int count, float scale) {
        if (allWithin(x, count, FAR_FLOAT)) {
            cosSinNear(x, cos, sin, count, scale);
            return;
        }
        float[] values = x.clone();
        cosSinNear(x, cos, sin, count, scale);
        for (int i = 0; i < count; i++) {
            float value = values[i];
            if (!(Math.abs(value) <= FAR_FLOAT)) {
                cos[i] = (float) (scale * StrictMath.cos(value));
                sin[i] = (float) (scale * StrictMath.sin(value));
            }
        }
    }

    /** Remainders at pi/2: (pi/2)^14 / 14! = 7e-9 for cos, (pi/2)^15 / 15! = 7e-10 for sin. */
    private static void cosSinNear(float[] x, float[] cos, float[] sin, int count, float scale) {
        for (int i = 0; i < count; i++) {
            float j = Math.fma(x[i], INVERSE_PI_FLOAT, ROUND_FLOAT) - ROUND_FLOAT;
            float r = Math.fma(j, -PI_LOW_FLOAT, Math.fma(j, -PI_HIGH_FLOAT, x[i]));
            float parity = Math.fma(Math.fma(j, 0.5f, ROUND_FLOAT) - ROUND_FLOAT, -2f, j);
            float sign = Math.fma(parity * parity, -2 * scale, scale);
            float s = r * r;
            float c = Math.fma(s, 1 / 479001600f, -1 / 3628800f);
            c = Math.fma(s, c, 1 / 40320f);
            c = Math.fma(s, c, -1 / 720f);
            c = Math.fma(s, c, 1 / 24f);
            c = Math.fma(s, c, -0.5f);
            float d = Math.fma(s, 1 / 6227020800f, -1 / 39916800f);
            d = Math.fma(s, d, 1 / 362880f);
            d = Math.fma(s, d, -1 / 5040f);
            d = Math.fma(s, d, 1 / 120f);
            d = Math.fma(s, d, -1 / 6f);
            cos[i] = sign * Math.fma(s, c, 1f);
            sin[i] = sign * Math.fma(s * r, d, r);
        }
    }

    private static boolean allWithin(double[] x, int count, double limit) {
        double largest = 0;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, Math.abs(x[i]));
        }
        return largest <= limit;
    }

    private static boolean allWithin(float[] x, int count, float limit) {
        float largest = 0;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, Math.abs(x[i]));
        }
        return largest <= limit;
    }

    /**
     * x[i] = exp(x[i]) for from <= i < from + count, within 2 units in the last place of the exact value, subnormal results included: 0
     * where it is less than half of the smallest double, infinity where it is beyond the largest, NaN for NaN.
     */
    public static void exp(double[] x, int from, int count) {
        double[] half = new double[STRIP];
        double[] value = new double[STRIP];
        for (int first = from; first < from + count; first += STRIP) {
            int some = Math.min(STRIP, from + count - first);
            System.arraycopy(x, first, half, 0, some);
            expParts(half, value, some);
            // A loop of its own: the JIT does not vectorise where bits are taken as a number.
            for (int i = 0; i < some; i++) {
                double root = Double.longBitsToDouble((Double.doubleToRawLongBits(half[i]) + 1023) << 52);
                value[i] = value[i] * root * root;
            }
            System.arraycopy(value, 0, x, first, some);
        }
    }

    /**
     * x = n ln 2 + r, |r| <= ln(2)/2, n = 2h + odd: exp x = (exp(r) 2^odd) 2^h 2^h, where neither 2^h leaves the range of doubles, and only
     * the last product rounds a subnormal result. The remainder of the series is (ln(2)/2)^14 / 14! = 4e-18.
     *
     * @param half x; replaced by h, in the lowest bits
     * @param value exp(r) 2^odd
     */
    private static void expParts(double[] half, double[] value, int count) {
        for (int i = 0; i < count; i++) {
            double x = Math.min(Math.max(half[i], EXP_LEAST), EXP_MOST);
            double n = Math.fma(x, INVERSE_LN2, ROUND) - ROUND;
            double r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
            double h = Math.fma(n, 0.5, ROUND);
            double odd = Math.fma(h - ROUND, -2, n);
            double e = Math.fma(r, 1 / 6227020800.0, 1 / 479001600.0);
            e = Math.fma(r, e, 1 / 39916800.0);
            e = Math.fma(r, e, 1 / 3628800.0);
            e = Math.fma(r, e, 1 / 362880.0);
            e = Math.fma(r, e, 1 / 40320.0);
            e = Math.fma(r, e, 1 / 5040.0);
            e = Math.fma(r, e, 1 / 720.0);
            e = Math.fma(r, e, 1 / 120.0);
            e = Math.fma(r, e, 1 / 24.0);
            e = Math.fma(r, e, 1 / 6.0);
            e = Math.fma(r, e, 0.5);
            e = Math.fma(r, e, 1);
            e = Math.fma(r, e, 1);
            half[i] = h;
            // odd is -1, 0 or 1, and 1/2, 1 and 2 lie on this parabola.
            value[i] = e * Math.fma(odd, Math.fma(odd, 0.25, 0.75), 1);
        }
    }
}
