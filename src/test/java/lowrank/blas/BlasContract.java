package lowrank.blas;

import static lowrank.blas.Naive.abs;
import static lowrank.blas.Naive.distance;
import static lowrank.blas.Naive.gram;
import static lowrank.blas.Naive.identity;
import static lowrank.blas.Naive.norm;
import static lowrank.blas.Naive.plus;
import static lowrank.blas.Naive.symmetric;
import static lowrank.blas.Naive.times;
import static lowrank.blas.Naive.transpose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every implementation of {@link Blas} keeps, measured with the pass marks of the BLAS and LAPACK test suites. */
abstract class BlasContract {
    /** Of dblat3: error over ulp times the same sum of magnitudes. */
    private static final double BLAS_PASS = 16;

    /** Of dtest.in: residuals over size, norm and ulp. */
    private static final double QR_PASS = 30;

    /** Of svd.in. */
    private static final double SVD_PASS = 50;

    private static final int[] GAPS = {0, 3};

    private final Arena arena = new Arena();

    abstract Blas blas();

    @AfterEach
    void free() {
        arena.close();
    }

    /** LAPACK's ulp: the distance from 1 to the next larger number. */
    private static double ulp(Precision p) {
        return 2 * p.roundoff();
    }

    /** Entry by entry within the pass mark of BLAS; {@code magnitudes} are the same sums over magnitudes. */
    private static void assertRounded(double[][] actual, double[][] expected, double[][] magnitudes, Precision p) {
        for (int i = 0; i < actual.length; i++) {
            for (int j = 0; j < actual[i].length; j++) {
                assertThat(Math.abs(actual[i][j] - expected[i][j]))
                        .as("entry %d, %d", i, j)
                        .isLessThanOrEqualTo(BLAS_PASS * ulp(p) * magnitudes[i][j]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 1, 7", "5, 1, 3", "1, 6, 4", "7, 5, 1", "33, 17, 9", "65, 31, 129", "16, 16, 16"})
    void productsAgreeWithLoops(int m, int n, int k) {
        double[][] scalars = {{1, 0}, {1, 1}, {-0.7, 0.3}, {0, 0.5}};
        for (Precision p : Precision.values()) {
            for (int gap : GAPS) {
                for (int transposes = 0; transposes < 4; transposes++) {
                    boolean ta = (transposes & 1) != 0;
                    boolean tb = (transposes & 2) != 0;
                    for (double[] scalar : scalars) {
                        productAgrees(p, ta, tb, m, n, k, scalar[0], scalar[1], gap);
                    }
                }
            }
        }
    }

    private void productAgrees(
            Precision p, boolean ta, boolean tb, int m, int n, int k, double alpha, double beta, int gap) {
        Operand a = Operand.of(p, Operand.random(ta ? k : m, ta ? m : k, 1), gap, arena);
        Operand b = Operand.of(p, Operand.random(tb ? n : k, tb ? k : n, 2), 2 * gap, arena);
        // With beta = 0 what was in C is not read.
        double[][] c0 = beta == 0 ? new double[m][n] : Operand.random(m, n, 3);
        Operand c = beta == 0 ? Operand.result(p, m, n, gap, arena) : Operand.of(p, c0, gap, arena);
        blas().gemm(p, ta, tb, m, n, k, alpha, a.address(), a.ld(), b.address(), b.ld(), beta, c.address(), c.ld());
        double[][] opA = ta ? transpose(a.original()) : a.original();
        double[][] opB = tb ? transpose(b.original()) : b.original();
        double[][] old = beta == 0 ? c0 : c.original();
        double[][] expected = plus(alpha, times(opA, opB), beta, old);
        double[][] magnitudes = plus(Math.abs(alpha), times(abs(opA), abs(opB)), Math.abs(beta), abs(old));
        assertRounded(c.values(), expected, magnitudes, p);
        assertThat(c.gapsAreUntouched()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 7", "7, 1", "17, 9", "33, 129"})
    void symmetricProductsAgreeWithLoopsInTheUpperTriangleAlone(int n, int k) {
        double[][] scalars = {{1, 0}, {1, 1}, {-0.7, 0.3}};
        for (Precision p : Precision.values()) {
            for (int gap : GAPS) {
                for (boolean trans : new boolean[] {false, true}) {
                    for (double[] scalar : scalars) {
                        symmetricProductAgrees(p, trans, n, k, scalar[0], scalar[1], gap);
                    }
                }
            }
        }
    }

    private void symmetricProductAgrees(Precision p, boolean trans, int n, int k, double alpha, double beta, int gap) {
        Operand a = Operand.of(p, Operand.random(trans ? k : n, trans ? n : k, 4), gap, arena);
        Operand c = beta == 0 ? Operand.result(p, n, n, gap, arena) : Operand.of(p, Operand.triangle(n, 5), gap, arena);
        blas().syrk(p, trans, n, k, alpha, a.address(), a.ld(), beta, c.address(), c.ld());
        double[][] rows = trans ? transpose(a.original()) : a.original();
        double[][] old = beta == 0 ? new double[n][n] : symmetric(c.original());
        double[][] expected = plus(alpha, times(rows, transpose(rows)), beta, old);
        double[][] magnitudes = plus(Math.abs(alpha), times(abs(rows), transpose(abs(rows))), Math.abs(beta), abs(old));
        assertRounded(symmetric(c.values()), expected, magnitudes, p);
        assertLowerIsUntouched(c, n);
    }

    /** Below the diagonal NaN was put, and must still be there. */
    private static void assertLowerIsUntouched(Operand c, int n) {
        for (int j = 0; j < n; j++) {
            for (int i = j + 1; i < n; i++) {
                assertThat(c.get(i, j)).as("below the diagonal").isNaN();
            }
        }
        assertThat(c.gapsAreUntouched()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 7", "7, 1", "17, 9", "9, 17", "65, 33"})
    void solvesSatisfyTheirEquation(int m, int n) {
        for (Precision p : Precision.values()) {
            for (int gap : GAPS) {
                for (int kind = 0; kind < 4; kind++) {
                    boolean left = (kind & 1) != 0;
                    boolean trans = (kind & 2) != 0;
                    int order = left ? m : n;
                    Operand a = Operand.of(p, Operand.triangle(order, 6), gap, arena);
                    Operand b = Operand.of(p, Operand.random(m, n, 7), gap, arena);
                    double alpha = 0.75;
                    blas().trsm(p, left, trans, m, n, alpha, a.address(), a.ld(), b.address(), b.ld());
                    double[][] op = trans ? transpose(a.upper()) : a.upper();
                    double[][] x = b.values();
                    double[][] product = left ? times(op, x) : times(x, op);
                    double[][] magnitudes = left ? times(abs(op), abs(x)) : times(abs(x), abs(op));
                    double[][] right = plus(alpha, b.original(), 0, b.original());
                    assertRounded(product, right, plus(1, magnitudes, 1, abs(right)), p);
                    assertThat(b.gapsAreUntouched()).isTrue();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "5, 1", "2, 2", "7, 7", "40, 31", "65, 33", "300, 70"})
    void triangleHasTheGramMatrixOfItsRows(int m, int n) {
        for (Precision p : Precision.values()) {
            for (int gap : GAPS) {
                Operand a = Operand.of(p, Operand.random(m, n, 8), gap, arena);
                blas().qrTriangle(p, m, n, a.address(), a.ld(), arena);
                assertSameGram(gram(Arrays.copyOf(a.upper(), n)), gram(a.original()), norm(a.original()), m, p);
                assertThat(a.gapsAreUntouched()).isTrue();
            }
        }
    }

    /** R^T R = A^T A to what A = QR with a small residual implies. */
    private static void assertSameGram(double[][] actual, double[][] expected, double norm, int size, Precision p) {
        assertThat(distance(actual, expected)).isLessThan(QR_PASS * size * ulp(p) * norm * norm);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 31, 33, 70})
    void foldedTriangleHasTheSumOfBothGramMatrices(int n) {
        for (int gap : GAPS) {
            // NaN below both diagonals: what is not part of a triangle is not looked at.
            Operand first = Operand.of(Precision.DOUBLE, Operand.triangle(n, 9), gap, arena);
            Operand second = Operand.of(Precision.DOUBLE, Operand.triangle(n, 10), 2 * gap, arena);
            double[][] r1 = first.upper();
            double[][] r2 = second.upper();
            blas().foldTriangles(n, first.address(), first.ld(), second.address(), second.ld(), arena);
            double[][] expected = plus(1, gram(r1), 1, gram(r2));
            assertSameGram(gram(first.upper()), expected, norm(r1) + norm(r2), 2 * n, Precision.DOUBLE);
        }
    }

    @Test
    void foldingAZeroTriangleKeepsTheOther() {
        int n = 5;
        Operand first = Operand.of(Precision.DOUBLE, new double[n][n], 0, arena);
        Operand second = Operand.of(Precision.DOUBLE, Operand.triangle(n, 9), 0, arena);
        double[][] r2 = second.upper();
        blas().foldTriangles(n, first.address(), first.ld(), second.address(), second.ld(), arena);
        assertSameGram(gram(first.upper()), gram(r2), norm(r2), n, Precision.DOUBLE);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "5, 1", "7, 7", "65, 33", "200, 70"})
    void factorsMultiplyToTheMatrixAndQIsOrthonormal(int m, int n) {
        for (int gap : GAPS) {
            Operand a = Operand.of(Precision.DOUBLE, Operand.random(m, n, 11), gap, arena);
            Operand r = Operand.result(Precision.DOUBLE, n, n, 2 * gap, arena);
            blas().qr(m, n, a.address(), a.ld(), r.address(), r.ld(), arena);
            double unit = m * ulp(Precision.DOUBLE);
            assertThat(r.values()).as("zero below the diagonal").isDeepEqualTo(r.upper());
            assertThat(distance(times(a.values(), r.values()), a.original()))
                    .isLessThan(QR_PASS * unit * norm(a.original()));
            assertThat(distance(gram(a.values()), identity(n))).isLessThan(QR_PASS * unit);
            assertThat(a.gapsAreUntouched() && r.gapsAreUntouched()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "5, 1", "1, 5", "7, 7", "3, 8", "65, 33", "33, 65"})
    void pivotedTriangleDescendsAndBelongsToThePermutedColumns(int m, int n) {
        for (int gap : GAPS) {
            Operand a = Operand.of(Precision.DOUBLE, Operand.random(m, n, 12), gap, arena);
            int[] pivots = new int[n];
            blas().qrPivoted(m, n, a.address(), a.ld(), pivots, arena);
            int k = Math.min(m, n);
            assertThat(Arrays.stream(pivots).sorted().distinct().count()).isEqualTo(n);
            double[][] permuted = new double[m][n];
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    permuted[i][j] = a.original()[i][pivots[j]];
                }
            }
            double[][] r = Arrays.copyOf(a.upper(), k);
            assertSameGram(gram(r), gram(permuted), norm(permuted), Math.max(m, n), Precision.DOUBLE);
            for (int j = 1; j < k; j++) {
                assertThat(Math.abs(r[j][j]))
                        .isLessThanOrEqualTo(Math.abs(r[j - 1][j - 1]) * (1 + QR_PASS * m * ulp(Precision.DOUBLE)));
            }
            assertThat(a.gapsAreUntouched()).isTrue();
        }
    }

    /** The upper triangle of A A^T + 1, and NaN below. */
    private static double[][] positiveDefinite(int n) {
        double[][] root = Operand.random(n, n, 13);
        double[][] a = plus(1, times(root, transpose(root)), 1, identity(n));
        for (int i = 0; i < n; i++) {
            Arrays.fill(a[i], 0, i, Double.NaN);
        }
        return a;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 33, 70})
    void choleskyFactorMultipliesToTheMatrix(int n) {
        for (int gap : GAPS) {
            Operand a = Operand.of(Precision.DOUBLE, positiveDefinite(n), gap, arena);
            assertThat(blas().cholesky(n, a.address(), a.ld())).isZero();
            double[][] expected = symmetric(a.original());
            assertThat(distance(gram(a.upper()), expected))
                    .isLessThan(QR_PASS * n * ulp(Precision.DOUBLE) * norm(expected));
            assertLowerIsUntouched(a, n);
        }
    }

    @Test
    void choleskyNamesTheFirstMinorThatIsNotPositive() {
        double[][] values = positiveDefinite(7);
        values[4][4] = -1;
        Operand a = Operand.of(Precision.DOUBLE, values, 0, arena);
        assertThat(blas().cholesky(7, a.address(), a.ld())).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 33, 70})
    void eigenvectorsDiagonaliseTheUpperTriangle(int n) {
        for (int gap : GAPS) {
            double[][] upper = Operand.triangle(n, 14);
            Operand a = Operand.of(Precision.DOUBLE, upper, gap, arena);
            double[] w = new double[n];
            assertThat(blas().eigen(n, a.address(), a.ld(), w)).isZero();
            double[][] expected = symmetric(a.original());
            double[][] v = a.values();
            double unit = n * ulp(Precision.DOUBLE);
            assertThat(distance(times(expected, v), times(v, Naive.diagonal(w))))
                    .isLessThan(QR_PASS * unit * norm(expected));
            assertThat(distance(gram(v), identity(n))).isLessThan(QR_PASS * unit);
            assertThat(w).isSorted();
            assertThat(a.gapsAreUntouched()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1", "1, 5", "5, 1", "2, 2", "7, 7", "10, 16", "40, 30", "30, 40", "40, 40", "100, 9", "9, 100", "67, 41",
        "70, 200"
    })
    void singularVectorsRebuildTheMatrixAndAreOrthonormal(int m, int n) {
        for (boolean iterate : new boolean[] {false, true}) {
            for (int gap : GAPS) {
                int k = Math.min(m, n);
                Operand a = Operand.of(Precision.DOUBLE, Operand.random(m, n, 15), gap, arena);
                Operand u = Operand.result(Precision.DOUBLE, m, k, gap, arena);
                Operand vt = Operand.result(Precision.DOUBLE, k, n, 2 * gap, arena);
                double[] s = new double[k];
                int info = blas().svd(
                                iterate,
                                m,
                                n,
                                a.address(),
                                a.ld(),
                                s,
                                u.address(),
                                u.ld(),
                                vt.address(),
                                vt.ld(),
                                arena);
                assertThat(info).isZero();
                double ulp = ulp(Precision.DOUBLE);
                double[][] rebuilt = times(times(u.values(), Naive.diagonal(s)), vt.values());
                assertThat(distance(rebuilt, a.original()))
                        .isLessThan(SVD_PASS * Math.max(m, n) * ulp * norm(a.original()));
                assertThat(distance(gram(u.values()), identity(k))).isLessThan(SVD_PASS * m * ulp);
                assertThat(distance(gram(transpose(vt.values())), identity(k))).isLessThan(SVD_PASS * n * ulp);
                for (int j = 0; j < k; j++) {
                    assertThat(s[j]).isBetween(0.0, j == 0 ? Double.MAX_VALUE : s[j - 1]);
                }
                assertThat(u.gapsAreUntouched() && vt.gapsAreUntouched()).isTrue();
            }
        }
    }

    /**
     * Each is an eigenvalue of a matrix nearby: (A - lambda I) has a singular value of rounding. Together they are all: they sum to the
     * trace, and their squares to that of A A.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 33, 70})
    void eigenvaluesBelongToAMatrixNearbyAndAreAll(int n) {
        for (int gap : GAPS) {
            Operand a = Operand.of(Precision.DOUBLE, Operand.random(n, n, 18), gap, arena);
            double[] re = new double[n];
            double[] im = new double[n];
            assertThat(blas().eigenvalues(n, a.address(), a.ld(), re, im, arena))
                    .isZero();
            double[][] original = a.original();
            double unit = n * ulp(Precision.DOUBLE) * norm(original);
            for (int j = 0; j < n; j++) {
                assertThat(smallestSingularValue(original, re[j], im[j])).isLessThan(SVD_PASS * unit);
                if (im[j] != 0) {
                    int other = im[j] > 0 ? j + 1 : j - 1;
                    assertThat(re[other]).isEqualTo(re[j]);
                    assertThat(im[other]).isEqualTo(-im[j]);
                }
            }
            assertThat(Arrays.stream(re).sum()).isCloseTo(trace(original), within(QR_PASS * unit));
            double squares = 0;
            for (int j = 0; j < n; j++) {
                squares += re[j] * re[j] - im[j] * im[j];
            }
            assertThat(squares).isCloseTo(trace(times(original, original)), within(QR_PASS * unit * norm(original)));
            assertThat(a.gapsAreUntouched()).isTrue();
        }
    }

    private static double trace(double[][] a) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i][i];
        }
        return sum;
    }

    /** Of A - (x + i y) I, by the real matrix of twice the order. */
    private double smallestSingularValue(double[][] a, double x, double y) {
        int n = a.length;
        double[][] real = new double[2 * n][2 * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double shifted = a[i][j] - (i == j ? x : 0);
                real[i][j] = shifted;
                real[n + i][n + j] = shifted;
            }
            real[i][n + i] = y;
            real[n + i][i] = -y;
        }
        Operand shifted = Operand.of(Precision.DOUBLE, real, 0, arena);
        double[] s = new double[2 * n];
        assertThat(blas().singularValues(2 * n, 2 * n, shifted.address(), shifted.ld(), s, arena))
                .isZero();
        return s[2 * n - 1];
    }

    @Test
    void eigenvaluesOfARotationAreComplex() {
        Operand a = Operand.of(Precision.DOUBLE, new double[][] {{0.6, -0.8}, {0.8, 0.6}}, 0, arena);
        double[] re = new double[2];
        double[] im = new double[2];
        assertThat(blas().eigenvalues(2, a.address(), a.ld(), re, im, arena)).isZero();
        assertThat(re).containsExactly(new double[] {0.6, 0.6}, within(2 * ulp(Precision.DOUBLE)));
        assertThat(im).containsExactly(new double[] {0.8, -0.8}, within(2 * ulp(Precision.DOUBLE)));
    }

    /** Columns between those of a result belong to others, who may be writing them at the same time. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void tilesOfOneResultAreWrittenConcurrently(Precision p) throws InterruptedException {
        int m = 64;
        int n = 48;
        int k = 32;
        int tile = 8;
        Operand a = Operand.of(p, Operand.random(m, k, 16), 0, arena);
        Operand b = Operand.of(p, Operand.random(k, n, 17), 0, arena);
        for (int round = 0; round < 20; round++) {
            Operand c = Operand.result(p, m, n, 0, arena);
            Thread[] threads = new Thread[m / tile];
            for (int t = 0; t < threads.length; t++) {
                long rowBytes = (long) t * tile * p.bytes();
                threads[t] = new Thread(() -> blas().gemm(
                                p,
                                false,
                                false,
                                tile,
                                n,
                                k,
                                1,
                                a.address() + rowBytes,
                                a.ld(),
                                b.address(),
                                b.ld(),
                                0,
                                c.address() + rowBytes,
                                c.ld()));
                threads[t].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            double[][] expected = times(a.original(), b.original());
            assertRounded(c.values(), expected, times(abs(a.original()), abs(b.original())), p);
        }
    }

    @Test
    void selfTestFindsNothingWrong() {
        assertThat(SelfTest.failure(blas())).isNull();
    }
}
