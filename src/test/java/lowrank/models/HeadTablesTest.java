package lowrank.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of heads as DuckDB reads them. */
class HeadTablesTest {
    private static final Random RANDOM = new Random(5);

    @TempDir
    private Path folder;

    /** Entries that floats hold too, and that all write alike as text. */
    private static Matrix table(int rows, int cols) {
        Matrix table = Matrix.zeros(rows, cols);
        Arrays.setAll(table.values(), i -> (RANDOM.nextInt(129) - 64) / 64.0);
        return table;
    }

    private static final List<Head> HEADS = List.of(
            new Head(0, 1, table(700, 3), table(700, 3), table(700, 2)),
            new Head(2, 0, table(900, 3), table(900, 3), table(900, 2)));

    /** Rows of a query, each as text. */
    private static List<String> ask(Path folder, String select) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duck.createStatement();
                ResultSet result = statement.executeQuery(select.formatted("'" + folder + "/*.parquet'"))) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }

    private static String row(Matrix table, int i) {
        return Arrays.toString(table.transpose().columns(new int[] {i}, 1).values());
    }

    @Test
    void everyRowOnceInItsPlace() throws Exception {
        HeadTables sorted = HeadTables.sorted().over(3);
        for (HeadTables tables : List.of(sorted, sorted.shuffled(1).from(1), sorted.doubles())) {
            Path out = tables.write(folder.resolve("table " + tables.hashCode()), HEADS);
            try (Stream<Path> files = Files.list(out)) {
                assertThat(files).hasSize(3);
            }
            for (Head head : HEADS) {
                for (String column : List.of("q", "k", "v")) {
                    Matrix table = column.equals("q") ? head.q() : column.equals("k") ? head.k() : head.v();
                    List<String> expected = new ArrayList<>();
                    for (int i = 0; i < head.positions(); i++) {
                        expected.add(i + tables.start() + " " + row(table, i));
                    }
                    String where = " where layer = " + head.layer() + " and head = " + head.head();
                    assertThat(ask(
                                    out,
                                    "select pos || ' ' || " + column + "::double[]::varchar from %s" + where
                                            + " order by pos"))
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void theOrderIsTheOneAskedFor() throws Exception {
        String order = "select head * 1000 + pos from read_parquet(%s, filename = true, file_row_number = true)"
                + " order by filename, file_row_number";
        List<String> sorted = ask(HeadTables.sorted().over(2).write(folder.resolve("sorted"), HEADS), order);
        List<String> one = ask(HeadTables.sorted().shuffled(1).write(folder.resolve("one"), HEADS), order);
        List<String> same = ask(HeadTables.sorted().shuffled(1).write(folder.resolve("same"), HEADS), order);
        List<String> other = ask(HeadTables.sorted().shuffled(2).write(folder.resolve("other"), HEADS), order);
        assertThat(sorted.subList(0, 3)).containsExactly("1000", "1001", "1002");
        assertThat(sorted.get(1599)).isEqualTo("899");
        assertThat(one).isEqualTo(same).isNotEqualTo(sorted).isNotEqualTo(other).hasSameElementsAs(other);
    }

    @Test
    void masks() throws Exception {
        boolean[] first = new boolean[700];
        boolean[] second = new boolean[900];
        first[5] = true;
        second[899] = true;
        Path out = HeadTables.sorted().shuffled(3).write(folder.resolve("masks"), HEADS, List.of(first, second));
        assertThat(ask(out, "select layer || ' ' || pos from %s where shown = 1 order by layer"))
                .containsExactly("0 5", "2 899");
        assertThat(ask(out, "select count(*) from %s where shown = 0")).containsExactly("1598");
    }
}
