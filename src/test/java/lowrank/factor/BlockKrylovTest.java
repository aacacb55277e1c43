package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlockKrylovTest extends SvdContract {
    /** The seed of every test that does not vary it. */
    static final long SEED = 42;

    /** The truncated error over s_(k+1) that DESIGN section 6 promises. */
    private static final double TRUNCATED = 1.1;

    @Override
    SvdAlgorithm algorithm(RankRule rank, boolean center, boolean scale) {
        return new BlockKrylov(rank, center, scale, true, Sketch.of(SEED));
    }

    /** Squares limit the plain form to the square root of eps. */
    @Override
    double accuracy() {
        return 1e-7;
    }

    /** C I - E^T E has a Cholesky factor: ||E||_2^2 < C. */
    private static void requireBelow(Matrix e, double bound) {
        Matrix gap = Matrix.identity(e.cols())
                .scaleColumns(Magnitude.filled(e.cols(), bound * bound))
                .minus(e.transposeTimes(e));
        assertThatCode(() -> Dense.cholesky(gap)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"D1", "D2", "D3", "D4", "D5"})
    void truncatedErrorIsNearTheBestForEverySeed(String spectrum) {
        int n = 1000;
        int k = 20;
        double[] s = KnownSpectrum.values(spectrum, n);
        Matrix a = Matrix.identity(n).scaleColumns(s);
        MatrixRows source = new MatrixRows(a, "features", Precision.DOUBLE, new Layout(n, 256, 256));
        for (int seed = 0; seed < 20; seed++) {
            BlockKrylov krylov = new BlockKrylov(new RankRule.Fixed(k), false, false, true, Sketch.of(seed));
            Svd svd = krylov.factor(LocalBlocks.of(source));
            MemorySink sink = new MemorySink();
            assertThat(svd.writeU(sink).defect()).isLessThanOrEqualTo(Measured.ORTHOGONAL);
            Matrix rebuilt = sink.matrix().times(svd.v().scaleColumns(svd.s()).transpose());
            requireBelow(a.minus(rebuilt), TRUNCATED * s[k]);
            assertThat(svd.evidence().spectralResidual()).isGreaterThanOrEqualTo(s[k]);
        }
    }

    @ParameterizedTest
    @CsvSource({"D1, 0.5, NaN", "D2, 0.05, NaN", "D3, 1e-4, NaN", "D3, NaN, 1e-2", "D5, 1e-9, NaN", "D2, 0.2, 0.05"})
    void toleranceIsMetByTheLeastRankThatIsKnownToMeetIt(String spectrum, double frobenius, double spectral) {
        KnownMatrix matrix = Cases.known(spectrum, 300, 200, 200, 1, Precision.DOUBLE);
        RankRule.Tolerance tolerance = new RankRule.Tolerance(frobenius, spectral);
        Measured m = Measured.of(algorithm(tolerance, false, false), matrix, 2)
                .requireFactors()
                .requireTruthInside();
        Evidence e = m.svd().evidence();
        assertThat(e.frobeniusResidual() > frobenius * e.frobeniusNorm()).isFalse();
        assertThat(e.spectralResidual() > spectral * e.spectralNorm()).isFalse();
        assertThat(m.rank()).isEqualTo(e.leastRank(frobenius, spectral));
        if (Double.isNaN(spectral)) {
            int best = tolerance.choose(m.truth());
            assertThat(m.rank()).isBetween(best, best + 1 + best / 10);
        }
    }

    /** s_20 / s_1 is the tolerance itself: whatever the seed rounds it to, the certificate must hold. */
    @Test
    void toleranceThatIsAValueItselfIsMetForEverySeed() {
        KnownMatrix matrix = Cases.known("D2", 300, 200, 200, 1, Precision.DOUBLE);
        for (int seed = 0; seed < 20; seed++) {
            Svd svd = new BlockKrylov(new RankRule.Tolerance(Double.NaN, 0.05), false, false, true, Sketch.of(seed))
                    .factor(LocalBlocks.of(matrix));
            assertThat(svd.evidence().spectralResidual())
                    .isLessThanOrEqualTo(0.05 * svd.evidence().spectralNorm());
        }
    }

    @Test
    void toleranceBelowRoundingTakesTheWholeMatrix() {
        KnownMatrix matrix = Cases.known("S2", 300, 50, 50, 1, Precision.DOUBLE);
        Measured m = Measured.of(algorithm(new RankRule.Tolerance(1e-15, Double.NaN), false, false), matrix, 2)
                .requireFactors()
                .requireTruthInside();
        assertThat(m.rank()).isEqualTo(50);
    }

    @Test
    void otherSeedsGiveOtherBitsWithinTheBounds() {
        KnownMatrix matrix = Cases.known("D1", 300, 200, 200, 1, Precision.DOUBLE);
        double[] first =
                Measured.of(plain(10), matrix, 1).requireTruthInside().svd().s();
        Sketch other = Sketch.of(SEED + 1);
        double[] second = Measured.of(new BlockKrylov(new RankRule.Fixed(10), false, false, true, other), matrix, 1)
                .requireTruthInside()
                .svd()
                .s();
        assertThat(MemorySink.digest(first)).isNotEqualTo(MemorySink.digest(second));
    }

    @Test
    void valuesBelowTheSquaringLimitAreNoted() {
        Measured m = Measured.of(plain(30), Cases.known("S1", 300, 60, 60, 1, Precision.DOUBLE), 1)
                .requireFactors()
                .requireTruthInside();
        assertThat(m.svd().evidence().notes()).anyMatch(note -> note.contains("full-accuracy"));
    }

    @Test
    void withoutPowerIterationsTheBoundsStillHold() {
        Sketch sketch = new Sketch(5, 0, false, 20, 1e-10, SEED);
        BlockKrylov krylov = new BlockKrylov(new RankRule.Fixed(10), true, false, true, sketch);
        RecordedBlocks rows = RecordedBlocks.of(Cases.known("D1", 300, 100, 100, 1, Precision.DOUBLE));
        krylov.factor(rows).writeU(new MemorySink());
        assertThat(rows.passes()).isEqualTo(krylov.passes(300, 100));
        Measured.of(krylov, Cases.known("D1", 300, 100, 100, 1, Precision.DOUBLE), 2)
                .requireFactors()
                .requireTruthInside();
    }

    @Test
    void valuesOnlyTakesNoPassForU() {
        BlockKrylov krylov = new BlockKrylov(new RankRule.Fixed(5), false, false, false, Sketch.of(SEED));
        RecordedBlocks rows = RecordedBlocks.of(Cases.known("D3", 300, 100, 100, 1, Precision.DOUBLE));
        assertThat(krylov.factor(rows).u()).isNull();
        assertThat(rows.passes()).isEqualTo(krylov.passes(300, 100)).hasSize(4);
    }

    @Test
    void theWholeSpectrumIsRefused() {
        assertThatThrownBy(() -> algorithm(new RankRule.Full(), false, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tsqr");
    }
}
