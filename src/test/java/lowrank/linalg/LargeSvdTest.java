package lowrank.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LargeSvdTest {
    private static final double ULP = 0x1p-52;

    /** LAPACK's pass mark of SVDs. */
    private static final double PASS = 50;

    private static double[] random(int count, long seed) {
        return new SplittableRandom(seed).doubles(count, -1, 1).toArray();
    }

    private static long store(Arena arena, double[] rows) {
        long address = arena.doubles(rows.length);
        OffHeap.put(address, rows, 0, rows.length);
        return address;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /** 1 x 1, square, wide and tall, on both sides of the aspect from which a QR goes first, and of a strip. */
    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "7,1", "5,5", "40,60", "60,40", "40,61", "61,40", "65,129", "129,65", "200,3", "3,200"})
    void factorsAndValuesAreThoseOfTheMatrix(int rows, int cols) {
        double[] values = random(rows * cols, 31L * rows + cols);
        try (Arena arena = new Arena()) {
            long a = store(arena, values);
            LargeSvd svd = LargeSvd.of(a, rows, cols, "a matrix", arena);
            int k = Math.min(rows, cols);
            double norm = svd.s()[0];
            Matrix u = Matrix.load(svd.u(), rows, k, rows);
            Matrix v = Matrix.load(svd.v(), cols, k, cols);
            // Column j of (U S) V^T transposed: rows of A side by side.
            Matrix difference =
                    new Matrix(cols, rows, values).minus(v.scaleColumns(svd.s()).times(u.transpose()));
            double limit = PASS * ULP * Math.max(rows, cols);
            assertThat(largest(difference.values())).isLessThanOrEqualTo(limit * norm);
            assertThat(u.orthogonalityDefect()).isLessThanOrEqualTo(limit);
            assertThat(v.orthogonalityDefect()).isLessThanOrEqualTo(limit);
            double[] alone = LargeSvd.values(a, rows, cols, "a matrix", arena);
            for (int j = 0; j < k; j++) {
                assertThat(Math.abs(alone[j] - svd.s()[j])).isLessThanOrEqualTo(limit * norm);
            }
        }
    }

    @Test
    void zerosHaveNoSingularValueButZero() {
        try (Arena arena = new Arena()) {
            long a = store(arena, new double[12 * 30]);
            assertThat(LargeSvd.of(a, 12, 30, "zeros", arena).s()).containsOnly(0);
            assertThat(LargeSvd.values(a, 12, 30, "zeros", arena)).containsOnly(0);
        }
    }

    @Test
    void infinitiesAreNamed() {
        double[] values = random(20, 1);
        values[13] = Double.NEGATIVE_INFINITY;
        try (Arena arena = new Arena()) {
            long a = store(arena, values);
            assertThatThrownBy(() -> LargeSvd.of(a, 4, 5, "layer.3.weight", arena))
                    .isInstanceOf(NumericalException.class)
                    .hasMessageContaining("layer.3.weight");
            assertThatThrownBy(() -> LargeSvd.values(a, 4, 5, "layer.3.weight", arena))
                    .isInstanceOf(NumericalException.class);
        }
    }
}
