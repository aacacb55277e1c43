package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The mean of z(x)'z(y) over seeds is k(x, y), and its variance what the law of the map says. */
class FeatureLawTest {
    private static final int SEEDS = 4000;
    private static final int SIZE = 16;
    private static final int WIDTH = 4;

    /**
     * Standard errors. There are 282 comparisons; this many standard errors are exceeded by one of 282 right ones with a probability of
     * 0.5 %. The seeds are fixed: it either happens always or never.
     */
    private static final double ERRORS = 4.3;

    /** Near, far, equal and opposite rows, and one of zeros. */
    private static final double[][] ROWS = {
        {0.3, -0.2, 0.5, 0.1},
        {0.4, -0.1, 0.3, 0.1},
        {-0.9, 0.6, 0.2, -1.1},
        {0.3, -0.2, 0.5, 0.1},
        {-0.3, 0.2, -0.5, -0.1},
        {0, 0, 0, 0}
    };

    private static final int[][] PAIRS = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 2}};

    /** What was seen of one pair over all seeds. */
    private record Seen(double mean, double variance, double meanError, double varianceError) {
        static Seen of(double[] values) {
            int n = values.length;
            double mean = Arrays.stream(values).average().orElseThrow();
            double second = Arrays.stream(values)
                    .map(v -> Math.pow(v - mean, 2))
                    .average()
                    .orElseThrow();
            double fourth = Arrays.stream(values)
                    .map(v -> Math.pow(v - mean, 4))
                    .average()
                    .orElseThrow();
            return new Seen(mean, second, Math.sqrt(second / n), Math.sqrt(Math.max(0, fourth - second * second) / n));
        }
    }

    private static Seen[] seen(LongFunction<FeatureMap> maps, double[][] rows) {
        double[][] products = new double[PAIRS.length][SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            double[][] z = Mapped.features(maps.apply(seed), rows, Precision.DOUBLE);
            for (int p = 0; p < PAIRS.length; p++) {
                products[p][seed] = KernelCases.dot(z[PAIRS[p][0]], z[PAIRS[p][1]]);
            }
        }
        return Arrays.stream(products).map(Seen::of).toArray(Seen[]::new);
    }

    /** Rounding of sums of some twenty products. */
    private static final double ROUNDING = 1e-13;

    private static void assertMean(Seen seen, double expected, double bias) {
        assertThat(seen.mean()).isCloseTo(expected, within(ERRORS * seen.meanError() + bias + ROUNDING));
    }

    private static void assertVariance(Seen seen, double expected) {
        assertThat(seen.variance()).isCloseTo(expected, within(ERRORS * seen.varianceError() + ROUNDING));
    }

    private static LongFunction<FeatureMap> maps(String map, Kernel kernel) {
        return seed -> RandomFeatures.of(map, kernel, WIDTH, SIZE, seed);
    }

    private static double kernel(Kernel kernel, int[] pair) {
        return KernelCases.value(kernel, ROWS[pair[0]], ROWS[pair[1]]);
    }

    private static double[] plus(double[] x, double[] y, double sign) {
        double[] sum = new double[x.length];
        Arrays.setAll(sum, j -> x[j] + sign * y[j]);
        return sum;
    }

    static Stream<Kernel> shiftInvariant() {
        return Stream.of(
                new Gaussian(0.8),
                new Laplacian(2),
                new Matern(0.8, 0.5),
                new Matern(0.8, 1.5),
                new Matern(0.8, 2.5),
                new RationalQuadratic(0.8, 1),
                new RationalQuadratic(0.8, 0.4));
    }

    /** Of one frequency E cos(w'v)^2 = (1 + k(2v)) / 2. */
    @ParameterizedTest
    @MethodSource("shiftInvariant")
    void fourierFeaturesFollowTheirLaw(Kernel kernel) {
        Seen[] seen = seen(maps("fourier", kernel), ROWS);
        for (int p = 0; p < PAIRS.length; p++) {
            double k = kernel(kernel, PAIRS[p]);
            double[] v = plus(ROWS[PAIRS[p][0]], ROWS[PAIRS[p][1]], -1);
            double twice = KernelCases.value(kernel, plus(v, v, 1), new double[WIDTH]);
            assertMean(seen[p], k, 0);
            assertVariance(seen[p], (1 + twice - 2 * k * k) / SIZE);
        }
    }

    static Stream<Kernel> isotropic() {
        return shiftInvariant().filter(kernel -> !(kernel instanceof Laplacian));
    }

    @ParameterizedTest
    @MethodSource("isotropic")
    void orthogonalFrequenciesAreUnbiasedAndNearer(Kernel kernel) {
        Seen[] orthogonal = seen(maps("orthogonal", kernel), ROWS);
        Seen[] independent = seen(maps("fourier", kernel), ROWS);
        double sum = 0;
        double sumIndependent = 0;
        for (int p = 0; p < PAIRS.length; p++) {
            assertMean(orthogonal[p], kernel(kernel, PAIRS[p]), 0);
            sum += orthogonal[p].variance();
            sumIndependent += independent[p].variance();
        }
        assertThat(sum).isLessThan(sumIndependent);
    }

    /** Of four signs and four signs directions are few: with 4 inputs the bias is seen. It falls as the order grows. */
    @Test
    void structuredFrequenciesAreNearlyUnbiased() {
        double[][] wide = new double[ROWS.length][60];
        for (int i = 0; i < ROWS.length; i++) {
            for (int j = 0; j < 60; j++) {
                wide[i][j] = ROWS[i][j % WIDTH] * Math.cos(1 + j) / 3;
            }
        }
        for (Kernel kernel : new Kernel[] {new Gaussian(0.8), new Matern(0.8, 1.5)}) {
            Seen[] seen = seen(seed -> RandomFeatures.of("structured", kernel, 60, 80, seed), wide);
            for (int p = 0; p < PAIRS.length; p++) {
                double k = KernelCases.value(kernel, wide[PAIRS[p][0]], wide[PAIRS[p][1]]);
                assertMean(seen[p], k, 0.01);
            }
        }
    }

    /** With J_2 = 3 sin cos + (pi - theta)(1 + 2 cos^2): E relu(w'x)^2 relu(w'y)^2 = |x|^2 |y|^2 J_2 / (2 pi) (Cho and Saul). */
    private static double arcCosineVariance(int order, double k, double[] x, double[] y) {
        if (order == 0) {
            return (2 * k - k * k) / SIZE;
        }
        double both = KernelCases.dot(x, x) * KernelCases.dot(y, y);
        if (both == 0) {
            return 0;
        }
        double c = Math.max(-1, Math.min(1, KernelCases.dot(x, y) / Math.sqrt(both)));
        double theta = Math.acos(c);
        double j2 = 3 * Math.sin(theta) * c + (Math.PI - theta) * (1 + 2 * c * c);
        return (2 * both * j2 / Math.PI - k * k) / SIZE;
    }

    @Test
    void arcCosineFeaturesFollowTheirLaw() {
        for (int order = 0; order < 2; order++) {
            Kernel kernel = new ArcCosine(order);
            Seen[] seen = seen(maps("fourier", kernel), ROWS);
            Seen[] orthogonal = seen(maps("orthogonal", kernel), ROWS);
            for (int p = 0; p < PAIRS.length; p++) {
                double k = kernel(kernel, PAIRS[p]);
                assertMean(seen[p], k, 0);
                assertMean(orthogonal[p], k, 0);
                assertVariance(seen[p], arcCosineVariance(order, k, ROWS[PAIRS[p][0]], ROWS[PAIRS[p][1]]));
            }
        }
    }

    /** The law of a pair w, -w: exp(-|u|^2 - |v|^2) E (cosh(w'(u+v)) - exp(|u+v|^2/2))^2. */
    @Test
    void positiveFeaturesFollowTheirLaw() {
        DoubleBinaryOperator variance =
                (squares, together) -> Math.exp(-squares) * Math.pow(Math.exp(together) - 1, 2) / SIZE;
        for (Kernel kernel : new Kernel[] {new Exponential(2), new Gaussian(1.4)}) {
            Seen[] seen = seen(maps("positive", kernel), ROWS);
            Seen[] orthogonal = seen(seed -> RandomFeatures.positive(kernel, WIDTH, SIZE, seed, true), ROWS);
            double unit = kernel instanceof Exponential ? 2 : 1.4 * 1.4;
            for (int p = 0; p < PAIRS.length; p++) {
                double[] x = ROWS[PAIRS[p][0]];
                double[] y = ROWS[PAIRS[p][1]];
                double squares = (KernelCases.dot(x, x) + KernelCases.dot(y, y)) / unit;
                double[] sum = plus(x, y, 1);
                double exponential = variance.applyAsDouble(squares, KernelCases.dot(sum, sum) / unit);
                assertMean(seen[p], kernel(kernel, PAIRS[p]), 0);
                assertVariance(seen[p], kernel instanceof Exponential ? exponential : Math.exp(-squares) * exponential);
            }
        }
    }

    /** Unbiased, for powers of two and other sizes, and within the bound of the variance. */
    @Test
    void tensorSketchesFollowTheirLaw() {
        for (int size : new int[] {16, 13}) {
            for (Polynomial kernel :
                    new Polynomial[] {new Polynomial(0.7, 1, 1), new Polynomial(0.7, 1, 2), new Polynomial(1, 0, 3)}) {
                Seen[] seen = seen(seed -> RandomFeatures.of("tensor-sketch", kernel, WIDTH, size, seed), ROWS);
                for (int p = 0; p < PAIRS.length; p++) {
                    double xx = KernelCases.value(kernel, ROWS[PAIRS[p][0]], ROWS[PAIRS[p][0]]);
                    double yy = KernelCases.value(kernel, ROWS[PAIRS[p][1]], ROWS[PAIRS[p][1]]);
                    assertMean(seen[p], kernel(kernel, PAIRS[p]), 0);
                    double bound = (Math.pow(3, kernel.degree()) - 1) * xx * yy / size;
                    assertThat(seen[p].variance()).isLessThan(bound + ERRORS * seen[p].varianceError() + ROUNDING);
                }
            }
        }
    }

    /** What the second stage adds is the law of Fourier features on the features of the first. */
    @Test
    void exponentialChi2FeaturesFollowTheirLaw() {
        double[][] counts = Arrays.stream(ROWS)
                .map(row -> Arrays.stream(row).map(Math::abs).toArray())
                .toArray(double[][]::new);
        Kernel kernel = new ExponentialChi2(0.7);
        double[][] first = Mapped.features(new AdditiveChi2Features(WIDTH, 4), counts, Precision.DOUBLE);
        Seen[] seen = seen(maps("fourier", kernel), counts);
        for (int p = 0; p < PAIRS.length; p++) {
            double[] x = first[PAIRS[p][0]];
            double[] y = first[PAIRS[p][1]];
            double between = KernelCases.value(new Gaussian(Math.sqrt(0.35)), x, y);
            assertMean(seen[p], between, 0);
            double exact = KernelCases.value(kernel, counts[PAIRS[p][0]], counts[PAIRS[p][1]]);
            // The samples of the first stage are off by 1.6 % of what they sum, which is at most 4.
            assertThat(between).isCloseTo(exact, within(0.05));
        }
    }
}
