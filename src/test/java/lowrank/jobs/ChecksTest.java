package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of many differences the one that does not hold is told of, wherever it stands. */
class ChecksTest {
    private static Checks.Worst worst(double[]... pairs) {
        Checks.Worst worst = new Checks.Worst();
        for (int i = 0; i < pairs.length; i++) {
            worst.add("place " + i, pairs[i][0], pairs[i][1]);
        }
        return worst;
    }

    /** Products of such numbers overflow or vanish. */
    @ParameterizedTest
    @ValueSource(doubles = {1, 1e200, 1e-200, 1e-310})
    void theFarthestBeyondItsLimitIsTheWorst(double scale) {
        Checks.Worst worst = worst(
                new double[] {scale, 4 * scale},
                new double[] {3 * scale, 2 * scale},
                new double[] {scale, 2 * scale},
                new double[] {0, scale});
        assertThat(worst.place()).isEqualTo("place 1");
        assertThat(worst.measured()).isGreaterThan(worst.accepted());
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
    void whatIsNoNumberHoldsNowhere(double difference) {
        for (double limit : new double[] {0, 1, Double.NaN, Double.POSITIVE_INFINITY}) {
            Checks.Worst worst = worst(new double[] {0.1, 1}, new double[] {difference, limit}, new double[] {0.2, 1});
            assertThat(worst.place()).isEqualTo("place 1");
            assertThat(worst.measured() <= worst.accepted()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-300, 1})
    void whatMustBeTheSameStaysWrong(double difference) {
        Checks.Worst worst = worst(new double[] {0, 0}, new double[] {difference, 0}, new double[] {0, 0});
        assertThat(worst.place()).isEqualTo("place 1");
        assertThat(worst.measured()).isEqualTo(difference);
    }
}
