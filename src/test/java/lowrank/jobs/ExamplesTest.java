package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.io.Examples;
import lowrank.io.FormatFiles;
import lowrank.spark.PassLog;
import lowrank.spark.SharedSpark;
import lowrank.spark.SparkBlocks;
import lowrank.store.DigestPass;
import org.apache.arrow.vector.compression.CompressionUtil.CodecType;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Targets, labels and weights beside the matrix: the same values from every format, and bad ones named. */
@ExtendWith(SharedSpark.class)
class ExamplesTest extends ReadingExamples {
    ExamplesTest(JavaSparkContext spark) {
        super(spark);
    }

    /** All values, column by column of the table: rows of the matrix, of the targets, of the weight. */
    private static List<double[][]> values(Examples examples) {
        Layout layout = Layout.of(examples.rows().rows(), examples.rowBytes(Precision.FLOAT), 0);
        var source = examples.source(Precision.FLOAT, layout);
        Schema schema = source.schema();
        List<double[][]> all = new ArrayList<>();
        schema.columns().forEach(column -> all.add(new double[(int) layout.rows()][]));
        try (Arena arena = new Arena();
                BlockStream stream = source.open(new LeafRange(0, layout.leaves()), false, arena)) {
            for (Block block = stream.next(); block != null; block = stream.next()) {
                for (int c = 0; c < all.size(); c++) {
                    RowReader reader = new RowReader(schema.columns().get(c));
                    assertThat(block.columns().get(c).precision())
                            .isEqualTo(c == 0 ? Precision.FLOAT : Precision.DOUBLE);
                    for (int i = 0; i < block.rows(); i++) {
                        double[] row = reader.read(block.columns().get(c), i, 1);
                        all.get(c)[(int) block.firstRow() + i] =
                                Arrays.copyOf(row, schema.columns().get(c).width());
                    }
                }
            }
        }
        return all;
    }

    private double[][] of(java.util.function.IntToDoubleFunction... columns) {
        double[][] rows = new double[ROWS][];
        for (int i = 0; i < ROWS; i++) {
            int row = i;
            rows[i] = Arrays.stream(columns)
                    .mapToDouble(c -> c.applyAsDouble(row))
                    .toArray();
        }
        return rows;
    }

    private void assertHolds(Examples examples, double[][]... expected) {
        List<double[][]> found = values(examples);
        assertThat(found).hasSize(expected.length);
        for (int c = 0; c < expected.length; c++) {
            assertThat(Arrays.deepEquals(found.get(c), expected[c]))
                    .as("column " + c)
                    .isTrue();
        }
    }

    /** A double with all its digits beside a matrix of floats, for each way of reading. */
    @Test
    void targetsAndWeightsAreTheSameFromEveryFormat() throws Exception {
        double[][] weight = of(i -> i);
        double[][] y = of(i -> matrix[i][0]);
        assertHolds(read(parquet, "read.target = y", "read.weight = row"), matrix, y, weight);
        assertHolds(read(parquet, "read.target = [y, f2]"), matrix, of(i -> matrix[i][0], i -> matrix[i][2]));
        assertHolds(read(parquet, "read.target = y", "read.weight = row", "read.where = true"), matrix, y, weight);
        assertHolds(read(parquet, "read.label = y", "read.kind = regression", "read.columns=[f0,f1,f2]"), matrix, y);

        Path arrow = folder.resolve("a.arrow");
        FormatFiles.arrow(arrow, matrix, false, 700, CodecType.ZSTD, List.of());
        assertHolds(read(arrow, "read.format=arrow", "read.target = c0", "read.weight = row"), matrix, y, weight);

        Path csv = folder.resolve("rows.csv");
        assertHolds(
                read(csv, "read.format=csv", "read.target = y", "read.weight = row", "read.id = name"),
                matrix,
                y,
                weight);

        Path svm = folder.resolve("a.svm");
        StringBuilder text = new StringBuilder();
        for (double[] row : matrix) {
            text.append(row[0]);
            for (int j = 0; j < COLS; j++) {
                text.append(' ').append(j + 1).append(':').append(row[j]);
            }
            text.append('\n');
        }
        Files.writeString(svm, text);
        assertHolds(read(svm, "read.format=libsvm", "read.target = label"), matrix, y);
    }

    /** The matrix in place, the expressions from a copy of them alone; and all from one copy, in another order. */
    @Test
    void expressionsAndOrderKeepRowsTogether() {
        double[][] product = of(i -> 3.0 * i + 0.1);
        assertHolds(
                read(parquet, "read.target = \"row * 3D + 0.1D\"", "read.weight = \"row + 1\""),
                matrix,
                product,
                of(i -> i + 1));
        double[][] backwards = new double[ROWS][];
        for (int i = 0; i < ROWS; i++) {
            backwards[i] = matrix[ROWS - 1 - i];
        }
        assertHolds(
                read(
                        parquet,
                        "read.label = word",
                        "read.weight = row",
                        "read.order-by = \"row desc\"",
                        "read.id = row"),
                backwards,
                of(i -> new double[] {0, 2, 1}[(ROWS - 1 - i) % 3]),
                of(i -> ROWS - 1 - i));
        assertThat(read(parquet, "read.target = y", "read.where = \"row < 10\"")
                        .rows()
                        .rows())
                .isEqualTo(10);
    }

    @Test
    void textBecomesCodesInTheOrderOfItsBytes() throws Exception {
        Classes words = Classes.ofTexts(List.of("k10", "k8", "k9"));
        assertThat(words.code(1)).isEqualTo(1);
        for (String[] keys : new String[][] {{}, {"read.where = true"}}) {
            List<String> all = new ArrayList<>(List.of("read.label = word"));
            all.addAll(List.of(keys));
            Examples examples = read(parquet, all.toArray(String[]::new));
            assertThat(examples.classes()).isEqualTo(words);
            assertHolds(examples, matrix, of(i -> new double[] {0, 2, 1}[i % 3]));
        }
        Examples concat = read(parquet, "read.label = \"concat('k', 10 - row % 3)\"");
        assertThat(concat.classes()).isEqualTo(words);
        assertHolds(concat, matrix, of(i -> new double[] {0, 2, 1}[i % 3]));

        Path arrow = folder.resolve("a.arrow");
        FormatFiles.arrow(arrow, matrix, true, 700, CodecType.NO_COMPRESSION, List.of());
        Examples names = read(arrow, "read.format=arrow", "read.label = name");
        assertThat(names.classes().size()).isEqualTo(ROWS);
        assertThat(names.classes()).isEqualTo(read(parquet, "read.label = name").classes());
        Examples csv =
                read(folder.resolve("rows.csv"), "read.format=csv", "read.label = name", "read.columns = [f0, f1, f2]");
        assertThat(csv.classes()).isEqualTo(names.classes());
        double[][] codes = of(i -> names.classes().texts().indexOf("n" + i));
        assertHolds(names, matrix, codes);
        assertHolds(csv, matrix, codes);
    }

    @Test
    void textIsOrderedByBytesAndNotByUtf16() {
        // U+1F600 is the larger in UTF-8, its first surrogate the smaller in UTF-16.
        assertThat(Classes.ofTexts(List.of("\uD83D\uDE00", "\uFFFD", "a")).texts())
                .containsExactly("a", "\uFFFD", "\uD83D\uDE00");
    }

    @Test
    void numbersStayNumbersAndKeepTheirType() throws Exception {
        Examples ints = read(parquet, "read.label = kind");
        assertThat(ints.classes()).isEqualTo(Classes.ofNumbers(Classes.Type.INT, new double[] {0, 1, 2}));
        assertHolds(ints, matrix, of(i -> i % 3));
        assertThat(read(parquet, "read.label = far").classes())
                .isEqualTo(Classes.ofNumbers(Classes.Type.LONG, new double[] {0, 7, 14}));
        assertThat(read(parquet, "read.label = even").classes())
                .isEqualTo(Classes.ofNumbers(Classes.Type.INT, new double[] {0, 1}));
        assertThat(read(parquet, "read.label = \"kind / 2\"").classes())
                .isEqualTo(Classes.ofNumbers(Classes.Type.DOUBLE, new double[] {0, 0.5, 1}));

        Path csv = folder.resolve("kinds.csv");
        Files.writeString(csv, "x,kind\n1,7\n2,-1\n3, 7\n4,7.0\n");
        Examples untyped = read(csv, "read.format=csv", "read.label = kind");
        assertThat(untyped.classes()).isEqualTo(Classes.ofNumbers(Classes.Type.LONG, new double[] {-1, 7}));
        assertThat(values(untyped).get(1)).isDeepEqualTo(new double[][] {{7}, {-1}, {7}, {7}});
        Path svm = folder.resolve("kinds.svm");
        Files.writeString(svm, "+1 1:2\n-1 1:3\n1 2:4\n");
        assertThat(read(svm, "read.format=libsvm", "read.label = label").classes())
                .isEqualTo(Classes.ofNumbers(Classes.Type.LONG, new double[] {-1, 1}));
    }

    /** New rows are read by the classes of the model: its codes, and -1 for what it does not know. */
    @Test
    void labelsOfNewRowsAreReadByTheModelsClasses() throws Exception {
        Classes model = Classes.ofTexts(List.of("a", "k10", "k9"));
        double[][] codes = of(i -> new double[] {1, 2, Classes.UNKNOWN}[i % 3]);
        assertHolds(read(parquet, model, "read.label = word"), matrix, codes);
        assertHolds(read(parquet, model, "read.label = word", "read.where = true"), matrix, codes);
        Classes numbers = Classes.ofNumbers(Classes.Type.LONG, new double[] {1, 5});
        Path csv = folder.resolve("kinds.csv");
        Files.writeString(csv, "x,kind\n1,5\n2,9\n3,1\n");
        Examples read = read(csv, numbers, "read.format=csv", "read.label = kind");
        assertThat(values(read).get(1)).isDeepEqualTo(new double[][] {{5}, {9}, {1}});
        assertThat(read.classes().code(9)).isEqualTo(-1);
        assertThatThrownBy(() -> read(parquet, numbers, "read.label = word")).isInstanceOf(DataException.class);
        assertThatThrownBy(() -> read(parquet, model, "read.label = kind"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("column kind (read.label) holds numbers, but the classes of the model are text");
    }

    /** Through tasks of Spark, few or many, in one pass over all columns: the same digests from every format. */
    @Test
    void passesOnTheClusterSeeTheSameRows() throws Exception {
        Path arrow = folder.resolve("a.arrow");
        FormatFiles.arrow(arrow, matrix, false, 700, CodecType.ZSTD, List.of());
        String[] label = {"read.label = name", "read.weight = row"};
        String expected = digests(read(parquet, label), 1);
        assertThat(digests(read(parquet, label), 5)).isEqualTo(expected);
        assertThat(digests(read(parquet, "read.label = name", "read.weight = row", "read.where = true"), 5))
                .isEqualTo(expected);
        assertThat(digests(read(arrow, "read.format = arrow", "read.label = name", "read.weight = row"), 5))
                .isEqualTo(expected);
        assertThat(digests(
                        read(
                                folder.resolve("rows.csv"),
                                "read.format = csv",
                                "read.label = name",
                                "read.weight = row",
                                "read.columns = [f0, f1, f2]"),
                        5))
                .isEqualTo(expected);
    }

    private String digests(Examples examples, int partitions) {
        Layout layout = Layout.of(ROWS, 1 << 14, 0);
        SparkBlocks rows = SparkBlocks.of(spark, examples.source(Precision.DOUBLE, layout), partitions, new PassLog());
        var labels = Pass.both(new DigestPass(1, Precision.DOUBLE), new DigestPass(2, Precision.DOUBLE));
        var all = rows.pass(Pass.both(new DigestPass(0, Precision.DOUBLE), labels));
        return DigestPass.ofFactor(all.first())
                + DigestPass.ofFactor(all.second().first())
                + DigestPass.ofFactor(all.second().second());
    }
}
