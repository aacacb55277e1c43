package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.io.FormatFiles;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.linalg.Matrix;
import lowrank.spark.SharedSpark;
import org.apache.arrow.vector.compression.CompressionUtil.CodecType;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Landmarks from tables of every format: their rows, in their order. */
@ExtendWith(SharedSpark.class)
class GivenLandmarksTest {
    @TempDir
    private Path folder;

    private final JavaSparkContext spark;
    private final double[][] matrix = FormatFiles.matrix(9000, 3, 5);
    private int scratches;

    GivenLandmarksTest(JavaSparkContext spark) {
        this.spark = spark;
    }

    private Matrix read(Path table, int width, String... keys) {
        String text = "read.path = nowhere\n" + String.join("\n", keys);
        return GivenLandmarks.read(
                ReadSpec.of(Spec.of(Map.of("test", text))),
                table.toString(),
                width,
                new HadoopConf(spark.hadoopConfiguration()),
                spark,
                folder.resolve("scratch" + scratches++).toString());
    }

    private void assertRows(Matrix found) {
        assertThat(found.rows()).isEqualTo(matrix.length);
        double[] all = new double[matrix.length * 3];
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < 3; j++) {
                all[j * matrix.length + i] = matrix[i][j];
            }
        }
        assertThat(found.values()).isEqualTo(all);
    }

    private static void sql(String text) throws Exception {
        try (var duck = DriverManager.getConnection("jdbc:duckdb:");
                var sql = duck.createStatement()) {
            sql.execute(text);
        }
    }

    @Test
    void tablesOfEveryFormatWhateverTheInputsFormatIs() throws Exception {
        Path csv = folder.resolve("a.csv");
        StringBuilder text = new StringBuilder("a,b,c\n");
        for (double[] row : matrix) {
            text.append(row[0] + "," + row[1] + "," + row[2] + "\n");
        }
        Files.writeString(csv, text);
        assertRows(read(csv, 3));
        Path npy = folder.resolve("a.npy");
        FormatFiles.npy(npy, matrix, false, true, 1);
        assertRows(read(npy, 3, "read.format = libsvm"));
        Path arrow = folder.resolve("a.arrow");
        FormatFiles.arrow(arrow, matrix, true, 700, CodecType.NO_COMPRESSION, List.of());
        assertRows(read(arrow, 3));
        Path parquet = folder.resolve("a.parquet");
        sql("copy (select a, b, c, [a, b, c] as values from read_csv('" + csv + "')) to '" + parquet
                + "' (format parquet)");
        // What the input is filtered and sorted by, or learns, is nothing to its landmarks.
        assertRows(read(parquet, 3, "read.where = \"a > 0\"", "read.order-by = b", "read.target = y", "read.id = key"));
        assertRows(read(parquet, 3, "read.columns = [a, b, c]"));
    }

    @Test
    void anotherWidthAndBadCellsAreNamed() throws Exception {
        Path npy = folder.resolve("a.npy");
        FormatFiles.npy(npy, matrix, false, false, 1);
        assertThatThrownBy(() -> read(npy, 4))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("a.npy has rows of 3 values, the input has rows of 4");
        matrix[7][1] = Double.NaN;
        FormatFiles.npy(npy, matrix, false, false, 1);
        assertThatThrownBy(() -> read(npy, 3))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("a.npy row 7 column features[1] is NaN");
        assertThatThrownBy(() -> read(folder.resolve("missing"), 3))
                .isInstanceOf(MissingInputException.class)
                .hasMessageStartingWith("features.table ")
                .hasMessageEndingWith("does not exist");
    }
}
