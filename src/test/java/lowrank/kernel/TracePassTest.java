package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class TracePassTest {
    private static TracePass.Trace trace(Nystrom map, Matrix rows, Precision precision, int tasks) {
        RowBlocks table = LocalBlocks.of(new MatrixRows(rows, "x", precision, new Layout(rows.rows(), 64, 32)), tasks);
        return TracePass.constant(map.kernel())
                ? table.map(new Features(map)).pass(new TracePass(map.kernel(), -1))
                : table.map(new SelfColumn(map.kernel())).map(new Features(map)).pass(new TracePass(map.kernel(), 1));
    }

    @Test
    void isTheTraceOfTheErrorAndBoundsItsNorms() {
        for (Precision precision : Precision.values()) {
            for (Kernel kernel : TestKernels.all(6)) {
                Matrix rows = TestKernels.floats(TestKernels.rows(200, 6, TestKernels.positive(kernel), 1));
                Matrix landmarks = TestKernels.rowsOf(rows, 3, 50, 51, 120, 199);
                Nystrom map = Nystrom.of(kernel, landmarks, precision);
                TracePass.Trace trace = trace(map, rows, precision, 3);
                Matrix cross = TestKernels.plain(kernel, rows, landmarks);
                Matrix k = TestKernels.plain(kernel, rows, rows);
                Matrix error = k.minus(cross.times(map.core().times(cross.transpose())));
                double[] w = Dense.eigen(error).w();
                double nuclear = 0;
                double ofKernel = 0;
                for (int i = 0; i < 200; i++) {
                    nuclear += error.get(i, i);
                    ofKernel += k.get(i, i);
                }
                double rounding = TracePass.rounding(map, precision);
                assertThat(Math.abs(trace.relative() - nuclear / ofKernel))
                        .as("%s %s", kernel, precision)
                        .isLessThan(rounding);
                assertThat(w[199]).isLessThanOrEqualTo(trace.left() + rounding * ofKernel);
                assertThat(rounding).isLessThan(precision == Precision.DOUBLE ? 1e-11 : 1e-2);
            }
        }
    }

    @Test
    void isZeroUpToRoundingWithAllRows() {
        for (Precision precision : Precision.values()) {
            for (Kernel kernel : TestKernels.all(3)) {
                Matrix rows = TestKernels.floats(TestKernels.rows(150, 3, TestKernels.positive(kernel), 2));
                Nystrom map = Nystrom.of(kernel, rows, precision);
                TracePass.Trace trace = trace(map, rows, precision, 1);
                double rounding = TracePass.rounding(map, precision);
                double dropped = 150 * map.core().cut() / trace.kernel();
                assertThat(trace.relative()).as("%s %s", kernel, precision).isBetween(0.0, rounding + dropped);
                assertThat(trace.features()).isLessThan(trace.kernel() * (1 + rounding));
            }
        }
    }

    @Test
    void tasksDoNotChangeBitsAndItRunsBesideOthers() {
        Matrix rows = TestKernels.rows(500, 4, false, 3);
        Kernel kernel = new Gaussian(1);
        Nystrom map = Nystrom.of(kernel, TestKernels.rowsOf(rows, 1, 2, 3), Precision.DOUBLE);
        TracePass.Trace one = trace(map, rows, Precision.DOUBLE, 1);
        assertThat(trace(map, rows, Precision.DOUBLE, 7)).isEqualTo(one);
        RowBlocks table = LocalBlocks.of(new MatrixRows(rows, "x", Precision.DOUBLE, new Layout(500, 64, 32)));
        assertThat(table.map(new Features(map))
                        .pass(Pass.both(new TracePass(kernel, -1), Pass.nothing()))
                        .first())
                .isEqualTo(one);
    }

    @Test
    void aDiagonalThatDiffersNeedsItsColumn() {
        assertThatThrownBy(() -> new TracePass(new TestKernels.Linear(), -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("column");
    }
}
