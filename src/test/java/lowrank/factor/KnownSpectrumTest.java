package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KnownSpectrumTest {
    /** Relative error of one elementary function and one product. */
    private static final double ROUNDING = 4 * 0x1p-53;

    @ParameterizedTest
    @MethodSource("lowrank.factor.KnownSpectrum#names")
    void valuesDescendAndAreNeverNegative(String name) {
        for (int k : new int[] {0, 1, 2, 3, 10, 11, 25, 200}) {
            double[] s = KnownSpectrum.values(name, k);
            assertThat(s).hasSize(k);
            for (int i = 0; i < k; i++) {
                assertThat(s[i]).isGreaterThanOrEqualTo(0).isFinite();
                assertThat(1 / s[i]).as("zeros are positive").isPositive();
                assertThat(i == 0 || s[i - 1] >= s[i]).isTrue();
            }
        }
    }

    @Test
    void decadesRunFromOneToTenToTheMinusTwenty() {
        double[] s = KnownSpectrum.values("S1", 21);
        for (int i = 0; i <= 20; i++) {
            assertThat(s[i]).isCloseTo(Math.pow(10, -i), within(ROUNDING * s[i]));
        }
    }

    @Test
    void repeatedValuesAreAThirdEach() {
        assertThat(KnownSpectrum.values("S3", 7)).containsExactly(Math.sqrt(2), Math.sqrt(2), 1, 1, 0, 0, 0);
    }

    @Test
    void rootsAscendInTheFormulaAndDescendInTheResult() {
        assertThat(KnownSpectrum.values("S2", 4)).containsExactly(2, Math.sqrt(3), Math.sqrt(2), 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void scaledSpectraDifferByTheScaleAlone(int which) {
        double[] plain = KnownSpectrum.values("S" + which, 50);
        double[] up = KnownSpectrum.values("S" + (which + 3), 50);
        double[] down = KnownSpectrum.values("S" + (which + 6), 50);
        for (int i = 0; i < 50; i++) {
            assertThat(up[i]).isEqualTo(1e20 * plain[i]);
            assertThat(down[i]).isEqualTo(1e-20 * plain[i]);
        }
    }

    @Test
    void staircaseHasTwentyStepsAtTwoHundred() {
        double[] s = KnownSpectrum.values("S10", 200);
        assertThat(Arrays.stream(s).distinct().count()).isEqualTo(20);
        assertThat(s[0]).isEqualTo(1);
        assertThat(s[199]).isEqualTo(0);
    }

    @Test
    void lowRankKeepsTwentyOfTheDecades() {
        double[] s = KnownSpectrum.values("S11", 100);
        assertThat(Arrays.copyOf(s, 20)).containsExactly(Arrays.copyOf(KnownSpectrum.values("S1", 100), 20));
        assertThat(Arrays.copyOfRange(s, 20, 100)).containsOnly(0);
    }

    @Test
    void rangeFinderSpectraCountFromOne() {
        assertThat(KnownSpectrum.values("D1", 4)).startsWith(1).endsWith(0.5);
        assertThat(KnownSpectrum.values("D2", 4)).containsExactly(1, 1 / 2.0, 1 / 3.0, 1 / 4.0);
        assertThat(KnownSpectrum.values("D3", 3)).containsExactly(1, 1 / 4.0, 1 / 9.0);
        assertThat(KnownSpectrum.values("D4", 12)).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.1, 0.1);
        assertThat(KnownSpectrum.values("D5", 7)[6]).isCloseTo(1 / Math.E, within(ROUNDING));
        assertThat(KnownSpectrum.values("harmonic", 2)).containsExactly(1000, 500);
    }

    @Test
    void plateausBeginWhereTheirNamesSay() {
        assertThat(KnownSpectrum.values("step", 5)).containsExactly(1, 1, 1, 1 / 300.0, 1 / 300.0);
        assertThat(KnownSpectrum.values("step-300", 5)).containsExactly(KnownSpectrum.values("step", 5));
        assertThat(KnownSpectrum.values("step-20", 4)).containsExactly(1, 1, 1 / 20.0, 1 / 20.0);
        assertThat(KnownSpectrum.values("flat-tail", 11)).contains(1, 1 / 300.0);
    }

    @Test
    void namesAreKnownInEitherCase() {
        assertThat(KnownSpectrum.values("s1", 9)).containsExactly(KnownSpectrum.values("S1", 9));
    }

    @Test
    void unknownNameNamesTheKnownOnes() {
        assertThatThrownBy(() -> KnownSpectrum.values("S12", 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("S12")
                .hasMessageContaining("flat-tail");
    }
}
