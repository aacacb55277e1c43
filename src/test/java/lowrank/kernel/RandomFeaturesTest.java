package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RandomFeaturesTest {
    private static final int WIDTH = 7;

    static Stream<FeatureMap> maps() {
        return Stream.of(
                RandomFeatures.of("fourier", new Gaussian(2), WIDTH, 30, 5),
                RandomFeatures.of("fourier", new Laplacian(8), WIDTH, 30, 5),
                RandomFeatures.of("orthogonal", new Matern(2, 1.5), WIDTH, 30, 5),
                RandomFeatures.of("structured", new RationalQuadratic(2, 1), WIDTH, 30, 5),
                RandomFeatures.of("orthogonal", new ArcCosine(0), WIDTH, 30, 5),
                RandomFeatures.of("fourier", new ArcCosine(1), WIDTH, 30, 5),
                RandomFeatures.of("positive", new Exponential(4), WIDTH, 30, 5),
                RandomFeatures.of("positive", new Gaussian(2), WIDTH, 30, 5),
                RandomFeatures.of("tensor-sketch", new Polynomial(0.3, 1, 2), WIDTH, 30, 5),
                RandomFeatures.of("tensor-sketch", new Polynomial(0.3, 1, 3), WIDTH, 32, 5),
                RandomFeatures.of("fourier", new AdditiveChi2(), WIDTH, 35, 5),
                RandomFeatures.of("structured", new ExponentialChi2(3), WIDTH, 30, 5));
    }

    /** Rows that every map takes. */
    private static double[][] rows(int count) {
        Random random = new Random(3);
        double[][] rows = new double[count][WIDTH];
        for (double[] row : rows) {
            Arrays.setAll(row, j -> Math.abs(random.nextGaussian()));
        }
        return rows;
    }

    private static Matrix matrix(double[][] rows) {
        Matrix matrix = Matrix.zeros(rows.length, rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[0].length; j++) {
                matrix.set(i, j, rows[i][j]);
            }
        }
        return matrix;
    }

    /** What travels is small, and what it makes at its end is the same to the bit. */
    @ParameterizedTest
    @MethodSource("maps")
    void aMapThatWasReadBackGivesTheSameBits(FeatureMap map) {
        double[][] rows = rows(20);
        byte[] before = Mapped.serialised(map);
        double[][] features = Mapped.features(map, rows, Precision.DOUBLE);
        byte[] after = Mapped.serialised(map);
        // W was made in between, and does not travel.
        assertThat(after).isEqualTo(before);
        assertThat(Mapped.features(Mapped.readBack(after), rows, Precision.DOUBLE))
                .isDeepEqualTo(features);
    }

    /** The same rows in one task and in many. */
    @ParameterizedTest
    @MethodSource("maps")
    void bitsDoNotDependOnTheTasks(FeatureMap map) {
        MatrixRows source = new MatrixRows(matrix(rows(100)), "features", Precision.DOUBLE, new Layout(100, 8, 4));
        double[][] results = new double[3][];
        for (int i = 0; i < 3; i++) {
            MemorySink sink = new MemorySink();
            LocalBlocks.of(source, new int[] {1, 2, 7}[i])
                    .map(new Features(map))
                    .write(sink, Pass.nothing());
            results[i] = sink.matrix().values();
            assertThat(sink.matrix().cols()).isEqualTo(map.size());
        }
        assertThat(results[1]).isEqualTo(results[0]);
        assertThat(results[2]).isEqualTo(results[0]);
    }

    /** Products of floats are off by some roundings of |w||x|, some 30 here, and features no more. */
    @ParameterizedTest
    @MethodSource("maps")
    void floatsAreTheDoublesRounded(FeatureMap map) {
        double[][] rows = rows(20);
        double[][] doubles = Mapped.features(map, rows, Precision.DOUBLE);
        double[][] floats = Mapped.features(map, rows, Precision.FLOAT);
        double tolerance = 30 * WIDTH * Precision.FLOAT.roundoff();
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < map.size(); j++) {
                assertThat(floats[i][j]).isCloseTo(doubles[i][j], within(tolerance * Math.max(1, doubles[i][j])));
            }
        }
    }

    /** The plan's bytes are at least what a mapper holds, and not twice as many. */
    @ParameterizedTest
    @MethodSource("maps")
    void memoryIsWhatThePlanSays(FeatureMap map) {
        Layout layout = new Layout(2048, 2048, 1024);
        Column column = new Column("features", WIDTH, Precision.DOUBLE);
        MatrixRows source = new MatrixRows(matrix(rows(2048)), "features", Precision.DOUBLE, layout);
        long input = layout.blockRows() * column.rowBytes();
        Arena.resetPeak();
        long before = Arena.liveBytes();
        LocalBlocks.of(source).map(new Features(map)).pass(Pass.nothing());
        long peak = Arena.peakBytes() - before - input;
        assertThat(peak).isBetween(map.mapperBytes(layout, column) / 2, map.mapperBytes(layout, column) + 10_000);
    }

    @Test
    void fourierFeaturesHaveLengthOne() {
        for (double[] z : Mapped.features(
                RandomFeatures.of("fourier", new Gaussian(2), WIDTH, 30, 5), rows(9), Precision.DOUBLE)) {
            assertThat(KernelCases.dot(z, z)).isCloseTo(1, within(1e-14));
        }
    }

    @Test
    void orthogonalFrequenciesAreOrthogonal() {
        DenseProjection projection = new DenseProjection(new Gaussian(1), 9, 20, true, 3);
        Matrix w = projection.frequencies();
        Matrix gram = w.transposeTimes(w);
        for (int i = 0; i < 20; i++) {
            for (int j = 0; j < i; j++) {
                if (i / 9 == j / 9) {
                    assertThat(gram.get(i, j)).isCloseTo(0, within(1e-13));
                }
            }
        }
    }

    /** Taking more features leaves those that are there: W is a function of (seed, feature, coordinate). */
    @Test
    void frequenciesBelongToTheirAddress() {
        for (boolean orthogonal : new boolean[] {false, true}) {
            Matrix few = new DenseProjection(new Matern(2, 1.5), 9, 13, orthogonal, 3).frequencies();
            Matrix many = new DenseProjection(new Matern(2, 1.5), 9, 40, orthogonal, 3).frequencies();
            assertThat(few.values()).isEqualTo(many.columns(13).values());
            assertThat(new DenseProjection(new Matern(2, 1.5), 9, 13, orthogonal, 4)
                            .frequencies()
                            .values())
                    .isNotEqualTo(few.values());
        }
    }

    /** Tasks of one executor share one object, and what it made for the first of them. */
    @Test
    void frequenciesAreMadeOnce() {
        DenseProjection projection = new DenseProjection(new Gaussian(1), 9, 40, true, 3);
        assertThat(java.util.stream.IntStream.range(0, 16).parallel().mapToObj(i -> projection.frequencies()))
                .allMatch(w -> w == projection.frequencies());
    }

    @Test
    void theHadamardTransformIsThatOfItsRecursion() {
        for (int n : new int[] {1, 2, 4, 8, 16, 64}) {
            double[] x = new Random(n).ints(n, -1000, 1000).asDoubleStream().toArray();
            double[] y = x.clone();
            Hadamard.transform(y, n);
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++) {
                    sum += Integer.bitCount(i & j) % 2 == 0 ? x[j] : -x[j];
                }
                assertThat(y[i]).isEqualTo(sum);
            }
        }
        assertThat(new int[] {Hadamard.order(1), Hadamard.order(2), Hadamard.order(3), Hadamard.order(1025)})
                .containsExactly(1, 2, 4, 2048);
    }

    @Test
    void theFourierTransformIsThatOfItsSum() {
        for (int n : new int[] {1, 2, 16, 64}) {
            Random random = new Random(n);
            double[] re = random.doubles(n).toArray();
            double[] im = random.doubles(n).toArray();
            double[] outRe = re.clone();
            double[] outIm = im.clone();
            new Fft(n).transform(outRe, outIm);
            for (int k = 0; k < n; k++) {
                double sumRe = 0;
                double sumIm = 0;
                for (int j = 0; j < n; j++) {
                    double angle = -2 * Math.PI * k * j / n;
                    sumRe += re[j] * Math.cos(angle) - im[j] * Math.sin(angle);
                    sumIm += re[j] * Math.sin(angle) + im[j] * Math.cos(angle);
                }
                assertThat(outRe[k]).isCloseTo(sumRe, within(1e-12));
                assertThat(outIm[k]).isCloseTo(sumIm, within(1e-12));
            }
        }
    }

    /** Of degree 1 with as many places as it likes, a sketch is exact where no two coordinates meet. */
    @Test
    void aWideSketchOfDegreeOneIsTheProduct() {
        Polynomial kernel = new Polynomial(0.5, 2, 1);
        double[][] rows = rows(2);
        double[][] z =
                Mapped.features(RandomFeatures.of("tensor-sketch", kernel, WIDTH, 1 << 14, 1), rows, Precision.DOUBLE);
        assertThat(KernelCases.dot(z[0], z[1])).isCloseTo(KernelCases.value(kernel, rows[0], rows[1]), within(1e-12));
    }

    @Test
    void additiveFeaturesComeNearerWithMoreSamplesAndKeepZeros() {
        double[] errors = {0.61, 0.1, 0.034, 0.016, 0.008};
        double[][] rows = rows(12);
        rows[0][3] = 0;
        rows[1] = new double[WIDTH];
        for (int s = 1; s <= errors.length; s++) {
            FeatureMap map = RandomFeatures.of("fourier", new AdditiveChi2(), WIDTH, WIDTH * (2 * s - 1), 0);
            double[][] z = Mapped.features(map, rows, Precision.DOUBLE);
            assertThat(z[1]).containsOnly(0);
            assertThat(z[0][3]).isZero();
            for (int i = 0; i < rows.length; i++) {
                for (int j = 0; j < rows.length; j++) {
                    double roots = 0;
                    for (int c = 0; c < WIDTH; c++) {
                        roots += Math.sqrt(rows[i][c] * rows[j][c]);
                    }
                    double exact = KernelCases.value(map.kernel(), rows[i], rows[j]);
                    assertThat(KernelCases.dot(z[i], z[j])).isCloseTo(exact, within(1e-14 + errors[s - 1] * roots));
                }
            }
        }
    }

    @Test
    void logarithmsOfPositiveFeaturesAndTheirShift() {
        PositiveFeatures map = (PositiveFeatures) RandomFeatures.of("positive", new Exponential(4), WIDTH, 30, 5);
        double[][] rows = rows(6);
        double[][] z = Mapped.features(map, rows, Precision.DOUBLE);
        double[][] logs = Mapped.features(map.asLogarithms(), rows, Precision.DOUBLE);
        double[][] shifted = Mapped.features(map.less(2.5), rows, Precision.DOUBLE);
        for (int i = 0; i < rows.length; i++) {
            for (int f = 0; f < 30; f++) {
                assertThat(logs[i][f]).isCloseTo(Math.log(z[i][f]), within(1e-13));
                assertThat(shifted[i][f]).isCloseTo(z[i][f] * Math.exp(-2.5), within(1e-14 * z[i][f]));
            }
        }
        double[][] far = {{400, 0, 0, 0, 0, 0, 0}};
        assertThat(Arrays.stream(Mapped.features(map.asLogarithms(), far, Precision.DOUBLE)[0]))
                .allMatch(Double::isFinite);
    }

    /** Shifted by the largest logarithm of all rows, in any number of tasks, the largest feature is 1. */
    @Test
    void theLargestPositiveFeatureIsShiftedToOne() {
        double[][] rows = rows(50);
        for (double[] row : rows) {
            row[0] *= 100;
        }
        FeatureMap map = RandomFeatures.positive(new Exponential(1), WIDTH, 30, 5, true);
        MatrixRows source = new MatrixRows(matrix(rows), "features", Precision.DOUBLE, new Layout(50, 8, 4));
        double largest = LocalBlocks.of(source, 3)
                .map(new Features(RandomFeatures.logarithms(map)))
                .pass(new LargestPass());
        double[] values = Arrays.stream(Mapped.features(RandomFeatures.shifted(map, largest), rows, Precision.DOUBLE))
                .flatMapToDouble(Arrays::stream)
                .toArray();
        assertThat(Arrays.stream(values).max().orElseThrow()).isCloseTo(1, within(1e-12));
        assertThatThrownBy(() -> RandomFeatures.logarithms(RandomFeatures.of("fourier", new Gaussian(1), 3, 4, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("features.map must be positive");
    }

    @Test
    void chiSquaredKernelsRefuseNegativeValues() {
        FeatureMap map = RandomFeatures.of("fourier", new AdditiveChi2(), WIDTH, WIDTH, 0);
        assertThatThrownBy(() -> Mapped.features(map, new double[][] {{0, 0, -1, 0, 0, 0, 0}}, Precision.DOUBLE))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("without negative values")
                .hasMessageContaining("column 2");
    }

    @Test
    void rowsOfAnotherWidthAreRefused() {
        FeatureMap map = RandomFeatures.of("fourier", new Gaussian(1), 3, 4, 0);
        assertThatThrownBy(() -> new Features(map).schema(Schema.of(new Column("x", 5, Precision.DOUBLE))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5 values, the feature map takes 3");
    }

    @ParameterizedTest
    @CsvSource({
        "rff, gaussian, 10, features.map = rff is not known; choose one of fourier",
        "fourier, gaussian, 0, features.size must lie between 1 and",
        "fourier, gaussian, 11, features.size must be even for features.map = fourier",
        "positive, gaussian, 11, features.size must be even for features.map = positive",
        "tensor-sketch, gaussian, 10, 'features.map = tensor-sketch does not apply to kernel.name = gaussian; use fourier, orthogonal'",
        "orthogonal, laplacian, 10, features.map = orthogonal does not apply to kernel.name = laplacian; use fourier or nystrom",
        "structured, laplacian, 10, features.map = structured does not apply",
        "fourier, polynomial, 10, features.map = fourier does not apply to kernel.name = polynomial; use tensor-sketch or nystrom",
        "fourier, exponential, 10, features.map = fourier does not apply to kernel.name = exponential; use positive",
        "fourier, additive-chi2, 30, 'features.size must be an odd multiple of the 7 inputs for kernel.name = additive-chi2, such as 21 or 35, not 30'",
    })
    void errorsBeginWithTheKey(String map, String kernel, int size, String message) {
        java.util.Map<String, Double> parameters =
                Kernels.hasBandwidth(kernel) ? java.util.Map.of("bandwidth", 1.0) : java.util.Map.of();
        assertThatThrownBy(() -> RandomFeatures.of(map, Kernels.of(kernel, parameters), WIDTH, size, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }
}
