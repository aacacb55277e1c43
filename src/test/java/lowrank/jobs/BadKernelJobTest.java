package lowrank.jobs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What kernel jobs cannot do: the exit code, one sentence that names the place, and nothing visible afterwards. */
class BadKernelJobTest extends KernelJobCase {
    private Path input;

    @BeforeEach
    void makeInput() throws Exception {
        input = table(
                "rows.parquet", COLUMNS + ", if(i = 7, null, i) as hole, 'same' as same, 1.0::double as one", 0, 200);
    }

    private Cli bad(String... keys) throws Exception {
        return run(input, "bad-out", keys);
    }

    private Cli regress(String... keys) throws Exception {
        List<String> all = new ArrayList<>(List.of("job=regress", "features.size=10"));
        all.addAll(Arrays.asList(keys));
        return bad(all.toArray(String[]::new));
    }

    @Test
    void nothingOrTheWrongThingToLearn() throws Exception {
        assertFails(regress(), 64, "nothing to learn", "read.target", "read.label");
        assertFails(regress("read.label=none"), 65, "rows.parquet has no column none");
        assertFails(regress("read.target=none"), 65, "rows.parquet has no column none");
        assertFails(regress("read.label=hole"), 65, "rows.parquet row 7 column hole is null");
        assertFails(regress("read.target=hole"), 65, "rows.parquet row 7 column hole is null");
        assertFails(regress("read.target=y", "read.weight=hole"), 65, "rows.parquet row 7 column hole is null");
        assertFails(regress("read.target=word"), 65, "column word is not one number per row");
        assertFails(regress("read.label=same"), 65, "all rows have the same label", "read.label");
        assertFails(regress("read.label=word", "read.where=\"word = 'bag'\""), 65, "all rows have the same label");
        assertFails(regress("read.target=y", "read.weight=a"), 65, "weight", "row");
        assertFails(regress("read.target=y", "read.weight=\"0 * i\""), 64, "read.weight");
        assertFails(regress("read.target=y", "read.weight=\"0 * a\""), 65, "weight");
        assertFails(
                bad("job=nystrom", "features.size=10", "read.target=y"),
                64,
                "read.target does not apply to job = nystrom");
        assertFails(bad("job=features", "features.size=10", "read.label=word"), 64, "read.label does not apply");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kernel.bandwidth=0|kernel.bandwidth must be",
                "kernel.bandwidth=-1|kernel.bandwidth must be",
                "kernel.bandwidth=wide|kernel.bandwidth must be",
                "kernel.bandwidth=[1,0]|kernel.bandwidth must be",
                "kernel.bandwidth=[]|kernel.bandwidth must be",
                "kernel.bandwidth=nan|kernel.bandwidth must be",
                "kernel.name=rbf|kernel.name must be gaussian",
                "kernel.nu=1.5 kernel.name=matern kernel.nu=2|kernel.nu must be",
                "kernel.nu=2.5|kernel.nu does not apply to kernel.name = gaussian",
                "kernel.degree=2|kernel.degree does not apply to kernel.name = gaussian",
                "kernel.name=polynomial kernel.bandwidth=2|kernel.bandwidth does not apply to kernel.name = polynomial",
                "kernel.name=polynomial kernel.degree=0|kernel.degree must lie between 1 and 100",
                "kernel.name=polynomial kernel.degree=1.5|kernel.degree must be a whole number",
                "kernel.name=polynomial kernel.offset=-1|kernel.offset must",
                "kernel.name=arc-cosine kernel.order=2|kernel.order must be",
                "kernel.name=exponential kernel.temperature=0|kernel.temperature must be",
                "kernel.name=rational-quadratic kernel.alpha=0|kernel.alpha must be",
                "kernel.length-scales=[1,2]|kernel.length-scales has 2 numbers, the rows have 3",
                "kernel.length-scales=[1,0,1]|kernel.length-scales must be positive",
                "features.map=tensor-sketch|features.map = tensor-sketch does not apply to kernel.name = gaussian",
                "features.map=fourier kernel.name=polynomial|features.map = fourier does not apply to kernel.name = polynomial",
                "features.map=structured kernel.name=laplacian|does not apply to kernel.name = laplacian",
                "features.map=fourier features.size=11|features.size must be even",
                "features.map=fourier features.landmarks=uniform|features.landmarks applies to features.map = nystrom alone",
                "features.map=random|features.map must be",
                "features.size=0|features.size must be",
                "features.landmarks=random|features.landmarks must be",
                "features.landmarks=given|features.landmarks = given needs features.table",
                "features.table=x|features.table applies to features.landmarks = given alone",
                "features.tolerance=1|features.tolerance",
                "features.tolerance=0.1 features.landmarks=uniform|features.tolerance",
                "solve.lambda=0|solve.lambda must be",
                "solve.lambda=-1e-3|solve.lambda must be",
                "solve.lambda=[1e-3,0]|solve.lambda must be",
                "solve.lambda=1e-300 solve.algorithm=normal-equations|solve.lambda",
                "solve.select=aic|solve.select must be",
                "solve.folds=3|solve.folds applies to solve.select = kfold alone",
                "solve.select=kfold solve.folds=1|solve.folds must be",
                "solve.select=kfold solve.folds=101|solve.folds must be at most 100",
                "write.features=true|write.features does not apply to job = regress",
                "write.coordinates=3|write.coordinates applies to job = nystrom alone",
                "write.u=false|write.u",
                "factor.rank=3|factor.rank",
                "certify.require.spectral=0.1|certify.require.spectral",
                "write.precision=float|write.precision does not apply to job = regress",
                "read.id=key|read.id does not apply to job = regress",
                "model=x|model"
            })
    void badKeysAreNamed(String keys, String message) throws Exception {
        List<String> all = new ArrayList<>(List.of("read.target=y"));
        all.addAll(List.of(keys.split(" ")));
        assertFails(regress(all.toArray(String[]::new)), 64, message);
    }

    @Test
    void seedsAreLongs() throws Exception {
        for (String seed : List.of("99999999999", "-9223372036854775808")) {
            Path output = done(
                    input,
                    "seed" + seed,
                    "job=features",
                    "features.map=fourier",
                    "features.size=10",
                    "features.seed=" + seed);
            org.assertj.core.api.Assertions.assertThat(
                            Cli.manifest(output).model().at("/features/seeds/0").asText())
                    .isEqualTo(seed);
        }
        assertFails(
                bad("job=nystrom", "features.seed=9223372036854775808"),
                64,
                "features.seed must be a whole number between -9223372036854775808 and 9223372036854775807");
    }

    /** The error of a kernel is over pairs of rows. */
    @Test
    void oneRowHasNoKernelError() throws Exception {
        Path one = table("one-row.parquet", 0, 1);
        Path output = done(
                one,
                "one",
                "job=features",
                "features.map=fourier",
                "features.size=10",
                "features.repeats=2",
                "kernel.bandwidth=1");
        var findings = Cli.manifest(output).findings();
        org.assertj.core.api.Assertions.assertThat(findings.measures()).isEmpty();
        org.assertj.core.api.Assertions.assertThat(findings.notes()).anyMatch(note -> note.contains("at least 2 rows"));
    }

    @Test
    void keysOfOtherJobs() throws Exception {
        assertFails(bad("job=nystrom", "features.map=fourier"), 64, "features.map = fourier has no landmarks");
        assertFails(bad("job=nystrom", "solve.lambda=1"), 64, "solve.lambda");
        assertFails(
                bad("job=features", "kernel.bandwidth=[1,2]", "features.size=10"), 64, "kernel.bandwidth is a list");
        assertFails(bad("job=regres", "read.target=y"), 64, "job must be");
    }

    /** A constant column carries nothing, and spoils nothing. */
    @Test
    void aConstantColumnIsNothing() throws Exception {
        for (String scale : List.of("read.scale=none", "read.scale=standard")) {
            for (String landmarks : List.of("rpcholesky", "uniform", "k-means", "leverage")) {
                Path with = done(
                        input,
                        "with",
                        "job=regress",
                        "read.columns=[a, b, one]",
                        "read.target=y",
                        "features.size=10",
                        "features.landmarks=" + landmarks,
                        "kernel.bandwidth=1",
                        "write.mode=replace",
                        scale);
                Path without = done(
                        input,
                        "without",
                        "job=regress",
                        "read.columns=[a, b]",
                        "read.target=y",
                        "features.size=10",
                        "features.landmarks=" + landmarks,
                        "kernel.bandwidth=1",
                        "write.mode=replace",
                        scale);
                org.assertj.core.api.Assertions.assertThat(
                                measure(with, "training RMSE").value())
                        .as(landmarks + scale)
                        .isCloseTo(
                                measure(without, "training RMSE").value(),
                                org.assertj.core.data.Percentage.withPercentage(50));
            }
        }
    }

    @Test
    void rowsThatAreAllEqualHaveNoMedian() throws Exception {
        String[] one = {"read.columns=[one]", "read.target=y"};
        assertFails(regress(one[0], one[1]), 65, "kernel.bandwidth = median is 0");
        // With a number for it all landmarks but one are dropped, and the mean is learnt.
        Cli cli = run(
                input,
                "mean",
                "job=regress",
                "features.size=10",
                one[0],
                one[1],
                "kernel.bandwidth=1",
                "solve.lambda=1");
        org.assertj.core.api.Assertions.assertThat(cli.code()).as(cli.err()).isZero();
    }

    @Test
    void valuesThatTheKernelCannotTake() throws Exception {
        String[] keys = {"read.target=y", "kernel.name=additive-chi2"};
        assertFails(regress(keys), 65, "row", "negative");
        assertFails(regress(keys[0], keys[1], "features.map=fourier", "features.size=9"), 65, "row", "negative");
        Path large = table("large.parquet", COLUMNS.replace("[sin(i * 1.7)", "[if(i = 3, 1e200, 1)"), 0, 200);
        Cli cli = run(large, "bad-out", "job=regress", "read.target=y", "features.size=10", "kernel.name=exponential");
        assertFails(cli, 70, "read.scale = standard");
    }

    /** One row is so large that products of features are beyond doubles, though none of its features is. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "job=regress read.target=y features.map=tensor-sketch solve.lambda=1e-3",
                "job=regress read.target=y features.map=tensor-sketch",
                "job=regress read.target=y features.map=tensor-sketch solve.lambda=1e-3 solve.algorithm=conjugate-gradients",
                "job=nystrom features.landmarks=uniform",
                "job=nystrom features.landmarks=uniform write.features=true"
            })
    void productsOfFeaturesThatOverflow(String keys) throws Exception {
        Path large = table("large.parquet", COLUMNS.replace("[sin(i * 1.7)", "[if(i = 3, 1e20, 1)"), 0, 200);
        List<String> all = new ArrayList<>(List.of(keys.split(" ")));
        all.addAll(List.of("features.size=12", "kernel.name=polynomial", "kernel.degree=12"));
        Cli cli = run(large, "bad-out", all.toArray(String[]::new));
        assertFails(cli, 70, "overflow", "read.scale = standard");
    }

    /** What the message says to do is done. */
    @Test
    void columnsThatHaveToBeCast() throws Exception {
        input = table(
                "cast.parquet",
                COLUMNS + ", (i % 7)::decimal(9, 2) as money, date '2026-01-01' + (i % 9)::int as day,"
                        + " (i % 5 + 1)::ubigint as many",
                0,
                100);
        for (String column : List.of("money", "day", "many")) {
            String number = column.equals("day") ? "unix_date(day)" : "cast(" + column + " as double)";
            assertFails(
                    regress("read.target=" + column), 65, "column " + column, "read.target = [\"cast(", "unix_date(");
            assertFails(
                    regress("read.target=y", "read.weight=" + column), 65, "column " + column, "read.weight = \"cast(");
            assertFails(regress("read.label=" + column), 65, "column " + column, "\"cast(" + column + " as string)\"");
            String[] size = {"job=regress", "features.size=10"};
            done(input, column + "-target", size[0], size[1], "read.target=[\"" + number + "\"]");
            done(input, column + "-weight", size[0], size[1], "read.target=y", "read.weight=" + number);
            done(input, column + "-label", size[0], size[1], "read.label=cast(" + column + " as string)");
        }
    }

    /** A label of numbers does not become one of texts by one cell. */
    @Test
    void numbersOfALabelAreFinite() throws Exception {
        for (String cell : List.of("nan", "1e400", "-Infinity")) {
            Path csv = folder.resolve("label.csv");
            StringBuilder lines = new StringBuilder("a,kind\n");
            for (int i = 0; i < 40; i++) {
                lines.append(i).append(',').append(i == 7 ? cell : "" + i % 3).append('\n');
            }
            java.nio.file.Files.writeString(csv, lines);
            String[] keys = {"job=regress", "read.format=csv", "read.label=kind", "features.size=10"};
            assertFails(run(csv, "bad-out", keys), 65, "row 7 of the input", "column kind");
            // Where others are words too, it is a word.
            java.nio.file.Files.writeString(csv, lines + "40,none\n");
            done(csv, "words" + cell, keys);
        }
    }

    @Test
    void mediansThatAreNone() throws Exception {
        String[] chi = {"read.target=y", "kernel.name=exponential-chi2"};
        Cli negative = regress(chi);
        assertFails(negative, 65, "row", "column", "negative");
        org.assertj.core.api.Assertions.assertThat(negative.message()).doesNotContain("equal");
        for (String size : List.of("1e-200", "1e200")) {
            String word = size.contains("-") ? "so small" : "so large";
            Path far = table("far.parquet", "[" + size + " * i, " + size + "] as x, i as y", 0, 200);
            for (String name : List.of("gaussian", "exponential-chi2")) {
                Cli cli =
                        run(far, "bad-out", "job=regress", "read.target=y", "features.size=10", "kernel.name=" + name);
                assertFails(cli, 65, "kernel.bandwidth = median", word, "kernel.length-scales");
                // What the message names helps.
                done(
                        far,
                        "divided" + name + size,
                        "job=regress",
                        "read.target=y",
                        "features.size=10",
                        "kernel.name=" + name,
                        "kernel.length-scales=[" + size + ", " + size + "]");
            }
        }
        Path one = table("one.parquet", 0, 1);
        assertFails(run(one, "bad-out", "job=features", "features.size=1"), 65, "kernel.bandwidth = median", "2 rows");
    }

    @Test
    void kernelsThatOverflowSaySo() throws Exception {
        Path large = table("large.parquet", "[50.0 + sin(i * 1.7), 60 + i % 7] as x, i as y", 0, 200);
        for (String landmarks : List.of("rpcholesky", "uniform", "leverage")) {
            String[] exponential = {"kernel.name=exponential", "kernel.temperature=10000"};
            String[] polynomial = {"kernel.name=polynomial", "kernel.degree=100", "kernel.scale=1e-4"};
            for (String[] keys : List.of(exponential, polynomial)) {
                String[] both = {
                    "job=regress",
                    "read.target=y",
                    "features.size=10",
                    "features.landmarks=" + landmarks,
                    keys[0],
                    keys.length == 3 ? keys[1] : "kernel.temperature=1"
                };
                assertFails(
                        run(large, "bad-out", both), 70, keys[0].substring(12), "overflows", "read.scale = standard");
                // What the message names helps.
                List<String> milder = new ArrayList<>(List.of(both));
                milder.addAll(List.of(keys));
                done(large, "mild" + landmarks + keys.length, milder.toArray(String[]::new));
            }
        }
    }

    @Test
    void landmarksThatDoNotFit() throws Exception {
        Path narrow = Files.createDirectory(folder.resolve("narrow"));
        sql("copy (select [1.0::double, 2] as x) to '" + narrow.resolve("a.parquet") + "' (format parquet)");
        assertFails(given(narrow), 65, "features.table", "rows of 2 values, the input has rows of 3");
        Path nan = Files.createDirectory(folder.resolve("nan"));
        sql("copy (select [1.0::double, if(i = 4, 'nan'::double, i), 2] as x from range(6) t(i)) to '"
                + nan.resolve("a.parquet") + "' (format parquet)");
        assertFails(given(nan), 65, "a.parquet row 4 column x[1] is NaN");
        assertFails(given(folder.resolve("missing")), 66, "features.table", "missing", "does not exist");
        Path negative = Files.createDirectory(folder.resolve("negative"));
        sql("copy (select [1.0::double, 3 - i, 2] as x from range(6) t(i)) to '" + negative.resolve("a.parquet")
                + "' (format parquet)");
        input = table("positive.parquet", "[1.0::double + i, 2, 3] as x, i as y", 0, 100);
        assertFails(given(negative, "kernel.name=additive-chi2"), 65, "features.table", "row 4", "negative");
        assertFails(given(negative, "kernel.name=exponential-chi2"), 65, "features.table", "row 4", "negative");
    }

    private Cli given(Path table, String... more) throws Exception {
        List<String> keys = new ArrayList<>(
                List.of("job=regress", "read.target=y", "features.landmarks=given", "features.table=" + table));
        keys.addAll(List.of(more));
        return bad(keys.toArray(String[]::new));
    }
}
