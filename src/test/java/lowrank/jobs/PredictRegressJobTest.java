package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lowrank.store.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code job = predict} on models of job = regress: the measures are those that SQL finds, and what does not fit is refused. */
class PredictRegressJobTest extends KernelJobCase {
    private Path train(String output, String... more) throws Exception {
        List<String> keys = new ArrayList<>(List.of("job=regress", "features.size=30", "kernel.bandwidth=1"));
        keys.addAll(List.of(more));
        return done(table("train.parquet", 0, 1000), output, keys.toArray(String[]::new));
    }

    private Cli predict(Path model, Path rows, String output, String... more) throws Exception {
        List<String> keys = new ArrayList<>(List.of("job=predict", "model=" + model, "read.id=key"));
        keys.addAll(List.of(more));
        return run(rows, output, keys.toArray(String[]::new));
    }

    private Path predicted(Path model, Path rows, String output, String... more) throws Exception {
        Cli cli = predict(model, rows, output, more);
        assertThat(cli.code()).as(cli.err()).isZero();
        return folder.resolve(output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nystrom", "fourier", "orthogonal", "structured", "positive"})
    void predictionsAreTheSameBitsForAnyPartitions(String map) throws Exception {
        Path model = train("model", "read.label=word", "features.map=" + map);
        Path rows = table("rows.parquet", 5, 70_000);
        Set<Map<String, String>> digests = new HashSet<>();
        Set<Double> rates = new HashSet<>();
        for (int partitions : new int[] {1, 2, 7, 64}) {
            Path output =
                    predicted(model, rows, "out" + partitions, "read.label=word", "read.partitions=" + partitions);
            digests.add(digests(output));
            rates.add(measure(output, "error rate").value());
        }
        assertThat(digests).hasSize(1);
        assertThat(rates).hasSize(1);
    }

    @Test
    void novelty() throws Exception {
        Path model = train("model", "read.target=y");
        Path far = table("far.parquet", COLUMNS.replace("[sin(i * 1.7)", "[i + sin(i * 1.7)"), 0, 50);
        Path output = predicted(model, far, "out", "write.also=[novelty]");
        assertThat(types(output.resolve("predictions")))
                .isEqualTo(Map.of("row", "BIGINT", "id", "VARCHAR", "value", "DOUBLE", "novelty", "DOUBLE"));
        String z = "with z as (select r.key, t.j, sum(exp(-(list_distance(r.x::double[], l.values) ** 2) / 2) *"
                + " c.values[t.j]) as z from '" + far + "' r cross join " + parquet(model.resolve("landmarks"))
                + " l join " + parquet(model.resolve("core")) + " c on c.landmark = l.landmark cross join range(1, "
                + (Cli.manifest(model).rank() + 1) + ") t(j) group by r.key, t.j) select max(abs(n - novelty)),"
                + " count(*), max(novelty), min(novelty) from (select key, 1 - sum(z * z) as n from z group by key) s"
                + " join " + parquet(output.resolve("predictions")) + " p on p.id = s.key";
        double[] found = query(z).get(0);
        assertThat(found[0]).isLessThan(1e-9);
        assertThat(found[1]).isEqualTo(50);
        assertThat(found[2]).as("rows 45 bandwidths away").isEqualTo(1, within(1e-12));
        assertThat(found[3]).isLessThan(0.1);
    }

    @Test
    void noveltyOfRandomFeaturesIsRefused() throws Exception {
        Path model = train("model", "read.target=y", "features.map=fourier");
        Cli cli = predict(model, folder.resolve("train.parquet"), "bad-out", "write.also=[novelty]");
        assertFails(cli, 64, "write.also = novelty is 0 for every row with random features");
    }

    /** Weighted rows count by their weight; labels that the model does not know are wrong, and said to be there. */
    @Test
    void theErrorRateIsThatOfTheJoin() throws Exception {
        for (String label : List.of("word", "kind")) {
            Path model = train("model-" + label, "read.label=" + label);
            String other = label.equals("word") ? "'sock'" : "99";
            Path rows = table(
                    "rows-" + label + ".parquet",
                    "key, x, w, case when i % 10 = 3 then " + other + " else " + label
                            + " end as truth from (select i, " + COLUMNS,
                    2000,
                    2300,
                    ")");
            Path output = predicted(model, rows, "out-" + label, "read.label=truth", "read.weight=w");
            double[] rate = query("select sum(w * (p.class <> r.truth)::int) / sum(w), sum(w * (r.truth = " + other
                            + ")::int) / sum(w) from " + parquet(output.resolve("predictions")) + " p join '" + rows
                            + "' r on p.id = r.key")
                    .get(0);
            assertThat(measure(output, "error rate").value()).isEqualTo(rate[0], within(1e-14));
            Manifest manifest = Cli.manifest(output);
            assertThat(manifest.findings().notes())
                    .anyMatch(
                            note -> note.startsWith(String.format(java.util.Locale.ROOT, "%.3g of the rows", rate[1])));
        }
    }

    private Path table(String name, String columns, int from, int to, String closing) throws Exception {
        Path file = folder.resolve(name);
        sql("copy (select " + columns + " from range(" + from + ", " + to + ") t(i)" + closing + ") to '" + file
                + "' (format parquet)");
        return file;
    }

    /** What rows are compared with may be called what predictions are called, or what passes call their own columns. */
    @Test
    void columnsMayHaveTheNamesOfWhatIsTold() throws Exception {
        String columns =
                "key, x, y as value, y as variance, w as self, word as class, kind as score from (select " + COLUMNS;
        Path rows = table("named.parquet", columns, 0, 1000, ")");
        Path numbers =
                done(rows, "numbers", "job=regress", "read.target=value", "features.size=30", "kernel.bandwidth=1");
        for (String target : List.of("value", "variance")) {
            Path told = predicted(
                    numbers,
                    rows,
                    "told-" + target,
                    "read.target=" + target,
                    "read.weight=self",
                    "write.also=[novelty]");
            assertThat(types(told.resolve("predictions")))
                    .isEqualTo(Map.of("row", "BIGINT", "id", "VARCHAR", "value", "DOUBLE", "novelty", "DOUBLE"));
            double[] found = query("select sqrt(sum(self * (p.value - r.value) ** 2) / sum(self)), max(novelty) from "
                            + parquet(told.resolve("predictions")) + " p join '" + rows + "' r on p.id = r.key")
                    .get(0);
            assertThat(measure(told, "RMSE").value()).isEqualTo(found[0], within(1e-12));
            assertThat(found[1]).as("1 - |z|^2 of rows among the landmarks").isLessThan(0.1);
        }
        for (String label : List.of("class", "score")) {
            Path classes = done(rows, "by-" + label, "job=regress", "read.label=" + label, "features.size=30");
            Path told = predicted(classes, rows, "told-" + label, "read.label=" + label);
            assertThat(types(told.resolve("predictions")).keySet()).containsExactly("row", "id", "class", "score");
            double[] wrong = query("select avg((p.class <> r." + label + ")::int) from "
                            + parquet(told.resolve("predictions")) + " p join '" + rows + "' r on p.id = r.key")
                    .get(0);
            assertThat(measure(told, "error rate").value()).isEqualTo(wrong[0], within(1e-14));
        }
    }

    @Test
    void severalTargetsHaveMeasuresOfTheirOwn() throws Exception {
        Path model = train("model", "read.target=[y, log(z), a]", "features.map=orthogonal");
        Path rows = table("rows.parquet", 2000, 2300);
        Path output = predicted(model, rows, "out", "read.target=[y, log(z), a]");
        double[] rmse = query("select sqrt(avg((\"values\"[1] - y) ** 2)), sqrt(avg((\"values\"[2] - ln(z)) ** 2)),"
                        + " sqrt(avg((\"values\"[3] - a) ** 2)) from " + parquet(output.resolve("predictions"))
                        + " p join '" + rows + "' r on p.id = r.key")
                .get(0);
        assertThat(measure(output, "RMSE of y").value()).isEqualTo(rmse[0], within(1e-12));
        assertThat(measure(output, "RMSE of log(z)").value()).isEqualTo(rmse[1], within(1e-12));
        assertThat(measure(output, "RMSE of a").value()).isEqualTo(rmse[2], within(1e-12));
        assertFails(
                predict(model, rows, "bad-out", "read.target=[y, log(z)]"),
                64,
                "read.target names 2 columns, the model",
                "tells 3: y, log(z), a");
    }

    @Test
    void whatDoesNotFitTheModelIsNamed() throws Exception {
        Path model = train("model", "read.label=word", "read.scale=standard");
        Path rows = folder.resolve("train.parquet");
        assertFails(predict(model, rows, "bad-out", "read.columns=[a, b]"), 65, "have 2 columns", "made from 3");
        assertFails(predict(model, rows, "bad-out", "read.target=y"), 64, "tells classes", "read.label");
        assertFails(predict(model, rows, "bad-out", "read.label=kind"), 65, "column kind", "numbers", "text");
        assertFails(predict(model, rows, "bad-out", "write.also=[variance]"), 64, "variance");
        assertFails(predict(model, rows, "bad-out", "read.scale=standard"), 64, "read.scale");
        assertFails(predict(model, rows, "bad-out", "kernel.bandwidth=3"), 64, "kernel.bandwidth");
        assertFails(
                run(rows, "bad-out", "job=regress", "read.target=y", "features.combine=average"),
                64,
                "features.combine = average takes the mean of several draws");
        assertFails(predict(folder.resolve("none"), rows, "bad-out"), 66, "none");
        Path named = done(rows, "named", "job=regress", "read.target=y", "read.columns=[a, b, c]", "features.size=10");
        assertFails(predict(named, rows, "bad-out", "read.columns=[a, c, b]"), 65, "column 1");
        Path bad = table(
                "bad.parquet",
                COLUMNS.replace("[sin(i * 1.7)", "[case when i = 7 then 'nan'::double else 1 end"),
                0,
                20);
        assertFails(predict(model, bad, "bad-out"), 65, "bad.parquet row 7 column x[0] is NaN");
    }

    /** Nothing is written of rows whose features overflow, nor compared by weights that are none. */
    @Test
    void whatCannotBePredictedOrComparedIsRefused() throws Exception {
        Path far = table(
                "far.parquet",
                COLUMNS.replace("[sin(i * 1.7)", "[case when i = 7 then 1e200 else sin(i * 1.7) end"),
                0,
                20);
        for (String learnt : List.of("read.label=word", "read.target=y")) {
            Path output = folder.resolve("model");
            Path rows = table("train.parquet", 0, 1000);
            Cli made = run(
                    rows,
                    "model",
                    "job=regress",
                    learnt,
                    "features.size=10",
                    "kernel.name=polynomial",
                    "write.mode=replace");
            assertThat(made.code()).as(made.err()).isZero();
            assertFails(predict(output, far, "bad-out"), 65, "their predictions overflow");
            assertFails(
                    predict(output, rows, "bad-out", learnt, "read.weight=w - w - 1"),
                    65,
                    "the weight of row 0",
                    "negative");
            assertFails(
                    predict(output, rows, "bad-out", learnt, "read.weight=w - w"), 65, "no row has a weight above 0");
        }
    }

    /** Of draws that are averaged, lambda and path are the best one's, in the model too: show marks the value that was chosen. */
    @Test
    void theLambdaOfAveragedDrawsIsThatOfThePath() throws Exception {
        Path rows = table("train.parquet", 0, 300);
        for (int seed = 1; seed <= 4; seed++) {
            Path model = done(
                    rows,
                    "model" + seed,
                    "job=regress",
                    "read.target=y",
                    "features.map=fourier",
                    "features.size=16",
                    "features.repeats=3",
                    "features.combine=average",
                    "features.seed=" + seed);
            double lambda = measure(model, "lambda").value();
            assertThat(Cli.manifest(model).model().at("/fit/lambda").asDouble()).isEqualTo(lambda);
            assertThat(query("select count(*) from " + parquet(model.resolve("path")) + " where \"lambda\" = " + lambda)
                            .get(0)[0])
                    .isEqualTo(1);
        }
    }

    /** A model is known by its digests: other tables under the same manifest are not predicted with. */
    @Test
    void theModelIsNotReplacedByItsPredictions() throws Exception {
        Path model = train("model", "read.target=y");
        for (String output : new String[] {"model", "model/inner"}) {
            Cli cli = predict(model, table("new.parquet", 0, 20), output, "write.mode=replace");
            assertThat(cli.code()).isEqualTo(64);
            assertThat(cli.message()).contains("write.path", "and model", "lie one inside the other");
        }
        assertThat(Cli.run("verify", model.toString()).code()).isZero();
        Path predicted = predicted(model, folder.resolve("new.parquet"), "out");
        Cli cli = Cli.run("verify", predicted.toString());
        assertThat(cli.code()).isEqualTo(64);
        assertThat(cli.message()).contains("holds what predict wrote", "verify the model");
    }

    @Test
    void aDamagedModelIsNotUsed() throws Exception {
        Path model = train("model", "read.target=y");
        for (String table : List.of("coefficients", "core", "landmarks", "inputs")) {
            Path file = model.resolve(table + "/part-0.parquet");
            byte[] whole = java.nio.file.Files.readAllBytes(file);
            String change = table.equals("inputs")
                    ? "mean + 1e-9 as mean"
                    : "list_transform(\"values\", v -> v + 1e-9) as \"values\"";
            sql("copy (select * replace (" + change + ") from read_parquet('" + file + "')) to '"
                    + folder.resolve("other.parquet") + "' (format parquet)");
            java.nio.file.Files.write(file, java.nio.file.Files.readAllBytes(folder.resolve("other.parquet")));
            Cli cli = predict(model, folder.resolve("train.parquet"), "bad-out");
            assertFails(cli, 74, table, "does not hold the values that its manifest was written for");
            java.nio.file.Files.write(file, whole);
        }
    }
}
