package lowrank.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OffHeapTest {
    /** Widths on both sides of whole cache lines. */
    @ParameterizedTest
    @CsvSource({"1,1", "3,7", "5,8", "2,17", "64,24"})
    void rowsBecomeColumnsAtADistance(int count, int width) {
        double[] rows = new double[count * width];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = i;
        }
        int distance = count + 2;
        try (Arena arena = new Arena()) {
            long target = arena.doubles((long) distance * width);
            double[] columns = new double[distance * width];
            Arrays.fill(columns, -1);
            OffHeap.put(target, columns, 0, columns.length);
            OffHeap.putTransposed(rows, count, width, target, distance);
            OffHeap.get(target, columns, 0, columns.length);
            for (int j = 0; j < width; j++) {
                for (int i = 0; i < distance; i++) {
                    assertThat(columns[j * distance + i]).isEqualTo(i < count ? rows[i * width + j] : -1);
                }
            }
        }
    }

    @Test
    void numbersOfAnySizeAreFinite() {
        double[] values = new double[2 * OffHeap.TILE + 5];
        Arrays.fill(values, -Double.MAX_VALUE);
        values[7] = Double.MIN_VALUE;
        assertThat(finite(values)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, OffHeap.TILE, 2 * OffHeap.TILE + 3, 2 * OffHeap.TILE + 4})
    void oneThatIsNotIsFound(int at) {
        for (double wrong : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            double[] values = new double[2 * OffHeap.TILE + 5];
            values[at] = wrong;
            assertThat(finite(values)).isFalse();
        }
    }

    private static boolean finite(double[] values) {
        try (Arena arena = new Arena()) {
            long address = arena.doubles(values.length);
            OffHeap.put(address, values, 0, values.length);
            return OffHeap.allFinite(address, values.length);
        }
    }
}
