package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import lowrank.spark.SharedSpark;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sparse input that would be enormous when dense: refused before anything of that size is allocated, or named. */
class TooLargeTest {
    @TempDir
    private Path folder;

    private void assertFails(Path input, String format, int code, String key, String... words) throws IOException {
        List<String> keys = new ArrayList<>(List.of(
                "read.path=" + input, "read.format=" + format, "write.path=" + folder.resolve("out"), "factor.rank=2"));
        if (!key.isEmpty()) {
            keys.addAll(List.of(key.split("&")));
        }
        Cli cli = Cli.job(folder, keys.toArray(String[]::new));
        assertThat(cli.code()).as(cli.err()).isEqualTo(code);
        assertThat(cli.message()).contains(words).doesNotContain("Exception");
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString()))
                    .noneMatch(name -> name.startsWith(".out") || name.equals("out"));
        }
    }

    @Test
    void libsvm() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "1 1:2\n\n1 2:1 2000000000:3\n");
        assertFails(file, "libsvm", 78, "read.width=2000000000", "read.width = 2000000000", "16.0 GB", "fewer columns");
        assertFails(file, "libsvm", 78, "read.width=100000000", "read.width = 100000000", "--driver-memory");
        assertFails(file, "libsvm", 65, "", "a.txt line 3 has an index above");
        Files.writeString(file, "1 1:2\n1 2:1 100000000:3\n");
        assertFails(file, "libsvm", 78, "", "the largest index, 100000000,", "--driver-memory");
    }

    @Test
    void triplets() throws Exception {
        Path csv =
                Files.writeString(folder.resolve("a.csv"), "row,column,value\n0,0,1\n9000000000000000,1,1\n1,3e9,1\n");
        assertFails(
                csv,
                "triplets",
                65,
                "",
                "a.csv line 3 column row is not below",
                "a.csv line 4 column column is not below");
        assertFails(csv, "triplets", 78, "read.width=2000000000", "read.width = 2000000000");
        Files.writeString(csv, "row,column,value\n0,0,1\n1000000000000,99,1\n");
        assertFails(csv, "triplets", 78, "", "1000000000001 x 100 values", "free", "read.rows");
        Path inner = Files.createDirectories(folder.resolve("in/day=1")).resolve("a.parquet");
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute("copy (select if(i = 3, 9000000000000000, i) as row, if(i = 5, 3000000000, i % 3) as column,"
                    + " 1.5::double as value from range(100) t(i)) to '" + inner + "' (format parquet)");
        }
        assertFails(
                folder.resolve("in"),
                "triplets",
                65,
                "",
                "day=1/a.parquet row 3 column row is not below",
                "day=1/a.parquet row 5 column column is not below");
        assertFails(
                folder.resolve("in"), "triplets", 65, "read.rows=50", "row 50 column row is not below read.rows = 50");
    }

    @Test
    void sparseVectors() throws IOException {
        for (int size : new int[] {2_000_000_000, 100_000_000}) {
            String path = folder.resolve("sparse" + size).toString();
            SharedSpark.session()
                    .createDataFrame(
                            Collections.nCopies(
                                    3, RowFactory.create(Vectors.sparse(size, new int[] {1}, new double[] {1}))),
                            new StructType().add("features", SQLDataTypes.VectorType()))
                    .write()
                    .parquet(path);
            assertFails(Path.of(path), "parquet", 78, "", "memory");
            assertFails(Path.of(path), "parquet", 78, "read.where=true", "read.vector = features of size " + size);
        }
    }
}
