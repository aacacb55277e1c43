package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TruncationTest {
    /** Squares 16, 9, 4, 1: shares .533, .833, .967, 1. */
    private static final double[] S = {4, 3, 2, 1};

    @Test
    void aRankIsAtMostWhatThereIs() {
        assertThat(new Truncation.Rank(3).choose(S, 4, 9)).isEqualTo(3);
        assertThat(new Truncation.Rank(Integer.MAX_VALUE).choose(S, 4, 9)).isEqualTo(4);
    }

    /** Ranks of SVD-LLM at a ratio of 0.8, for the shapes of bge-small. */
    @Test
    void aRatioIsOfTheNumbersOfTheMatrix() {
        double[] s = new double[384];
        assertThat(new Truncation.Ratio(0.8).choose(s, 384, 384)).isEqualTo(153);
        assertThat(new Truncation.Ratio(0.8).choose(s, 384, 1536)).isEqualTo(245);
        assertThat(new Truncation.Ratio(0.5).choose(s, 384, 384)).isEqualTo(96);
        assertThat(new Truncation.Ratio(0.1).choose(new double[3], 3, 4)).isZero();
        // 0.58 100 100 / 200 is 29, and as doubles a little less.
        assertThat(new Truncation.Ratio(0.58).choose(s, 100, 100)).isEqualTo(29);
        assertThat(new Truncation.Ratio(0.5799).choose(s, 100, 100)).isEqualTo(28);
        assertThat(new Truncation.Ratio(0.9).choose(s, 70_000, 70_000)).isEqualTo(384);
        for (double wrong : new double[] {0, 1, -1, Double.NaN}) {
            assertThatThrownBy(() -> new Truncation.Ratio(wrong)).hasMessageContaining("factor.ratio");
        }
    }

    /** Of a matrix of rank 2 the median is rounding, which is no level of noise. */
    @ParameterizedTest
    @ValueSource(strings = {"GAVISH_DONOHO", "MARCHENKO_PASTUR"})
    void roundingStandsOutOfNoNoise(String level) {
        double[] s = {5, 3, 9e-16, 3e-16, 1e-16, 2e-17, 1e-17, 1e-17, 5e-18, 1e-18};
        assertThat(new Truncation.Noise(NoiseLevel.valueOf(level)).choose(s, 10, 10))
                .isEqualTo(2);
    }

    @Test
    void energyIsOfSquares() {
        assertThat(new Truncation.Energy(16.0 / 30).choose(S, 4, 4)).isEqualTo(1);
        assertThat(new Truncation.Energy(16.01 / 30).choose(S, 4, 4)).isEqualTo(2);
        assertThat(new Truncation.Energy(0.9).choose(S, 4, 4)).isEqualTo(3);
    }

    /** Others take one component too many, or sums of s for sums of squares; and never come down to rank 1. */
    @Test
    void theWholeKeepsAllAndOneComponentIsOne() {
        double[] tiny = {1, 1e-9, 1e-17};
        assertThat(new Truncation.Energy(1).choose(S, 4, 4)).isEqualTo(4);
        assertThat(new Truncation.Energy(1).choose(tiny, 3, 3)).isEqualTo(3);
        assertThat(new Truncation.Energy(1).choose(new double[] {5, 0, 0}, 3, 3))
                .isEqualTo(1);
        assertThat(new Truncation.Energy(0.5).choose(new double[] {5, 0, 0}, 3, 3))
                .isEqualTo(1);
        assertThat(new Truncation.RelativeError(0).choose(S, 4, 4)).isEqualTo(4);
        assertThat(new Truncation.RelativeError(0).choose(new double[] {5, 0, 0}, 3, 3))
                .isEqualTo(1);
    }

    @Test
    void ofZerosNothingIsKept() {
        double[] zeros = new double[5];
        for (Truncation rule : List.of(
                new Truncation.Energy(0.9),
                new Truncation.RelativeError(0.1),
                new Truncation.Noise(NoiseLevel.GAVISH_DONOHO))) {
            assertThat(rule.choose(zeros, 5, 5)).isZero();
        }
    }

    @Test
    void relativeErrorsAreMet() {
        assertThat(new Truncation.RelativeError(Math.sqrt(5.0 / 30)).choose(S, 4, 4))
                .isEqualTo(2);
        assertThat(new Truncation.RelativeError(Math.sqrt(4.9 / 30)).choose(S, 4, 4))
                .isEqualTo(3);
    }

    /** One rounding more or less in a singular value is no other rank. */
    @ParameterizedTest
    @ValueSource(doubles = {0x1p-52, -0x1p-52})
    void aRoundingDoesNotDecide(double relative) {
        double[] s = S.clone();
        s[2] += relative * s[2];
        s[3] += relative * s[3];
        assertThat(new Truncation.Energy(25.0 / 30).choose(s, 4, 4)).isEqualTo(2);
        assertThat(new Truncation.RelativeError(Math.sqrt(5.0 / 30)).choose(s, 4, 4))
                .isEqualTo(2);
    }

    @Test
    void whatIsNoShareIsRefused() {
        for (double wrong : new double[] {0, -0.1, 1.5, Double.NaN}) {
            assertThatThrownBy(() -> new Truncation.Energy(wrong)).hasMessageContaining("factor.energy");
        }
        for (double wrong : new double[] {1, -0.1, Double.NaN}) {
            assertThatThrownBy(() -> new Truncation.RelativeError(wrong)).hasMessageContaining("factor.relative-error");
        }
    }

    private static List<Truncation.Candidate> candidates(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Truncation.Candidate> candidates = new ArrayList<>();
        for (int l = 0; l < 3; l++) {
            double[] s = random.doubles(4, 0, 3).sorted().toArray();
            double[] descending = new double[4];
            Arrays.setAll(descending, i -> s[3 - i]);
            candidates.add(new Truncation.Candidate(descending, 5, 5, 3));
        }
        return candidates;
    }

    private static double left(List<Truncation.Candidate> candidates, int[] ranks) {
        double left = 0;
        for (int l = 0; l < ranks.length; l++) {
            for (int i = ranks[l]; i < 4; i++) {
                left += candidates.get(l).s()[i] * candidates.get(l).s()[i];
            }
        }
        return left;
    }

    /** With matrices of one shape the greedy choice is the best one there is. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aBudgetIsSharedAsWellAsCanBe(long seed) {
        List<Truncation.Candidate> candidates = candidates(seed);
        int components = (int) (seed % 7) + 1;
        int[] ranks = Truncation.share(new Truncation.Budget(10L * components + 9), candidates);
        assertThat(Arrays.stream(ranks).sum()).isEqualTo(components);
        double best = Double.POSITIVE_INFINITY;
        for (int code = 0; code < 64; code++) {
            int[] other = {code % 4, code / 4 % 4, code / 16};
            if (Arrays.stream(other).sum() == components) {
                best = Math.min(best, left(candidates, other));
            }
        }
        assertThat(left(candidates, ranks)).isEqualTo(best);
    }

    @Test
    void aBudgetIsNeverExceededAndPrefersWhatIsCheap() {
        List<Truncation.Candidate> candidates = List.of(
                new Truncation.Candidate(new double[] {2, 2, 2}, 100, 100, 40),
                new Truncation.Candidate(new double[] {2, 2, 2}, 10, 10, 4));
        assertThat(Truncation.share(new Truncation.Budget(259), candidates)).containsExactly(0, 3);
        assertThat(Truncation.share(new Truncation.Budget(260), candidates)).containsExactly(1, 3);
        assertThat(Truncation.share(new Truncation.Budget(1), candidates)).containsExactly(0, 0);
    }
}
