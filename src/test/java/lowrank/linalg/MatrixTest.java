package lowrank.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixTest {
    /** Whole numbers, of which small products are exact. */
    private static Matrix counting(int rows, int cols) {
        Matrix m = Matrix.zeros(rows, cols);
        java.util.Arrays.setAll(m.values(), i -> i % 7 - 3);
        return m;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "3, 4, 5", "7, 1, 2", "1, 9, 1", "0, 3, 2", "2, 0, 3", "2, 3, 0", "0, 0, 0"})
    void productsAreSumsOverTheInnerDimension(int m, int k, int n) {
        Matrix a = counting(m, k);
        Matrix b = counting(k, n);
        Matrix expected = Matrix.zeros(m, n);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int l = 0; l < k; l++) {
                    sum += a.get(i, l) * b.get(l, j);
                }
                expected.set(i, j, sum);
            }
        }
        assertThat(a.times(b).values()).containsExactly(expected.values());
        assertThat(a.transpose().transposeTimes(b).values()).containsExactly(expected.values());
        assertThat(a.timesTranspose(b.transpose()).values()).containsExactly(expected.values());
    }

    @Test
    void innerDimensionsThatDifferAreRefused() {
        assertThatThrownBy(() -> counting(2, 3).times(counting(2, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 and 2");
    }

    @Test
    void transposeTwiceIsTheSame() {
        Matrix a = counting(3, 5);
        assertThat(a.transpose().get(4, 2)).isEqualTo(a.get(2, 4));
        assertThat(a.transpose().transpose().values()).containsExactly(a.values());
    }

    @Test
    void memoryRoundTripKeepsTheValues() {
        Matrix a = counting(3, 5);
        try (Arena arena = new Arena()) {
            assertThat(Matrix.load(a.store(arena), 3, 5, 3).values()).containsExactly(a.values());
            Matrix inner = Matrix.load(a.store(arena), 2, 5, 3);
            assertThat(inner.get(1, 4)).isEqualTo(a.get(1, 4));
        }
    }

    @Test
    void firstColumnsAreThoseThatThereAre() {
        assertThat(counting(3, 5).columns(2).values())
                .containsExactly(counting(3, 2).values());
        assertThatThrownBy(() -> counting(3, 5).columns(6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has 5");
    }

    @Test
    void sizesThatOverflowAreRefused() {
        assertThatThrownBy(() -> Matrix.zeros(1 << 16, 1 << 16)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> new Matrix(1 << 16, 1 << 16, new double[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4294967296");
        try (Arena arena = new Arena()) {
            assertThatThrownBy(() -> arena.allocate(-8)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 17})
    void triangleRoundTripsKeepTheUpperTriangle(int order) {
        Matrix square = counting(order, order);
        int ld = order + 3;
        try (Arena arena = new Arena()) {
            long address = arena.doubles((long) ld * order);
            for (int j = 0; j < order; j++) {
                OffHeap.put(address + 8L * ld * j, square.values(), j * order, order);
            }
            Triangle triangle = Triangle.load(address, order, ld);
            assertThat(triangle.values()).hasSize(Triangle.entries(order));
            long back = arena.doubles((long) ld * order);
            triangle.store(back, ld);
            Matrix unpacked = Matrix.load(back, order, order, ld);
            for (int j = 0; j < order; j++) {
                for (int i = 0; i < order; i++) {
                    double upper = i <= j ? square.get(i, j) : 0;
                    assertThat(unpacked.get(i, j)).isEqualTo(upper);
                    assertThat(triangle.square().get(i, j)).isEqualTo(upper);
                    assertThat(triangle.symmetric().get(i, j)).isEqualTo(square.get(Math.min(i, j), Math.max(i, j)));
                    assertThat(i > j || triangle.get(i, j) == upper).isTrue();
                    assertThat(triangle.plus(triangle).square().get(i, j)).isEqualTo(2 * upper);
                }
            }
        }
    }

    @Test
    void trianglesHaveAsManyEntriesAsTheirOrderSays() {
        assertThat(Triangle.entries(65_535)).isEqualTo(2_147_450_880);
        assertThatThrownBy(() -> Triangle.entries(65_536)).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> new Triangle(3, new double[5])).isInstanceOf(IllegalArgumentException.class);
        Triangle two = new Triangle(2, new double[3]);
        assertThatThrownBy(() -> two.plus(new Triangle(3, new double[6]))).isInstanceOf(IllegalArgumentException.class);
    }
}
