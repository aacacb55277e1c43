package lowrank.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The matrix types and pass marks of LAPACK's own tests (svd.in, dtest.in, sep.in). */
class DenseTest {
    private static final double ULP = 0x1p-52;
    private static final double QR_PASS = 30;
    private static final double SVD_PASS = 50;
    private static final double EIGEN_PASS = 60;

    /** Where squares underflow and overflow, as svd.in scales. */
    private static final double TINY = Double.MIN_NORMAL / ULP;

    private static final double HUGE = Double.MAX_VALUE * ULP;

    enum Type {
        ZERO,
        IDENTITY,
        GRADED_TO_ULP,
        ONE_LARGE,
        ONE_SMALL,
        CONDITION_2,
        CONDITION_3E7,
        CONDITION_9E14,
        GRADED_NEAR_UNDERFLOW,
        GRADED_NEAR_OVERFLOW,
        LAST_HALF_ZERO
    }

    private static final int[][] SIZES = {
        {0, 0}, {0, 3}, {3, 0}, {1, 0}, {1, 1}, {1, 2}, {2, 1}, {3, 3}, {10, 16}, {16, 10}, {40, 30}, {30, 40},
        {40, 40}, {100, 20}
    };

    static Stream<Arguments> matrices() {
        return Arrays.stream(Type.values())
                .flatMap(type -> Arrays.stream(SIZES).map(size -> Arguments.of(type, size[0], size[1])));
    }

    private static Matrix random(int rows, int cols, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Matrix m = Matrix.zeros(rows, cols);
        Arrays.setAll(m.values(), i -> random.nextDouble() * 2 - 1);
        return m;
    }

    private static double[] diagonal(Type type, int k) {
        double[] d = new double[k];
        for (int i = 0; i < k; i++) {
            double position = k == 1 ? 0 : i / (k - 1.0);
            d[i] = switch (type) {
                case ZERO -> 0;
                case IDENTITY -> 1;
                case GRADED_TO_ULP -> Math.pow(ULP, position);
                case ONE_LARGE -> i == 0 ? 1 : ULP;
                case ONE_SMALL -> i == k - 1 ? ULP : 1;
                case CONDITION_2 -> Math.pow(2, -position);
                case CONDITION_3E7 -> Math.pow(3e7, -position);
                case CONDITION_9E14 -> Math.pow(9e14, -position);
                case GRADED_NEAR_UNDERFLOW -> TINY * Math.pow(ULP, position);
                case GRADED_NEAR_OVERFLOW -> HUGE * Math.pow(ULP, position);
                case LAST_HALF_ZERO -> i < (k + 1) / 2 ? 1 : 0;
            };
        }
        return d;
    }

    /** U diag(d) V^T with random orthonormal factors and signs; the identity and zero as they are. */
    private static Matrix matrix(Type type, int m, int n) {
        int k = Math.min(m, n);
        Matrix a = Matrix.zeros(m, n);
        if (type == Type.ZERO || type == Type.IDENTITY) {
            for (int i = 0; i < k; i++) {
                a.set(i, i, type == Type.ZERO ? 0 : 1);
            }
            return a;
        }
        Matrix u = Dense.qr(random(m, k, 1)).q();
        Matrix v = Dense.qr(random(n, k, 2)).q();
        double[] d = diagonal(type, k);
        for (int i = 1; i < k; i += 3) {
            d[i] = -d[i];
        }
        return u.scaleColumns(d).times(v.transpose());
    }

    /** Times a power of two that makes the largest entry about 1, so that the measurement itself stays in range. */
    private static double toUnit(Matrix a) {
        double largest = Arrays.stream(a.values()).map(Math::abs).max().orElse(0);
        return largest == 0 ? 1 : Math.scalb(1.0, -Math.getExponent(largest));
    }

    private static Matrix scaled(Matrix a, double factor) {
        double[] values = Arrays.stream(a.values()).map(x -> x * factor).toArray();
        return new Matrix(a.rows(), a.cols(), values);
    }

    private static Matrix difference(Matrix a, Matrix b) {
        Matrix d = Matrix.zeros(a.rows(), a.cols());
        Arrays.setAll(d.values(), i -> a.values()[i] - b.values()[i]);
        return d;
    }

    /** The largest sum of magnitudes of a column. */
    private static double norm(Matrix a) {
        double norm = 0;
        for (int j = 0; j < a.cols(); j++) {
            double sum = 0;
            for (int i = 0; i < a.rows(); i++) {
                sum += Math.abs(a.get(i, j));
            }
            norm = Math.max(norm, sum);
        }
        return norm;
    }

    @ParameterizedTest
    @MethodSource("matrices")
    void singularFactorsPassTheRatiosOfLapack(Type type, int m, int n) {
        Matrix a = matrix(type, m, n);
        Dense.SmallSvd svd = Dense.svd(a);
        int k = Math.min(m, n);
        assertThat(svd.s()).hasSize(k);
        assertThat(svd.u().cols()).isEqualTo(k);
        assertThat(svd.v().cols()).isEqualTo(k);
        double unit = toUnit(a);
        Matrix rebuilt =
                scaled(svd.u().scaleColumns(svd.s()), unit).times(svd.v().transpose());
        Matrix unitA = scaled(a, unit);
        assertThat(norm(difference(rebuilt, unitA))).isLessThanOrEqualTo(SVD_PASS * Math.max(m, n) * ULP * norm(unitA));
        assertThat(svd.u().orthogonalityDefect()).isLessThanOrEqualTo(SVD_PASS * m * ULP);
        assertThat(svd.v().orthogonalityDefect()).isLessThanOrEqualTo(SVD_PASS * n * ULP);
        double[] expected = diagonal(type, k);
        for (int j = 0; j < k; j++) {
            assertThat(svd.s()[j]).isBetween(0.0, j == 0 ? Double.MAX_VALUE : svd.s()[j - 1]);
            assertThat(svd.s()[j] * unit)
                    .isCloseTo(expected[j] * unit, within(SVD_PASS * Math.max(m, n) * ULP * expected[0] * unit));
        }
    }

    @ParameterizedTest
    @MethodSource("matrices")
    void pivotedTriangleDescendsAndKeepsTheSingularValues(Type type, int m, int n) {
        Matrix a = matrix(type, m, n);
        Dense.PivotedR qr = Dense.qrPivoted(a);
        int k = Math.min(m, n);
        assertThat(qr.r().rows()).isEqualTo(k);
        assertThat(qr.r().cols()).isEqualTo(n);
        assertThat(Arrays.stream(qr.pivots()).sorted())
                .containsExactly(java.util.stream.IntStream.range(0, n).boxed().toArray(Integer[]::new));
        double[] s = Dense.svd(a).s();
        double[] kept = Dense.svd(qr.r()).s();
        for (int j = 0; j < k; j++) {
            for (int i = j + 1; i < k; i++) {
                assertThat(qr.r().get(i, j)).isZero();
            }
            double previous = j == 0 ? Double.MAX_VALUE : Math.abs(qr.r().get(j - 1, j - 1));
            assertThat(Math.abs(qr.r().get(j, j))).isLessThanOrEqualTo(previous * (1 + QR_PASS * m * ULP));
            assertThat(Math.abs(kept[j] - s[j]))
                    .isLessThanOrEqualTo((QR_PASS + 2 * SVD_PASS) * Math.max(m, n) * ULP * s[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("matrices")
    void orthogonalFactorIsOrthonormalWhateverTheRank(Type type, int m, int n) {
        if (m < n) {
            assertThatThrownBy(() -> Dense.qr(matrix(type, m, n))).isInstanceOf(IllegalArgumentException.class);
            return;
        }
        Matrix a = matrix(type, m, n);
        Dense.SmallQr qr = Dense.qr(a);
        double unit = toUnit(a);
        Matrix unitA = scaled(a, unit);
        Matrix rebuilt = qr.q().times(scaled(qr.r(), unit));
        assertThat(norm(difference(rebuilt, unitA))).isLessThanOrEqualTo(QR_PASS * m * ULP * norm(unitA));
        assertThat(qr.q().orthogonalityDefect()).isLessThanOrEqualTo(QR_PASS * m * ULP);
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void eigenvectorsDiagonalise(Type type) {
        for (int n : new int[] {0, 1, 2, 3, 16, 40}) {
            Matrix v = Dense.qr(random(n, n, 3)).q();
            double[] d = diagonal(type, n);
            Matrix half = v.scaleColumns(d).times(v.transpose());
            Matrix a = Matrix.zeros(n, n);
            for (int j = 0; j < n; j++) {
                for (int i = 0; i < n; i++) {
                    a.set(i, j, half.get(Math.min(i, j), Math.max(i, j)));
                }
            }
            Dense.SmallEigen eigen = Dense.eigen(a);
            double unit = toUnit(a);
            Matrix left = scaled(a, unit).times(eigen.v());
            Matrix right = scaled(eigen.v().scaleColumns(eigen.w()), unit);
            assertThat(norm(difference(left, right))).isLessThanOrEqualTo(EIGEN_PASS * n * ULP * norm(scaled(a, unit)));
            assertThat(eigen.v().orthogonalityDefect()).isLessThanOrEqualTo(EIGEN_PASS * n * ULP);
            assertThat(eigen.w()).isSorted();
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 1e-290, 1e290})
    void choleskyFactorMultipliesToTheMatrix(double scale) {
        for (int n : new int[] {0, 1, 2, 16, 40}) {
            Matrix root = random(n + 2, n, 4);
            Matrix unit = root.transposeTimes(root);
            Matrix r = Dense.cholesky(scaled(unit, scale));
            Matrix unitR = scaled(r, 1 / Math.sqrt(scale));
            assertThat(norm(difference(unitR.transposeTimes(unitR), unit)))
                    .isLessThanOrEqualTo(QR_PASS * n * ULP * norm(unit));
        }
    }

    @Test
    void choleskyOfAnIndefiniteMatrixNamesTheMinor() {
        Matrix a = Matrix.identity(4);
        a.set(2, 2, -1);
        assertThatThrownBy(() -> Dense.cholesky(a))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("order 3");
    }

    @Test
    void solvingUndoesMultiplying() {
        Matrix r = Dense.cholesky(scaled(Matrix.identity(9), 4));
        for (int j = 1; j < 9; j++) {
            r.set(j - 1, j, 0.5);
        }
        for (int rows : new int[] {0, 1, 5}) {
            Matrix x = random(rows, 9, 5);
            Matrix solved = Dense.solveRight(x.times(r), r);
            assertThat(norm(difference(solved, x))).isLessThanOrEqualTo(QR_PASS * 9 * ULP * norm(x));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void whatIsNotFiniteIsRefused(double value) {
        Matrix a = random(6, 6, 6);
        a.set(2, 3, value);
        assertThatThrownBy(() -> Dense.svd(a)).isInstanceOf(NumericalException.class);
        assertThatThrownBy(() -> Dense.qr(a)).isInstanceOf(NumericalException.class);
        assertThatThrownBy(() -> Dense.qrPivoted(a)).isInstanceOf(NumericalException.class);
        assertThatThrownBy(() -> Dense.eigen(a)).isInstanceOf(NumericalException.class);
        assertThatThrownBy(() -> Dense.cholesky(a)).isInstanceOf(NumericalException.class);
        assertThatThrownBy(() -> Dense.eigenvalues(a)).isInstanceOf(NumericalException.class);
        assertThatThrownBy(() -> Dense.singularValues(a)).isInstanceOf(NumericalException.class);
        assertThatThrownBy(() -> Dense.triangle(a)).isInstanceOf(NumericalException.class);
    }

    @ParameterizedTest
    @MethodSource("matrices")
    void valuesAloneAndThoseOfTheTriangleAreThoseOfTheMatrix(Type type, int m, int n) {
        Matrix a = matrix(type, m, n);
        double[] s = Dense.svd(a).s();
        Matrix r = Dense.triangle(a);
        assertThat(r.rows()).isEqualTo(Math.min(m, n));
        double tolerance = (QR_PASS + 2 * SVD_PASS) * Math.max(m, n) * ULP * (s.length == 0 ? 0 : s[0]);
        assertThat(Dense.singularValues(a)).containsExactly(s, within(tolerance));
        assertThat(Dense.singularValues(r)).containsExactly(s, within(tolerance));
    }

    /** c_0 + c_1 x + ... + x^n vanishes at the eigenvalues of its companion matrix. */
    @Test
    void eigenvaluesOfACompanionAreTheRoots() {
        // (x - 3)(x + 2)(x^2 - 2x + 5): roots 3, -2 and 1 +- 2i.
        double[] c = {-30, 7, 1, -3};
        Matrix a = Matrix.zeros(4, 4);
        for (int i = 0; i < 4; i++) {
            a.set(i, 3, -c[i]);
            if (i > 0) {
                a.set(i, i - 1, 1);
            }
        }
        Dense.Eigenvalues values = Dense.eigenvalues(a);
        double tolerance = EIGEN_PASS * 4 * ULP * norm(a);
        double[][] roots = {{3, 0}, {-2, 0}, {1, 2}, {1, -2}};
        for (double[] root : roots) {
            double nearest = Double.POSITIVE_INFINITY;
            for (int j = 0; j < 4; j++) {
                nearest = Math.min(nearest, Math.hypot(values.real()[j] - root[0], values.imaginary()[j] - root[1]));
            }
            assertThat(nearest).isLessThan(tolerance);
        }
    }

    @Test
    void onlySquareMatricesHaveEigenvalues() {
        assertThatThrownBy(() -> Dense.eigenvalues(Matrix.zeros(2, 3))).hasMessageContaining("2 x 3");
        assertThat(Dense.eigenvalues(Matrix.zeros(0, 0)).real()).isEmpty();
    }
}
