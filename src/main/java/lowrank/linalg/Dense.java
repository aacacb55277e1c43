package lowrank.linalg;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.Precision;

/** Factorisations of small matrices by LAPACK. */
public final class Dense {
    private Dense() {}

    /** A = U diag(s) V^T: u is m x k, v is n x k, k = min(m, n), s descending. */
    public record SmallSvd(Matrix u, double[] s, Matrix v) {}

    /** A P = Q R: {@code r} has the upper trapezoid, column j of A P is column pivots[j] of A. */
    public record PivotedR(Matrix r, int[] pivots) {}

    /** A = V diag(w) V^T, w ascending. */
    public record SmallEigen(double[] w, Matrix v) {}

    /**
     * Eigenvalues of a general matrix, those of a complex pair one after the other, the one with the positive imaginary part first.
     *
     * @param real parts
     * @param imaginary parts, 0 for real eigenvalues
     */
    public record Eigenvalues(double[] real, double[] imaginary) {
        /** |lambda_j|. */
        public double magnitude(int j) {
            return Math.hypot(real[j], imaginary[j]);
        }
    }

    /** A = Q R, Q with orthonormal columns. */
    public record SmallQr(Matrix q, Matrix r) {}

    private static Blas blas() {
        return Backend.current();
    }

    /** LAPACK may not return at all from matrices that hold infinities or NaN. */
    private static void requireFinite(Matrix a) {
        for (double value : a.values()) {
            if (!Double.isFinite(value)) {
                throw new NumericalException("a " + a.rows() + " x " + a.cols()
                        + " matrix to be factored holds infinities or NaN; check the input for them, and for values"
                        + " whose squares overflow");
            }
        }
    }

    private static void requireSquare(Matrix a) {
        if (a.rows() != a.cols()) {
            throw new IllegalArgumentException(
                    "a symmetric or triangular matrix is square, not " + a.rows() + " x " + a.cols());
        }
    }

    /** Singular values and vectors: divide and conquer, and where that fails plain QR iteration. */
    public static SmallSvd svd(Matrix a) {
        int m = a.rows();
        int n = a.cols();
        int k = Math.min(m, n);
        double[] s = new double[k];
        if (k == 0) {
            return new SmallSvd(Matrix.zeros(m, 0), s, Matrix.zeros(n, 0));
        }
        requireFinite(a);
        try (Arena arena = new Arena()) {
            long u = arena.doubles((long) m * k);
            long vt = arena.doubles((long) k * n);
            int info = blas().svd(false, m, n, a.store(arena), m, s, u, m, vt, k, arena);
            if (info != 0) {
                info = blas().svd(true, m, n, a.store(arena), m, s, u, m, vt, k, arena);
            }
            if (info != 0) {
                throw new NumericalException(
                        "the SVD of a " + m + " x " + n + " matrix did not converge (LAPACK " + info + ")");
            }
            return new SmallSvd(
                    Matrix.load(u, m, k, m), s, Matrix.load(vt, k, n, k).transpose());
        }
    }

    /** Singular values alone, descending. */
    public static double[] singularValues(Matrix a) {
        double[] s = new double[Math.min(a.rows(), a.cols())];
        if (s.length == 0) {
            return s;
        }
        requireFinite(a);
        try (Arena arena = new Arena()) {
            int info = blas().singularValues(a.rows(), a.cols(), a.store(arena), a.rows(), s, arena);
            if (info != 0) {
                throw new NumericalException("the singular values of a " + a.rows() + " x " + a.cols()
                        + " matrix did not converge (LAPACK " + info + ")");
            }
            return s;
        }
    }

    /** QR with column pivoting: |R_jj| descends. */
    public static PivotedR qrPivoted(Matrix a) {
        int[] pivots = new int[a.cols()];
        if (a.values().length == 0) {
            Arrays.setAll(pivots, j -> j);
            return new PivotedR(Matrix.zeros(0, a.cols()), pivots);
        }
        requireFinite(a);
        try (Arena arena = new Arena()) {
            long address = a.store(arena);
            blas().qrPivoted(a.rows(), a.cols(), address, a.rows(), pivots, arena);
            int k = Math.min(a.rows(), a.cols());
            Matrix r = Matrix.load(address, k, a.cols(), a.rows());
            for (int j = 0; j < a.cols(); j++) {
                for (int i = j + 1; i < k; i++) {
                    r.set(i, j, 0);
                }
            }
            return new PivotedR(r, pivots);
        }
    }

    /** Thin QR of a matrix with at least as many rows as columns. */
    public static SmallQr qr(Matrix a) {
        if (a.rows() < a.cols()) {
            throw new IllegalArgumentException(
                    "a thin QR needs at least as many rows as columns, not " + a.rows() + " x " + a.cols());
        }
        if (a.cols() == 0) {
            return new SmallQr(a, Matrix.zeros(0, 0));
        }
        requireFinite(a);
        try (Arena arena = new Arena()) {
            long q = a.store(arena);
            long r = arena.doubles((long) a.cols() * a.cols());
            blas().qr(a.rows(), a.cols(), q, a.rows(), r, a.cols(), arena);
            return new SmallQr(
                    Matrix.load(q, a.rows(), a.cols(), a.rows()), Matrix.load(r, a.cols(), a.cols(), a.cols()));
        }
    }

    /** The upper R with A = R^T R of a symmetric positive definite matrix. */
    public static Matrix cholesky(Matrix a) {
        requireSquare(a);
        requireFinite(a);
        int n = a.cols();
        if (n == 0) {
            return a;
        }
        try (Arena arena = new Arena()) {
            long address = a.store(arena);
            int info = blas().cholesky(n, address, n);
            if (info != 0) {
                throw new NumericalException(
                        "the leading minor of order " + info + " of a Gram matrix is not positive definite");
            }
            return Triangle.load(address, n, n).square();
        }
    }

    /** The order of the largest leading block of a symmetric matrix that is positive definite, as far as rounding tells. */
    public static int definiteOrder(Matrix a) {
        requireSquare(a);
        requireFinite(a);
        if (a.cols() == 0) {
            return 0;
        }
        try (Arena arena = new Arena()) {
            int info = blas().cholesky(a.cols(), a.store(arena), a.cols());
            return info == 0 ? a.cols() : info - 1;
        }
    }

    /** Eigenvalues and vectors of a symmetric matrix. */
    public static SmallEigen eigen(Matrix a) {
        requireSquare(a);
        requireFinite(a);
        int n = a.cols();
        double[] w = new double[n];
        if (n == 0) {
            return new SmallEigen(w, a);
        }
        try (Arena arena = new Arena()) {
            long address = a.store(arena);
            int info = blas().eigen(n, address, n, w);
            if (info != 0) {
                throw new NumericalException(
                        "the eigenvalues of a matrix of order " + n + " did not converge (LAPACK " + info + ")");
            }
            return new SmallEigen(w, Matrix.load(address, n, n, n));
        }
    }

    /**
     * The eigenvalues of a general square matrix: each is exact for a matrix that differs by a modest multiple of rounding of its norm.
     *
     * <p><b>Cost</b>: about 10 n^3 flops.
     *
     * @throws NumericalException if it holds infinities or NaN, or the iteration does not converge
     */
    public static Eigenvalues eigenvalues(Matrix a) {
        if (a.rows() != a.cols()) {
            throw new IllegalArgumentException(
                    "only a square matrix has eigenvalues, not " + a.rows() + " x " + a.cols());
        }
        requireFinite(a);
        int n = a.cols();
        Eigenvalues values = new Eigenvalues(new double[n], new double[n]);
        if (n == 0) {
            return values;
        }
        try (Arena arena = new Arena()) {
            int info = blas().eigenvalues(n, a.store(arena), n, values.real, values.imaginary, arena);
            if (info != 0) {
                throw new NumericalException("the eigenvalues of a general matrix of order " + n
                        + " did not converge (LAPACK " + info + ")");
            }
            return values;
        }
    }

    /** R of A = Q R, upper trapezoidal, min(m, n) x n; of a matrix with fewer rows than columns A itself, Q being the identity. */
    public static Matrix triangle(Matrix a) {
        requireFinite(a);
        if (a.rows() < a.cols()) {
            return a;
        }
        if (a.cols() == 0) {
            return Matrix.zeros(0, 0);
        }
        try (Arena arena = new Arena()) {
            long address = a.store(arena);
            blas().qrTriangle(Precision.DOUBLE, a.rows(), a.cols(), address, a.rows(), arena);
            return Triangle.load(address, a.cols(), a.rows()).square();
        }
    }

    /** B R^-1 for an upper triangular R. */
    public static Matrix solveRight(Matrix b, Matrix r) {
        requireSquare(r);
        if (b.cols() != r.rows()) {
            throw new IllegalArgumentException("inner dimensions differ: " + b.cols() + " and " + r.rows());
        }
        if (b.values().length == 0) {
            return b;
        }
        try (Arena arena = new Arena()) {
            long address = b.store(arena);
            blas().trsm(
                            Precision.DOUBLE,
                            false,
                            false,
                            b.rows(),
                            b.cols(),
                            1,
                            r.store(arena),
                            r.rows(),
                            address,
                            b.rows());
            return Matrix.load(address, b.rows(), b.cols(), b.rows());
        }
    }
}
