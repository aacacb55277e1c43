package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Draws;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NoiseLevelTest {
    /** The polynomial of Gavish and Donoho (2014) for omega is within 0.02 of it, as they say. */
    private static final double POLYNOMIAL = 0.02;

    private static Matrix gaussian(int rows, int cols, int stream) {
        Draws draws = new Draws(3, stream);
        double[] values = new double[rows * cols];
        for (int j = 0; j < cols; j++) {
            draws.gaussians(j, values, j * rows, rows);
        }
        return new Matrix(rows, cols, values);
    }

    /** As the paper has it: omega(1) = 2.858. */
    @Test
    void omegaOfSquareMatricesIsThePapers() {
        assertThat(omega(1)).isCloseTo(2.858, within(5e-4));
    }

    private static double omega(double beta) {
        int cols = 100_000;
        return NoiseLevel.GAVISH_DONOHO.edge(new double[] {1, 1, 1}, (int) Math.round(beta * cols), cols);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1})
    void omegaIsNearThePapersPolynomial(double beta) {
        double polynomial = 0.56 * beta * beta * beta - 0.95 * beta * beta + 1.82 * beta + 1.43;
        assertThat(omega(beta)).isCloseTo(polynomial, within(POLYNOMIAL));
    }

    /** For beta near 0 all eigenvalues are 1; of square matrices half are below 0.6528. */
    @Test
    void mediansOfTheLawAreKnown() {
        assertThat(NoiseLevel.medianOfLaw(1e-6)).isCloseTo(1, within(1e-3));
        assertThat(NoiseLevel.medianOfLaw(1)).isCloseTo(0.65278, within(1e-4));
    }

    @ParameterizedTest
    @CsvSource({"120,120", "60,240", "240,60"})
    void plantedComponentsAreFoundAndNoiseIsNot(int rows, int cols) {
        Matrix noise = gaussian(rows, cols, 1);
        double[] pure = Dense.svd(noise).s();
        for (NoiseLevel level : NoiseLevel.values()) {
            assertThat(new Truncation.Noise(level).choose(pure, rows, cols)).isLessThanOrEqualTo(1);
        }
        // Three components, each five times as strong as the strongest that noise has.
        double strength = 5 * pure[0];
        Matrix signal = Matrix.zeros(rows, cols);
        for (int c = 0; c < 3; c++) {
            signal.set(7 * c, 5 * c + 1, strength);
        }
        double[] s = Dense.svd(noise.plus(signal)).s();
        for (NoiseLevel level : NoiseLevel.values()) {
            assertThat(new Truncation.Noise(level).choose(s, rows, cols)).isEqualTo(3);
        }
    }
}
