package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Classes;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.io.HadoopConf;
import lowrank.io.HeadFiles;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.spark.PassLog;
import lowrank.spark.SharedSpark;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Position decides: the same groups with the same rows, wherever they stand in however many files. */
@ExtendWith(SharedSpark.class)
class AttentionInputTest {
    private static final int[] LENGTHS = {700, 1, 9000};
    private static final HeadFiles HEADS = new HeadFiles(LENGTHS, 2, 0, Type.INT, 5, 3, false);

    @TempDir
    private Path folder;

    private final JavaSparkContext spark;
    private int folders;

    AttentionInputTest(JavaSparkContext spark) {
        this.spark = spark;
    }

    private Path made() throws Exception {
        return Files.createDirectory(folder.resolve("made" + folders++));
    }

    private AttentionTable table(Path input, Precision precision, String... keys) {
        return input(input, precision, keys)
                .table(folder.resolve("scratch" + folders++).toString(), new PassLog());
    }

    private AttentionInput input(Path input, Precision precision, String... keys) {
        List<String> set = new ArrayList<>(List.of("read.path=" + input));
        set.addAll(List.of(keys));
        Spec spec = Spec.of(Spec.layers(null, "spec", "", List.of(), set));
        return AttentionInput.of(AttentionRead.of(spec), precision, new HadoopConf(new Configuration()), spark);
    }

    private static String[] keys(HeadFiles heads) {
        List<String> keys = new ArrayList<>();
        if (heads.heads() > 0) {
            keys.add("read.keys=[sequence, head]");
        }
        if (heads.masked()) {
            keys.add("read.mask=mask");
        }
        return keys.toArray(String[]::new);
    }

    /** All rows of a group: of each row its columns. */
    static List<double[][]> rows(AttentionTable table, Group group, Precision precision, Layout layout) {
        BlockSource source = table.source(group, precision, layout);
        List<double[][]> rows = new ArrayList<>();
        try (Arena arena = new Arena();
                BlockStream stream = source.open(layout.all(), false, arena)) {
            for (Block block = stream.next(); block != null; block = stream.next()) {
                assertThat(block.firstRow()).isEqualTo(rows.size());
                for (int i = 0; i < block.rows(); i++) {
                    double[][] row = new double[block.columns().size()][];
                    for (int c = 0; c < row.length; c++) {
                        var column = source.schema().columns().get(c);
                        row[c] = Arrays.copyOf(
                                new RowReader(column).read(block.columns().get(c), i, 1), column.width());
                    }
                    rows.add(row);
                }
            }
        }
        return rows;
    }

    static void assertHolds(AttentionTable table, HeadFiles heads, Precision precision) {
        Map<String, List<HeadFiles.Row>> expected = new LinkedHashMap<>();
        Comparator<HeadFiles.Row> byName =
                Comparator.comparing(row -> heads.sequence() == Type.TEXT ? HeadFiles.name(row.sequence()) : "");
        heads.rows().stream()
                .sorted(byName.thenComparingInt(HeadFiles.Row::sequence)
                        .thenComparingInt(HeadFiles.Row::head)
                        .thenComparingLong(HeadFiles.Row::position))
                .forEach(row -> expected.computeIfAbsent(words(heads, row), words -> new ArrayList<>())
                        .add(row));
        assertThat(table.groups().stream().map(group -> group.words(table.keys())))
                .containsExactlyElementsOf(expected.keySet());
        assertThat(table.headWidth()).isEqualTo(heads.width());
        assertThat(table.valueWidth()).isEqualTo(heads.values());
        assertThat(table.masked()).isEqualTo(heads.masked());
        int index = 0;
        for (List<HeadFiles.Row> rows : expected.values()) {
            Group group = table.groups().get(index);
            assertThat(group.index()).isEqualTo(index++);
            assertThat(group.firstPosition()).isEqualTo(heads.start());
            assertThat(group.rows()).isEqualTo(rows.size());
            List<double[][]> found = rows(table, group, precision, new Layout(rows.size(), 1024, 256));
            for (int i = 0; i < rows.size(); i++) {
                assertThat(found.get(i)).isDeepEqualTo(heads.of(rows.get(i)));
            }
        }
    }

    private static String words(HeadFiles heads, HeadFiles.Row row) {
        return heads.heads() == 0
                ? "the whole table"
                : "sequence = " + (heads.sequence() == Type.TEXT ? HeadFiles.name(row.sequence()) : row.sequence())
                        + ", head = " + row.head();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void readsSortedFilesInPlace(int files) throws Exception {
        Path input = made();
        HEADS.write(input, HEADS.rows(), files, Type.DOUBLE_VECTOR);
        AttentionTable table = table(input, Precision.DOUBLE, keys(HEADS));
        assertThat(table.origin()).isNull();
        assertHolds(table, HEADS, Precision.DOUBLE);
    }

    @Test
    void groupsMayStandAnywhereInTheFiles() throws Exception {
        Path input = made();
        List<HeadFiles.Row> rows = HEADS.rows();
        rows.sort(Comparator.comparingInt(HeadFiles.Row::head).reversed().thenComparingInt(HeadFiles.Row::sequence));
        HEADS.write(input, rows, 3, Type.FLOAT_VECTOR);
        AttentionTable table = table(input, Precision.FLOAT, keys(HEADS));
        assertThat(table.origin()).isNull();
        assertHolds(table, HEADS, Precision.FLOAT);
    }

    @ParameterizedTest
    @EnumSource(
            value = Type.class,
            names = {"INT", "LONG", "TEXT"})
    void keysKeepTheirTypes(Type type) throws Exception {
        HeadFiles heads = new HeadFiles(new int[] {3, 40, 2}, 3, 1, type, 2, 7, true);
        Path input = made();
        heads.write(input, heads.rows(), 2, Type.DOUBLE_VECTOR);
        AttentionTable table = table(input, Precision.DOUBLE, keys(heads));
        assertHolds(table, heads, Precision.DOUBLE);
        assertThat(table.keys().get(0).classes().type()).isEqualTo(Classes.Type.valueOf(type.name()));
        assertThat(table.keys().get(1).classes().type()).isEqualTo(Classes.Type.INT);
    }

    @ParameterizedTest
    @EnumSource(
            value = Type.class,
            names = {"INT", "LONG", "TEXT"})
    void readsArrowFilesInAnyOrder(Type type) throws Exception {
        HeadFiles heads = new HeadFiles(LENGTHS, 2, 1, type, 5, 3, true);
        for (Precision precision : Precision.values()) {
            for (boolean single : new boolean[] {false, true}) {
                Path sorted = made();
                heads.writeArrow(sorted, heads.rows(), 2, single);
                String[] keys = keys(heads);
                AttentionTable table = table(sorted, precision, keys);
                assertThat(table.origin()).isNull();
                assertHolds(table, heads, precision);
                Path shuffled = made();
                heads.writeArrow(shuffled, heads.shuffled(3), 2, single);
                assertHolds(table(shuffled, precision, keys), heads, precision);
            }
        }
    }

    @Test
    void withoutKeysAllRowsAreOneHead() throws Exception {
        HeadFiles heads = new HeadFiles(new int[] {10_000}, 0, 1, null, 4, 4, true);
        Path input = made();
        heads.write(input, heads.rows(), 2, Type.DOUBLE_VECTOR);
        assertHolds(table(input, Precision.DOUBLE, keys(heads)), heads, Precision.DOUBLE);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void copiesShuffledFilesIntoOrder(int files) throws Exception {
        for (Precision precision : Precision.values()) {
            HeadFiles heads = new HeadFiles(LENGTHS, 2, 1, Type.TEXT, 5, 3, true);
            Path input = made();
            heads.write(
                    input,
                    heads.shuffled(files),
                    files,
                    precision == Precision.FLOAT ? Type.DOUBLE_VECTOR : Type.FLOAT_VECTOR);
            AttentionTable table = table(input, precision, keys(heads));
            assertThat(table.origin()).isNotNull();
            assertHolds(table, heads, precision);
        }
    }

    @Test
    void anyNumberOfTasksMakesTheSameCopyOfManyParts() throws Exception {
        // 18 KB a row: a part holds 2,048 of them.
        HeadFiles heads = new HeadFiles(new int[] {5000}, 0, 0, null, 1000, 300, false);
        Path input = made();
        heads.write(input, heads.shuffled(1), 2, Type.FLOAT_VECTOR);
        List<double[][]> expected = null;
        for (String partitions : List.of("auto", "1", "64")) {
            AttentionTable table = table(input, Precision.DOUBLE, "read.partitions=" + partitions);
            assertThat(table.tables().get(0).files()).isEqualTo(3);
            List<double[][]> rows = rows(table, table.groups().get(0), Precision.DOUBLE, new Layout(5000, 1024, 1024));
            expected = expected == null ? rows : expected;
            for (int i = 0; i < rows.size(); i++) {
                assertThat(rows.get(i)).isDeepEqualTo(expected.get(i));
            }
        }
        assertHolds(table(input, Precision.DOUBLE), heads, Precision.DOUBLE);
    }

    @Test
    void rowsOfACopyAreNamedByTheirFiles() throws Exception {
        Path input = made();
        List<HeadFiles.Row> rows = HEADS.shuffled(5);
        HEADS.write(input, rows, 2, Type.DOUBLE_VECTOR);
        AttentionTable table = table(input, Precision.DOUBLE, keys(HEADS));
        Group last = table.groups().get(5);
        BlockSource source = table.source(last, Precision.DOUBLE, Layout.of(9000, 100, 0));
        int of = rows.indexOf(new HeadFiles.Row(2, 1, 17));
        int half = rows.size() / 2;
        assertThat(source.place(17))
                .isEqualTo(
                        "part-" + of / half + ".parquet row " + of % half + " (sequence = 2, head = 1, position 17)");
        assertThat(source.schema().columns().stream().map(lowrank.blocks.Column::name))
                .containsExactly("q", "k", "v");
    }

    /** The message of what a table of these rows is refused with. */
    private String refusal(HeadFiles heads, List<HeadFiles.Row> rows, String... more) throws Exception {
        Path input = made();
        heads.write(input, rows, 2, Type.DOUBLE_VECTOR);
        return refusal(input, more.length > 0 ? more : keys(heads));
    }

    private String refusal(Path input, String... keys) {
        Throwable thrown = catchThrowable(() -> table(input, Precision.DOUBLE, keys));
        assertThat(thrown).isNotNull();
        assertThat(ExitCode.of(thrown)).as(thrown.toString()).isEqualTo(ExitCode.DATA);
        return ExitCode.sentence(thrown);
    }

    @Test
    void namesAPositionThatIsThereTwice() throws Exception {
        List<HeadFiles.Row> rows = HEADS.rows();
        rows.add(new HeadFiles.Row(2, 0, 11));
        assertThat(refusal(HEADS, rows))
                .contains(
                        "position 11 is there twice in sequence = 2, head = 0, in part-0.parquet row 1413 and part-1.parquet"
                                + " row 9701");
        // In place of another: only the copy finds it.
        rows.remove(new HeadFiles.Row(2, 0, 12));
        assertThat(refusal(HEADS, rows)).contains("position 11 is there twice in sequence = 2, head = 0");
    }

    @Test
    void namesAPositionThatIsMissing() throws Exception {
        List<HeadFiles.Row> rows = HEADS.shuffled(3);
        rows.remove(new HeadFiles.Row(0, 1, 300));
        assertThat(refusal(HEADS, rows))
                .contains("position 300 is missing in sequence = 0, head = 1, which has 699 rows", "from 0");
        List<HeadFiles.Row> first = HEADS.rows();
        first.remove(new HeadFiles.Row(2, 1, 0));
        assertThat(refusal(HEADS, first)).contains("position 0 is missing in sequence = 2, head = 1");
    }

    @Test
    void positionsBeginAtZeroOrOne() throws Exception {
        HeadFiles heads = new HeadFiles(new int[] {20, 30}, 1, 2, Type.INT, 2, 2, false);
        assertThat(refusal(heads, heads.shuffled(1)))
                .contains(
                        "positions (read.position) of sequence = 0, head = 0 begin at 2, in part-", "must begin at 0");
    }

    /** A file of 20 rows, 10 for each of the sequences a and b, some of whose columns are other than they should be. */
    private Path made(String column, String expression) throws Exception {
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("sequence", "CASE WHEN i < 10 THEN 'a' ELSE 'b' END");
        columns.put("position", "i % 10");
        columns.put("q", "[i, 1]::DOUBLE[]");
        columns.put("k", "[2, i]::DOUBLE[]");
        columns.put("v", "[i, i, i]::FLOAT[]");
        columns.put("mask", "i % 2 = 0");
        columns.put(column, expression);
        columns.values().removeIf(String::isEmpty);
        Path input = made();
        List<String> all = columns.entrySet().stream()
                .map(entry -> entry.getValue() + " AS \"" + entry.getKey() + "\"")
                .toList();
        ReadingExamples.sql("COPY (SELECT " + String.join(", ", all) + " FROM range(20) AS r(i)) TO '"
                + input.resolve("x.parquet") + "' (FORMAT parquet)");
        return input;
    }

    private static final String[] MADE = {"read.keys=[sequence]", "read.mask=mask"};

    @Test
    void readsWhatDuckDbWritesWithMasksOfTruthValues() throws Exception {
        AttentionTable table = table(made("position", "9 - i % 10"), Precision.DOUBLE, MADE);
        assertThat(table.origin()).isNotNull();
        List<double[][]> b = rows(table, table.groups().get(1), Precision.DOUBLE, new Layout(10, 4, 4));
        assertThat(b.get(2)).isDeepEqualTo(new double[][] {{17, 1}, {2, 17}, {17, 17, 17}, {0}});
    }

    /** What is wrong with a column, and how that is told. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "position | CASE WHEN i = 13 THEN NULL ELSE i % 10 END | x.parquet row 13 column position is null; repair them",
                "position | CASE WHEN i = 13 THEN 3.5 ELSE i % 10 END::DOUBLE | x.parquet row 13 column position is not a whole",
                "position | i % 10 - 1 | x.parquet row 0 column position is negative; x.parquet row 10 column position is neg",
                "position | chr(97) | x.parquet column position is not one number per row; read.position takes numeric columns",
                "sequence | CASE WHEN i = 4 THEN NULL ELSE 'a' END | x.parquet row 4 column sequence is null; repair them",
                "sequence | CASE WHEN i = 4 THEN NULL ELSE i // 10 END | x.parquet row 4 column sequence is null; repair",
                "sequence | (i // 10) + 9007199254740993 | column sequence (read.keys) holds whole numbers beyond 2^53",
                "sequence | [1.0::DOUBLE] | x.parquet column sequence cannot be a key (read.keys): it holds neither",
                "mask | CASE WHEN i < 10 THEN 0 ELSE 1 END | mask (read.mask) hides every row of sequence = a",
                "mask | CASE WHEN i = 9 THEN NULL ELSE 1 END | x.parquet row 9 column mask is null",
                "mask | chr(97) | x.parquet column mask is not one number per row; read.mask takes numeric columns",
                "k | [i, i, i]::DOUBLE[] | q (read.q) has 2 values per row, but k (read.k) has 3; queries and keys",
                "k | chr(97) | x.parquet column k does not hold numbers; name a list of float or double (read.k)",
                "k | '' | x.parquet has no column k; it has sequence, position, q, v, mask"
            })
    void namesWhatIsWrong(String column, String expression, String message) throws Exception {
        assertThat(refusal(made(column, expression.equals("''") ? "" : expression), MADE))
                .contains(message);
    }

    /** What cannot be read is found by the first pass of whoever reads it in place, and by the copy: both name files and rows. */
    @ParameterizedTest
    @ValueSource(strings = {"i % 10", "9 - i % 10"})
    void namesVectorsThatAreNone(String position) throws Exception {
        String bad = "CASE WHEN i = 13 THEN %s ELSE [i, i, i] END::DOUBLE[]";
        for (String value : List.of("[1, 2]", "NULL")) {
            Path input = made("v", String.format(bad, value));
            ReadingExamples.sql("COPY (SELECT * REPLACE ((position * 0 + " + position.replace("i % 10", "position")
                    + ") AS position) FROM '" + input.resolve("x.parquet") + "') TO '" + input.resolve("y.parquet")
                    + "' (FORMAT parquet)");
            Files.delete(input.resolve("x.parquet"));
            Throwable thrown = catchThrowable(() -> firstPass(input));
            assertThat(ExitCode.of(thrown)).isEqualTo(ExitCode.DATA);
            assertThat(ExitCode.sentence(thrown))
                    .contains("y.parquet row 13")
                    .contains(value.equals("NULL") ? "column v is null" : "column v has 2 values instead of 3")
                    .contains("read.mask");
        }
        Path input = made("v", String.format(bad, "[1, 2, 'NaN'::DOUBLE]"));
        assertThat(ExitCode.sentence(catchThrowable(() -> firstPass(input))))
                .contains("x.parquet row 13 (sequence = b, position 3) column v[2] is NaN; repair");
    }

    private void firstPass(Path input) {
        AttentionTable table = table(input, Precision.DOUBLE, MADE);
        for (Group group : table.groups()) {
            LocalBlocks.of(table.source(group, Precision.DOUBLE, Layout.of(group.rows(), 64, 0)))
                    .pass(Pass.nothing());
        }
    }

    @Test
    void noRowsAreMissingInput() throws Exception {
        Path input = made();
        HEADS.write(input, List.of(), 1, Type.DOUBLE_VECTOR);
        Throwable thrown = catchThrowable(() -> table(input, Precision.DOUBLE, keys(HEADS)));
        assertThat(ExitCode.of(thrown)).isEqualTo(ExitCode.INPUT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read.keys=[position] | read.keys names a column position, as the result calls one of its own",
                "read.keys=[head, values] | read.keys names a column values",
                "read.keys=[head, head] | read.keys names column head twice",
                "read.format=csv | read.format must be parquet or arrow or safetensors or npy, not csv"
            })
    void namesOfColumnsMustBeApart(String key, String message) throws Exception {
        Path input = made();
        Throwable thrown = catchThrowable(() -> table(input, Precision.DOUBLE, key));
        assertThat(ExitCode.of(thrown)).isEqualTo(ExitCode.USAGE);
        assertThat(thrown).hasMessageContaining(message);
    }
}
