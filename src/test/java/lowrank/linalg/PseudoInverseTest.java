package lowrank.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lowrank.blas.Precision;
import lowrank.random.Philox;
import org.junit.jupiter.api.Test;

class PseudoInverseTest {
    private static final double EPS = 0x1p-53;

    private static Matrix gaussian(int rows, int cols, long seed) {
        Philox random = new Philox(seed, 97);
        Matrix transposed = Matrix.zeros(cols, rows);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, 0, transposed.values(), i * cols, cols);
        }
        return transposed.transpose();
    }

    /** Q diag(w) Q^T. */
    private static Matrix symmetric(double... w) {
        Matrix q = Dense.qr(gaussian(w.length, w.length, 5)).q();
        Matrix k = q.scaleColumns(w).times(q.transpose());
        for (int j = 0; j < w.length; j++) {
            for (int i = 0; i < j; i++) {
                k.set(j, i, k.get(i, j));
            }
        }
        return k;
    }

    private static double worst(Matrix a, Matrix b) {
        double worst = 0;
        for (double value : a.minus(b).values()) {
            worst = Math.max(worst, Math.abs(value));
        }
        return worst;
    }

    @Test
    void holdsTheFourConditionsOfMooreAndPenrose() {
        Matrix k = symmetric(5, 3, 1, 1e-3, 1e-3, 0, 0, 0);
        PseudoInverse inverse = PseudoInverse.of(k, Precision.DOUBLE);
        assertThat(inverse.rank()).isEqualTo(5);
        assertThat(inverse.condition()).isCloseTo(5000, within(1e-8));
        assertThat(inverse.kept()).isSortedAccordingTo((a, b) -> Double.compare(b, a));
        assertThat(Math.abs(inverse.largestDropped())).isLessThanOrEqualTo(inverse.cut());
        Matrix plus = inverse.times(Matrix.identity(8));
        // Rounding of K, 5 eps, is magnified by the condition number.
        double tolerance = 64 * 5000 * EPS;
        assertThat(worst(k.times(plus).times(k), k)).isLessThan(tolerance);
        assertThat(worst(plus.times(k).times(plus), plus)).isLessThan(tolerance * 1000);
        assertThat(worst(plus.times(k), plus.times(k).transpose())).isLessThan(tolerance);
        assertThat(worst(plus, plus.transpose())).isLessThan(tolerance * 1000);
        Matrix w = inverse.whitening();
        assertThat(worst(w.transposeTimes(k.times(w)), Matrix.identity(5))).isLessThan(tolerance);
    }

    @Test
    void cutIsThatOfThePrecision() {
        Matrix k = symmetric(1, 1e-3, 1e-9, 1e-18);
        PseudoInverse inDouble = PseudoInverse.of(k, Precision.DOUBLE);
        PseudoInverse inFloat = PseudoInverse.of(k, Precision.FLOAT);
        assertThat(inDouble.rank()).isEqualTo(3);
        assertThat(inFloat.rank()).isEqualTo(2);
        assertThat(inFloat.cut()).isCloseTo(4 * 0x1p-24, within(1e-12));
        assertThat(inFloat.largestDropped()).isCloseTo(1e-9, within(1e-14));
    }

    @Test
    void indefiniteMatricesAreRefused() {
        assertThatThrownBy(() -> PseudoInverse.of(symmetric(1, 0.5, -1e-3), Precision.DOUBLE))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("not a positive semidefinite kernel");
        assertThatThrownBy(() -> PseudoInverse.of(symmetric(-1, -2), Precision.DOUBLE))
                .isInstanceOf(NumericalException.class);
        // As far below zero as rounding goes.
        assertThat(PseudoInverse.of(symmetric(1, 0.5, -EPS), Precision.DOUBLE).rank())
                .isEqualTo(2);
    }

    @Test
    void zeroAndEmptyMatricesHaveNoRank() {
        assertThat(PseudoInverse.of(Matrix.zeros(3, 3), Precision.DOUBLE).rank())
                .isZero();
        assertThat(PseudoInverse.of(Matrix.zeros(0, 0), Precision.DOUBLE).condition())
                .isEqualTo(1);
        assertThat(PseudoInverse.of(symmetric(1, 1), 0).rank()).isEqualTo(2);
    }
}
