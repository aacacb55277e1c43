package lowrank.blas;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import dev.ludovic.netlib.lapack.JavaLAPACK;
import dev.ludovic.netlib.lapack.LAPACK;
import java.util.Arrays;
import org.netlib.util.intW;

/**
 * The fallback: netlib's Java BLAS and LAPACK on heap copies of the operands. Right everywhere, about seven times slower
 * than {@link OpenBlas}; floats are computed in double and rounded.
 */
final class JavaBlas implements Blas {
    private final BLAS blas = JavaBLAS.getInstance();
    private final LAPACK lapack = JavaLAPACK.getInstance();

    /** A copy without gaps between columns: netlib insists on arrays as long as the last gap, and a gap may be another's. */
    private static double[] load(Precision p, long address, int rows, int cols, int ld) {
        double[] values = new double[Math.multiplyExact(rows, cols)];
        float[] floats = new float[p == Precision.FLOAT ? rows : 0];
        for (int j = 0; j < cols; j++) {
            long column = address + (long) ld * j * p.bytes();
            if (p == Precision.DOUBLE) {
                OffHeap.get(column, values, j * rows, rows);
            } else {
                OffHeap.get(column, floats, 0, rows);
                for (int i = 0; i < rows; i++) {
                    values[j * rows + i] = floats[i];
                }
            }
        }
        return values;
    }

    private static double[] load(long address, int rows, int cols, int ld) {
        return load(Precision.DOUBLE, address, rows, cols, ld);
    }

    private static void store(Precision p, long address, double[] values, int rows, int cols, int ld) {
        float[] floats = new float[p == Precision.FLOAT ? rows : 0];
        for (int j = 0; j < cols; j++) {
            long column = address + (long) ld * j * p.bytes();
            if (p == Precision.DOUBLE) {
                OffHeap.put(column, values, j * rows, rows);
            } else {
                for (int i = 0; i < rows; i++) {
                    floats[i] = (float) values[j * rows + i];
                }
                OffHeap.put(column, floats, 0, rows);
            }
        }
    }

    private static void store(long address, double[] values, int rows, int cols, int ld) {
        store(Precision.DOUBLE, address, values, rows, cols, ld);
    }

    /** The distance of columns without gaps, as LAPACK wants it for empty matrices too. */
    private static int tight(int rows) {
        return Math.max(1, rows);
    }

    /** What a product is added to: zeros where beta is 0, whatever is there. */
    private static double[] loadSum(Precision p, double beta, long c, int rows, int cols, int ld) {
        return beta == 0 ? new double[Math.multiplyExact(rows, cols)] : load(p, c, rows, cols, ld);
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
        int rowsA = transA ? k : m;
        int rowsB = transB ? n : k;
        double[] ha = load(p, a, rowsA, transA ? m : k, lda);
        double[] hb = load(p, b, rowsB, transB ? k : n, ldb);
        double[] hc = loadSum(p, beta, c, m, n, ldc);
        blas.dgemm(
                transA ? "T" : "N",
                transB ? "T" : "N",
                m,
                n,
                k,
                alpha,
                ha,
                tight(rowsA),
                hb,
                tight(rowsB),
                beta,
                hc,
                tight(m));
        store(p, c, hc, m, n, ldc);
    }

    @Override
    public void syrk(
            Precision p, boolean trans, int n, int k, double alpha, long a, int lda, double beta, long c, int ldc) {
        int rowsA = trans ? k : n;
        double[] ha = load(p, a, rowsA, trans ? n : k, lda);
        // With beta = 0 too: what is below the diagonal goes back as it came.
        double[] hc = load(p, c, n, n, ldc);
        if (beta == 0) {
            for (int j = 0; j < n; j++) {
                Arrays.fill(hc, j * n, j * n + j + 1, 0);
            }
        }
        blas.dsyrk("U", trans ? "T" : "N", n, k, alpha, ha, tight(rowsA), beta, hc, tight(n));
        store(p, c, hc, n, n, ldc);
    }

    @Override
    public void trsm(
            Precision p, boolean left, boolean trans, int m, int n, double alpha, long a, int lda, long b, int ldb) {
        int order = left ? m : n;
        double[] ha = load(p, a, order, order, lda);
        double[] hb = load(p, b, m, n, ldb);
        blas.dtrsm(left ? "L" : "R", "U", trans ? "T" : "N", "N", m, n, alpha, ha, tight(order), hb, tight(m));
        store(p, b, hb, m, n, ldb);
    }

    @Override
    public void qrTriangle(Precision p, int m, int n, long a, int lda, Arena arena) {
        double[] ha = load(p, a, m, n, lda);
        geqrf(m, n, ha);
        store(p, a, ha, m, n, lda);
    }

    /** Work per column: netlib's widest panel. */
    private static double[] panelWork(int n) {
        return new double[Math.max(1, Math.multiplyExact(64, n))];
    }

    private double[] geqrf(int m, int n, double[] a) {
        double[] tau = new double[Math.min(m, n)];
        double[] work = panelWork(n);
        intW info = new intW(0);
        lapack.dgeqrf(m, n, a, tight(m), tau, work, work.length, info);
        check("dgeqrf", info);
        return tau;
    }

    @Override
    public void foldTriangles(int n, long r1, int ld1, long r2, int ld2, Arena arena) {
        double[] upper = load(r1, n, n, ld1);
        double[] lower = load(r2, n, n, ld2);
        double[] stack = new double[Math.multiplyExact(2 * n, n)];
        for (int j = 0; j < n; j++) {
            System.arraycopy(upper, j * n, stack, j * 2 * n, j + 1);
            System.arraycopy(lower, j * n, stack, j * 2 * n + n, j + 1);
        }
        geqrf(2 * n, n, stack);
        for (int j = 0; j < n; j++) {
            System.arraycopy(stack, j * 2 * n, upper, j * n, j + 1);
        }
        store(r1, upper, n, n, ld1);
    }

    @Override
    public void qr(int m, int n, long a, int lda, long r, int ldr, Arena arena) {
        double[] ha = load(a, m, n, lda);
        double[] tau = geqrf(m, n, ha);
        store(a, ha, m, n, lda);
        OpenBlas.copyUpper(n, a, lda, r, ldr);
        double[] work = panelWork(n);
        intW info = new intW(0);
        lapack.dorgqr(m, n, n, ha, tight(m), tau, work, work.length, info);
        check("dorgqr", info);
        store(a, ha, m, n, lda);
    }

    @Override
    public void qrPivoted(int m, int n, long a, int lda, int[] pivots, Arena arena) {
        double[] ha = load(a, m, n, lda);
        int[] jpvt = new int[n];
        double[] work = new double[Math.addExact(2 * n, Math.multiplyExact(n + 1, 64))];
        intW info = new intW(0);
        lapack.dgeqp3(m, n, ha, tight(m), jpvt, new double[Math.min(m, n)], work, work.length, info);
        check("dgeqp3", info);
        for (int j = 0; j < n; j++) {
            pivots[j] = jpvt[j] - 1;
        }
        store(a, ha, m, n, lda);
    }

    @Override
    public int cholesky(int n, long a, int lda) {
        double[] ha = load(a, n, n, lda);
        intW info = new intW(0);
        lapack.dpotrf("U", n, ha, tight(n), info);
        store(a, ha, n, n, lda);
        return info.val;
    }

    @Override
    public int eigen(int n, long a, int lda, double[] w) {
        double[] ha = load(a, n, n, lda);
        double[] work = new double[Math.toIntExact(1 + 6L * n + 2L * n * n)];
        int[] iwork = new int[3 + 5 * n];
        intW info = new intW(0);
        lapack.dsyevd("V", "U", n, ha, tight(n), w, work, work.length, iwork, iwork.length, info);
        store(a, ha, n, n, lda);
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
        double[] ha = load(a, m, n, lda);
        double[] hu = new double[Math.multiplyExact(m, k)];
        double[] hv = new double[Math.multiplyExact(k, n)];
        intW info = new intW(0);
        int longest = Math.max(m, n);
        if (iterate) {
            double[] work = new double[Math.toIntExact(5L * k + 65L * longest)];
            lapack.dgesvd("S", "S", m, n, ha, tight(m), s, hu, tight(m), hv, tight(k), work, work.length, info);
        } else {
            double[] work = new double[Math.toIntExact(4L * k * k + 7L * k + 65L * longest)];
            lapack.dgesdd(
                    "S", m, n, ha, tight(m), s, hu, tight(m), hv, tight(k), work, work.length, new int[8 * k], info);
        }
        store(u, hu, m, k, ldu);
        store(vt, hv, k, n, ldvt);
        return info.val;
    }

    @Override
    public int singularValues(int m, int n, long a, int lda, double[] s, Arena arena) {
        int k = Math.min(m, n);
        intW info = new intW(0);
        double[] work = new double[Math.toIntExact(3L * k + Math.max(Math.max(m, n), 7L * k) + 65L * Math.max(m, n))];
        double[] none = new double[1];
        lapack.dgesdd(
                "N",
                m,
                n,
                load(a, m, n, lda),
                tight(m),
                s,
                none,
                tight(m),
                none,
                tight(n),
                work,
                work.length,
                new int[8 * k],
                info);
        return info.val;
    }

    @Override
    public int eigenvalues(int n, long a, int lda, double[] re, double[] im, Arena arena) {
        double[] work = panelWork(n);
        double[] none = new double[1];
        intW info = new intW(0);
        double[] ha = load(a, n, n, lda);
        lapack.dgeev("N", "N", n, ha, tight(n), re, im, none, 1, none, 1, work, work.length, info);
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
