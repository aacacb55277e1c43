package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Errors that others measured with the same formulas, in NumPy, and what features are known to do. */
class PublishedFiguresTest {
    /** Of a figure: medians over a few seeds, of data and draws that are not theirs. */
    private static final double TOLERANCE = 0.15;

    private static final int SEEDS = 15;

    private static double median(IntToDoubleFunction error) {
        return IntStream.range(0, SEEDS).mapToDouble(error).sorted().toArray()[SEEDS / 2];
    }

    private static Matrix outputs(TestHead head, FeatureKind kind, int size, boolean orthogonal, int seed) {
        FeatureDraws draws = new FeatureDraws(kind, size, 1, orthogonal, 100 + seed);
        Performer performer = new Performer(draws, false, Heads.scale(head.q().cols()));
        return PerformerTest.outputs(head, performer, Precision.DOUBLE, head.layout(), 1);
    }

    /** mean |error| / mean |exact|. */
    private static double meanError(Matrix outputs, Matrix exact) {
        return Arrays.stream(outputs.minus(exact).values()).map(Math::abs).sum()
                / Arrays.stream(exact.values()).map(Math::abs).sum();
    }

    /** Issue 69 of a well-known library: 24 rows of 128 normal numbers, where attention by features is worse than the mean of all values. */
    @ParameterizedTest
    @CsvSource({
        "POSITIVE, true, 256, 1.569",
        "POSITIVE, true, 1024, 1.441",
        "POSITIVE, true, 4096, 1.345",
        "POSITIVE, false, 256, 1.656",
        "POSITIVE, false, 1024, 1.345",
        "POSITIVE, false, 4096, 1.252",
        "HYPERBOLIC, true, 256, 1.448",
        "HYPERBOLIC, true, 1024, 1.516",
        "HYPERBOLIC, true, 4096, 1.264"
    })
    void fewLongRowsAreWorseThanTheirMean(FeatureKind kind, boolean orthogonal, int size, double figure) {
        double error = median(seed -> {
            TestHead head = issue69(seed);
            return meanError(outputs(head, kind, size, orthogonal, seed), head.exact(false));
        });
        assertThat(error).isBetween(figure * (1 - TOLERANCE), figure * (1 + TOLERANCE));
    }

    private static TestHead issue69(int seed) {
        return TestHead.normal(24, 128, 128, 1, seed);
    }

    @Test
    void theirMeanHasThePublishedError() {
        double error =
                median(seed -> meanError(issue69(seed).uniform(), issue69(seed).exact(false)));
        assertThat(error).isBetween(0.7348 * (1 - TOLERANCE), 0.7348 * (1 + TOLERANCE));
    }

    /** Published with errors of 12 to 14 times the outputs. */
    @Test
    void wavesOfFewLongRowsAreRefused() {
        for (int size : new int[] {256, 1024, 4096}) {
            assertThatThrownBy(() -> outputs(issue69(1), FeatureKind.TRIGONOMETRIC, size, true, 1))
                    .isInstanceOf(NumericalException.class);
        }
    }

    /**
     * Tutorials draw f(x) = sqrt(2 / m) cos(w'x + b), whose products are the Gaussian kernel and no exponential, and put softmax(f(Q) f(K)' /
     * sqrt(d)) on top: an exponential of numbers between -2 / sqrt(d) and 2 / sqrt(d), which is 1 to a tenth. That is uniform attention.
     */
    @Test
    void theCosineMapUnderASoftmaxIsUniformAttention() {
        for (int seed = 0; seed < SEEDS; seed++) {
            TestHead head = issue69(seed);
            int size = 1024;
            Matrix w = TestHead.gaussians(128, size, 1, seed, 11);
            Matrix b = TestHead.gaussians(1, size, 100, seed, 12);
            Matrix q = cosines(head.q().times(w), b);
            Matrix k = cosines(head.k().times(w), b);
            Matrix tutorial = new TestHead(q, k, head.v(), null).exact(false, Heads.scale(128));
            double uniform = SampledQueries.relative(head.uniform(), head.exact(false));
            assertThat(SampledQueries.relative(tutorial, head.exact(false))).isBetween(uniform - 2e-3, uniform + 2e-3);
            // What is left is the small weight of cos(0) = 1 of queries that are near a key.
            assertThat(SampledQueries.relative(tutorial, head.uniform())).isLessThan(0.05);
        }
    }

    private static Matrix cosines(Matrix products, Matrix phases) {
        Matrix features = Matrix.zeros(products.rows(), products.cols());
        for (int j = 0; j < products.cols(); j++) {
            for (int i = 0; i < products.rows(); i++) {
                features.set(i, j, Math.sqrt(2.0 / products.cols()) * Math.cos(products.get(i, j) + phases.get(0, j)));
            }
        }
        return features;
    }

    /** Queries and keys of c N(0, I), 4096 of 64. */
    private static TestHead synthetic(double c, int seed) {
        return TestHead.normal(4096, 64, 64, c, seed);
    }

    private static Matrix exact(TestHead head) {
        return AllRows.of(head.rows()
                .map(new ExactOutputs(head.source(Precision.DOUBLE, head.layout()), false, Heads.scale(64))));
    }

    /** Errors with 64, 256 and 1,024 features; NaN where they are refused, 1.94 was published there. */
    private record Published(double c, double uniform, double[][] byKind, double[] independent) {}

    private static final Published QUARTER = new Published(
            0.25,
            .0603,
            new double[][] {{.107, .0497, .0246}, {.0884, .0234, .0124}, {.0845, .0190, .0095}},
            new double[] {.131, .0626, .0305});
    private static final Published HALF = new Published(
            0.5,
            .2382,
            new double[][] {{.745, .414, .243}, {.736, .423, .254}, {Double.NaN, .386, .188}},
            new double[] {.710, .441, .259});

    static Stream<Published> published() {
        return Stream.of(QUARTER, HALF);
    }

    @ParameterizedTest
    @MethodSource("published")
    void shortRowsHaveThePublishedErrors(Published published) {
        Matrix[] exact = new Matrix[SEEDS];
        TestHead[] heads = new TestHead[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            heads[seed] = synthetic(published.c, seed);
            exact[seed] = exact(heads[seed]);
        }
        figure(median(seed -> SampledQueries.relative(heads[seed].uniform(), exact[seed])), published.uniform);
        for (int i = 0; i < 3; i++) {
            int size = 64 << 2 * i;
            for (FeatureKind kind : FeatureKind.values()) {
                double figure = published.byKind[kind.ordinal()][i];
                if (Double.isNaN(figure)) {
                    assertThatThrownBy(() -> outputs(heads[0], kind, size, true, 1))
                            .hasMessageContaining("is noise");
                } else {
                    figure(
                            median(seed ->
                                    SampledQueries.relative(outputs(heads[seed], kind, size, true, seed), exact[seed])),
                            figure);
                }
            }
            figure(
                    median(seed -> SampledQueries.relative(
                            outputs(heads[seed], FeatureKind.POSITIVE, size, false, seed), exact[seed])),
                    published.independent[i]);
        }
    }

    private static void figure(double error, double figure) {
        assertThat(error).isBetween(figure * (1 - TOLERANCE), figure * (1 + TOLERANCE));
    }

    /** Five times the error of the mean of all values, by positive features of any number; waves are refused. */
    @Test
    void longRowsAreFarWorseThanTheirMean() {
        TestHead head = synthetic(1, 1);
        Matrix exact = exact(head);
        double uniform = SampledQueries.relative(head.uniform(), exact);
        figure(uniform, 0.7858);
        for (FeatureKind kind : new FeatureKind[] {FeatureKind.POSITIVE, FeatureKind.HYPERBOLIC}) {
            for (int size : new int[] {64, 256}) {
                double error = SampledQueries.relative(outputs(head, kind, size, true, 1), exact);
                assertThat(error).isGreaterThan(2 * uniform);
            }
        }
        assertThatThrownBy(() -> outputs(head, FeatureKind.TRIGONOMETRIC, 256, true, 1))
                .hasMessageContaining("is noise");
    }
}
