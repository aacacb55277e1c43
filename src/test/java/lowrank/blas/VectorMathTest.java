package lowrank.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against StrictMath, whose errors are below one unit in the last place. */
class VectorMathTest {
    private static final int COUNT = 100_003;
    private static final double COS_ERROR = 1e-15;
    private static final double COS_ERROR_FLOAT = 3e-7;

    /** Two of ours and one of StrictMath. */
    private static final double EXP_ULPS = 3;

    private static double[] numbers(double range) {
        Random random = new Random(7);
        double[] x = new double[COUNT];
        for (int i = 0; i < COUNT; i++) {
            x[i] = range * (2 * random.nextDouble() - 1);
        }
        // Where the rounding to half turns decides, and zeros of cos and sin.
        for (int i = 0; i < 1000; i++) {
            x[i] = Math.rint(x[i]) * Math.PI / 2;
        }
        return x;
    }

    private static float[] floats(double[] x) {
        float[] floats = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            floats[i] = (float) x[i];
        }
        return floats;
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1e-3, 1, 10, 1e3, 1e5, 1e9, 1e12, 1e300})
    void cosAndSinAreRightWhateverTheRange(double range) {
        double[] x = numbers(range);
        double[] cos = new double[COUNT];
        double[] sin = new double[COUNT];
        VectorMath.cosSin(x, cos, sin, COUNT, 0.75);
        double worst = 0;
        for (int i = 0; i < COUNT; i++) {
            worst = Math.max(worst, Math.abs(cos[i] - 0.75 * StrictMath.cos(x[i])));
            worst = Math.max(worst, Math.abs(sin[i] - 0.75 * StrictMath.sin(x[i])));
        }
        assertThat(worst).isLessThan(0.75 * COS_ERROR);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-30, 1e-3, 1, 10, 1e3, 1e5, 1e6, 1e9, 1e30})
    void cosAndSinOfFloatsAreRightWhateverTheRange(double range) {
        float[] x = floats(numbers(range));
        float[] cos = new float[COUNT];
        float[] sin = new float[COUNT];
        VectorMath.cosSin(x, cos, sin, COUNT, 0.75f);
        double worst = 0;
        for (int i = 0; i < COUNT; i++) {
            worst = Math.max(worst, Math.abs(cos[i] - 0.75 * StrictMath.cos(x[i])));
            worst = Math.max(worst, Math.abs(sin[i] - 0.75 * StrictMath.sin(x[i])));
        }
        assertThat(worst).isLessThan(0.75 * COS_ERROR_FLOAT);
    }

    /** The bits of a value do not depend on its neighbours, and an output may be the input. */
    @Test
    void oneFarValueLeavesTheOthersAlone() {
        double[] x = numbers(100);
        double[] cos = new double[COUNT];
        double[] sin = new double[COUNT];
        VectorMath.cosSin(x, cos, sin, COUNT, 1);
        double[] other = x.clone();
        other[17] = 1e20;
        other[18] = Double.POSITIVE_INFINITY;
        other[19] = Double.NaN;
        double[] sin2 = new double[COUNT];
        VectorMath.cosSin(other, other, sin2, COUNT, 1);
        cos[17] = StrictMath.cos(1e20);
        sin[17] = StrictMath.sin(1e20);
        cos[18] = cos[19] = sin[18] = sin[19] = Double.NaN;
        assertThat(other).containsExactly(cos);
        assertThat(sin2).containsExactly(sin);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-20, 1e-3, 1, 30, 700, 745, 2000})
    void expIsRightWhateverTheRange(double range) {
        double[] x = numbers(range);
        double[] y = x.clone();
        VectorMath.exp(y, 0, COUNT);
        double worst = 0;
        for (int i = 0; i < COUNT; i++) {
            double exact = StrictMath.exp(x[i]);
            if (y[i] != exact) {
                worst = Math.max(worst, Math.abs(y[i] - exact) / Math.ulp(exact));
            }
        }
        assertThat(worst).isLessThanOrEqualTo(EXP_ULPS);
    }

    @Test
    void expOfTheEndsOfTheRangeIsExact() {
        double[] x = {
            0,
            -0.0,
            -746,
            -800,
            Double.NEGATIVE_INFINITY,
            -Double.MAX_VALUE,
            709.8,
            Double.POSITIVE_INFINITY,
            Double.NaN
        };
        VectorMath.exp(x, 0, x.length);
        double infinity = Double.POSITIVE_INFINITY;
        assertThat(x).containsExactly(1, 1, 0, 0, 0, 0, infinity, infinity, Double.NaN);
    }

    @Test
    void expTouchesItsRangeAlone() {
        double[] x = numbers(5);
        double[] y = x.clone();
        VectorMath.exp(y, 3, 1001);
        for (int i = 0; i < 2000; i++) {
            boolean inside = i >= 3 && i < 1004;
            assertThat(y[i]).isEqualTo(inside ? expOf(x[i]) : x[i]);
        }
    }

    private static double expOf(double x) {
        double[] one = {x};
        VectorMath.exp(one, 0, 1);
        return one[0];
    }
}
