package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of bad input: the exit code, the place in the message, and nothing visible afterwards. */
class BadInputTest {
    @TempDir
    private Path folder;

    private Path input;

    @BeforeEach
    void makeInput() throws IOException {
        input = Files.createDirectory(folder.resolve("input"));
    }

    /** Writes rows 0..99 of {@code select} (over i) as one Parquet file. */
    private void file(String name, String select) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute("copy (select " + select + " from range(100) t(i)) to '" + input.resolve(name)
                    + "' (format parquet)");
        }
    }

    private Cli run(String... more) throws IOException {
        String[] keys = new String[more.length + 3];
        keys[0] = "read.path=" + input;
        keys[1] = "write.path=" + folder.resolve("out");
        keys[2] = "factor.rank=2";
        System.arraycopy(more, 0, keys, 3, more.length);
        return Cli.job(folder, keys);
    }

    private void assertFails(Cli cli, int code, String... places) throws IOException {
        assertThat(cli.code()).as(cli.err()).isEqualTo(code);
        assertThat(cli.message()).contains(places).doesNotContain("Exception", "\tat ");
        assertThat(cli.lastLine()).isEqualTo("LOWRANK RESULT status=failed code=" + code + " output=-");
        assertThat(folder.resolve("out")).doesNotExist();
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith(".out"));
        }
    }

    @Test
    void nanAndInfinity() throws Exception {
        file("a.parquet", "[i::double, 1, 2] as features");
        file("b.parquet", "[i::double, if(i = 7, 'nan'::double, 1), if(i = 9, 'inf'::double, 2)] as features");
        assertFails(
                run(),
                65,
                "2 cells",
                "b.parquet row 7 column features[1] is NaN",
                "b.parquet row 9 column features[2] is infinite");
    }

    @Test
    void nanInTheFirstRowOfACentredMatrix() throws Exception {
        file("a.parquet", "[if(i = 0, 'nan'::double, i), 1, 2] as features");
        assertFails(run("factor.center=true"), 65, "a.parquet row 0 column features[0] is NaN");
    }

    @Test
    void elevenOffendersAreCountedAndTenNamed() throws Exception {
        file("a.parquet", "[if(i < 11, 'nan'::double, i), 1] as features");
        assertFails(run(), 65, "11 cells", "the first 10 are named", "row 9 column");
    }

    @Test
    void nullRowAndNullCell() throws Exception {
        file("a.parquet", "if(i = 3, null, [i::double, if(i = 5, null, 1), 2]) as features");
        assertFails(run(), 65, "a.parquet row 3 column features", "a.parquet row 5 column features");
    }

    @Test
    void nullScalar() throws Exception {
        file("a.parquet", "i::double as x, if(i = 4, null, i * 2)::double as y");
        assertFails(run("read.columns=x,y"), 65, "a.parquet row 4 column y");
    }

    @Test
    void raggedRow() throws Exception {
        file("a.parquet", "if(i = 6, [1.0::double], [i::double, 1, 2]) as features");
        assertFails(run(), 65, "a.parquet row 6 column features");
    }

    @Test
    void filesOfDifferentWidth() throws Exception {
        file("a.parquet", "[i::double, 1, 2] as features");
        file("b.parquet", "[i::double, 1] as features");
        assertFails(run(), 65, "b.parquet column features has 2 values per row, but a.parquet has 3");
    }

    @Test
    void missingColumnNamesWhatThereIs() throws Exception {
        file("a.parquet", "[i::double, 1, 2] as x, i as key");
        assertFails(run(), 65, "a.parquet has no column features; it has x, key");
    }

    @Test
    void wrongType() throws Exception {
        file("a.parquet", "['a', 'b'] as features");
        assertFails(run(), 65, "a.parquet column features does not hold numbers");
    }

    @Test
    void noRowsAndNoFile() throws Exception {
        assertFails(run(), 66, "holds no input file");
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute("copy (select [1.0::double] as features where false) to '" + input.resolve("a.parquet")
                    + "' (format parquet)");
        }
        assertFails(run(), 66, "no rows");
        assertFails(run("read.path=" + folder.resolve("nowhere")), 66, "does not exist");
    }

    @Test
    void truncatedAndForeignFiles() throws Exception {
        file("a.parquet", "[i::double, 1, 2] as features");
        Path file = input.resolve("a.parquet");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertFails(run(), 74, "a.parquet");
        Files.write(file, new byte[0]);
        assertFails(run(), 74, "a.parquet");
        Files.writeString(file, "not parquet at all, but long enough to be looked at");
        assertFails(run(), 74, "a.parquet");
    }

    @Test
    void flippedBitInAPageWithChecksum() throws Exception {
        assertThat(Cli.run(
                                "generate",
                                input.resolve("m").toString(),
                                "--spectrum",
                                "D2",
                                "--rows",
                                "5000",
                                "--cols",
                                "20")
                        .code())
                .isZero();
        try (RandomAccessFile file =
                new RandomAccessFile(input.resolve("m/part-00000.parquet").toFile(), "rw")) {
            file.seek(file.length() / 2);
            int value = file.read();
            file.seek(file.length() / 2);
            file.write(value ^ 4);
        }
        assertFails(run(), 74, "part-00000.parquet", "features");
    }

    @Test
    void anIncludeIsRefusedNotIgnored() throws Exception {
        java.nio.file.Path spec = folder.resolve("inc.conf");
        Files.writeString(spec, "include \"base.conf\"\nfactor.rank = 3\n");
        Cli cli = Cli.run("run", spec.toString());
        assertThat(cli.code()).isEqualTo(64);
        assertThat(cli.message()).contains("includes base.conf");
    }

    @Test
    void aSchemeWithoutItsConnectorNamesTheJar() throws Exception {
        file("a.parquet", "[i::double, 1, 2] as features");
        String[][] places = {
            {"s3a://bucket/x", "hadoop-aws"}, {"gs://bucket/x", "gcs-connector"},
            {"abfs://box@account.dfs.core.windows.net/x", "hadoop-azure"}, {"nowhere://x/y", "a Hadoop FileSystem"}
        };
        for (String[] place : places) {
            String scheme = place[0].substring(0, place[0].indexOf('/') + 2);
            for (String key : new String[] {"read.path=", "write.path="}) {
                assertFails(run(key + place[0]), 64, place[0], scheme, place[1], "lib/");
            }
            Cli show = Cli.run("show", place[0]);
            assertThat(show.code()).isEqualTo(64);
        }
    }

    /** What happens to files between the listing of a folder and the reading of it, and what only looks like one. */
    @Test
    void foldersNamedLikeFilesAndEmptyOnes() throws Exception {
        Files.createDirectory(input.resolve("a.parquet"));
        assertFails(run(), 66, "holds no input file");
        file("b.parquet", "[i::double, 1, 2] as features");
        assertThat(run().code()).isZero();
        Files.write(input.resolve("a.parquet").resolve("c.parquet"), new byte[0]);
        try (var out = Files.walk(folder.resolve("out"))) {
            out.sorted(java.util.Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        }
        assertFails(run(), 74, "a.parquet/c.parquet");
        assertFails(run("read.where=true"), 74, "a.parquet/c.parquet");
    }

    @Test
    void truncatedFilesThatAreSpooled() throws Exception {
        file("a.parquet", "[i::double, 1, 2] as features");
        Path file = input.resolve("a.parquet");
        byte[] bytes = Files.readAllBytes(file);
        file("b.parquet", "[i::double, 1, 2] as features");
        for (int length : new int[] {0, 3, bytes.length / 2, bytes.length - 1}) {
            Files.write(input.resolve("b.parquet"), java.util.Arrays.copyOf(bytes, length));
            assertFails(run("read.where=true"), 74, "b.parquet");
            assertFails(run("read.order-by=features[0]"), 74, "b.parquet");
            assertFails(run(), 74, "b.parquet");
        }
    }

    @Test
    void specErrorsNameTheKey() throws Exception {
        file("a.parquet", "[i::double, 1, 2] as features");
        assertFails(run("factor.rnak=3"), 64, "unknown key factor.rnak", "factor.rank");
        assertFails(run("rank=3"), 64, "unknown key rank", "factor.rank");
        assertFails(run("factor.rank=4"), 64, "factor.rank = 4 is more than the 3 singular values");
        assertFails(run("factor.rank=0"), 64, "factor.rank must be a whole number of at least 1 or full, not 0");
        assertFails(run("factor.algorithm=lanczos"), 64, "factor.algorithm must be");
        assertFails(run("factor.scale=true"), 64, "factor.center = true");
        assertFails(run("factor.rank=2", "factor.tolerance.frobenius=0.1"), 64, "exclude each other");
        assertFails(run("read.path=" + folder + "/input/1.10"), 66, "input/1.10");
        assertFails(run("write.mode=overwrite"), 64, "write.mode must be fail or skip or replace");
    }
}
