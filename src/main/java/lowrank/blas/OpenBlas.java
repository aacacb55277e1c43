package lowrank.blas;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_full;

/** The bundled OpenBLAS through JavaCPP, on addresses: its array overloads copy every operand and are not used. */
final class OpenBlas implements Blas {
    private static final int COL_MAJOR = openblas_full.CblasColMajor;
    private static final int NO_TRANS = openblas_full.CblasNoTrans;
    private static final int TRANS = openblas_full.CblasTrans;
    private static final int UPPER = openblas_full.CblasUpper;
    private static final int LAPACK_COL_MAJOR = openblas_full.LAPACK_COL_MAJOR;

    private final String description;

    /** Loads the library. Throws {@link UnsatisfiedLinkError} and the like where it cannot. */
    OpenBlas() {
        Loader.load(openblas_full.class);
        // One thread per call, everywhere: a pool under concurrent tasks loses a third to a half.
        openblas_full.openblas_set_num_threads(1);
        // A NaN is named by the first pass, with its file and row; LAPACKE would stop before with a number.
        openblas_full.LAPACKE_set_nancheck(0);
        description = text(openblas_full.openblas_get_config()).replaceAll("^(OpenBLAS \\S+).*", "$1") + ", "
                + text(openblas_full.openblas_get_corename());
    }

    private static String text(BytePointer pointer) {
        return new String(pointer.getStringBytes(), StandardCharsets.US_ASCII).trim();
    }

    /** A pointer object over memory that an {@link Arena} owns. */
    private static final class Doubles extends DoublePointer {
        Doubles(long address) {
            super((org.bytedeco.javacpp.Pointer) null);
            this.address = address;
            this.limit = Long.MAX_VALUE;
            this.capacity = Long.MAX_VALUE;
        }
    }

    private static final class Floats extends FloatPointer {
        Floats(long address) {
            super((org.bytedeco.javacpp.Pointer) null);
            this.address = address;
            this.limit = Long.MAX_VALUE;
            this.capacity = Long.MAX_VALUE;
        }
    }

    private static final class Ints extends IntPointer {
        Ints(long address) {
            super((org.bytedeco.javacpp.Pointer) null);
            this.address = address;
            this.limit = Long.MAX_VALUE;
            this.capacity = Long.MAX_VALUE;
        }
    }

    private static DoublePointer d(long address) {
        return new Doubles(address);
    }

    private static FloatPointer f(long address) {
        return new Floats(address);
    }

    private static int trans(boolean t) {
        return t ? TRANS : NO_TRANS;
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
        int ta = trans(transA);
        int tb = trans(transB);
        if (p == Precision.DOUBLE) {
            openblas_full.cblas_dgemm(COL_MAJOR, ta, tb, m, n, k, alpha, d(a), lda, d(b), ldb, beta, d(c), ldc);
        } else {
            openblas_full.cblas_sgemm(
                    COL_MAJOR, ta, tb, m, n, k, (float) alpha, f(a), lda, f(b), ldb, (float) beta, f(c), ldc);
        }
    }

    @Override
    public void syrk(
            Precision p, boolean trans, int n, int k, double alpha, long a, int lda, double beta, long c, int ldc) {
        if (p == Precision.DOUBLE) {
            openblas_full.cblas_dsyrk(COL_MAJOR, UPPER, trans(trans), n, k, alpha, d(a), lda, beta, d(c), ldc);
        } else {
            openblas_full.cblas_ssyrk(
                    COL_MAJOR, UPPER, trans(trans), n, k, (float) alpha, f(a), lda, (float) beta, f(c), ldc);
        }
    }

    @Override
    public void trsm(
            Precision p, boolean left, boolean trans, int m, int n, double alpha, long a, int lda, long b, int ldb) {
        int side = left ? openblas_full.CblasLeft : openblas_full.CblasRight;
        int diag = openblas_full.CblasNonUnit;
        if (p == Precision.DOUBLE) {
            openblas_full.cblas_dtrsm(COL_MAJOR, side, UPPER, trans(trans), diag, m, n, alpha, d(a), lda, d(b), ldb);
        } else {
            openblas_full.cblas_strsm(
                    COL_MAJOR, side, UPPER, trans(trans), diag, m, n, (float) alpha, f(a), lda, f(b), ldb);
        }
    }

    /** Panel width of the blocked QR, by columns: wide panels amortise on wide matrices. */
    private static int panel(int n) {
        int width = n <= 256 ? 32 : n <= 1024 ? 64 : 128;
        return Math.max(1, Math.min(width, n));
    }

    @Override
    public void qrTriangle(Precision p, int m, int n, long a, int lda, Arena arena) {
        int nb = panel(n);
        long t = arena.allocate((long) nb * n, p);
        int info = p == Precision.DOUBLE
                ? openblas_full.LAPACKE_dgeqrt(LAPACK_COL_MAJOR, m, n, nb, d(a), lda, d(t), nb)
                : openblas_full.LAPACKE_sgeqrt(LAPACK_COL_MAJOR, m, n, nb, f(a), lda, f(t), nb);
        arena.free(t);
        check("geqrt", info);
    }

    /** Panel width of the folding of triangles: narrow, since half of each panel is zero. */
    private static int foldPanel(int n) {
        return Math.max(1, Math.min(n <= 256 ? 16 : 32, n));
    }

    @Override
    public void foldTriangles(int n, long r1, int ld1, long r2, int ld2, Arena arena) {
        int nb = foldPanel(n);
        long t = arena.doubles(2L * nb * n);
        long work = t + 8L * nb * n;
        // Without LAPACKE's check for NaN, which looks below the diagonals too, where anything may be.
        int info = openblas_full.LAPACKE_dtpqrt_work(
                LAPACK_COL_MAJOR, n, n, n, nb, d(r1), ld1, d(r2), ld2, d(t), nb, d(work));
        arena.free(t);
        check("tpqrt", info);
    }

    @Override
    public void qr(int m, int n, long a, int lda, long r, int ldr, Arena arena) {
        long tau = arena.doubles(n);
        check("geqrf", openblas_full.LAPACKE_dgeqrf(LAPACK_COL_MAJOR, m, n, d(a), lda, d(tau)));
        copyUpper(n, a, lda, r, ldr);
        check("orgqr", openblas_full.LAPACKE_dorgqr(LAPACK_COL_MAJOR, m, n, n, d(a), lda, d(tau)));
        arena.free(tau);
    }

    static void copyUpper(int n, long a, int lda, long r, int ldr) {
        for (int j = 0; j < n; j++) {
            OffHeap.copy(a + 8L * lda * j, r + 8L * ldr * j, 8L * (j + 1));
            OffHeap.zero(r + 8L * ldr * j + 8L * (j + 1), 8L * (n - j - 1));
        }
    }

    @Override
    public void qrPivoted(int m, int n, long a, int lda, int[] pivots, Arena arena) {
        long tau = arena.doubles(Math.min(m, n));
        long jpvt = arena.allocate(4L * n);
        OffHeap.zero(jpvt, 4L * n);
        int info = openblas_full.LAPACKE_dgeqp3(LAPACK_COL_MAJOR, m, n, d(a), lda, new Ints(jpvt), d(tau));
        OffHeap.getBits(jpvt, pivots, n);
        for (int j = 0; j < n; j++) {
            pivots[j]--;
        }
        arena.free(tau);
        arena.free(jpvt);
        check("geqp3", info);
    }

    @Override
    public int cholesky(int n, long a, int lda) {
        return openblas_full.LAPACKE_dpotrf(LAPACK_COL_MAJOR, (byte) 'U', n, d(a), lda);
    }

    @Override
    public int eigen(int n, long a, int lda, double[] w) {
        try (Arena arena = new Arena()) {
            long values = arena.doubles(n);
            int info = openblas_full.LAPACKE_dsyevd(LAPACK_COL_MAJOR, (byte) 'V', (byte) 'U', n, d(a), lda, d(values));
            OffHeap.get(values, w, 0, n);
            return info;
        }
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
        long values = arena.doubles(k);
        int info;
        if (iterate) {
            long superb = arena.doubles(k);
            info = openblas_full.LAPACKE_dgesvd(
                    LAPACK_COL_MAJOR,
                    (byte) 'S',
                    (byte) 'S',
                    m,
                    n,
                    d(a),
                    lda,
                    d(values),
                    d(u),
                    ldu,
                    d(vt),
                    ldvt,
                    d(superb));
            arena.free(superb);
        } else {
            info = openblas_full.LAPACKE_dgesdd(
                    LAPACK_COL_MAJOR, (byte) 'S', m, n, d(a), lda, d(values), d(u), ldu, d(vt), ldvt);
        }
        OffHeap.get(values, s, 0, k);
        arena.free(values);
        return info;
    }

    @Override
    public int singularValues(int m, int n, long a, int lda, double[] s, Arena arena) {
        int k = Math.min(m, n);
        long values = arena.doubles(k);
        int info = openblas_full.LAPACKE_dgesdd(
                LAPACK_COL_MAJOR, (byte) 'N', m, n, d(a), lda, d(values), d(values), m, d(values), n);
        OffHeap.get(values, s, 0, k);
        arena.free(values);
        return info;
    }

    @Override
    public int eigenvalues(int n, long a, int lda, double[] re, double[] im, Arena arena) {
        long values = arena.doubles(2L * n);
        long imaginary = values + 8L * n;
        byte none = (byte) 'N';
        int info = openblas_full.LAPACKE_dgeev(
                LAPACK_COL_MAJOR, none, none, n, d(a), lda, d(values), d(imaginary), d(values), n, d(values), n);
        OffHeap.get(values, re, 0, n);
        OffHeap.get(imaginary, im, 0, n);
        arena.free(values);
        return info;
    }

    private static void check(String routine, int info) {
        if (info != 0) {
            throw new IllegalStateException("LAPACK " + routine + " returned " + info);
        }
    }

    @Override
    public String name() {
        return "openblas";
    }

    @Override
    public String description() {
        return description;
    }
}
