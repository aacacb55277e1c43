package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;
import org.junit.jupiter.api.Test;

class RpCholeskyTest {
    private static RowBlocks table(Matrix rows, Precision precision, int leaf) {
        return LocalBlocks.of(new MatrixRows(rows, "x", precision, new Layout(rows.rows(), leaf, leaf / 2)), 3);
    }

    /** The diagonal of K - K^ for landmarks that are rows, by elimination. */
    private static double[] residuals(Matrix k, int... pivots) {
        Matrix rest = new Matrix(k.rows(), k.cols(), k.values().clone());
        int n = k.rows();
        for (int pivot : pivots) {
            double[] column = Arrays.copyOfRange(rest.values(), pivot * n, (pivot + 1) * n);
            for (int j = 0; j < n; j++) {
                for (int i = 0; i < n; i++) {
                    rest.set(i, j, rest.get(i, j) - column[i] * column[j] / column[pivot]);
                }
            }
        }
        double[] diagonal = new double[n];
        for (int i = 0; i < n; i++) {
            diagonal[i] = Math.max(0, rest.get(i, i));
        }
        return diagonal;
    }

    private static double sum(double[] values) {
        return Arrays.stream(values).sum();
    }

    /**
     * The law of the first two landmarks is that of two steps one by one: P(i, j) = k_ii / tr K times d_j / tr D after i. The diagonal is
     * not constant, the tree has three leaves of two blocks, and most second landmarks come from the same round as the first.
     */
    @Test
    void theLawIsThatOfOneByOne() {
        Matrix rows = TestKernels.rows(12, 3, false, 1);
        Kernel kernel = new TestKernels.Linear();
        Matrix k = TestKernels.plain(kernel, rows, rows);
        int trials = 6000;
        int[][] counts = new int[12][12];
        for (int seed = 0; seed < trials; seed++) {
            long[] chosen = new RpCholesky(2, seed, 0)
                    .choose(table(rows, Precision.DOUBLE, 4), kernel)
                    .rows();
            counts[(int) chosen[0]][(int) chosen[1]]++;
        }
        double chi = 0;
        int cells = 0;
        double[] first = residuals(k);
        for (int i = 0; i < 12; i++) {
            double[] second = residuals(k, i);
            for (int j = 0; j < 12; j++) {
                double expected = trials * first[i] / sum(first) * second[j] / sum(second);
                if (i == j) {
                    assertThat(counts[i][j]).isZero();
                } else {
                    chi += (counts[i][j] - expected) * (counts[i][j] - expected) / Math.max(expected, 1);
                    cells++;
                }
            }
        }
        // Cells - 1 degrees of freedom; six deviations, since a few cells expect only some counts.
        assertThat(chi).isLessThan(cells - 1 + 6 * Math.sqrt(2.0 * cells));
        assertThat(chi).isGreaterThan(cells - 1 - 6 * Math.sqrt(2.0 * cells));
    }

    /** What the pass measures is the diagonal of K - K^, its sum after each landmark, and rows with a diagonal only are drawn. */
    @Test
    void residualsAreThoseOfDenseElimination() {
        for (Kernel kernel : TestKernels.all(5)) {
            for (Precision precision : Precision.values()) {
                Matrix rows = TestKernels.floats(TestKernels.rows(120, 5, TestKernels.positive(kernel), 2));
                int[] pivots = {5, 100, 3};
                Matrix k = TestKernels.plain(kernel, rows, rows);
                Matrix landmarks = TestKernels.rowsOf(rows, pivots);
                Matrix factor = Dense.cholesky(TestKernels.plain(kernel, landmarks, landmarks));
                Triangle packed = new Triangle(3, new double[] {
                    factor.get(0, 0),
                    factor.get(0, 1),
                    factor.get(1, 1),
                    factor.get(0, 2),
                    factor.get(1, 2),
                    factor.get(2, 2)
                });
                PivotPass.Draws draws =
                        table(rows, precision, 64).pass(new PivotPass(kernel, landmarks, packed, 1, 0, 200));
                double[] expected = residuals(k, pivots);
                double trace = sum(residuals(k));
                // Landmarks of the linear kernel in 5 dimensions may be ill placed: the factor's condition enters.
                double tolerance = trace * (precision == Precision.DOUBLE ? 1e-12 : 1e-4);
                assertThat(Math.abs(draws.left() - sum(expected)))
                        .as("%s %s", kernel, precision)
                        .isLessThan(tolerance);
                assertThat(Math.abs(draws.trace() - trace)).isLessThan(tolerance);
                for (int j = 1; j <= 3; j++) {
                    double captured = sum(Arrays.copyOf(draws.captured(), j));
                    double after = sum(residuals(k, Arrays.copyOf(pivots, j)));
                    assertThat(Math.abs(trace - captured - after)).isLessThan(tolerance);
                }
                for (int t = 0; t < 200; t++) {
                    int row = (int) draws.rows()[t];
                    assertThat(Math.abs(draws.weights()[t] - expected[row])).isLessThan(tolerance);
                    assertThat(draws.weights()[t]).isGreaterThan(0);
                    assertThat(draws.values()[5 * t + 2]).isEqualTo(rows.get(row, 2));
                }
                assertThat(draws.rows()).doesNotContain(5, 100, 3);
            }
        }
    }

    /** The draws of one pass have chances proportional to the diagonal, across blocks and leaves. */
    @Test
    void drawsOfAPassFollowTheDiagonal() {
        Matrix rows = TestKernels.rows(40, 2, false, 3);
        Kernel kernel = new TestKernels.Linear();
        double[] weights = residuals(TestKernels.plain(kernel, rows, rows));
        int[] counts = new int[40];
        int trials = 40;
        Triangle none = new Triangle(0, new double[0]);
        for (int seed = 0; seed < trials; seed++) {
            for (long row : table(rows, Precision.DOUBLE, 8)
                    .pass(new PivotPass(kernel, Matrix.zeros(0, 2), none, seed, 3, 500))
                    .rows()) {
                counts[(int) row]++;
            }
        }
        double chi = 0;
        for (int i = 0; i < 40; i++) {
            double expected = 500.0 * trials * weights[i] / sum(weights);
            chi += (counts[i] - expected) * (counts[i] - expected) / expected;
        }
        assertThat(chi).isBetween(39 - 5 * Math.sqrt(78), 39 + 5 * Math.sqrt(78));
    }

    @Test
    void stopsAsSoonAsTheToleranceIsMet() {
        Matrix rows = TestKernels.rows(500, 3, false, 4);
        Kernel kernel = new Gaussian(2);
        for (double tolerance : new double[] {0.3, 0.01, 1e-4}) {
            Landmarks.Chosen chosen =
                    new RpCholesky(300, 1, tolerance).choose(table(rows, Precision.DOUBLE, 64), kernel);
            int m = chosen.count();
            assertThat(m).isLessThan(300);
            assertThat(chosen.left()).hasSize(m);
            double left = LandmarksContract.traceLeft(kernel, rows, chosen.points()) / 500;
            assertThat(left).isLessThanOrEqualTo(tolerance);
            assertThat(Math.abs(left - chosen.left()[m - 1])).isLessThan(1e-9);
            int[] fewer = new int[m - 1];
            Arrays.setAll(fewer, j -> j);
            if (m > 1) {
                Matrix before = TestKernels.rowsOf(chosen.points(), fewer);
                assertThat(LandmarksContract.traceLeft(kernel, rows, before) / 500)
                        .isGreaterThan(tolerance);
            }
        }
        Landmarks.Chosen few = new RpCholesky(4, 1, 1e-6).choose(table(rows, Precision.DOUBLE, 64), kernel);
        assertThat(few.count()).isEqualTo(4);
        assertThat(few.notes()).anySatisfy(note -> assertThat(note).contains("more are needed"));
        assertThat(few.left()).hasSize(4);
    }

    @Test
    void stopsAtTheRankOfTheKernel() {
        Matrix rows = TestKernels.rows(300, 4, false, 5);
        for (Precision precision : Precision.values()) {
            Landmarks.Chosen chosen =
                    new RpCholesky(60, 2, 0).choose(table(rows, precision, 64), new TestKernels.Linear());
            assertThat(chosen.count()).isEqualTo(4);
            assertThat(chosen.notes()).anySatisfy(note -> assertThat(note).contains("rank 4"));
        }
    }

    @Test
    void aKernelThatIsZeroIsRefused() {
        RowBlocks zero = table(Matrix.zeros(50, 2), Precision.DOUBLE, 64);
        assertThatThrownBy(() -> new RpCholesky(3, 2, 0).choose(zero, new TestKernels.Linear()))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("0 for every row");
    }
}
