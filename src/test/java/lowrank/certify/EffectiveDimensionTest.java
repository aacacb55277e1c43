package lowrank.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EffectiveDimensionTest {
    /** K = diag(1/j^2), its approximation keeps the first m of them: both sides of the bracket hold, and close with m. */
    @Test
    void trueValueLiesBetween() {
        int n = 2000;
        double[] all = new double[n];
        Arrays.setAll(all, j -> 1 / Math.pow(j + 1, 2));
        for (double mu : new double[] {1e-1, 1e-3, 1e-5}) {
            double truth = EffectiveDimension.of(all, mu, 0, 0).lower();
            double gap = Double.POSITIVE_INFINITY;
            for (int m : new int[] {10, 100, 1000, 2000}) {
                double rest = Arrays.stream(all, m, n).sum();
                EffectiveDimension bracket = EffectiveDimension.of(Arrays.copyOf(all, m), mu, rest, 0);
                assertThat(bracket.lower()).isLessThanOrEqualTo(truth);
                assertThat(bracket.upper()).isGreaterThanOrEqualTo(truth);
                assertThat(bracket.upper() - bracket.lower()).isLessThan(gap);
                gap = bracket.upper() - bracket.lower();
            }
            assertThat(gap).isZero();
        }
    }

    /** sum over j > m of 1/j^2 is between 1/(m+1) and 1/m. */
    @Test
    void decayTellsHowManyAreNeeded() {
        double[] known = new double[400];
        Arrays.setAll(known, j -> 3 / Math.pow(j + 1, 2));
        Decay decay = Decay.of(known);
        assertThat(decay.b()).isCloseTo(2, within(1e-12));
        assertThat(decay.rankFor(3e-4).orElseThrow()).isBetween(9_990L, 10_010L);
        Arrays.setAll(known, j -> 1 / (j + 1.0));
        assertThat(Decay.of(known).rankFor(1e-3)).isEmpty();
    }
}
