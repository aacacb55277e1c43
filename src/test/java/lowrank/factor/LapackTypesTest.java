package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.MatrixRows;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * LAPACK's own acceptance of its SVD (TESTING/svd.in, EIG/ddrvbd.f): matrix types, sizes, ratios and their threshold. Sizes without
 * rows or columns are left out: such input is refused before, as EdgeCasesTest holds.
 */
class LapackTypesTest {
    private static final double ULP = 0x1p-52;

    /** The threshold of svd.in. */
    private static final double THRESHOLD = 50;

    static final int[][] SIZES = {
        {1, 1}, {1, 2}, {2, 1}, {3, 1}, {3, 3}, {10, 10}, {10, 16}, {16, 10}, {16, 16}, {30, 30}, {30, 40}, {40, 30},
        {40, 40}
    };

    /** Edges of blocks that divide nothing evenly. */
    static final int[] BLOCKS = {1, 3, 20};

    enum Type {
        ZERO,
        IDENTITY,
        /** Singular values evenly spaced from 1 to ulp. */
        EVEN,
        NEAR_UNDERFLOW,
        NEAR_OVERFLOW;

        Matrix matrix(int m, int n, long seed) {
            int k = Math.min(m, n);
            double[] s = new double[k];
            for (int j = 0; j < k; j++) {
                s[j] = 1 - (k == 1 ? 0 : j * (1 - ULP) / (k - 1));
            }
            return switch (this) {
                case ZERO -> Matrix.zeros(m, n);
                case IDENTITY -> identity(m, n);
                case EVEN -> signed(m, n, s, seed);
                case NEAR_UNDERFLOW -> signed(m, n, Magnitude.divided(s, ULP / Double.MIN_NORMAL), seed);
                case NEAR_OVERFLOW -> signed(m, n, Magnitude.divided(s, 1 / (Double.MAX_VALUE * ULP)), seed);
            };
        }

        private static Matrix identity(int m, int n) {
            Matrix eye = Matrix.zeros(m, n);
            for (int i = 0; i < Math.min(m, n); i++) {
                eye.set(i, i, 1);
            }
            return eye;
        }

        /** With random signs. */
        private static Matrix signed(int m, int n, double[] s, long seed) {
            Philox random = new Philox(seed, 7);
            double[] signed = s.clone();
            for (int j = 0; j < s.length; j++) {
                signed[j] *= random.uniformAt(j, 0) < 0.5 ? -1 : 1;
            }
            // Products before magnitudes: V D would underflow column by column.
            return Cases.orthonormal(m, s.length, seed)
                    .times(Cases.orthonormal(n, s.length, seed + 1)
                            .scaleColumns(signed)
                            .transpose());
        }
    }

    static List<Arguments> types() {
        List<Arguments> arguments = new ArrayList<>();
        for (Type type : Type.values()) {
            for (int blockRows : BLOCKS) {
                arguments.add(Arguments.of(type, blockRows));
            }
        }
        return arguments;
    }

    @ParameterizedTest
    @MethodSource("types")
    void ratiosAreBelowTheThreshold(Type type, int blockRows) {
        for (int[] size : SIZES) {
            MatrixRows source = source(type, size, blockRows);
            check(new Tsqr(new RankRule.Full(), false, false, true), source);
            check(new Lapack(new RankRule.Full(), false, false, true), source);
        }
    }

    static MatrixRows source(Type type, int[] size, int blockRows) {
        Matrix a = type.matrix(size[0], size[1], 100L * size[0] + size[1]);
        return new MatrixRows(a, "features", Precision.DOUBLE, new Layout(size[0], 2 * blockRows, blockRows));
    }

    private static void check(SvdAlgorithm algorithm, MatrixRows source) {
        Measured measured = Measured.of(algorithm, source, 7).requireFactors().requireTruthInside();
        for (double ratio : ratios(measured)) {
            assertThat(ratio).isLessThan(THRESHOLD);
        }
    }

    /** Of the error, of U and of V. */
    static double[] ratios(Measured measured) {
        int m = measured.exact().rows();
        int n = measured.exact().cols();
        return new double[] {
            measured.relativeError() / (Math.max(m, n) * ULP),
            measured.u().orthogonalityDefect() / (m * ULP),
            measured.svd().v().orthogonalityDefect() / (n * ULP)
        };
    }
}
