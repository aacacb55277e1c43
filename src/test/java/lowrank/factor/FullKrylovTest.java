package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import lowrank.blas.Precision;
import org.junit.jupiter.api.Test;

/** The full-accuracy form of block-krylov. */
class FullKrylovTest extends SvdContract {
    @Override
    SvdAlgorithm algorithm(RankRule rank, boolean center, boolean scale) {
        return new BlockKrylov(
                rank, center, scale, true, Sketch.of(BlockKrylovTest.SEED).toFull());
    }

    @Override
    double accuracy() {
        return 1e-13;
    }

    /** svd.md B4: 60 values of S1, of which a product with A^T A sees those above 4e-9. */
    @Test
    void noSquaringLimit() {
        Measured m = Measured.of(plain(60), Cases.known("S1", 2000, 400, 60, 1, Precision.DOUBLE), 2)
                .requireFactors()
                .requireTruthInside();
        assertThat(m.relativeError()).isLessThanOrEqualTo(accuracy());
        assertThat(m.rank()).isGreaterThanOrEqualTo(40);
    }
}
