package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictJobTest {
    @TempDir
    private Path folder;

    private Path input;
    private Path model;

    @BeforeEach
    void train() throws Exception {
        input = Files.createDirectory(folder.resolve("input"));
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute(
                    "copy (select 'k' || i as key, [sin(i), 100 + cos(i * 2.0), 5 + sin(i * 3.0), 7.5, 2 * sin(i)] as x"
                            + " from range(3000) t(i)) to '" + input.resolve("a.parquet") + "' (format parquet)");
        }
        model = folder.resolve("model");
        Cli cli = run(model, "job=pca", "factor.rank=2", "factor.scale=true");
        assertThat(cli.code()).as(cli.err()).isZero();
    }

    private Cli run(Path output, String... more) throws IOException {
        List<String> keys =
                new ArrayList<>(List.of("read.path=" + input, "read.vector=x", "read.id=key", "write.path=" + output));
        keys.addAll(List.of(more));
        return Cli.job(folder, keys.toArray(String[]::new));
    }

    private Cli predict(Path output, String... more) throws IOException {
        List<String> keys = new ArrayList<>(List.of("job=predict", "model=" + model));
        keys.addAll(List.of(more));
        return run(output, keys.toArray(String[]::new));
    }

    @Test
    void coordinatesOfTheTrainingRowsAreUTimesSAndTheRestIsExplainedByNothing() throws Exception {
        Path output = folder.resolve("out");
        Cli cli = predict(output);
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(Cli.manifest(output).job()).isEqualTo("predict");
        assertThat(Cli.manifest(output).factors().get("coordinates").rows()).isEqualTo(3000);
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement();
                ResultSet result =
                        sql.executeQuery("select max(abs(c.values[s.component + 1] - u.values[s.component + 1]"
                                + " * s.value)), count(*), max(abs(c.residual - (select sqrt(list_sum(list_transform("
                                + "list((a.x[v.feature + 1] - v.mean) / v.scale - c.values[1] * v.values[1]"
                                + " - c.values[2] * v.values[2]), z -> z * z))) from read_parquet('" + model
                                + "/V/*.parquet') v))) from read_parquet('" + output
                                + "/coordinates/*.parquet') c join read_parquet('" + model
                                + "/U/*.parquet') u on c.id = u.id and c.row = u.row join read_parquet('" + input
                                + "/*.parquet') a on a.key = c.id cross join read_parquet('" + model
                                + "/s/*.parquet') s")) {
            result.next();
            assertThat(result.getLong(2)).isEqualTo(6000);
            assertThat(result.getDouble(1)).isLessThan(1e-12);
            assertThat(result.getDouble(3)).isLessThan(1e-12);
        }
        assertThat(predict(output).code()).isEqualTo(73);
        assertThat(predict(output, "write.mode=skip").lastLine()).contains("status=skipped");
        assertThat(predict(output, "write.mode=skip", "blocks.precision=float").code())
                .isEqualTo(73);
        Cli replaced = predict(output, "write.mode=replace", "blocks.precision=float", "write.precision=float");
        assertThat(replaced.code()).as(replaced.err()).isZero();
        assertThat(Cli.run("show", output.toString(), "--digest").out()).contains("digest  coordinates");
    }

    /** The label of the plan is that of the log, of show and of the manifest. */
    @Test
    void thePassIsCalledProjection() throws Exception {
        Path output = folder.resolve("out");
        Cli cli = predict(output);
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(Cli.manifest(output).passes()).extracting("label").containsExactly("projection");
    }

    /** Each column has a scale of its own: the largest value of one says nothing of the z-scores of another. */
    @Test
    void rowsOfColumnsOfVeryDifferentSizesAreProjected() throws Exception {
        String columns = "read.columns=[\"1e-30 * x[0]\", \"1e9 * x[1]\", \"x[2]\"]";
        model = folder.resolve("sizes");
        Cli made = run(model, columns, "read.scale=standard", "factor.rank=2", "blocks.precision=float");
        assertThat(made.code()).as(made.err()).isZero();
        Cli cli = predict(folder.resolve("out"), columns, "blocks.precision=float");
        assertThat(cli.code()).as(cli.err()).isZero();
        Cli far = predict(
                folder.resolve("far"),
                "read.columns=[\"1e10 * x[1]\", \"1e9 * x[1]\", \"x[2]\"]",
                "blocks.precision=float");
        assertThat(far.code()).as(far.err()).isEqualTo(65);
        assertThat(far.message()).contains("that their z-scores overflow");
    }

    @Test
    void aCellIsNamedByItsOwnColumn() throws Exception {
        Path bad = Files.createDirectory(folder.resolve("bad"));
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute("copy (select i::double as x, case when i = 7 then 'nan'::double else i end as nn, 1.0::double"
                    + " as b from range(20) t(i)) to '" + bad.resolve("a.parquet") + "' (format parquet)");
        }
        Cli cli = Cli.job(
                folder,
                "read.path=" + bad,
                "read.columns=[\"x\", \"nn\", \"b\"]",
                "write.path=" + folder.resolve("out"),
                "factor.rank=2");
        assertThat(cli.code()).as(cli.message()).isEqualTo(65);
        assertThat(cli.message()).contains("row 7 column nn is NaN");
    }

    @Test
    void wrongModelsAndRowsAreRefused() throws Exception {
        Path output = folder.resolve("out");
        assertThat(predict(output, "read.columns=[\"x[0]\", \"x[1]\"]").message())
                .contains("the rows have 2 columns, the model", "was made from 5");
        assertThat(predict(output, "read.columns=[\"x[0]\", \"x[1]\"]").code()).isEqualTo(65);
        assertThat(predict(output, "model=" + folder.resolve("nowhere")).code()).isEqualTo(66);
        assertThat(predict(output, "factor.rank=3").message()).contains("factor.rank does not apply to job = predict");
        assertThat(run(output, "model=" + model).message()).contains("model does not apply to job = svd");
        assertThat(run(output, "job=predict").message()).contains("model is not set");
        assertThat(output).doesNotExist();
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith(".out"));
        }
    }
}
