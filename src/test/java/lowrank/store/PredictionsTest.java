package lowrank.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.PairedSource;
import lowrank.blocks.Pass;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Columns of predictions, as DuckDB reads them. */
class PredictionsTest {
    private static final int ROWS = 20_000;

    @TempDir
    private Path folder;

    private final HadoopConf conf = new HadoopConf(new Configuration());
    private int outputs;

    /** A column whose value at row i is {@code i mod 3 + j / 4.0}, exact in float too. */
    private static MatrixRows column(String name, int width, Precision precision) {
        Matrix values = Matrix.zeros(ROWS, width);
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < width; j++) {
                values.set(i, j, i % 3 + j / 4.0);
            }
        }
        return new MatrixRows(values, name, precision, Layout.of(ROWS, 64, 0));
    }

    private Manifest.Factor write(String output, List<Stored> stored, MatrixRows first, MatrixRows... more) {
        lowrank.blocks.BlockSource all = first;
        for (MatrixRows column : more) {
            all = new PairedSource(all, column);
        }
        try (OutputFolder out = OutputFolder.at(conf, output, OutputFolder.Mode.FAIL)) {
            out.begin();
            var written = LocalBlocks.of(all).write(out.sink("predictions", stored, "none"), Pass.nothing());
            Manifest.Factor factor = out.collect("predictions", written.parts(), 1, Precision.DOUBLE);
            out.commit(new Manifest(
                    Manifest.FORMAT,
                    "predict",
                    "complete",
                    null,
                    "spec",
                    null,
                    null,
                    "",
                    List.of(),
                    1,
                    null,
                    null,
                    List.of(),
                    Map.of("predictions", factor)));
            return factor;
        }
    }

    private String output() {
        return folder.resolve("out" + outputs++).toString();
    }

    private static List<List<Object>> ask(String sql) throws Exception {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<List<Object>> rows = new ArrayList<>();
            while (result.next()) {
                List<Object> row = new ArrayList<>();
                for (int c = 1; c <= result.getMetaData().getColumnCount(); c++) {
                    row.add(result.getObject(c));
                }
                rows.add(row);
            }
            return rows;
        }
    }

    @Test
    void valuesVarianceAndVectors() throws Exception {
        String output = output();
        write(
                output,
                List.of(new Stored.Number(), new Stored.Number(), new Stored.Vector(Precision.FLOAT)),
                column("value", 1, Precision.DOUBLE),
                column("variance", 1, Precision.FLOAT),
                column("values", 2, Precision.DOUBLE));
        String files = "read_parquet('" + output + "/predictions/*.parquet')";
        assertThat(ask("select column_name, column_type from (describe select * from " + files + ")"))
                .containsExactly(
                        List.of("row", "BIGINT"),
                        List.of("value", "DOUBLE"),
                        List.of("variance", "DOUBLE"),
                        List.of("values", "FLOAT[]"));
        assertThat(ask("select count(*), count(distinct \"row\"), bool_and(value = \"row\" % 3 and variance = value and"
                        + " values = [value::float, value::float + 0.25]) from " + files))
                .containsExactly(List.of((long) ROWS, (long) ROWS, true));
    }

    @Test
    void classesInTheTypeOfTheInput() throws Exception {
        Map<Classes, List<String>> types = Map.of(
                Classes.ofTexts(List.of("ä", "b", "a")), List.of("VARCHAR", "['a', 'b', 'ä']"),
                Classes.ofNumbers(Classes.Type.INT, new double[] {7, -1, 3}), List.of("INTEGER", "[-1, 3, 7]"),
                Classes.ofNumbers(Classes.Type.LONG, new double[] {7, -1, 1L << 40}),
                        List.of("BIGINT", "[-1, 7, 1099511627776]"),
                Classes.ofNumbers(Classes.Type.DOUBLE, new double[] {0.5, 0, 1}), List.of("DOUBLE", "[0, 0.5, 1]"));
        String digest = null;
        for (var entry : types.entrySet()) {
            String output = output();
            Manifest.Factor factor = write(
                    output,
                    List.of(new Stored.Class(entry.getKey()), new Stored.Number()),
                    column("class", 1, Precision.DOUBLE),
                    column("score", 1, Precision.DOUBLE));
            String files = "read_parquet('" + output + "/predictions/*.parquet')";
            assertThat(ask("select distinct typeof(class) from " + files))
                    .containsExactly(List.of(entry.getValue().get(0)));
            assertThat(ask("select count(*), bool_and(class = ("
                            + entry.getValue().get(1) + ")[(\"row\" % 3)::int + 1] and score = \"row\" % 3) from "
                            + files))
                    .containsExactly(List.of((long) ROWS, true));
            // It is the codes that are digested, whatever they stand for.
            assertThat(digest == null || digest.equals(factor.digest())).isTrue();
            digest = factor.digest();
        }
    }

    @Test
    void aVectorIsNotStoredAsOneNumber() {
        assertThatThrownBy(() -> write(output(), List.of(new Stored.Number()), column("value", 2, Precision.DOUBLE)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> write(
                        output(),
                        List.of(new Stored.Number(), new Stored.Number()),
                        column("value", 1, Precision.DOUBLE)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
