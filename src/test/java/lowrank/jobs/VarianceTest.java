package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.spark.SharedSpark;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Variances of predictions, from the regress job through the model to the table, beside a dense Gaussian process. */
@ExtendWith(SharedSpark.class)
class VarianceTest {
    private static final int N = 200;
    private static final int NEW = 50;
    private static final double LAMBDA = 1e-4;
    private static final double MU = N * LAMBDA;

    @TempDir
    Path folder;

    private Path train;
    private Path test;

    VarianceTest(JavaSparkContext spark) {
        assertThat(spark).isNotNull();
    }

    private static double[] x(int i) {
        return new double[] {Math.sin(1.0 * i), Math.cos(1.7 * i), Math.sin(0.37 * i + 1)};
    }

    private static double y(int i) {
        return Math.sin(3 * x(i)[0]) + x(i)[1] + 0.1 * Math.sin(77.0 * i);
    }

    @BeforeEach
    void makeInput() throws Exception {
        train = folder.resolve("train.parquet");
        test = folder.resolve("test.parquet");
        write(train, 0, N);
        write(test, N, N + NEW);
    }

    private static void write(Path file, int from, int to) throws Exception {
        List<String> rows = new ArrayList<>();
        for (int i = from; i < to; i++) {
            double[] x = x(i);
            rows.add("(" + i + ", [" + x[0] + "::double, " + x[1] + ", " + x[2] + "], " + y(i) + "::double, " + 2 * y(i)
                    + "::double, 'c" + i % 2 + "')");
        }
        ReadingExamples.sql("copy (select features, y, y2, word from (values " + String.join(", ", rows)
                + ") t(i, features, y, y2, word) order by i) to '" + file + "' (format parquet)");
    }

    private Cli job(String... keys) throws Exception {
        return Cli.job(folder, keys);
    }

    private Cli regress(String name, String... more) throws Exception {
        List<String> keys = new ArrayList<>(List.of(
                "job=regress",
                "read.path=" + train,
                "kernel.bandwidth=0.7",
                "features.landmarks=uniform",
                "features.size=" + N,
                "solve.lambda=" + LAMBDA,
                "write.path=" + folder.resolve(name)));
        keys.addAll(List.of(more));
        return job(keys.toArray(String[]::new));
    }

    private Cli predict(String name, String... more) throws Exception {
        List<String> keys = new ArrayList<>(List.of(
                "job=predict",
                "model=" + folder.resolve(name),
                "read.path=" + test,
                "write.path=" + folder.resolve(name + "-predicted")));
        keys.addAll(List.of(more));
        return job(keys.toArray(String[]::new));
    }

    private double[] column(String name, String expression) throws Exception {
        List<Double> values = new ArrayList<>();
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                ResultSet rows = duck.createStatement()
                        .executeQuery("select " + expression + " from '" + folder.resolve(name + "-predicted")
                                + "/predictions/*.parquet' order by row")) {
            while (rows.next()) {
                values.add(rows.getDouble(1));
            }
        }
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double k(double[] a, double[] b) {
        double square = 0;
        for (int j = 0; j < a.length; j++) {
            square += (a[j] - b[j]) * (a[j] - b[j]);
        }
        return Math.exp(-square / (2 * 0.7 * 0.7));
    }

    /** Columns of (K + mu I)^-1 B by elimination. */
    private static double[][] solved(double[][] right) {
        int width = right[0].length;
        double[][] a = new double[N][N + width];
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                a[i][j] = k(x(i), x(j)) + (i == j ? MU : 0);
            }
            System.arraycopy(right[i], 0, a[i], N, width);
        }
        for (int p = 0; p < N; p++) {
            for (int i = 0; i < N; i++) {
                double factor = i == p ? 0 : a[i][p] / a[p][p];
                for (int j = p; factor != 0 && j < N + width; j++) {
                    a[i][j] -= factor * a[p][j];
                }
            }
        }
        double[][] solved = new double[N][];
        for (int i = 0; i < N; i++) {
            double pivot = a[i][i];
            solved[i] = Arrays.stream(a[i], N, N + width).map(v -> v / pivot).toArray();
        }
        return solved;
    }

    /** A Gaussian process with noise s^2 and signal s^2 / mu: mean k'(K + mu)^-1 y, variance s^2 + s^2 / mu (1 - k'(K + mu)^-1 k). */
    @Test
    void withAllRowsAsLandmarksTheyAreThoseOfAGaussianProcess() throws Exception {
        assertThat(regress("gp", "read.target=[y,y2]", "solve.intercept=false", "write.also=[variance]")
                        .code())
                .isZero();
        assertThat(predict("gp", "write.also=[variance]").code()).isZero();

        double[][] right = new double[N][1 + N + NEW];
        for (int i = 0; i < N; i++) {
            right[i][0] = y(i);
            for (int c = 0; c < N + NEW; c++) {
                right[i][1 + c] = k(x(i), x(c));
            }
        }
        double[][] solved = solved(right);
        double rss = 0;
        double df = 0;
        for (int i = 0; i < N; i++) {
            // y - K (K + mu)^-1 y = mu (K + mu)^-1 y.
            rss += Math.pow(MU * solved[i][0], 2);
            df += solved[i][1 + i];
        }
        double s2 = rss / (N - df);
        double[] means = column("gp", "values[1]");
        double[] variances = column("gp", "variance[1]");
        double[] second = column("gp", "variance[2]");
        assertThat(means).hasSize(NEW);
        for (int r = 0; r < NEW; r++) {
            double mean = 0;
            double explained = 0;
            for (int i = 0; i < N; i++) {
                mean += right[i][1 + N + r] * solved[i][0];
                explained += right[i][1 + N + r] * solved[i][1 + N + r];
            }
            double expected = s2 + s2 / MU * (1 - explained);
            assertThat(means[r]).isCloseTo(mean, within(1e-8 * Math.max(1, Math.abs(mean))));
            assertThat(variances[r]).isCloseTo(expected, within(1e-8 * expected));
            assertThat(second[r]).isCloseTo(4 * expected, within(4e-8 * expected));
        }
    }

    /** Far from the few landmarks a prediction is as unsure as the prior: s^2 (1 + 1/n + 1 / mu) with novelty 1, at least. */
    @Test
    void whatLandmarksMissMakesAPredictionLessSure() throws Exception {
        assertThat(regress("few", "read.target=y", "features.size=5", "write.also=[variance]")
                        .code())
                .isZero();
        assertThat(predict("few", "write.also=[variance,novelty]").code()).isZero();
        double[] variances = column("few", "variance");
        double[] novelties = column("few", "novelty");
        double s2 =
                Cli.manifest(folder.resolve("few")).model().at("/fit/noise/0").asDouble();
        for (int r = 0; r < NEW; r++) {
            assertThat(variances[r]).isGreaterThan(s2 * (1 + 1.0 / N + novelties[r] / MU));
        }
        assertThat(Arrays.stream(novelties).max().orElseThrow()).isGreaterThan(0.1);
    }

    @Test
    void randomFeaturesHaveThemToo() throws Exception {
        assertThat(regress(
                                "random",
                                "read.target=y",
                                "features.map=fourier",
                                "features.landmarks=rpcholesky",
                                "write.also=[variance]")
                        .code())
                .isZero();
        assertThat(predict("random", "write.also=[variance]").code()).isZero();
        double s2 = Cli.manifest(folder.resolve("random"))
                .model()
                .at("/fit/noise/0")
                .asDouble();
        assertThat(Arrays.stream(column("random", "variance")).min().orElseThrow())
                .isGreaterThan(s2 * (1 + 1.0 / N));
    }

    @Test
    void whatHasNoVarianceSaysSo() throws Exception {
        assertThat(regress("plain", "read.target=y").code()).isZero();
        assertRefused(predict("plain", "write.also=[variance]"), "learn it with write.also = [variance]");
        assertThat(regress("classes", "read.label=word").code()).isZero();
        assertRefused(predict("classes", "write.also=[variance]"), "tells classes");
        assertRefused(regress("no", "read.label=word", "write.also=[variance]"), "classes are none");
        assertRefused(
                regress("no", "read.target=y", "write.also=[variance]", "solve.algorithm=conjugate-gradients"),
                "does not know the variance");
        assertRefused(
                regress(
                        "no",
                        "read.target=y",
                        "write.also=[variance]",
                        "features.repeats=2",
                        "features.combine=average"),
                "one draw of features");
    }

    private static void assertRefused(Cli cli, String message) {
        assertThat(cli.message()).contains(message);
        assertThat(cli.code()).isEqualTo(64);
    }
}
