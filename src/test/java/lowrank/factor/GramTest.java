package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import lowrank.blas.Precision;
import org.junit.jupiter.api.Test;

class GramTest extends SvdContract {
    @Override
    SvdAlgorithm algorithm(RankRule rank, boolean center, boolean scale) {
        return new Gram(rank, center, scale, true);
    }

    /** Half of the digits. */
    @Override
    double accuracy() {
        return 2 * Gram.FLOOR;
    }

    @Test
    void nothingBelowTheFloorIsReturned() {
        Measured m = Measured.of(plain(50), Cases.known("S1", 300, 50, 50, 1, Precision.DOUBLE), 1);
        assertThat(m.rank()).isLessThan(50).isGreaterThan(15);
        assertThat(m.svd().s()[m.rank() - 1]).isGreaterThan(Gram.FLOOR * m.svd().s()[0]);
        assertThat(m.svd().evidence().notes()).anyMatch(note -> note.contains("tsqr"));
    }
}
