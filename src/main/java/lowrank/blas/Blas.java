package lowrank.blas;

/**
 * The dozen BLAS and LAPACK routines this project uses, on addresses of column-major matrices ({@code ld} = distance of
 * columns). A row-major block of rows x width is read as its transpose, a width x rows matrix with {@code ld = width}.
 *
 * <p>Every call runs on the caller's thread alone and gives the same bits for the same operands at any address.
 */
public interface Blas {
    /** C = alpha op(A) op(B) + beta C; op(A) is m x k, op(B) is k x n. */
    void gemm(
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
            int ldc);

    /** Upper triangle of C = alpha A A^T + beta C (or A^T A when {@code trans}); C is n x n, the sum runs over k. */
    void syrk(Precision p, boolean trans, int n, int k, double alpha, long a, int lda, double beta, long c, int ldc);

    /** B = op(A)^-1 B ({@code left}) or B op(A)^-1, A upper triangular; B is m x n. */
    void trsm(Precision p, boolean left, boolean trans, int m, int n, double alpha, long a, int lda, long b, int ldb);

    /** Upper triangle of the m x n matrix A = R of A = Q R; what is below is destroyed. {@code m >= n}. */
    void qrTriangle(Precision p, int m, int n, long a, int lda, Arena arena);

    /** R1 = R of the QR factorisation of [R1; R2], both n x n upper triangles of doubles, not read below; R2 is destroyed. */
    void foldTriangles(int n, long r1, int ld1, long r2, int ld2, Arena arena);

    /** A = Q (m x n, orthonormal columns), r (n x n, upper) = R of A = Q R; {@code m >= n}. */
    void qr(int m, int n, long a, int lda, long r, int ldr, Arena arena);

    /** Pivoted QR, A P = Q R: R in the upper triangle; {@code pivots[j]} is the 0-based column of A that became column j. */
    void qrPivoted(int m, int n, long a, int lda, int[] pivots, Arena arena);

    /** Upper triangle of A = R with A = R^T R. Returns 0, or j when the leading minor of order j is not positive. */
    int cholesky(int n, long a, int lda);

    /** A = V, w = eigenvalues ascending, of the symmetric A whose upper triangle is given. Returns LAPACK's info. */
    int eigen(int n, long a, int lda, double[] w);

    /**
     * A = U diag(s) V^T with s descending: u is m x min(m,n), vt is min(m,n) x n; A is destroyed. Divide and conquer, or
     * plain QR iteration when {@code iterate}. Returns LAPACK's info: 0 is success.
     */
    int svd(
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
            Arena arena);

    /** s = singular values of A, descending, without vectors; A is destroyed. Returns LAPACK's info: 0 is success. */
    int singularValues(int m, int n, long a, int lda, double[] s, Arena arena);

    /**
     * re + i im = eigenvalues of the general real n x n matrix A, those of a complex pair one after the other, the one with im > 0
     * first; A is destroyed. Returns LAPACK's info: 0 is success.
     */
    int eigenvalues(int n, long a, int lda, double[] re, double[] im, Arena arena);

    /** {@code openblas} or {@code java}. */
    String name();

    /** Version and processor core type whose kernels run, e.g. {@code OpenBLAS 0.3.31, SkylakeX}. */
    String description();
}
