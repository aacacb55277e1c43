package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MissedTest {
    private static final double ROUNDOFF = 0x1p-53;

    @ParameterizedTest
    @CsvSource({"1, 0.5", "34, 1e-10", "34, 5e-11", "10, 1e-3", "1, 1e-10"})
    void quantileSolvesChernoffsBound(int p, double probability) {
        double c = Missed.quantile(p, probability);
        assertThat(c).isBetween(0.0, 1.0);
        assertThat(p / 2.0 * (Math.log(c) + 1 - c)).isCloseTo(Math.log(probability), within(1e-9));
    }

    /** Few probes and a large probability make failures countable: they stay below what is stated. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 50})
    void boundsFailNoMoreOftenThanTheySay(int rank) {
        int n = 50;
        int trials = 2000;
        double probability = 0.2;
        double[] squares = new double[n];
        java.util.Arrays.fill(squares, 0, rank, 1);
        int failures = 0;
        for (int trial = 0; trial < trials; trial++) {
            Matrix probes = Cases.gaussian(n, 3, 1000 + trial);
            // M^T M = diag(1, ..., 1, 0, ..., 0); its share of ||A||_F is too small for subtraction.
            Matrix images = probes.transpose().scaleColumns(squares).transpose();
            double norm = 1e9 * Math.sqrt(rank);
            Missed missed = Missed.of(ROUNDOFF, norm, new double[] {norm}, probes, images, probability, 0);
            assertThat(missed.source()).isEqualTo("probes");
            assertThat(missed.failureProbability()).isEqualTo(probability);
            boolean holds = missed.spectral() >= 1 && missed.frobenius() >= Math.sqrt(rank);
            failures += holds ? 0 : 1;
        }
        assertThat(failures).isLessThanOrEqualTo((int) (probability * trials));
    }

    @Test
    void subtractionIsExactAndNeverExceeded() {
        double[] s = {3, 2};
        Matrix probes = Cases.gaussian(10, 4, 1);
        Missed missed = Missed.of(ROUNDOFF, Math.sqrt(14), s, probes, probes, 1e-10, 0);
        assertThat(missed.source()).isEqualTo("subtraction");
        assertThat(missed.frobenius()).isCloseTo(1, within(1e-13));
        assertThat(missed.spectral()).isEqualTo(missed.frobenius());
        assertThat(missed.failureProbability()).isZero();
    }

    @Test
    void withoutProbesTheFrobeniusResidualBoundsAll() {
        Matrix none = Matrix.zeros(10, 0);
        Missed missed = Missed.of(ROUNDOFF, 5, new double[] {4}, none, none, 1e-10, 0);
        assertThat(missed.spectral()).isCloseTo(3, within(1e-13));
        assertThat(missed.probes()).isZero();
    }
}
