package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.io.ParquetFooter.Field;
import lowrank.io.ParquetFooter.Kind;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.io.Parquets.Reading;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Spark writes, and what Spark reads. */
class SparkFilesTest {
    private static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        spark = SparkSession.builder()
                .master("local[1]")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "1")
                .getOrCreate();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    static Path onlyPart(Path table) {
        try (var files = Files.list(table)) {
            return files.filter(f -> f.getFileName().toString().startsWith("part-"))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void readsArraysThatSparkWrites() {
        String values = "transform(sequence(0, 63), j -> cast(id * 31 + j as double) / 8)";
        for (String codec : List.of("none", "snappy", "zstd")) {
            Path table = folder.resolve(codec);
            spark.range(0, 3000, 1, 1)
                    .selectExpr(
                            "id",
                            "concat('r', id) as name",
                            values + " as doubles",
                            "cast(" + values + " as array<float>) as floats",
                            "if(id = 17, null, " + values + ") as holes")
                    .write()
                    .option("compression", codec)
                    .parquet(table.toString());
            Path file = onlyPart(table);
            assertThat(Parquets.footer(file).checksums()).isTrue();
            for (String column : List.of("doubles", "floats", "holes")) {
                Reading reading = Parquets.read(file, column, Precision.DOUBLE, "id", 10, 700);
                assertThat(reading.offenders().count()).isEqualTo(column.equals("holes") ? 1 : 0);
                long[] ids = ((Ids.Longs) reading.ids()).values();
                for (int row = 0; row < 2990; row++) {
                    assertThat(ids[row]).isEqualTo(row + 10);
                    for (int j = 0; j < 64; j++) {
                        boolean hole = column.equals("holes") && row == 7;
                        assertThat(reading.rows()[row][j]).isEqualTo(hole ? 0 : ((row + 10) * 31 + j) / 8.0);
                    }
                }
            }
        }
    }

    @Test
    void sparkReadsAndFiltersWhatIsWritten() {
        Path file = folder.resolve("table.parquet");
        double[][] rows = Parquets.random(3000, 40, 6);
        Parquets.write(file, rows, Type.FLOAT_VECTOR, Precision.DOUBLE, 1000, "zstd");
        var table = spark.read().parquet(file.toString());
        assertThat(table.schema().simpleString()).isEqualTo("struct<row:bigint,name:string,values:array<float>>");
        assertThat(table.where("name = 'né 2500'").count()).isEqualTo(1);
        assertThat(table.where("row >= 2500").count()).isEqualTo(500);
        assertThat(table.where("isnotnull(name) and isnotnull(values)").count()).isEqualTo(3000);
        List<Row> all = new ArrayList<>(table.collectAsList());
        for (int row = 0; row < 3000; row++) {
            List<Float> values = all.get(row).getList(2);
            for (int j = 0; j < 40; j++) {
                assertThat(values.get(j).doubleValue()).isEqualTo(rows[row][j]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dense", "sparse", "mixed"})
    void readsSparksVectors(String form) {
        List<Row> vectors = new ArrayList<>();
        double[][] rows = new double[2000][20];
        for (int row = 0; row < rows.length; row++) {
            boolean dense = form.equals("dense") || (form.equals("mixed") && row % 3 == 0);
            for (int j = 0; j < 20; j++) {
                rows[row][j] = dense || (row + j) % 7 == 0 ? row + j / 32.0 : 0;
            }
            Vector vector = Vectors.dense(rows[row]);
            vectors.add(RowFactory.create((long) row, row == 1500 ? null : dense ? vector : vector.toSparse()));
        }
        vectors.set(1700, RowFactory.create(1700L, Vectors.sparse(21, new int[] {3}, new double[] {4})));
        vectors.set(1800, RowFactory.create(1800L, Vectors.dense(1, 2)));
        StructType schema = new StructType().add("id", "bigint").add("v", SQLDataTypes.VectorType());
        Path table = folder.resolve("vectors");
        spark.createDataFrame(vectors, schema).coalesce(1).write().parquet(table.toString());
        Path file = onlyPart(table);
        assertThat(Parquets.footer(file).field("v").orElseThrow())
                .isEqualTo(new Field("v", Kind.SPARK_VECTOR, ParquetFooter.UNKNOWN));
        for (int row : new int[] {1500, 1700, 1800}) {
            rows[row] = new double[20];
        }
        for (int from : new int[] {0, 777}) {
            Reading reading = Parquets.read(file, "v", Precision.DOUBLE, "id", from, 130);
            assertThat(reading.rows()).isDeepEqualTo(Arrays.copyOfRange(rows, from, 2000));
            assertThat(reading.offenders().first().stream().map(o -> o.row() + " " + o.problem()))
                    .containsExactly(
                            "1500 is null", "1700 has 21 values instead of 20", "1800 has 2 values instead of 20");
        }
    }
}
