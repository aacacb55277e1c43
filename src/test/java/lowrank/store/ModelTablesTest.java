package lowrank.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;
import lowrank.regress.LambdaPath;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written of a model is read back bit by bit, or not at all. */
class ModelTablesTest {
    @TempDir
    private Path folder;

    private final HadoopConf conf = new HadoopConf(new Configuration());
    private int outputs;

    private static Matrix random(int rows, int cols, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Matrix m = Matrix.zeros(rows, cols);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                m.set(i, j, random.nextDouble() - 0.5);
            }
        }
        return m;
    }

    private static void assertSame(Matrix found, Matrix expected) {
        assertThat(found.rows()).isEqualTo(expected.rows());
        assertThat(found.cols()).isEqualTo(expected.cols());
        for (int i = 0; i < expected.rows(); i++) {
            for (int j = 0; j < expected.cols(); j++) {
                if (Double.doubleToRawLongBits(found.get(i, j)) != Double.doubleToRawLongBits(expected.get(i, j))) {
                    throw new AssertionError("another value at " + i + ", " + j);
                }
            }
        }
    }

    private OutputFolder.Result write(Map<String, BiFunction<OutputFolder, String, Manifest.Factor>> tables)
            throws IOException {
        String path = folder.resolve("out" + outputs++).toString();
        try (OutputFolder out = OutputFolder.at(conf, path, OutputFolder.Mode.FAIL)) {
            out.begin();
            Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
            tables.forEach((name, table) -> factors.put(name, table.apply(out, "zstd")));
            out.commit(new Manifest(
                    Manifest.FORMAT,
                    "regress",
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
                    factors));
        }
        return OutputFolder.read(conf, path);
    }

    private OutputFolder.Result landmarks(long firstRow, Matrix points) throws IOException {
        long[] rows = new long[points.rows()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = firstRow + i * (1L << 33);
        }
        return write(Map.of(
                "landmarks",
                (out, codec) -> ModelTables.writeLandmarks(out, new ModelTables.Landmarks(rows, points), codec)));
    }

    /** More rows than a block has, so that there are several row groups. */
    @Test
    void everyTableComesBackBitByBit() throws IOException {
        Matrix points = random(9000, 7, 1);
        ModelTables.Landmarks landmarks = ModelTables.readLandmarks(conf, landmarks(5, points));
        assertSame(landmarks.points(), points);
        assertThat(landmarks.rows()[8999]).isEqualTo(5 + 8999 * (1L << 33));

        Matrix core = random(300, 200, 2);
        Matrix coefficients = random(2, 5000, 3);
        double[] nan = {Double.NaN, Double.NaN, Double.NaN};
        double[] lambda = {1e-3, 1e-6, 0};
        OutputFolder.Result result = write(Map.of(
                "core", (out, codec) -> ModelTables.writeCore(out, core, codec),
                "coefficients",
                        (out, codec) -> ModelTables.writeCoefficients(
                                out,
                                new ModelTables.Coefficients(
                                        List.of("price", "größe"), new double[] {-0.0, 2}, coefficients),
                                codec),
                "path",
                        (out, codec) ->
                                ModelTables.writePath(out, new LambdaPath(lambda, lambda, nan, lambda, nan), codec)));
        assertSame(ModelTables.readCore(conf, result), core);
        ModelTables.Coefficients read = ModelTables.readCoefficients(conf, result);
        assertSame(read.values(), coefficients);
        assertThat(read.targets()).containsExactly("price", "größe");
        assertThat(read.offsets()).containsExactly(-0.0, 2);
        LambdaPath path = ModelTables.readPath(conf, result);
        assertThat(path.lambda()).isEqualTo(lambda);
        assertThat(path.gcv()).isEqualTo(lambda);
        assertThat(path.cvError()).isEqualTo(nan);
        assertThat(path.looError()).isEqualTo(lambda);
        assertThat(path.df()).isEqualTo(nan);
    }

    private void assertOtherFileIsRefused(OutputFolder.Result mine, OutputFolder.Result other) throws IOException {
        Path file = Path.of(new org.apache.hadoop.fs.Path(mine.path(), "landmarks/part-0.parquet")
                .toUri()
                .getPath());
        Path from = Path.of(new org.apache.hadoop.fs.Path(other.path(), "landmarks/part-0.parquet")
                .toUri()
                .getPath());
        Files.copy(from, file, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> ModelTables.readLandmarks(conf, mine))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("/landmarks does not hold the values that its manifest was written for");
    }

    /** One value in the last bit, one row of the input, or one landmark fewer: another digest each. */
    @Test
    void anotherTableIsRefused() throws IOException {
        Matrix points = random(50, 4, 1);
        Matrix changed = random(50, 4, 1);
        changed.set(49, 3, Math.nextUp(changed.get(49, 3)));
        assertOtherFileIsRefused(landmarks(0, points), landmarks(0, changed));
        assertOtherFileIsRefused(landmarks(0, points), landmarks(1, points));
        Matrix fewer = Matrix.zeros(49, 4);
        for (int i = 0; i < 49; i++) {
            for (int j = 0; j < 4; j++) {
                fewer.set(i, j, points.get(i, j));
            }
        }
        assertOtherFileIsRefused(landmarks(0, points), landmarks(0, fewer));
    }

    @Test
    void whatIsNotThereIsNamed() throws IOException {
        OutputFolder.Result result = landmarks(0, random(3, 2, 1));
        assertThatThrownBy(() -> ModelTables.readCore(conf, result))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("has no core/ in its manifest");
        Path file = Path.of(new org.apache.hadoop.fs.Path(result.path(), "landmarks/part-0.parquet")
                .toUri()
                .getPath());
        Files.writeString(file, "something else");
        assertThatThrownBy(() -> ModelTables.readLandmarks(conf, result)).isInstanceOf(CorruptFileException.class);
    }
}
