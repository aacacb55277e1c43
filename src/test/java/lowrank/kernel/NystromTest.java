package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.blocks.Pass;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;

class NystromTest {
    private static Matrix features(FeatureMap map, Matrix rows, Precision precision, int tasks) {
        MemorySink sink = new MemorySink();
        MatrixRows source = new MatrixRows(rows, "x", precision, new Layout(rows.rows(), 64, 32));
        LocalBlocks.of(source, tasks).map(new Features(map)).write(sink, Pass.nothing());
        return sink.matrix();
    }

    private static double spectral(Matrix k) {
        double norm = 0;
        for (double value : k.values()) {
            norm += value * value;
        }
        return Math.sqrt(norm);
    }

    private static Matrix outer(Matrix z) {
        return z.times(z.transpose());
    }

    @Test
    void withAllRowsItIsTheKernel() {
        for (Precision precision : Precision.values()) {
            for (int d : new int[] {3, 24}) {
                for (Kernel kernel : TestKernels.all(d)) {
                    Matrix rows = TestKernels.floats(TestKernels.rows(200, d, TestKernels.positive(kernel), 1));
                    Matrix k = TestKernels.plain(kernel, rows, rows);
                    Nystrom map = Nystrom.of(kernel, rows, precision);
                    double error =
                            spectral(outer(features(map, rows, precision, 3)).minus(k)) / spectral(k);
                    // What is dropped is at most the cut, m roundoffs, in each of at most m directions.
                    assertThat(error)
                            .as("%s %s d=%d rank %d", kernel, precision, d, map.size())
                            .isLessThanOrEqualTo(
                                    precision == Precision.DOUBLE ? 1e-12 : 200 * Math.sqrt(200) * 0x1p-24);
                }
            }
        }
    }

    /** The kernels of the registry, on rows some of which are nearly parallel or equal. */
    @Test
    void servesEveryKernelThatHasAName() {
        for (Kernel kernel : KernelCases.all().keySet()) {
            for (int d : new int[] {4, 20}) {
                Matrix rows = TestKernels.rows(90, d, KernelCases.ofCounts(kernel), 9);
                for (int t = 0; t < d; t++) {
                    rows.set(1, t, rows.get(0, t) * (1 + t % 3 * 1e-7));
                    rows.set(2, t, rows.get(0, t));
                    rows.set(3, t, 3 * rows.get(0, t));
                }
                Matrix k = TestKernels.plain(kernel, rows, rows);
                Nystrom map = Nystrom.of(kernel, rows, Precision.DOUBLE);
                double error =
                        spectral(outer(features(map, rows, Precision.DOUBLE, 1)).minus(k)) / spectral(k);
                boolean angles = kernel instanceof ArcCosine arc && arc.order() == 0;
                assertThat(error).as("%s d=%d rank %d", kernel, d, map.size()).isLessThan(angles ? 1e-6 : 1e-12);
                Landmarks.Chosen chosen = new RpCholesky(30, 1, 0).choose(LocalBlocks.of(MatrixRows.of(rows)), kernel);
                assertThat(chosen.rows()).doesNotHaveDuplicates();
                assertThat(chosen.count()).isGreaterThan(d - 1);
            }
        }
    }

    @Test
    void isTheFormulaOnFewerLandmarksAndBelowTheKernel() {
        for (Kernel kernel : TestKernels.all(6)) {
            Matrix rows = TestKernels.rows(150, 6, TestKernels.positive(kernel), 2);
            Matrix landmarks = TestKernels.rowsOf(rows, 3, 30, 31, 77, 100, 149);
            Nystrom map = Nystrom.of(kernel, landmarks, Precision.DOUBLE);
            Matrix cross = TestKernels.plain(kernel, rows, landmarks);
            Matrix formula = cross.times(map.core().times(cross.transpose()));
            Matrix low = outer(features(map, rows, Precision.DOUBLE, 1));
            double scale = spectral(cross);
            assertThat(spectral(low.minus(formula)))
                    .isLessThanOrEqualTo(1e-12 * scale * map.core().condition());
            Matrix rest = TestKernels.plain(kernel, rows, rows).minus(low);
            assertThat(lowrank.linalg.Dense.eigen(rest).w()[0]).isGreaterThan(-1e-10 * scale);
        }
    }

    @Test
    void duplicatedLandmarksAreDropped() {
        Matrix rows = TestKernels.rows(100, 5, false, 3);
        Matrix landmarks = TestKernels.rowsOf(rows, 1, 2, 3, 1, 2, 50);
        Nystrom map = Nystrom.of(new Gaussian(2), landmarks, Precision.DOUBLE);
        assertThat(map.size()).isEqualTo(4);
        Nystrom without = Nystrom.of(new Gaussian(2), TestKernels.rowsOf(rows, 1, 2, 3, 50), Precision.DOUBLE);
        assertThat(TestKernels.maxDifference(
                        outer(features(map, rows, Precision.DOUBLE, 1)),
                        outer(features(without, rows, Precision.DOUBLE, 1))))
                .isLessThan(1e-12);
    }

    @Test
    void tasksDoNotChangeBits() {
        Matrix rows = TestKernels.rows(700, 20, false, 4);
        Nystrom map = Nystrom.of(new Gaussian(4), TestKernels.rowsOf(rows, 5, 6, 7, 600), Precision.FLOAT);
        double[] one = features(map, rows, Precision.FLOAT, 1).values();
        assertThat(features(map, rows, Precision.FLOAT, 7).values()).isEqualTo(one);
    }

    @Test
    void memoryIsWhatIsPlanned() {
        Matrix rows = TestKernels.rows(64, 20, false, 5);
        Nystrom map = Nystrom.of(new Gaussian(4), rows, Precision.DOUBLE);
        Column column = new Column("x", 20, Precision.DOUBLE);
        Layout layout = new Layout(64, 64, 64);
        try (Arena arena = new Arena();
                Arena own = new Arena()) {
            long address = rows.transpose().store(own);
            long before = Arena.liveBytes();
            map.open(arena, column, layout).map(new Slab(address, 64, 20, Precision.DOUBLE));
            assertThat(Arena.liveBytes() - before)
                    .isBetween(map.mapperBytes(layout, column), map.mapperBytes(layout, column) + 4096);
        }
    }

    @Test
    void whatCannotBeIsRefusedInWords() {
        assertThatThrownBy(() -> Nystrom.of(new TestKernels.Linear(), Matrix.zeros(3, 2), Precision.DOUBLE))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("no features");
        assertThatThrownBy(() -> Nystrom.of(new Gaussian(1), Matrix.zeros(0, 2), Precision.DOUBLE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("features.size");
        Matrix rows = TestKernels.rows(100, 2, true, 6);
        Nystrom map = Nystrom.of(new TestKernels.Harmonic(), TestKernels.rowsOf(rows, 0, 1), Precision.DOUBLE);
        rows.set(99, 1, -1);
        assertThatThrownBy(() -> features(map, rows, Precision.DOUBLE, 1))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("row 99 column x[1]");
    }
}
