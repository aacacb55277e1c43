package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lowrank.certify.Measure;
import lowrank.store.Manifest;
import org.junit.jupiter.api.io.TempDir;

/** Kernel jobs from the command line, on tables that DuckDB makes and results that it reads. */
abstract class KernelJobCase {
    /**
     * Columns over i: an id, a vector x of three values of about 1, the same as scalars, numbers and classes that follow from them, and a
     * weight.
     */
    static final String COLUMNS = "'k' || i as key, [sin(i * 1.7), cos(i * 0.9), sin(i * 0.31 + 1)] as x,"
            + " sin(i * 1.7) as a, cos(i * 0.9) as b, sin(i * 0.31 + 1) as c,"
            + " 3 + sin(2 * sin(i * 1.7)) + cos(i * 0.9) * sin(i * 0.31 + 1) as y,"
            + " exp(sin(i * 1.7)) as z,"
            + " (case when sin(i * 1.7) > 0.5 then 7 when cos(i * 0.9) > 0 then -2 else 4 end)::int as kind,"
            + " (case when sin(i * 1.7) > 0.5 then 'shoe' when cos(i * 0.9) > 0 then 'bag' else 'coat' end) as word,"
            + " 1 + i % 3 as w";

    @TempDir
    Path folder;

    static void sql(String... texts) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            for (String text : texts) {
                sql.execute(text);
            }
        }
    }

    /** A Parquet file of the columns for i in a range. */
    Path table(String name, int from, int to) throws IOException, SQLException {
        return table(name, COLUMNS, from, to);
    }

    Path table(String name, String columns, int from, int to) throws IOException, SQLException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        sql("copy (select " + columns + " from range(" + from + ", " + to + ") t(i)) to '" + file
                + "' (format parquet)");
        return file;
    }

    /** Rows of numbers of a query. */
    static List<double[]> query(String text) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement();
                ResultSet result = sql.executeQuery(text)) {
            int width = result.getMetaData().getColumnCount();
            List<double[]> rows = new ArrayList<>();
            while (result.next()) {
                double[] row = new double[width];
                for (int j = 0; j < width; j++) {
                    row[j] = result.getDouble(j + 1);
                }
                rows.add(row);
            }
            return rows;
        }
    }

    /** Names and types of a stored table's columns, as DuckDB has them. */
    static Map<String, String> types(Path table) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement();
                ResultSet result = sql.executeQuery("describe select * from " + parquet(table))) {
            Map<String, String> types = new java.util.LinkedHashMap<>();
            while (result.next()) {
                types.put(result.getString(1), result.getString(2));
            }
            return types;
        }
    }

    static String parquet(Path table) {
        return "read_parquet('" + table + "/*.parquet')";
    }

    Cli run(Path input, String output, String... more) throws IOException {
        List<String> keys = new ArrayList<>(
                List.of("read.path=\"" + input + "\"", "read.vector=x", "write.path=" + folder.resolve(output)));
        keys.addAll(List.of(more));
        return Cli.job(folder, keys.toArray(String[]::new));
    }

    /** Runs a job that succeeds; returns its folder. */
    Path done(Path input, String output, String... more) throws IOException {
        Cli cli = run(input, output, more);
        assertThat(cli.code()).as(String.join(" ", more) + cli.err()).isZero();
        return folder.resolve(output);
    }

    /** Digests of all tables of a result. */
    static Map<String, String> digests(Path output) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        Cli.manifest(output).factors().forEach((name, factor) -> digests.put(name, factor.digest()));
        return digests;
    }

    static Measure measure(Path output, String name) throws IOException {
        Manifest manifest = Cli.manifest(output);
        return manifest.findings().measures().stream()
                .filter(measure -> measure.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "no measure " + name + " among " + manifest.findings().measures()));
    }

    void assertFails(Cli cli, int code, String... places) throws IOException {
        assertThat(cli.code()).as(cli.out() + cli.err()).isEqualTo(code);
        assertThat(cli.message()).contains(places).doesNotContain("Exception", "\tat ");
        assertThat(cli.lastLine()).isEqualTo("LOWRANK RESULT status=failed code=" + code + " output=-");
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString()))
                    .noneMatch(name -> name.startsWith(".") || name.startsWith("bad-out"));
        }
    }
}
