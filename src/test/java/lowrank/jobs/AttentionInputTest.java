package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

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
    private static List<double[][]> rows(AttentionTable table, Group group, Precision precision, Layout layout) {
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

    private static void assertHolds(AttentionTable table, HeadFiles heads, Precision precision) {
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

    @Test
    void withoutKeysAllRowsAreOneHead() throws Exception {
        HeadFiles heads = new HeadFiles(new int[] {10_000}, 0, 1, null, 4, 4, true);
        Path input = made();
        heads.write(input, heads.rows(), 2, Type.DOUBLE_VECTOR);
        assertHolds(table(input, Precision.DOUBLE, keys(heads)), heads, Precision.DOUBLE);
    }
}
