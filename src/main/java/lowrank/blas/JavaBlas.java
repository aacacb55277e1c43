package lowrank.blas;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import dev.ludovic.netlib.lapack.JavaLAPACK;
import dev.ludovic.netlib.lapack.LAPACK;
import org.netlib.util.intW;

/**
 * The fallback: netlib's Java BLAS and LAPACK on heap copies of the operands. Right everywhere, about seven times slower
 * than {@link OpenBlas}; floats are computed in double and rounded.
 */
final class JavaBlas implements Blas {
    private final BLAS blas = JavaBLAS.getInstance();
    private final LAPACK lapack = JavaLAPACK.getInstance();

    /** Values from the first to the last of a column-major matrix, gaps between columns included. */
    private static int span(int rows, int cols, int ld) {
        return rows == 0 || cols == 0 ? 0 : Math.toIntExact((long) ld * (cols - 1) + rows);
    }

    private static double[] load(Precision p, long address, int count) {
        double[] values = new double[count];
        if (p == Precision.DOUBLE) {
            OffHeap.get(address, values, 0, count);
        } else {
            float[] floats = new float[count];
            OffHeap.get(address, floats, 0, count);
            for (int i = 0; i < count; i++) {
                values[i] = floats[i];
            }
        }
        return values;
    }

    private static void store(Precision p, long address, double[] values) {
        if (p == Precision.DOUBLE) {
            OffHeap.put(address, values, 0, values.length);
        } else {
            float[] floats = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                floats[i] = (float) values[i];
            }
            OffHeap.put(address, floats, 0, floats.length);
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
        double[] ha = load(p, a, transA ? span(k, m, lda) : span(m, k, lda));
        double[] hb = load(p, b, transB ? span(n, k, ldb) : span(k, n, ldb));
        double[] hc = load(p, c, span(m, n, ldc));
        blas.dgemm(transA ? "T" : "N", transB ? "T" : "N", m, n, k, alpha, ha, lda, hb, ldb, beta, hc, ldc);
        store(p, c, hc);
    }

    @Override
    public void syrk(
            Precision p, boolean trans, int n, int k, double alpha, long a, int lda, double beta, long c, int ldc) {
        double[] ha = load(p, a, trans ? span(k, n, lda) : span(n, k, lda));
        double[] hc = load(p, c, span(n, n, ldc));
        blas.dsyrk("U", trans ? "T" : "N", n, k, alpha, ha, lda, beta, hc, ldc);
        store(p, c, hc);
    }

    @Override
    public void trsm(
            Precision p, boolean left, boolean trans, int m, int n, double alpha, long a, int lda, long b, int ldb) {
        int order = left ? m : n;
        double[] ha = load(p, a, span(order, order, lda));
        double[] hb = load(p, b, span(m, n, ldb));
        blas.dtrsm(left ? "L" : "R", "U", trans ? "T" : "N", "N", m, n, alpha, ha, lda, hb, ldb);
        store(p, b, hb);
    }

    @Override
    public void qrTriangle(Precision p, int m, int n, long a, int lda, Arena arena) {
        double[] ha = load(p, a, span(m, n, lda));
        geqrf(m, n, ha, lda);
        store(p, a, ha);
    }

    private double[] geqrf(int m, int n, double[] a, int lda) {
        double[] tau = new double[Math.min(m, n)];
        double[] work = new double[Math.max(1, 64 * n)];
        intW info = new intW(0);
        lapack.dgeqrf(m, n, a, lda, tau, work, work.length, info);
        check("dgeqrf", info);
        return tau;
    }

    @Override
    public void foldTriangles(int n, long r1, int ld1, long r2, int ld2, Arena arena) {
        double[] upper = load(Precision.DOUBLE, r1, span(n, n, ld1));
        double[] lower = load(Precision.DOUBLE, r2, span(n, n, ld2));
        double[] stack = new double[Math.multiplyExact(2 * n, n)];
        for (int j = 0; j < n; j++) {
            System.arraycopy(upper, j * ld1, stack, j * 2 * n, j + 1);
            System.arraycopy(lower, j * ld2, stack, j * 2 * n + n, j + 1);
        }
        geqrf(2 * n, n, stack, 2 * n);
        for (int j = 0; j < n; j++) {
            System.arraycopy(stack, j * 2 * n, upper, j * ld1, j + 1);
        }
        store(Precision.DOUBLE, r1, upper);
    }

    @Override
    public void qr(int m, int n, long a, int lda, long r, int ldr, Arena arena) {
        double[] ha = load(Precision.DOUBLE, a, span(m, n, lda));
        double[] tau = geqrf(m, n, ha, lda);
        store(Precision.DOUBLE, a, ha);
        OpenBlas.copyUpper(n, a, lda, r, ldr);
        double[] work = new double[Math.max(1, 64 * n)];
        intW info = new intW(0);
        lapack.dorgqr(m, n, n, ha, lda, tau, work, work.length, info);
        check("dorgqr", info);
        store(Precision.DOUBLE, a, ha);
    }

    @Override
    public void qrPivoted(int m, int n, long a, int lda, int[] pivots, Arena arena) {
        double[] ha = load(Precision.DOUBLE, a, span(m, n, lda));
        int[] jpvt = new int[n];
        double[] work = new double[2 * n + (n + 1) * 64];
        intW info = new intW(0);
        lapack.dgeqp3(m, n, ha, lda, jpvt, new double[Math.min(m, n)], work, work.length, info);
        check("dgeqp3", info);
        for (int j = 0; j < n; j++) {
            pivots[j] = jpvt[j] - 1;
        }
        store(Precision.DOUBLE, a, ha);
    }

    @Override
    public int cholesky(int n, long a, int lda) {
        double[] ha = load(Precision.DOUBLE, a, span(n, n, lda));
        intW info = new intW(0);
        lapack.dpotrf("U", n, ha, lda, info);
        store(Precision.DOUBLE, a, ha);
        return info.val;
    }

    @Override
    public int eigen(int n, long a, int lda, double[] w) {
        double[] ha = load(Precision.DOUBLE, a, span(n, n, lda));
        double[] work = new double[1 + 6 * n + 2 * n * n];
        int[] iwork = new int[3 + 5 * n];
        intW info = new intW(0);
        lapack.dsyevd("V", "U", n, ha, lda, w, work, work.length, iwork, iwork.length, info);
        store(Precision.DOUBLE, a, ha);
        return info.val;
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
        int k = Math.min(m, n);
        double[] ha = load(Precision.DOUBLE, a, span(m, n, lda));
        double[] hu = new double[span(m, k, ldu)];
        double[] hv = new double[span(k, n, ldvt)];
        intW info = new intW(0);
        int longest = Math.max(m, n);
        if (iterate) {
            double[] work = new double[Math.max(3 * k + longest, 5 * k) + 64 * longest];
            lapack.dgesvd("S", "S", m, n, ha, lda, s, hu, ldu, hv, ldvt, work, work.length, info);
        } else {
            double[] work = new double[Math.addExact(4 * k * k + 7 * k, 64 * longest + longest)];
            lapack.dgesdd("S", m, n, ha, lda, s, hu, ldu, hv, ldvt, work, work.length, new int[8 * k], info);
        }
        store(Precision.DOUBLE, u, hu);
        store(Precision.DOUBLE, vt, hv);
        return info.val;
    }

    private static void check(String routine, intW info) {
        if (info.val != 0) {
            throw new IllegalStateException("LAPACK " + routine + " returned " + info.val);
        }
    }

    @Override
    public String name() {
        return "java";
    }

    @Override
    public String description() {
        return "netlib Java BLAS " + blas.getClass().getSimpleName();
    }
}
