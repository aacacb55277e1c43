package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.linalg.Matrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MomentsPassTest {
    /** The class promises (64 + 2) units of roundoff. */
    private static final double PROMISE = 66 * 0x1p-53;

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 1e3, 1e6})
    void squaresAboutTheMeanDoNotCancel(double mean) {
        int m = 5000;
        Matrix a = Cases.shifted(m, 3, mean, -1, 3);
        MatrixRows rows = new MatrixRows(a, "features", Precision.DOUBLE, new Layout(m, 512, 128));
        double[] pivot = new double[3];
        java.util.Arrays.setAll(pivot, j -> a.get(0, j));
        Packing packing = new Packing(pivot, Magnitude.filled(3, 1));
        Moments moments = LocalBlocks.of(rows, 3).pass(new MomentsPass(packing, true));
        assertThat(moments.count()).isEqualTo(m);
        for (int j = 0; j < 3; j++) {
            BigDecimal sum = BigDecimal.ZERO;
            double largest = 0;
            for (int i = 0; i < m; i++) {
                sum = sum.add(new BigDecimal(a.get(i, j) - pivot[j]));
                largest = Math.max(largest, Math.abs(a.get(i, j) - pivot[j]));
            }
            BigDecimal exact = sum.divide(BigDecimal.valueOf(m), MathContext.DECIMAL128);
            BigDecimal squares = BigDecimal.ZERO;
            for (int i = 0; i < m; i++) {
                squares = squares.add(
                        new BigDecimal(a.get(i, j) - pivot[j]).subtract(exact).pow(2));
            }
            assertThat(moments.mean()[j]).isCloseTo(exact.doubleValue(), within(PROMISE * largest));
            assertThat(moments.squareOf(j)).isCloseTo(squares.doubleValue(), within(PROMISE * squares.doubleValue()));
            assertThat(moments.largest()[j]).isGreaterThanOrEqualTo(largest);
        }
    }
}
