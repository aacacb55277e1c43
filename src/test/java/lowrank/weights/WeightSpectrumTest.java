package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WeightSpectrumTest {
    private static final double ROUNDING = 1e-13;

    @Test
    void equalValuesHaveAllRanksAlike() {
        double[] s = new double[20];
        Arrays.fill(s, 3);
        WeightSpectrum spectrum = WeightSpectrum.of(s, 20, 50);
        assertThat(spectrum.norm()).isCloseTo(3 * Math.sqrt(20), within(ROUNDING));
        assertThat(spectrum.stableRank()).isCloseTo(20, within(20 * ROUNDING));
        assertThat(spectrum.entropyRank()).isCloseTo(20, within(20 * ROUNDING));
        assertThat(spectrum.numericalRank()).isEqualTo(20);
        assertThat(spectrum.r90()).isEqualTo(18);
        assertThat(spectrum.r99()).isEqualTo(20);
    }

    /** p = (4, 3, 2, 1) / 10 has the entropy 1.2798542258336676; squares 16, 9, 4, 1. */
    @Test
    void ranksOfAShortSpectrumAreThoseByHand() {
        WeightSpectrum spectrum = WeightSpectrum.of(new double[] {4, 3, 2, 1}, 4, 4);
        assertThat(spectrum.stableRank()).isCloseTo(30.0 / 16, within(ROUNDING));
        assertThat(spectrum.entropyRank()).isCloseTo(Math.exp(1.2798542258336676), within(1e-12));
        assertThat(spectrum.r90()).isEqualTo(3);
        assertThat(spectrum.r99()).isEqualTo(4);
    }

    /** Squares that overflow or vanish are no matter. */
    @Test
    void ranksDoNotDependOnTheScale() {
        double[] s = {4, 3, 2, 1};
        WeightSpectrum one = WeightSpectrum.of(s, 4, 4);
        for (double scale : new double[] {1e300, 1e-300}) {
            WeightSpectrum scaled =
                    WeightSpectrum.of(Arrays.stream(s).map(x -> x * scale).toArray(), 4, 4);
            assertThat(scaled.stableRank()).isCloseTo(one.stableRank(), within(ROUNDING));
            assertThat(scaled.entropyRank()).isCloseTo(one.entropyRank(), within(ROUNDING));
            assertThat(scaled.r90()).isEqualTo(one.r90());
            assertThat(scaled.norm() / scale).isCloseTo(one.norm(), within(ROUNDING));
        }
    }

    @Test
    void numericalRankIsNumPys() {
        double[] s = {1, 1e-3, 5e-15, 2e-15};
        assertThat(WeightSpectrum.of(s, 10, 4).numericalRank()).isEqualTo(3);
    }

    @Test
    void zerosHaveRankZero() {
        WeightSpectrum spectrum = WeightSpectrum.of(new double[4], 4, 4);
        assertThat(spectrum).isEqualTo(new WeightSpectrum(0, 0, 0, 0, 0, 0));
    }
}
