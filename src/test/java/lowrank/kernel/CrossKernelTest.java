package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class CrossKernelTest {
    private static final int ROWS = 150;

    /** The kernel of rows with landmarks as a map, to be read through blocks. */
    private record Cross(Kernel kernel, Matrix landmarks) implements BlockMap {
        @Override
        public Schema schema(Schema input) {
            return input.with(
                    new Column("kernel", landmarks.rows(), input.first().precision()));
        }

        @Override
        public Mapper open(Arena arena, Schema input, Layout layout) {
            CrossKernel cross = new CrossKernel(kernel, landmarks, arena, input.first(), layout);
            return block -> block.with(cross.of(block.first(), block.firstRow()));
        }
    }

    private static Matrix blocks(Kernel kernel, Matrix rows, Matrix landmarks, Precision precision, int tasks) {
        MemorySink sink = new MemorySink();
        MatrixRows source = new MatrixRows(rows, "x", precision, new Layout(rows.rows(), 64, 32));
        LocalBlocks.of(source, tasks).map(new Cross(kernel, landmarks)).write(sink, Pass.nothing());
        return sink.matrix();
    }

    /**
     * A kernel value follows its form's relative error by at most 1, and forms are right to a few roundings per coordinate; distances
     * by gemm to 8 / near of them, where norms have grown.
     */
    private static double tolerance(Precision precision, int d) {
        return precision == Precision.DOUBLE ? (d + 8) * 8 / 0x1p-10 * 0x1p-53 : (d + 8) * 0x1p-4 / 0x1p-4 * 0x1p-24;
    }

    private static Matrix shifted(Matrix a, double by) {
        Matrix shifted = new Matrix(a.rows(), a.cols(), a.values().clone());
        for (int i = 0; i < shifted.values().length; i++) {
            shifted.values()[i] += by;
        }
        return shifted;
    }

    @Test
    void blocksAreThePlainFormula() {
        for (Precision precision : Precision.values()) {
            for (int d : new int[] {1, 3, 16, 17, 70}) {
                for (Kernel kernel : TestKernels.all(d)) {
                    for (int m : new int[] {1, 5, 40}) {
                        Matrix rows = TestKernels.rows(ROWS, d, TestKernels.positive(kernel), 1);
                        rows = precision == Precision.FLOAT ? TestKernels.floats(rows) : rows;
                        int[] chosen = new int[m];
                        for (int j = 0; j < m; j++) {
                            chosen[j] = 3 * j;
                        }
                        Matrix landmarks = TestKernels.rowsOf(rows, chosen);
                        Matrix plain = TestKernels.plain(kernel, rows, landmarks);
                        double scale =
                                kernel instanceof TestKernels.Linear || kernel instanceof TestKernels.Harmonic ? d : 1;
                        assertThat(TestKernels.maxDifference(blocks(kernel, rows, landmarks, precision, 2), plain))
                                .as("%s %s d=%d m=%d", kernel, precision, d, m)
                                .isLessThanOrEqualTo(scale * tolerance(precision, d));
                    }
                }
            }
        }
    }

    @Test
    void distancesDoNotCancelFarFromTheOriginNorForNearPairs() {
        for (Precision precision : Precision.values()) {
            // Floats near 1e6 lie 1/16 apart: what they hold is what is measured.
            double nearness = precision == Precision.DOUBLE ? 1e-9 : 0.25;
            for (double offset : new double[] {0, 1e6}) {
                for (int d : new int[] {4, 40}) {
                    for (Kernel kernel : List.of(new Gaussian(2), new TestKernels.Root(2))) {
                        Matrix rows = shifted(TestKernels.rows(ROWS, d, false, 2), offset);
                        for (int i = 1; i < ROWS; i += 2) {
                            for (int t = 0; t < d; t++) {
                                rows.set(i, t, rows.get(i - 1, t) + (t == i % d ? nearness : 0));
                            }
                        }
                        rows = precision == Precision.FLOAT ? TestKernels.floats(rows) : rows;
                        Matrix landmarks = TestKernels.rowsOf(rows, 0, 2, 4, 33, 101);
                        Matrix result = blocks(kernel, rows, landmarks, precision, 1);
                        assertThat(TestKernels.maxDifference(result, TestKernels.plain(kernel, rows, landmarks)))
                                .as("%s %s d=%d offset %s", kernel, precision, d, offset)
                                .isLessThanOrEqualTo(tolerance(precision, d));
                        assertThat(result.get(0, 0)).isEqualTo(1);
                        assertThat(result.get(101, 4)).isEqualTo(1);
                    }
                }
            }
        }
    }

    /** The square root of a distance of 1e-9 keeps its relative accuracy: 1 - k is about 1e-9 / s. */
    @Test
    void nearDuplicatesKeepTheirDistance() {
        Matrix rows = TestKernels.rows(40, 30, false, 3);
        Matrix moved = new Matrix(40, 30, rows.values().clone());
        for (int i = 0; i < 40; i++) {
            moved.set(i, 0, rows.get(i, 0) + 1e-9);
        }
        Matrix k = blocks(new TestKernels.Root(1e-9), moved, rows, Precision.DOUBLE, 1);
        Matrix plain = TestKernels.plain(new TestKernels.Root(1e-9), moved, rows);
        for (int i = 0; i < 40; i++) {
            assertThat(k.get(i, i)).isBetween(0.3, 0.4);
            assertThat(Math.abs(k.get(i, i) - plain.get(i, i))).isLessThanOrEqualTo(64 * 0x1p-53);
        }
    }

    /** Two far clusters: nearly all pairs inside one are near against their norms, and are formed again together. */
    @Test
    void manyNearPairsAreAsExactAsFew() {
        Matrix rows = TestKernels.rows(ROWS, 33, false, 4);
        for (int i = 0; i < ROWS; i++) {
            rows.set(i, 7, rows.get(i, 7) + (i % 2 == 0 ? 1e5 : -1e5));
        }
        int[] chosen = new int[30];
        for (int j = 0; j < 30; j++) {
            chosen[j] = 5 * j;
        }
        Matrix landmarks = TestKernels.rowsOf(rows, chosen);
        Kernel kernel = new TestKernels.Root(5);
        assertThat(TestKernels.maxDifference(
                        blocks(kernel, rows, landmarks, Precision.DOUBLE, 1),
                        TestKernels.plain(kernel, rows, landmarks)))
                .isLessThanOrEqualTo(64 * 33 * 0x1p-53);
        Kernel few = new TestKernels.Root(3);
        Matrix one = TestKernels.rowsOf(rows, 1, 3, 5, 7, 9, 11, 13, 15, 17, 2);
        assertThat(TestKernels.maxDifference(
                        blocks(few, rows, one, Precision.DOUBLE, 1), TestKernels.plain(few, rows, one)))
                .isLessThanOrEqualTo(64 * 33 * 0x1p-53);
    }

    @Test
    void squaresThatOverflowAreFarAway() {
        Matrix rows = TestKernels.rows(20, 20, false, 5);
        rows.set(3, 4, 1e200);
        rows.set(5, 4, -1e200);
        Matrix k = KernelMatrices.gram(new Gaussian(2), rows);
        assertThat(k.get(3, 5)).isEqualTo(0);
        assertThat(k.get(3, 0)).isEqualTo(0);
        assertThat(k.get(3, 3)).isEqualTo(1);
        assertThat(k.get(0, 0)).isEqualTo(1);
    }

    @Test
    void theFormOfTheDriverHasTheBitsOfOneBlock() {
        for (int d : new int[] {4, 40}) {
            for (Kernel kernel : TestKernels.all(d)) {
                Matrix rows = TestKernels.rows(32, d, TestKernels.positive(kernel), 6);
                Matrix landmarks = TestKernels.rowsOf(rows, 4, 8, 15, 16, 23);
                assertThat(KernelMatrices.between(kernel, rows, landmarks).values())
                        .as(kernel.toString())
                        .isEqualTo(blocks(kernel, rows, landmarks, Precision.DOUBLE, 1)
                                .values());
                Matrix gram = KernelMatrices.gram(kernel, rows);
                assertThat(gram.values()).isEqualTo(gram.transpose().values());
                assertThat(TestKernels.maxDifference(gram, TestKernels.plain(kernel, rows, rows)))
                        .isLessThanOrEqualTo(d * tolerance(Precision.DOUBLE, d));
            }
        }
    }

    @Test
    void tasksDoNotChangeBits() {
        for (Kernel kernel : TestKernels.all(20)) {
            Matrix rows = TestKernels.rows(500, 20, TestKernels.positive(kernel), 7);
            Matrix landmarks = TestKernels.rowsOf(rows, 4, 8, 15, 16, 23, 42);
            List<double[]> results = new ArrayList<>();
            for (int tasks : new int[] {1, 2, 7}) {
                results.add(
                        blocks(kernel, rows, landmarks, Precision.FLOAT, tasks).values());
            }
            assertThat(results.get(1)).isEqualTo(results.get(0));
            assertThat(results.get(2)).isEqualTo(results.get(0));
        }
    }

    @Test
    void tilesOfManyLandmarksJoin() {
        Matrix rows = TestKernels.rows(8, 18, false, 8);
        Matrix landmarks = TestKernels.rows(5000, 18, false, 9);
        for (Kernel kernel : List.of(new Gaussian(4), new TestKernels.Product(18))) {
            assertThat(TestKernels.maxDifference(
                            blocks(kernel, rows, landmarks, Precision.DOUBLE, 1),
                            TestKernels.plain(kernel, rows, landmarks)))
                    .isLessThanOrEqualTo(tolerance(Precision.DOUBLE, 18));
        }
    }

    @Test
    void negativeValuesAreNamed() {
        for (Kernel kernel :
                List.of(new TestKernels.Harmonic(), new TestKernels.Exponential(Kernel.Form.CHI_SQUARED, 2))) {
            Matrix rows = TestKernels.rows(100, 3, true, 10);
            Matrix landmarks = TestKernels.rowsOf(rows, 1, 2);
            rows.set(77, 2, -0.5);
            assertThatThrownBy(() -> blocks(kernel, rows, landmarks, Precision.DOUBLE, 1))
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("row 77 column x[2]");
            assertThatThrownBy(() -> KernelMatrices.gram(kernel, TestKernels.rowsOf(rows, 76, 77)))
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("landmark 1 column 2");
        }
    }

    @Test
    void memoryIsWhatIsPlanned() {
        for (int d : new int[] {4, 40}) {
            for (Kernel kernel : TestKernels.all(d)) {
                Matrix rows = TestKernels.rows(64, d, TestKernels.positive(kernel), 11);
                Column column = new Column("x", d, Precision.DOUBLE);
                Layout layout = new Layout(64, 64, 64);
                try (Arena arena = new Arena();
                        Arena own = new Arena()) {
                    long address = rows.transpose().store(own);
                    long before = Arena.liveBytes();
                    new CrossKernel(kernel, rows, arena, column, layout)
                            .of(new lowrank.blocks.Slab(address, 64, d, Precision.DOUBLE), 0);
                    // Each piece is padded to a line of the cache.
                    assertThat(Arena.liveBytes() - before)
                            .isBetween(
                                    CrossKernel.bytes(kernel, 64, column, layout),
                                    CrossKernel.bytes(kernel, 64, column, layout) + 4096);
                }
            }
        }
    }
}
