package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lowrank.blas.Precision;
import lowrank.blocks.LocalBlocks;
import org.junit.jupiter.api.Test;

class LapackTest extends SvdContract {
    @Override
    SvdAlgorithm algorithm(RankRule rank, boolean center, boolean scale) {
        return new Lapack(rank, center, scale, true);
    }

    @Override
    double accuracy() {
        return 1e-13;
    }

    @Test
    void largeMatricesAreRefused() {
        KnownMatrix matrix = KnownMatrix.of("S2", 40_001, 100, 1, 1, Precision.DOUBLE);
        assertThatThrownBy(() -> plain(1).factor(LocalBlocks.of(matrix)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("auto");
    }
}
