package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lowrank.regress.Lambdas;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What regress and predict compute, against the whole kernel matrix by elimination and against SQL. */
class RegressValuesTest extends KernelJobCase {
    private static final int ROWS = 300;
    private static final double LAMBDA = 1e-5;

    /**
     * Fits of lambda 1e-5 are known to about cond = 1 / lambda times the roundoff of K and of its whitening, which drops directions below
     * n eps of the largest eigenvalue: their weight in a fit is at most their part of n lambda, 2e-16 n / (n lambda).
     */
    private static final double CLOSE = 1e-8;

    private Path train;
    private Path fresh;

    @BeforeEach
    void makeTables() throws Exception {
        train = table("train.parquet", 0, ROWS);
        fresh = table("fresh.parquet", 1000, 1200);
    }

    private static double[][] columns(Path file, String columns) throws Exception {
        return query("select " + columns + " from '" + file + "' order by key[2:]::int")
                .toArray(double[][]::new);
    }

    private static double[] weights(Path file, String column) throws Exception {
        return Arrays.stream(columns(file, column)).mapToDouble(row -> row[0]).toArray();
    }

    private Path predict(Path model, Path rows, String output, String... more) throws Exception {
        List<String> keys = new java.util.ArrayList<>(List.of("job=predict", "model=" + model, "read.id=key"));
        keys.addAll(List.of(more));
        return done(rows, output, keys.toArray(String[]::new));
    }

    private static double gaussian(double[] x, double[] y, double bandwidth) {
        double square = 0;
        for (int j = 0; j < x.length; j++) {
            square += (x[j] - y[j]) * (x[j] - y[j]);
        }
        return Math.exp(-square / (2 * bandwidth * bandwidth));
    }

    /** All rows as landmarks: K ~ K, so the fit is that of the whole kernel matrix, at the rows and anywhere else. */
    @Test
    void landmarksOfAllRowsGiveKernelRidgeRegression() throws Exception {
        Path model = done(
                train,
                "model",
                "job=regress",
                "read.target=[y, log(z)]",
                "read.weight=w",
                "kernel.bandwidth=0.8",
                "features.landmarks=uniform",
                "features.size=" + ROWS,
                "solve.lambda=" + LAMBDA);
        DenseKernelRidge exact = new DenseKernelRidge(
                columns(train, "a, b, c"),
                columns(train, "y, ln(z)"),
                weights(train, "w"),
                LAMBDA,
                (x, y) -> gaussian(x, y, 0.8));
        for (Path rows : new Path[] {train, fresh}) {
            Path output = predict(model, rows, rows.getFileName() + "-out");
            assertThat(types(output.resolve("predictions")))
                    .isEqualTo(Map.of("row", "BIGINT", "id", "VARCHAR", "values", "DOUBLE[]"));
            List<double[]> found = query("select \"values\"[1], \"values\"[2] from "
                    + parquet(output.resolve("predictions")) + " order by id[2:]::int");
            double[][] points = columns(rows, "a, b, c");
            assertThat(found).hasSize(points.length);
            for (int i = 0; i < points.length; i++) {
                assertThat(found.get(i)).containsExactly(exact.of(points[i]), within(CLOSE * 5));
            }
        }
        assertThat(types(model.resolve("coefficients")))
                .isEqualTo(Map.of("target", "VARCHAR", "offset", "DOUBLE", "values", "DOUBLE[]"));
        assertThat(types(model.resolve("landmarks")))
                .containsEntry("landmark", "INTEGER")
                .containsEntry("row", "BIGINT")
                .containsEntry("values", "DOUBLE[]");
        assertThat(types(model.resolve("core"))).containsKeys("landmark", "values");
        assertThat(types(model.resolve("path")).keySet())
                .containsExactly("lambda", "gcv", "cv_error", "loo_error", "df");
        assertThat(types(model.resolve("inputs")).keySet())
                .containsExactly("feature", "name", "mean", "scale", "length_scale");
        assertThat(query("select count(distinct row), min(row), max(row) from " + parquet(model.resolve("landmarks"))))
                .containsExactly(new double[] {ROWS, 0, ROWS - 1});
    }

    /** Scores of classes are the values of one-vs-all regression on +1 and -1, the class is that of the largest. */
    @ParameterizedTest
    @CsvSource({"word, VARCHAR", "kind, INTEGER"})
    void classesAreOneAgainstAll(String label, String type) throws Exception {
        Path model = done(
                train,
                "model",
                "job=regress",
                "read.label=" + label,
                "kernel.bandwidth=0.8",
                "features.landmarks=uniform",
                "features.size=" + ROWS,
                "solve.lambda=" + LAMBDA);
        // bag, coat, shoe in the order of their bytes; -2, 4, 7 in that of numbers: the same rows.
        DenseKernelRidge exact = new DenseKernelRidge(
                columns(train, "a, b, c"),
                columns(train, "2 * (kind = -2)::int - 1, 2 * (kind = 4)::int - 1, 2 * (kind = 7)::int - 1"),
                weights(train, "1"),
                LAMBDA,
                (x, y) -> gaussian(x, y, 0.8));
        Path output = predict(model, fresh, "out", "read.label=" + label);
        assertThat(types(output.resolve("predictions")))
                .isEqualTo(Map.of("row", "BIGINT", "id", "VARCHAR", "class", type, "score", "DOUBLE"));
        List<double[]> found = query("select case class::varchar when 'bag' then 0 when '-2' then 0 when 'coat' then 1"
                + " when '4' then 1 else 2 end, score from " + parquet(output.resolve("predictions"))
                + " order by id[2:]::int");
        double[][] points = columns(fresh, "a, b, c");
        for (int i = 0; i < points.length; i++) {
            double[] scores = exact.of(points[i]);
            double best = Arrays.stream(scores).max().orElseThrow();
            assertThat(found.get(i)[1]).isEqualTo(best, within(CLOSE));
            assertThat(scores[(int) found.get(i)[0]]).isEqualTo(best, within(CLOSE));
        }
        double wrong = query("select avg((p.class <> r." + label + ")::int) from "
                        + parquet(output.resolve("predictions")) + " p join '" + fresh + "' r on p.id = r.key")
                .get(0)[0];
        assertThat(measure(output, "error rate").value())
                .isEqualTo(wrong, within(1e-15))
                .isPositive();
    }

    /** Rows are scaled, limited, then divided by length scales; new rows as those of the model were. */
    @Test
    void rowsArePreparedAsTheModelSays() throws Exception {
        Path model = done(
                train,
                "model",
                "job=regress",
                "read.target=y",
                "read.scale=standard",
                "read.clip=1.1",
                "kernel.length-scales=[1, 2, 0.5]",
                "kernel.bandwidth=1.5",
                "features.landmarks=uniform",
                "features.size=" + ROWS,
                "solve.lambda=" + LAMBDA);
        double[] moments = query("select avg(a), avg(b), avg(c), stddev_samp(a), stddev_samp(b), stddev_samp(c) from '"
                        + train + "'")
                .get(0);
        DenseKernelRidge exact = new DenseKernelRidge(
                prepared(columns(train, "a, b, c"), moments),
                columns(train, "y"),
                weights(train, "1"),
                LAMBDA,
                (x, y) -> gaussian(x, y, 1.5));
        Path output = predict(model, fresh, "out", "read.target=y");
        List<double[]> found =
                query("select value from " + parquet(output.resolve("predictions")) + " order by id[2:]::int");
        double[][] points = prepared(columns(fresh, "a, b, c"), moments);
        for (int i = 0; i < points.length; i++) {
            assertThat(found.get(i)[0]).isEqualTo(exact.of(points[i])[0], within(CLOSE * 5));
        }
        double[] errors = query(
                        "select sqrt(avg((value - y) ** 2)), 1 - sum((value - y) ** 2) / (var_pop(y) * count(*))"
                                + " from " + parquet(output.resolve("predictions")) + " p join '" + fresh
                                + "' r on p.id = r.key")
                .get(0);
        // Sums of 200 terms, in another order.
        assertThat(measure(output, "RMSE").value()).isEqualTo(errors[0], within(1e-12));
        assertThat(measure(output, "R2").value()).isEqualTo(errors[1], within(1e-12));
    }

    private static double[][] prepared(double[][] rows, double[] moments) {
        double[] lengths = {1, 2, 0.5};
        double[][] prepared = new double[rows.length][3];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < 3; j++) {
                double score = (rows[i][j] - moments[j]) / moments[3 + j];
                prepared[i][j] = Math.max(-1.1, Math.min(1.1, score)) / lengths[j];
            }
        }
        return prepared;
    }

    /** Nothing but the tables of the model: f(x) = offset + sum over landmarks of k(x, l) (core values)_l. */
    @Test
    void duckDbPredictsFromTheTablesAlone() throws Exception {
        Path model = done(
                train,
                "model",
                "job=regress",
                "read.target=y",
                "kernel.bandwidth=0.8",
                "features.size=40",
                "solve.select=loo");
        Path output = predict(model, fresh, "out");
        String predicted = "with u as (select c.landmark, list_dot_product(c.values, w.values) as v from "
                + parquet(model.resolve("core")) + " c cross join " + parquet(model.resolve("coefficients")) + " w)"
                + " select max(abs(f - value)), count(*) from (select r.key, any_value(w.offset) + sum(u.v *"
                + " exp(-(list_distance(r.x::double[], l.values) ** 2) / (2 * 0.8 ** 2))) as f from '" + fresh
                + "' r cross join " + parquet(model.resolve("landmarks")) + " l join u on u.landmark = l.landmark"
                + " cross join " + parquet(model.resolve("coefficients")) + " w group by r.key) s join "
                + parquet(output.resolve("predictions")) + " p on p.id = s.key";
        double[] worst = query(predicted).get(0);
        assertThat(worst[1]).isEqualTo(200);
        // Landmark weights are as large as 1 / sqrt(least eigenvalue kept of 40 landmarks).
        assertThat(worst[0]).isLessThan(1e-7);
        assertThat(query("select max(abs(list_distance(l.values, r.x::double[]))), count(*) from "
                        + parquet(model.resolve("landmarks")) + " l join '" + train + "' r on r.key = 'k' || l.row"))
                .containsExactly(new double[] {0, 40});
    }

    /** Each way to choose: the chosen lambda is one of those tried, and where it scores best. */
    @ParameterizedTest
    @CsvSource({"gcv, gcv", "loo, loo_error", "kfold, cv_error"})
    void theLambdaWithTheBestScoreIsChosen(String select, String column) throws Exception {
        String[] keys = {
            "job=regress",
            "read.target=y",
            "features.size=60",
            "kernel.bandwidth=[0.3, median, \"0.5 * median\"]",
            "solve.select=" + select
        };
        Path model = done(train, select, keys);
        double lambda = measure(model, "lambda").value();
        List<double[]> path =
                query("select \"lambda\", " + column + " from " + parquet(model.resolve("path")) + " order by 1 desc");
        assertThat(path).hasSize(Lambdas.PATH);
        double best = path.stream().mapToDouble(row -> row[1]).min().orElseThrow();
        assertThat(path.stream().filter(row -> row[1] == best).map(row -> row[0]))
                .contains(lambda);
        assertThat(Cli.manifest(model).reasons().stream().filter(reason -> reason.contains(" scores ")))
                .hasSize(3);
        List<String> one = new java.util.ArrayList<>(List.of(keys));
        one.add("solve.lambda=[0.1, " + lambda + "]");
        Path again = done(train, select + "2", one.toArray(String[]::new));
        assertThat(measure(again, "lambda").value()).isEqualTo(lambda);
        assertThat(query("select count(*) from " + parquet(again.resolve("path")))
                        .get(0)[0])
                .isEqualTo(2);
    }
}
