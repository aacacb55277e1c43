package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups and their order from positions and keys in memory: as counting tells, for any number of tasks. */
class GroupOrderTest {
    @TempDir
    private Path folder;

    private static final int[] LENGTHS = {400, 1, 1, 900, 2};

    /** One column of numbers as a table. */
    private record Numbers(String name, double[] values) implements InputTable {
        @Override
        public long rows() {
            return values.length;
        }

        @Override
        public int cols() {
            return 1;
        }

        @Override
        public List<String> names() {
            return List.of(name);
        }

        @Override
        public int files() {
            return 1;
        }

        @Override
        public String listing() {
            return "";
        }

        @Override
        public boolean checksums() {
            return false;
        }

        @Override
        public long storedBytes() {
            return 8L * values.length;
        }

        @Override
        public long readerBytes() {
            return 0;
        }

        @Override
        public BlockSource source(Precision precision, Layout layout, long firstRow) {
            Matrix column = Matrix.zeros((int) layout.rows(), 1);
            for (int i = 0; i < column.rows(); i++) {
                column.set(i, 0, values[(int) firstRow + i]);
            }
            return new MatrixRows(column, name, precision, layout);
        }
    }

    private static PositionColumns columns(double[] positions, double[] keys) {
        KeyColumn key = new KeyColumn("head", Classes.ofNumbers(Classes.Type.INT, keys));
        return new PositionColumns(
                new Numbers("position", positions), "position", List.of(key), List.of(new Numbers("head", keys)), null);
    }

    private static GroupOrder order(PositionColumns columns, int tasks) {
        Layout layout = new Layout(columns.position().rows(), 64, 16);
        return GroupOrder.of(columns, LocalBlocks.of(columns.source(layout), tasks));
    }

    private static List<double[]> rows(long start) {
        List<double[]> rows = new ArrayList<>();
        for (int g = 0; g < LENGTHS.length; g++) {
            for (int i = 0; i < LENGTHS[g]; i++) {
                rows.add(new double[] {start + i, 10 * g});
            }
        }
        return rows;
    }

    private static PositionColumns columns(List<double[]> rows) {
        return columns(
                rows.stream().mapToDouble(row -> row[0]).toArray(),
                rows.stream().mapToDouble(row -> row[1]).toArray());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 64})
    void runsAreReadInPlace(int tasks) {
        List<double[]> rows = rows(0);
        Collections.rotate(rows, 902);
        GroupOrder order = order(columns(rows), tasks);
        assertThat(order.inPlace()).isTrue();
        assertThat(order.groups())
                .containsExactly(
                        new Group(0, new double[] {0}, 902, 400, 0),
                        new Group(1, new double[] {1}, 1302, 1, 0),
                        new Group(2, new double[] {2}, 1303, 1, 0),
                        new Group(3, new double[] {3}, 0, 900, 0),
                        new Group(4, new double[] {4}, 900, 2, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 64})
    void othersHaveATargetForEachRow(int tasks) {
        List<double[]> sorted = rows(1);
        List<double[]> rows = new ArrayList<>(sorted);
        Collections.shuffle(rows, new Random(tasks));
        PositionColumns columns = columns(rows);
        GroupOrder order = order(columns, tasks);
        assertThat(order.inPlace()).isFalse();
        RowTargets.Reader reader = order.targets().open();
        long[] targets = new long[16];
        try (Arena arena = new Arena();
                BlockStream stream = columns.source(new Layout(rows.size(), 16, 16))
                        .open(new LeafRange(0, (rows.size() + 15) / 16), false, arena)) {
            for (Block block = stream.next(); block != null; block = stream.next()) {
                reader.read(block, 0, targets);
                for (int i = 0; i < block.rows(); i++) {
                    assertThat(sorted.get((int) targets[i])).isSameAs(rows.get((int) block.firstRow() + i));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64})
    void findsTheFirstPositionThatIsTwiceOrMissing(int tasks) {
        Random random = new Random(tasks);
        for (int trial = 0; trial < 20; trial++) {
            List<double[]> rows = rows(0);
            int twice = random.nextInt(900);
            rows.add(new double[] {twice, 30});
            Collections.shuffle(rows, random);
            assertThatThrownBy(() -> order(columns(rows), tasks))
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("position " + twice + " is there twice in head = 30, in row ");
            List<double[]> fewer = rows(0);
            int missing = 402 + random.nextInt(899);
            fewer.remove(missing);
            Collections.shuffle(fewer, random);
            assertThatThrownBy(() -> order(columns(fewer), tasks))
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("position " + (missing - 402) + " is missing in head = 30");
        }
    }

    @Test
    void whatOnlyACopyFindsIsTold() {
        List<double[]> rows = rows(1);
        rows.set(402 + 63, new double[] {700, 30});
        GroupOrder order = order(columns(rows), 2);
        assertThat(order.inPlace()).isFalse();
        assertThat(order.refusal(402 + 699))
                .hasMessageContaining("position 700 is there twice in head = 30, in row 465 and row 1101");
    }

    @Test
    void aPositionFarAwayLeavesAnotherMissing() {
        List<double[]> rows = rows(0);
        rows.set(401 + 5, new double[] {1e15, 30});
        assertThatThrownBy(() -> order(columns(rows), 2)).hasMessageContaining("position 4 is missing in head = 30");
    }

    @Test
    void groupsBeginAtTheSamePosition() {
        List<double[]> rows = rows(0);
        rows.subList(402, 402 + 900).replaceAll(row -> new double[] {row[0] + 1, row[1]});
        assertThatThrownBy(() -> order(columns(rows), 1)).hasMessageContaining("position 0 is missing in head = 30");
    }

    @Test
    void keysAreOrderedByTheFirstThenTheNext() {
        KeyCodes codes = new KeyCodes(List.of(
                new KeyColumn("a", Classes.ofTexts(List.of("z", "é", "b"))),
                new KeyColumn("b", Classes.ofNumbers(Classes.Type.LONG, new double[] {-3, 9}))));
        double[][] all = IntStream.range(0, 6).mapToObj(codes::codes).toArray(double[][]::new);
        assertThat(Arrays.deepToString(all))
                .isEqualTo("[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 0.0], [2.0, 1.0]]");
        for (int i = 0; i < 6; i++) {
            assertThat(codes.numberOf(all[i])).isEqualTo(i);
        }
    }

    @Test
    void moreKeysThanCanBeCountedAreRefused() {
        double[] many = IntStream.range(0, 1 << 16).asDoubleStream().toArray();
        KeyColumn key = new KeyColumn("k", Classes.ofNumbers(Classes.Type.INT, many));
        assertThat(new KeyCodes(List.of(key, key, key)).keys()).hasSize(3);
        assertThatThrownBy(() -> new KeyCodes(List.of(key, key, key, key)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("read.keys");
    }

    @Test
    void aSliceIsATableOfItsOwn() {
        double[][] matrix = Parquets.random(1000, 3, 7);
        Path file = folder.resolve("a.parquet");
        Parquets.write(file, matrix, ParquetTableWriter.Type.DOUBLE_VECTOR, Precision.DOUBLE, 130, "none");
        Parquets.write(
                folder.resolve("b.parquet"),
                matrix,
                ParquetTableWriter.Type.DOUBLE_VECTOR,
                Precision.DOUBLE,
                130,
                "none");
        ParquetTable table = ParquetTable.open(
                Parquets.CONF, InputFiles.list(Parquets.CONF, folder.toString()), List.of("values"), null);
        for (long first : new long[] {0, 1, 129, 990, 1000, 1999}) {
            Layout layout = new Layout(Math.min(500, 2000 - first), 64, 16);
            BlockSource source = table.source(Precision.DOUBLE, layout, first);
            assertThat(source.place(0)).isEqualTo((first < 1000 ? "a" : "b") + ".parquet row " + first % 1000);
            // From a leaf in the middle on.
            long from = layout.leaves() / 2;
            try (Arena arena = new Arena();
                    BlockStream stream = source.open(new LeafRange(from, layout.leaves()), false, arena)) {
                long row = from * 64;
                for (Block block = stream.next(); block != null; block = stream.next()) {
                    assertThat(block.firstRow()).isEqualTo(row);
                    for (int i = 0; i < block.rows(); i++, row++) {
                        double[] expected = matrix[(int) ((first + row) % 1000)];
                        for (int j = 0; j < 3; j++) {
                            assertThat(Parquets.get(block.first().row(i), j, Precision.DOUBLE))
                                    .isEqualTo(expected[j]);
                        }
                    }
                }
                assertThat(row).isEqualTo(layout.rows());
            }
        }
        assertThatThrownBy(() -> table.source(Precision.DOUBLE, new Layout(2, 64, 16), 1999))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
