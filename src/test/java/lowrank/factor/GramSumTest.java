package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;
import org.junit.jupiter.api.Test;

class GramSumTest {
    /** More rows in a leaf than floats sum, and triangles that are large enough to be merged in place. */
    private static final int ROWS = 40_000;

    private static final int COLS = 520;

    @Test
    void floatsStayWithinTheirBoundAndBitsDoNotDependOnTasks() {
        Matrix a = Cases.gaussian(ROWS, COLS, 3);
        Layout layout = new Layout(ROWS, 16384, 1024);
        Triangle exact = gram(a, Precision.DOUBLE, layout, 1);
        Triangle one = gram(a, Precision.FLOAT, layout, 1);
        assertThat(gram(a, Precision.FLOAT, layout, 3).values()).isEqualTo(one.values());
        assertThat(gram(a, Precision.DOUBLE, layout, 3).values()).isEqualTo(exact.values());
        // |error| <= (8192 + 2) u sum |a_i a_j|, and the sum is at most |a_i| |a_j|.
        double bound = (GramSum.FLOAT_ROWS + 2) * Precision.FLOAT.roundoff();
        double worst = 0;
        for (int j = 0; j < COLS; j++) {
            for (int i = 0; i <= j; i++) {
                double sizes = Math.sqrt(exact.get(i, i) * exact.get(j, j));
                worst = Math.max(worst, Math.abs(one.get(i, j) - exact.get(i, j)) / sizes);
            }
        }
        assertThat(worst).isPositive().isLessThan(bound);
    }

    private static Triangle gram(Matrix a, Precision precision, Layout layout, int tasks) {
        return LocalBlocks.of(new MatrixRows(a, "a", precision, layout), tasks).pass(new GramPass("Gram"));
    }
}
