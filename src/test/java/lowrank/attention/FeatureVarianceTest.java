package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Weights of one query and one key as features have them, phi(y)'phi(x), and their closed forms. With independent frequencies the variance
 * relative to K^2, K = exp(x'y), is (exp(|x + y|^2) - 1) / m of m positive features, and (1 - exp(-|x - y|^2))^2 exp(|x - y|^2) / m of m / 2
 * pairs of cosine and sine.
 */
class FeatureVarianceTest {
    private static final int WIDTH = 16;

    /** The most draws of one object. */
    private static final int REPEATS = 50;

    private static final int SEEDS = 80;

    /** By how many standard errors a mean may be off. */
    private static final double ERRORS = 4;

    /** Two rows of this length, 30 degrees apart. */
    private static Matrix pair(double length) {
        Matrix rows = Matrix.zeros(2, WIDTH);
        rows.set(0, 3, length);
        rows.set(1, 3, length * Math.cos(Math.PI / 6));
        rows.set(1, 8, length * Math.sin(Math.PI / 6));
        return rows;
    }

    /** Features of a row: what is summed over it as the only key. */
    private static double[] features(FeatureDraws draws, Matrix rows, int row) {
        TestHead key = new TestHead(rows, rows, rows, null).hiding(i -> i == row);
        FeatureSums sums = key.rows(Precision.DOUBLE, key.layout(), 1)
                .pass(new FeaturePass(Alignment.none(1).ofKeys(draws, WIDTH), null));
        double[] features = new double[draws.total()];
        Arrays.setAll(features, f -> sums.weights()[f] * Math.exp(sums.shift()[f]));
        return features;
    }

    /** Relative errors of the weight of the pair, a number for each draw. */
    private static double[] errors(FeatureKind kind, boolean orthogonal, int size, double length) {
        Matrix rows = pair(length);
        double weight = Math.exp(length * length * Math.cos(Math.PI / 6));
        double[] errors = new double[SEEDS * REPEATS];
        for (int seed = 0; seed < SEEDS; seed++) {
            FeatureDraws draws = new FeatureDraws(kind, size, REPEATS, orthogonal, 1000 + seed);
            double[] y = features(draws, rows, 0);
            double[] x = features(draws, rows, 1);
            for (int r = 0; r < REPEATS; r++) {
                int first = r * size;
                double products = IntStream.range(first, first + size)
                        .mapToDouble(f -> y[f] * x[f])
                        .sum();
                errors[seed * REPEATS + r] = products / size * (kind == FeatureKind.TRIGONOMETRIC ? 2 : 1) / weight - 1;
            }
        }
        return errors;
    }

    private static double mean(double[] x) {
        return Arrays.stream(x).average().orElseThrow();
    }

    private static double standardError(double[] x) {
        double mean = mean(x);
        return Math.sqrt(Arrays.stream(x).map(a -> (a - mean) * (a - mean)).sum() / x.length / (x.length - 1));
    }

    private static double[] squares(double[] x) {
        return Arrays.stream(x).map(a -> a * a).toArray();
    }

    private static double law(FeatureKind kind, int size, double length) {
        double cos = Math.cos(Math.PI / 6);
        double sum = 2 * length * length * (1 + cos);
        double distance = 2 * length * length * (1 - cos);
        return kind == FeatureKind.POSITIVE
                ? Math.expm1(sum) / size
                : Math.pow(-Math.expm1(-distance), 2) * Math.exp(distance) / size;
    }

    /** The root of the law is the figure of a table that others made with 64 frequencies. */
    @ParameterizedTest
    @CsvSource({"POSITIVE, 64, 0.5, 0.1552", "TRIGONOMETRIC, 128, 0.5, 0.0059", "TRIGONOMETRIC, 128, 1, 0.0240"})
    void shortPairsHaveTheVarianceOfTheLaw(FeatureKind kind, int size, double length, double figure) {
        double law = law(kind, size, length);
        assertThat(Math.sqrt(law)).isCloseTo(figure, org.assertj.core.data.Percentage.withPercentage(2));
        double[] errors = errors(kind, false, size, length);
        assertThat(Math.abs(mean(errors))).as("bias").isLessThan(ERRORS * standardError(errors));
        double[] squares = squares(errors);
        assertThat(Math.abs(mean(squares) - law)).as("variance").isLessThan(ERRORS * standardError(squares));
        // So sharp a test would see the law of half as many features, or of twice as many.
        assertThat(standardError(squares)).isLessThan(law / 20);
    }

    /** Orthogonal frequencies have no larger variance, and pairs of opposite ones a smaller one. */
    @ParameterizedTest
    @CsvSource({"POSITIVE, 1", "HYPERBOLIC, 0.9"})
    void orthogonalFrequenciesVaryLess(FeatureKind kind, double part) {
        double[] squares = squares(errors(kind, true, 64, 0.5));
        assertThat(mean(squares))
                .isLessThan(part * law(FeatureKind.POSITIVE, 64, 0.5) + ERRORS * standardError(squares));
    }

    /** Thousands of draws do not see the variance of weights of long rows, so certificates compare outputs with exact ones. */
    @Test
    void noSampleShowsTheVarianceOfLongPairs() {
        double[] squares = squares(errors(FeatureKind.POSITIVE, false, 64, 3));
        assertThat(mean(squares) + ERRORS * standardError(squares)).isLessThan(1e-3 * law(FeatureKind.POSITIVE, 64, 3));
    }
}
