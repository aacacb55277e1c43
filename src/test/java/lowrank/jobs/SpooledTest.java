package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Inputs that are copied first: which files are read, and in which order. */
class SpooledTest {
    @TempDir
    private Path folder;

    private int runs;

    private static void sql(String text) throws Exception {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute(text);
        }
    }

    /** Rows {@code from} to {@code to} with x = i mod 100 / 1000 and two features that tell all rows apart. */
    private void file(Path file, int from, int to) throws Exception {
        Files.createDirectories(file.getParent());
        sql("copy (select i, 1 as same, (i % 100) / 1000.0 as x, [sin(i), cos(i * 2.0)] as features from range(" + from
                + "," + to + ") t(i)) to '" + file + "' (format parquet, row_group_size 2048)");
    }

    private Path run(Path input, Path output, String... more) throws IOException {
        List<String> keys = new ArrayList<>(List.of("read.path=" + input, "write.path=" + output, "factor.rank=2"));
        keys.addAll(List.of(more));
        Cli cli = Cli.job(folder, keys.toArray(String[]::new));
        assertThat(cli.code()).as(cli.err()).isZero();
        return output;
    }

    private String digest(Path input, String... more) throws IOException {
        Path output = run(input, folder.resolve("out" + runs++), more);
        return Cli.manifest(output).factors().get("U").digest();
    }

    /** 12 MB, so that several tasks sort. */
    @Test
    void equalKeysKeepTheOrderOfTheFiles() throws Exception {
        Path input = folder.resolve("in");
        for (int file = 0; file < 3; file++) {
            file(input.resolve(file + ".parquet"), 100_000 * file, 100_000 * (file + 1));
        }
        String plain = digest(input);
        assertThat(digest(input, "read.order-by=same")).isEqualTo(plain);
        assertThat(digest(input, "read.order-by=same desc, round(same / 3, 2) desc"))
                .isEqualTo(plain);
        Path sorted = folder.resolve("sorted.parquet");
        sql("copy (select * from read_parquet('" + input + "/*.parquet') order by round(x, 2) desc, i) to '" + sorted
                + "' (format parquet)");
        assertThat(digest(input, "read.order-by=round(x, 2) desc")).isEqualTo(digest(sorted));
    }

    /** Each name is a pattern that matches the folder beside it, and only that one. */
    @Test
    void namesThatLookLikePatternsAreNames() throws Exception {
        String[][] names = {{"in[1]", "in1"}, {"in*", "inn"}, {"{a,b}", "a"}, {"i?n", "ion"}};
        Path plain = folder.resolve("plain");
        file(plain.resolve("a.parquet"), 0, 5000);
        String expected = digest(plain);
        for (String[] pair : names) {
            Path input = folder.resolve(pair[0]);
            file(input.resolve("a.parquet"), 0, 5000);
            file(folder.resolve(pair[1]).resolve("a.parquet"), 5000, 7000);
            assertThat(digest(input)).isEqualTo(expected);
            assertThat(digest(input, "read.where=i >= 0")).isEqualTo(expected);
            assertThat(digest(input, "read.order-by=i")).isEqualTo(expected);
            Path output = run(input, folder.resolve(pair[0] + "-out"), "read.order-by=i");
            assertThat(Cli.manifest(output).factors().get("U").digest()).isEqualTo(expected);
            Cli verified = Cli.run("verify", output.toString());
            assertThat(verified.code()).as(verified.err()).isZero();
            Path entries = input.resolve("e.csv");
            Files.writeString(entries, "row,column,value\n0,0,1\n1,1,2\n");
            run(entries, folder.resolve(pair[0] + "-entries"), "read.format=triplets");
        }
    }

    /** Several files of such names: every row is read once, whichever way it is read. */
    @Test
    void severalNamesThatLookLikePatternsAreReadOnce() throws Exception {
        String[] names = {"a.parquet", "b1.parquet", "b[1].parquet", "c*?.parquet", "d{1,2}.parquet", "e\\f.parquet"};
        Path plain = folder.resolve("plain");
        for (int f = 0; f < names.length; f++) {
            file(plain.resolve(f + ".parquet"), 1000 * f, 1000 * (f + 1));
        }
        String expected = digest(plain);
        for (String name : List.of("w", "w[x]", "w{x}", "w*")) {
            Path input = folder.resolve(name);
            for (int f = 0; f < names.length; f++) {
                file(input.resolve(names[f]), 1000 * f, 1000 * (f + 1));
            }
            assertThat(digest(input)).isEqualTo(expected);
            assertThat(digest(input, "read.where=i >= 0")).isEqualTo(expected);
            assertThat(digest(input, "read.order-by=[i]")).isEqualTo(expected);
            assertThat(digest(input, "read.columns=[\"i + 0.5\", \"x * 2\"]"))
                    .isEqualTo(digest(plain, "read.columns=[\"i + 0.5\", \"x * 2\"]"));
        }
    }

    /** Entries that would be read twice would occur twice. */
    @Test
    void entriesBelowNamesThatLookLikePatternsAreReadOnce() throws Exception {
        Path csv = Files.createDirectories(folder.resolve("csv[1]"));
        Path parquet = Files.createDirectories(folder.resolve("parquet[1]"));
        for (int f = 0; f < 2; f++) {
            String select = "select i as row, i % 3 as \"column\", sin(i) as value from range(" + 500 * f + ","
                    + 500 * (f + 1) + ") t(i)";
            sql("copy (" + select + ") to '" + csv.resolve(f + ".csv") + "' (format csv, header)");
            sql("copy (" + select + ") to '" + parquet.resolve(f + ".parquet") + "' (format parquet)");
        }
        Path ofCsv = run(csv, folder.resolve("t[1]"), "read.format=triplets");
        Path ofParquet = run(parquet, folder.resolve("t[2]"), "read.format=triplets");
        assertThat(Cli.manifest(ofCsv).factors().get("U").digest())
                .isEqualTo(Cli.manifest(ofParquet).factors().get("U").digest());
    }
}
