package lowrank.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SelfTestTest {
    private static final double SMALL = 1e-8;

    private enum Routine {
        GEMM,
        GEMM_ADDING,
        SYRK,
        TRSM,
        QR_TRIANGLE,
        FOLD_TRIANGLES,
        QR,
        QR_PIVOTED,
        CHOLESKY,
        EIGEN,
        EIGENVALUES,
        SVD
    }

    @ParameterizedTest
    @EnumSource(Routine.class)
    void aRoutineThatIsSlightlyWrongIsCaught(Routine routine) {
        assertThat(SelfTest.failure(new Wrong(new OpenBlas(), routine, x -> x + SMALL)))
                .isNotNull();
    }

    @ParameterizedTest
    @EnumSource(Routine.class)
    void aRoutineThatGivesNotANumberIsCaught(Routine routine) {
        assertThat(SelfTest.failure(new Wrong(new OpenBlas(), routine, x -> Double.NaN)))
                .isNotNull();
    }

    @Test
    void takesLittleTime() {
        Blas blas = new OpenBlas();
        for (int run = 0; run < 3; run++) {
            long start = System.nanoTime();
            assertThat(SelfTest.failure(blas)).isNull();
            System.out.printf("self-test, run %d: %.1f ms%n", run, (System.nanoTime() - start) / 1e6);
        }
    }

    /** Right but for one entry of what one routine computes in double. */
    private static final class Wrong implements Blas {
        private final Blas right;
        private final Routine routine;
        private final DoubleUnaryOperator error;

        Wrong(Blas right, Routine routine, DoubleUnaryOperator error) {
            this.right = right;
            this.routine = routine;
            this.error = error;
        }

        private void spoil(Routine done, Precision p, long address) {
            if (done == routine && p == Precision.DOUBLE) {
                OffHeap.putDouble(address, error.applyAsDouble(OffHeap.getDouble(address)));
            }
        }

        @Override
        public void gemm(
                Precision p,
                boolean transA,
                boolean transB,
                int m,
                int n,
                int k,
                double alpha,
                long a,
                int lda,
                long b,
                int ldb,
                double beta,
                long c,
                int ldc) {
            right.gemm(p, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
            spoil(beta == 0 ? Routine.GEMM : Routine.GEMM_ADDING, p, c + 8L * (m - 1 + (long) ldc * (n - 1)));
        }

        @Override
        public void syrk(
                Precision p, boolean trans, int n, int k, double alpha, long a, int lda, double beta, long c, int ldc) {
            right.syrk(p, trans, n, k, alpha, a, lda, beta, c, ldc);
            spoil(Routine.SYRK, p, c + 8L * ldc * (n - 1));
        }

        @Override
        public void trsm(
                Precision p,
                boolean left,
                boolean trans,
                int m,
                int n,
                double alpha,
                long a,
                int lda,
                long b,
                int ldb) {
            right.trsm(p, left, trans, m, n, alpha, a, lda, b, ldb);
            spoil(Routine.TRSM, p, b + 8L * ldb * (n - 1));
        }

        @Override
        public void qrTriangle(Precision p, int m, int n, long a, int lda, Arena arena) {
            right.qrTriangle(p, m, n, a, lda, arena);
            spoil(Routine.QR_TRIANGLE, p, a + 8L * lda * (n - 1));
        }

        @Override
        public void foldTriangles(int n, long r1, int ld1, long r2, int ld2, Arena arena) {
            right.foldTriangles(n, r1, ld1, r2, ld2, arena);
            spoil(Routine.FOLD_TRIANGLES, Precision.DOUBLE, r1 + 8L * ld1 * (n - 1));
        }

        @Override
        public void qr(int m, int n, long a, int lda, long r, int ldr, Arena arena) {
            right.qr(m, n, a, lda, r, ldr, arena);
            spoil(Routine.QR, Precision.DOUBLE, a);
        }

        @Override
        public void qrPivoted(int m, int n, long a, int lda, int[] pivots, Arena arena) {
            right.qrPivoted(m, n, a, lda, pivots, arena);
            spoil(Routine.QR_PIVOTED, Precision.DOUBLE, a);
        }

        @Override
        public int cholesky(int n, long a, int lda) {
            int info = right.cholesky(n, a, lda);
            spoil(Routine.CHOLESKY, Precision.DOUBLE, a);
            return info;
        }

        @Override
        public int eigen(int n, long a, int lda, double[] w) {
            int info = right.eigen(n, a, lda, w);
            spoil(Routine.EIGEN, Precision.DOUBLE, a);
            return info;
        }

        @Override
        public int svd(
                boolean iterate,
                int m,
                int n,
                long a,
                int lda,
                double[] s,
                long u,
                int ldu,
                long vt,
                int ldvt,
                Arena arena) {
            int info = right.svd(iterate, m, n, a, lda, s, u, ldu, vt, ldvt, arena);
            spoil(Routine.SVD, Precision.DOUBLE, u);
            return info;
        }

        @Override
        public int singularValues(int m, int n, long a, int lda, double[] s, Arena arena) {
            return right.singularValues(m, n, a, lda, s, arena);
        }

        @Override
        public int eigenvalues(int n, long a, int lda, double[] re, double[] im, Arena arena) {
            int info = right.eigenvalues(n, a, lda, re, im, arena);
            if (routine == Routine.EIGENVALUES) {
                re[0] = error.applyAsDouble(re[0]);
            }
            return info;
        }

        @Override
        public String name() {
            return right.name();
        }

        @Override
        public String description() {
            return right.description();
        }
    }
}
