package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SampledErrorTest {
    private static final double DELTA = 0.05;

    /** Ten clusters of different widths that lie in a few directions: data as they are. */
    private static Matrix clusters(int rows, int cols, long seed) {
        Random random = new Random(seed);
        double[][] centres = new double[10][cols];
        for (double[] centre : centres) {
            for (int j = 0; j < cols; j++) {
                centre[j] = 2 * random.nextGaussian() / (1 + j);
            }
        }
        Matrix matrix = Matrix.zeros(rows, cols);
        for (int i = 0; i < rows; i++) {
            int cluster = random.nextInt(10);
            for (int j = 0; j < cols; j++) {
                matrix.set(i, j, centres[cluster][j] + 0.1 * (1 + cluster) * random.nextGaussian() / Math.sqrt(1 + j));
            }
        }
        return matrix;
    }

    private static double[][] rows(Matrix matrix) {
        double[][] rows = new double[matrix.rows()][matrix.cols()];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < matrix.cols(); j++) {
                rows[i][j] = matrix.get(i, j);
            }
        }
        return rows;
    }

    static Stream<FeatureMap> maps() {
        return Stream.of(
                RandomFeatures.of("fourier", new Gaussian(1), 8, 200, 1),
                RandomFeatures.of("fourier", new Laplacian(4), 8, 200, 1),
                RandomFeatures.of("orthogonal", new Matern(1, 1.5), 8, 200, 1),
                RandomFeatures.of("structured", new RationalQuadratic(1, 1), 8, 200, 1),
                RandomFeatures.of("fourier", new ArcCosine(0), 8, 200, 1),
                RandomFeatures.of("fourier", new ArcCosine(1), 8, 200, 1),
                RandomFeatures.of("positive", new Exponential(4), 8, 200, 1),
                RandomFeatures.of("tensor-sketch", new Polynomial(0.3, 1, 2), 8, 200, 1),
                RandomFeatures.of("fourier", new AdditiveChi2(), 8, 24, 1),
                RandomFeatures.of("fourier", new ExponentialChi2(4), 8, 200, 1));
    }

    /** Pair by pair, with the formulas of {@link KernelCases}, in more blocks than one. */
    @ParameterizedTest
    @MethodSource("maps")
    void figuresAreThoseOfEveryPair(FeatureMap map) {
        Matrix sample = clusters(300, 8, 5);
        if (KernelCases.ofCounts(map.kernel())) {
            java.util.Arrays.setAll(sample.values(), i -> Math.abs(sample.values()[i]));
        }
        double[][] x = rows(sample);
        double[][] z = Mapped.features(map, x, Precision.DOUBLE);
        double errors = 0;
        double squares = 0;
        double largest = 0;
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                double k = KernelCases.value(map.kernel(), x[i], x[j]);
                double error = KernelCases.dot(z[i], z[j]) - k;
                errors += error * error;
                squares += k * k;
                largest = Math.max(largest, Math.abs(error));
            }
        }
        SampledError seen = SampledError.of(sample, map, Precision.DOUBLE, 1000, DELTA);
        double exact = Math.sqrt(errors / squares);
        assertThat(seen.frobenius()).isCloseTo(exact, within(1e-9 * exact));
        assertThat(seen.largest()).isCloseTo(largest, within(1e-9 * largest));
        assertThat(seen.lower()).isBetween(0.0, exact);
        assertThat(seen.upper()).isGreaterThan(exact);
    }

    /** 100 samples of one table: the interval that may fail 5 times in 100 holds the truth, and tells more than nothing. */
    @Test
    void theIntervalHoldsTheErrorOverAllPairs() {
        int n = 500;
        Matrix table = clusters(n, 8, 6);
        FeatureMap map = RandomFeatures.of("fourier", new Gaussian(1.5), 8, 2000, 3);
        // All pairs, of a row with itself too, since draws may repeat.
        double truth = SampledError.of(table, map, Precision.DOUBLE, n, DELTA).frobenius();
        Random random = new Random(9);
        int held = 0;
        double upper = 0;
        for (int trial = 0; trial < 100; trial++) {
            Matrix sample = Matrix.zeros(400, 8);
            for (int i = 0; i < sample.rows(); i++) {
                int row = random.nextInt(n);
                for (int j = 0; j < 8; j++) {
                    sample.set(i, j, table.get(row, j));
                }
            }
            SampledError seen = SampledError.of(sample, map, Precision.DOUBLE, n, DELTA);
            held += seen.lower() <= truth && truth <= seen.upper() ? 1 : 0;
            upper = Math.max(upper, seen.upper());
        }
        assertThat(held).isGreaterThanOrEqualTo(95);
        assertThat(upper).isLessThan(10 * truth);
    }

    /** The ends of the interval are where Bernstein's inequality becomes an equality. */
    @Test
    void theMeanIsSolvedFor() {
        double u = 0.03;
        double b = 0.5;
        int m = 200;
        double l = Math.log(2 / 0.01);
        double[] ends = SampledError.mean(u, b, m, 0.01);
        for (int side = 0; side < 2; side++) {
            double t = ends[side];
            assertThat(Math.abs(u - t)).isCloseTo(Math.sqrt(2 * b * t * l / m) + b * l / (3 * m), within(1e-12));
        }
        assertThat(ends[0]).isLessThan(u);
        assertThat(ends[1]).isGreaterThan(u);
    }

    /** No pair of independent features is further off than the bound over all pairs. */
    @Test
    void independentFeaturesKeepTheirBound() {
        Matrix table = clusters(500, 8, 7);
        for (long seed = 0; seed < 20; seed++) {
            FeatureMap map = RandomFeatures.of("fourier", new Matern(1, 0.5), 8, 400, seed);
            SampledError seen = SampledError.of(table, map, Precision.DOUBLE, 500, DELTA);
            assertThat(seen.largest()).isLessThan(SampledError.largestError(map, 500, DELTA / 3));
        }
    }

    /** Issue 3: at equal size, at least 10 % nearer, here over ten seeds. */
    @Test
    void orthogonalFrequenciesAreTenPercentNearerOnClusters() {
        Matrix sample = clusters(300, 24, 8);
        Kernel kernel = new Gaussian(2);
        double orthogonal = 0;
        double independent = 0;
        for (long seed = 0; seed < 10; seed++) {
            orthogonal += SampledError.of(
                            sample,
                            RandomFeatures.of("orthogonal", kernel, 24, 480, seed),
                            Precision.DOUBLE,
                            300,
                            DELTA)
                    .frobenius();
            independent += SampledError.of(
                            sample, RandomFeatures.of("fourier", kernel, 24, 480, seed), Precision.DOUBLE, 300, DELTA)
                    .frobenius();
        }
        assertThat(orthogonal).isLessThan(0.9 * independent);
    }

    @Test
    void unboundedKernelsHaveNoInterval() {
        SampledError seen = SampledError.of(
                clusters(50, 8, 5),
                RandomFeatures.of("positive", new Exponential(4), 8, 200, 1),
                Precision.FLOAT,
                1000,
                DELTA);
        assertThat(seen.lower()).isZero();
        assertThat(seen.upper()).isInfinite();
    }

    @Test
    void oneRowIsNoSample() {
        FeatureMap map = RandomFeatures.of("fourier", new Gaussian(1), 8, 2, 1);
        assertThatThrownBy(() -> SampledError.of(clusters(1, 8, 5), map, Precision.DOUBLE, 10, DELTA))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 2 sampled rows, not 1");
    }
}
