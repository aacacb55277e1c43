package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.io.ColumnData;
import lowrank.io.FormatFiles;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.spark.SharedSpark;
import lowrank.store.Manifest;
import org.apache.arrow.vector.compression.CompressionUtil.CodecType;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.ml.functions;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same matrix from every format: the same digests of U, s and V. */
class ReadersTest {
    private static final int ROWS = 9000;
    private static final int COLS = 5;

    @TempDir
    private Path folder;

    private final double[][] matrix = FormatFiles.matrix(ROWS, COLS, 7);
    private Path ours;
    private String expected;
    private int runs;

    @BeforeEach
    void reference() throws IOException {
        ours = parquet("none");
        expected = digests(ours);
    }

    private Path parquet(String codec) throws IOException {
        Path file = Files.createDirectories(folder.resolve("ours-" + codec)).resolve("a.parquet");
        List<Column> columns = List.of(new Column("row", Type.LONG), new Column("features", Type.DOUBLE_VECTOR));
        try (Arena arena = new Arena();
                ParquetTableWriter writer = ParquetTableWriter.create(
                        new HadoopConf(new Configuration()),
                        new org.apache.hadoop.fs.Path(file.toUri()),
                        columns,
                        codec,
                        Map.of())) {
            long address = arena.doubles((long) ROWS * COLS);
            long[] ids = new long[ROWS];
            for (int i = 0; i < ROWS; i++) {
                ids[i] = i;
                OffHeap.put(address + 8L * COLS * i, matrix[i], 0, COLS);
            }
            writer.rowGroup(
                    ROWS,
                    List.of(new ColumnData.Longs(ids), new ColumnData.VectorData(address, COLS, Precision.DOUBLE)));
            writer.finish();
        }
        return file.getParent();
    }

    private Manifest run(Path input, String... more) throws IOException {
        Path output = folder.resolve("out" + runs++);
        List<String> keys = new ArrayList<>(
                List.of("read.path=" + input, "write.path=" + output, "factor.rank=4", "factor.center=true"));
        keys.addAll(List.of(more));
        Cli cli = Cli.job(folder, keys.toArray(String[]::new));
        assertThat(cli.code()).as(cli.err()).isZero();
        try (var left = Files.walk(output)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.equals("_scratch"));
        }
        return Cli.manifest(output);
    }

    private String digests(Path input, String... more) throws IOException {
        Map<String, Manifest.Factor> factors = run(input, more).factors();
        return factors.get("U").digest()
                + factors.get("s").digest()
                + factors.get("V").digest();
    }

    private Path made(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name));
    }

    private double[][] part(int from, int to) {
        return Arrays.copyOfRange(matrix, from, to);
    }

    @Test
    void parquetOfAllWriters() throws Exception {
        assertThat(digests(parquet("snappy"))).isEqualTo(expected);
        assertThat(digests(parquet("zstd"))).isEqualTo(expected);
        Path duck = made("duck").resolve("a.parquet");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = connection.createStatement()) {
            sql.execute("copy (select features from read_parquet('" + ours + "/a.parquet') order by row) to '" + duck
                    + "' (format parquet)");
        }
        assertThat(digests(duck)).isEqualTo(expected);
        Dataset<Row> frame = SharedSpark.session().read().parquet(ours.toString());
        Path spark = folder.resolve("spark");
        frame.write().parquet(spark.toString());
        assertThat(digests(spark)).isEqualTo(expected);
        Path dense = folder.resolve("dense");
        Dataset<Row> vectors =
                frame.select(functions.array_to_vector(frame.col("features")).as("features"));
        vectors.write().parquet(dense.toString());
        assertThat(digests(dense)).isEqualTo(expected);
        assertThat(digests(dense, "read.where=true")).isEqualTo(expected);
        Path sparse = folder.resolve("sparse");
        var toSparse = org.apache.spark.sql.functions.udf(
                (UDF1<Vector, Vector>) vector -> (Vector) vector.toSparse(), SQLDataTypes.VectorType());
        vectors.select(toSparse.apply(vectors.col("features")).as("features"))
                .write()
                .parquet(sparse.toString());
        assertThat(digests(sparse)).isEqualTo(expected);
    }

    @Test
    void npyInBothOrdersAndPrecisionsAcrossFiles() throws IOException {
        Path stacked = made("npy");
        FormatFiles.npy(stacked.resolve("a.npy"), part(0, 1234), false, false, 1);
        FormatFiles.npy(stacked.resolve("b.npy"), part(1234, 5000), false, true, 2);
        FormatFiles.npy(stacked.resolve("c.npy"), part(5000, ROWS), true, false, 3);
        assertThat(digests(stacked, "read.format=npy", "read.partitions=2")).isEqualTo(expected);
    }

    @Test
    void arrowPlainAndCompressed() throws IOException {
        Path stacked = made("arrow");
        FormatFiles.arrow(stacked.resolve("a.arrow"), part(0, 1), false, 10, CodecType.NO_COMPRESSION, List.of());
        FormatFiles.arrow(stacked.resolve("b.arrow"), part(1, 4000), true, 700, CodecType.ZSTD, List.of());
        FormatFiles.arrow(stacked.resolve("c.arrow"), part(4000, ROWS), false, 900, CodecType.LZ4_FRAME, List.of());
        assertThat(digests(stacked, "read.format=arrow", "read.partitions=2")).isEqualTo(expected);
        assertThat(run(stacked, "read.format=arrow", "read.columns=c0,row", "read.id=name", "factor.rank=2")
                        .shape()
                        .cols())
                .isEqualTo(2);
    }

    private static String csv(double[][] rows, int from, String header) {
        StringBuilder text = new StringBuilder(header);
        for (int i = 0; i < rows.length; i++) {
            text.append("\"n, ").append(from + i).append('"');
            for (double value : rows[i]) {
                text.append(',').append(value);
            }
            text.append(i % 2 == 0 ? "\n" : "\r\n");
        }
        return text.toString();
    }

    @Test
    void csvPlainAndPacked() throws IOException {
        Path stacked = made("csv");
        String header = "key,a,b,c,d,e\n";
        Files.writeString(stacked.resolve("a.csv"), "\uFEFF" + csv(part(0, 3000), 0, header));
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(stacked.resolve("b.csv.gz")))) {
            out.write(csv(part(3000, ROWS), 3000, header).getBytes(StandardCharsets.UTF_8));
        }
        Manifest manifest = run(stacked, "read.format=csv", "read.id=key", "read.check-ids=true");
        assertThat(manifest.factors().get("U").digest()
                        + manifest.factors().get("s").digest()
                        + manifest.factors().get("V").digest())
                .isEqualTo(expected);
        assertThat(manifest.input().files()).isEqualTo(2);
        assertThat(digests(stacked, "read.format=csv", "read.columns=a,b,c,d,e"))
                .isEqualTo(expected);
        Path bare = made("bare").resolve("a.csv");
        Files.writeString(bare, csv(matrix, 0, "").replace("n, ", "").replace(',', ';'));
        assertThat(digests(
                        bare,
                        "read.format=csv",
                        "read.csv.header=false",
                        "read.csv.separator=;",
                        "read.columns=1,2,3,4,5"))
                .isEqualTo(expected);
    }

    @Test
    void libsvmAndTriplets() throws Exception {
        StringBuilder libsvm = new StringBuilder();
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            libsvm.append(i % 2 == 0 ? "+1" : "-1");
            for (int j = 0; j < COLS; j++) {
                if (matrix[i][j] != 0) {
                    libsvm.append(' ').append(j + 1).append(':').append(matrix[i][j]);
                    entries.add(i + "," + j + "," + matrix[i][j]);
                }
            }
            libsvm.append(i % 3 == 0 ? " # comment\n" : "\n");
        }
        Path svm = made("svm").resolve("a.txt");
        Files.writeString(svm, libsvm);
        assertThat(digests(svm, "read.format=libsvm")).isEqualTo(expected);
        assertThat(digests(svm, "read.format=libsvm", "read.width=5")).isEqualTo(expected);

        Collections.shuffle(entries, new Random(3));
        Path csv = made("entries").resolve("a.csv");
        Files.writeString(csv, "row,column,value\n" + String.join("\n", entries));
        assertThat(digests(csv, "read.format=triplets", "read.rows=" + ROWS)).isEqualTo(expected);
        Path table = made("entry-table").resolve("a.parquet");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = connection.createStatement()) {
            sql.execute("copy (select \"row\" as i, \"column\" as j, value as x from read_csv('" + csv + "')) to '"
                    + table + "' (format parquet)");
        }
        assertThat(digests(
                        table,
                        "read.format=triplets",
                        "read.triplets.row=i",
                        "read.triplets.column=j",
                        "read.triplets.value=x",
                        "read.rows=" + ROWS,
                        "read.width=5"))
                .isEqualTo(expected);
    }

    @Test
    void expressionsConditionsAndOrder() throws Exception {
        Path shuffled = made("shuffled");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = connection.createStatement()) {
            for (int file = 0; file < 3; file++) {
                sql.execute("copy (select * from (select * from read_parquet('" + ours + "/a.parquet') where row % 3 = "
                        + file
                        + " union all select -1 - " + file + ", [9.0, 9, 9, 9, 9]) order by hash(row)) to '"
                        + shuffled.resolve(file + ".parquet") + "' (format parquet, row_group_size 2048)");
            }
        }
        assertThat(digests(shuffled, "read.where=row >= 0", "read.order-by=row", "read.id=row", "read.check-ids=true"))
                .isEqualTo(expected);
        assertThat(
                        digests(
                                shuffled,
                                "read.where=row >= 0",
                                "read.order-by=[\"-row desc\"]",
                                "read.columns=[\"features[0]\", \"features[1]\", \"features[2] * 1\", \"features[3]\", \"features[4]\"]"))
                .isEqualTo(expected);
        // Without order-by the rows keep the order of the files, as on the fast path.
        Path odd = made("odd");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = connection.createStatement()) {
            for (int file = 0; file < 3; file++) {
                sql.execute("copy (select * from read_parquet('" + shuffled.resolve(file + ".parquet")
                        + "') where row >= 0) to '" + odd.resolve(file + ".parquet") + "' (format parquet)");
            }
        }
        assertThat(digests(shuffled, "read.where=row >= 0")).isEqualTo(digests(odd));
        assertThat(digests(ours, "read.where=true", "blocks.precision=float"))
                .isEqualTo(digests(ours, "blocks.precision=float"));
    }
}
