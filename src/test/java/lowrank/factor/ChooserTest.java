package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChooserTest {
    private static Chooser.Choice choose(String algorithm, long rows, int cols, RankRule rank) {
        return Chooser.choose(algorithm, rows, cols, rank, true, false, true, Sketch.of(1));
    }

    /** 0 stands for full, -1 for a tolerance. */
    private static RankRule rule(int rank) {
        return rank == 0
                ? new RankRule.Full()
                : rank < 0 ? new RankRule.Tolerance(0.1, Double.NaN) : new RankRule.Fixed(rank);
    }

    @ParameterizedTest
    @CsvSource({
        "10000, 400, 20, lapack",
        "10000, 400, 0, lapack",
        "400, 10000, 0, lapack",
        "10001, 400, 20, block-krylov",
        "1000000, 180, 20, tsqr",
        "1000000, 181, 20, block-krylov",
        "1000000, 16383, 0, tsqr",
        "1000000, 16383, -1, tsqr",
        "1000000, 16384, -1, block-krylov",
        "1000000, 16384, 5000, block-krylov",
        "1000000, 16383, 5000, tsqr",
        "10000, 20000, 50, block-krylov"
    })
    void automaticFollowsShapeAndRank(long rows, int cols, int rank, String expected) {
        Chooser.Choice choice = choose("auto", rows, cols, rule(rank));
        assertThat(choice.algorithm().name()).isEqualTo(expected);
        assertThat(choice.reasons())
                .hasSize(1)
                .first()
                .asString()
                .startsWith(expected)
                .contains("" + cols);
    }

    @ParameterizedTest
    @CsvSource({"tsqr", "gram", "block-krylov"})
    void whatIsAskedForIsTaken(String algorithm) {
        Chooser.Choice choice = choose(algorithm, 100, 10, rule(3));
        assertThat(choice.algorithm().name()).isEqualTo(algorithm);
        assertThat(choice.reasons()).containsExactly(algorithm + ": as asked for");
    }

    @ParameterizedTest
    @CsvSource({
        "auto, 10000, 20000, 0, transpose",
        "auto, 1000000, 16384, 0, rank",
        "tsqr, 10000, 20000, 0, transpose",
        "tsqr, 1000000, 16384, 20, block-krylov",
        "gram, 1000000, 16384, 20, block-krylov",
        "lapack, 1000000, 100, 20, auto",
        "block-krylov, 1000000, 100, 0, tsqr",
        "block-krylov, 1000000000, 1000000, 1000, factor.rank"
    })
    void whatDoesNotFitIsRefusedWithAWayOut(String algorithm, long rows, int cols, int rank, String wayOut) {
        assertThatThrownBy(() -> choose(algorithm, rows, cols, rule(rank)))
                .isInstanceOf(UnsuitableException.class)
                .hasMessageContaining(wayOut);
    }

    @Test
    void moreValuesThanThereAreIsAMistakeOfTheSpec() {
        assertThatThrownBy(() -> choose("auto", 10, 100, rule(11)))
                .isExactlyInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 10");
    }

    @Test
    void unknownNamesAreNamed() {
        assertThatThrownBy(() -> choose("jacobi", 10, 10, rule(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jacobi");
    }

    @Test
    void sketchesOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Sketch(-1, 2, false, 34, 1e-10, 0)).hasMessageContaining("oversampling");
        assertThatThrownBy(() -> new Sketch(10, 64, false, 34, 1e-10, 0)).hasMessageContaining("power-iterations");
        assertThatThrownBy(() -> new Sketch(10, 2, false, 0, 1e-10, 0)).hasMessageContaining("probes");
        assertThatThrownBy(() -> new Sketch(10, 2, false, 34, 1, 0)).hasMessageContaining("failure-probability");
    }
}
