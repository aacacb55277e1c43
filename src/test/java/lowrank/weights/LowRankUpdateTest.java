package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class LowRankUpdateTest {
    /** Of sums of a dozen products of numbers up to 1. */
    private static final double ROUNDING = 1e-13;

    private static final Matrix W = CircuitFiles.random(5, 7, 1);

    private static double[] vector(int count, long seed) {
        return CircuitFiles.random(count, 1, seed).values();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Test
    void aRankOneUpdateAddsItsVectorByTheProjectionOfTheInput() {
        double[] u = vector(5, 2);
        double[] v = vector(7, 3);
        double[] x = vector(7, 4);
        double[] changed =
                LowRankUpdate.of(W).plus(u, v).apply(new Matrix(7, 1, x)).values();
        for (int i = 0; i < 5; i++) {
            double old = 0;
            for (int j = 0; j < 7; j++) {
                old += W.get(i, j) * x[j];
            }
            assertThat(changed[i]).isCloseTo(old + dot(v, x) * u[i], within(ROUNDING));
        }
    }

    @Test
    void inputsAcrossAreUntouchedAndThoseAlongChangeInProportionToTheirLength() {
        double[] u = {1, 0, 0, 0, 0};
        double[] v = {0, 3, 0, 0, 0, 0, 0};
        LowRankUpdate update = LowRankUpdate.of(Matrix.zeros(5, 7)).plus(u, v);
        Matrix across = new Matrix(7, 1, new double[] {1, 0, 1, 1, 1, 1, 1});
        Matrix along = new Matrix(7, 1, new double[] {0, 3, 0, 0, 0, 0, 0});
        Matrix twice = new Matrix(7, 1, new double[] {0, 6, 0, 0, 0, 0, 0});
        assertThat(update.apply(across).values()).containsOnly(0);
        assertThat(update.apply(along).get(0, 0)).isEqualTo(9);
        assertThat(update.apply(twice).get(0, 0)).isEqualTo(18);
    }

    @Test
    void sumsOfUpdatesAreThatOfTheMatrices() {
        LowRankUpdate update = LowRankUpdate.of(W);
        for (int r = 0; r < 3; r++) {
            update = update.plus(vector(5, 10 + r), vector(7, 20 + r));
        }
        Matrix inputs = CircuitFiles.random(7, 4, 30);
        assertThat(update.change().inner()).isEqualTo(3);
        assertThat(update.apply(inputs).values())
                .containsExactly(update.merged().times(inputs).values(), within(ROUNDING));
        assertThat(update.change().count()).isEqualTo(36);
    }

    @Test
    void aChangeOfAnotherShapeIsRefused() {
        assertThatThrownBy(() -> LowRankUpdate.of(W).plus(new double[7], new double[5]))
                .hasMessageContaining("5 x 7 and 7 x 5");
    }
}
