package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lowrank.io.ShuffledFileSystem;
import lowrank.spark.SharedSpark;
import lowrank.store.Manifest;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows have the order of their files' paths by bytes, in whatever order a file system lists them or they were made. */
class ListingOrderTest {
    /**
     * Capitals before small letters, 10 before 9, folders between files, as bytes have it and no language does; and names whose UTF-8
     * order is not that of Java's strings, where U+1F600 begins with a surrogate, below U+FF5E.
     */
    private static final List<String> NAMES = List.of(
            "b.parquet",
            "B.parquet",
            "a/2.parquet",
            "a.parquet",
            "a/10/x.parquet",
            "a/9/x.parquet",
            "a-b/1.parquet",
            "Z.parquet",
            "\u00e4.parquet",
            "z.parquet",
            "e\u0301.parquet",
            "\u00e9.parquet",
            "\uff5e.parquet",
            "\ud83d\ude00.parquet",
            "\u65e5\u672c/\u8a9e.parquet");

    @TempDir
    private Path folder;

    /** A file of 700 rows whose values and ids follow from its name. */
    private static void make(Path input, List<String> names) throws IOException, SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            for (String name : names) {
                Path file = input.resolve(name);
                Files.createDirectories(file.getParent());
                int start = NAMES.indexOf(name) * 1000;
                sql.execute("copy (select '" + name + "' as file, [sin(i), cos(i * 2.0), sin(i * 3.0), i / 1000.0] as"
                        + " features from range(" + start + ", " + (start + 700) + ") t(i)) to '" + file
                        + "' (format parquet)");
            }
        }
    }

    private String digests(String input, String output) throws IOException {
        Cli cli = Cli.job(
                folder,
                "read.path=\"" + input + "\"",
                "read.id=file",
                "write.path=" + folder.resolve(output),
                "factor.algorithm=tsqr",
                "factor.rank=3",
                "factor.center=true");
        assertThat(cli.code()).as(cli.err()).isZero();
        Manifest manifest = Cli.manifest(folder.resolve(output));
        return manifest.factors().get("U").digest()
                + manifest.factors().get("s").digest()
                + manifest.factors().get("V").digest();
    }

    @Test
    void factorsAreTheSameBitsInWhateverOrderFilesAreListed() throws IOException, SQLException {
        Assumptions.assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding")), "file names are not UTF-8");
        Path one = folder.resolve("one");
        make(one, NAMES);
        List<String> backwards = new ArrayList<>(NAMES);
        Collections.reverse(backwards);
        Path two = folder.resolve("two");
        make(two, backwards);

        Set<String> digests = new HashSet<>();
        digests.add(digests(one.toString(), "out-one"));
        digests.add(digests(two.toString(), "out-two"));
        Configuration conf = SharedSpark.session().sparkContext().hadoopConfiguration();
        conf.set("fs." + ShuffledFileSystem.SCHEME + ".impl", ShuffledFileSystem.class.getName());
        conf.setBoolean("fs." + ShuffledFileSystem.SCHEME + ".impl.disable.cache", true);
        for (int seed = 1; seed <= 3; seed++) {
            conf.setLong(ShuffledFileSystem.SEED, seed);
            digests.add(digests(ShuffledFileSystem.SCHEME + "://" + one, "out-shuffled-" + seed));
        }
        assertThat(digests).hasSize(1);

        List<String> order = new ArrayList<>(NAMES);
        order.sort((a, b) ->
                Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8)));
        List<String> rows = new ArrayList<>();
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement();
                ResultSet result = sql.executeQuery("select id from read_parquet('" + folder.resolve("out-one")
                        + "/U/*.parquet') where row % 700 = 0 order by row")) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        assertThat(rows).isEqualTo(order);
    }
}
