package lowrank.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloatExpTest {
    private static final int COUNT = 100_003;

    private static void exp(float[] x, int count) {
        try (Arena arena = new Arena()) {
            new FloatExp(arena, x.length).of(x, count);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-20, 1e-3, 1, 30, 86.9, 2000})
    void isRightWhateverTheRange(double range) {
        SplittableRandom random = new SplittableRandom(7);
        float[] x = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            x[i] = (float) random.nextDouble(-range, range);
        }
        float[] y = x.clone();
        exp(y, COUNT);
        double worst = 0;
        for (int i = 0; i < COUNT; i++) {
            double exact = StrictMath.exp(x[i]);
            if (exact < 1.7e-38) {
                assertThat(y[i]).isBetween(0f, 1.7e-38f);
            } else if (y[i] != (float) exact) {
                worst = Math.max(worst, Math.abs(y[i] - exact) / Math.ulp((float) exact));
            }
        }
        assertThat(worst).isLessThanOrEqualTo(2);
    }

    @Test
    void theEndsOfTheRangeAreExact() {
        float infinity = Float.POSITIVE_INFINITY;
        float[] x = {
            0, -0f, -87.5f, -88, -105, -800, -Float.MAX_VALUE, -infinity, 89, Float.MAX_VALUE, infinity, Float.NaN
        };
        exp(x, x.length);
        assertThat(x).containsExactly(1, 1, 0, 0, 0, 0, 0, 0, infinity, infinity, infinity, Float.NaN);
    }

    @Test
    void touchesItsRangeAlone() {
        float[] x = {1, 1, 1};
        exp(x, 2);
        assertThat(x[0]).isEqualTo(x[1]).isEqualTo((float) Math.E);
        assertThat(x[2]).isEqualTo(1);
    }
}
