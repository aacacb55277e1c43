package lowrank.linalg;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/**
 * The SVD of one matrix off the heap, by one thread: A = U diag(s) V^T, A rows x cols and row by row in memory.
 *
 * <p>LAPACK reads the rows as the columns of A^T = V diag(s) U^T. <b>Cost</b>: 4 m n^2 + 22 n^3 flops with vectors; without, 4 m n^2 -
 * 4 n^3 / 3, of long matrices 2 m n^2 + 2 n^3, by a QR first (n the shorter side). <b>Accuracy</b>: backward stable, values to eps s_1.
 *
 * @param u address of U, {@code k} columns of {@code rows} values; 0 without vectors
 * @param s descending
 * @param v address of V, {@code k} columns of {@code cols} values; 0 without vectors
 */
public record LargeSvd(int rows, int cols, long u, double[] s, long v) {

    /** Columns that are transposed at a time: half a kilobyte of each row. */
    private static final int STRIP = 64;

    /** Bytes off the heap of {@link #of}, the matrix not counted. */
    public static long bytes(long rows, long cols) {
        long k = Math.min(rows, cols);
        // Vectors, and U^T before it is turned; LAPACK's work is 3 k^2 + 7 k, and a little more for its blocks.
        return 8 * (work(rows, cols) + k * (rows + cols) + work(rows, k) + 4 * k * k + 7 * k);
    }

    /** Bytes off the heap of {@link #values}, the matrix not counted. */
    public static long valueBytes(long rows, long cols) {
        long work = isLong(rows, cols) ? work(cols, rows) : work(rows, cols);
        return 8 * (work + 128 * Math.max(rows, cols) + 12 * Math.min(rows, cols));
    }

    /** Values of so many columns of work, which do not lie close by. */
    private static long work(long count, long length) {
        return count * OffHeap.columnDistance((int) length);
    }

    /** Whether a QR first pays off: our own, with recursive panels, is faster than the one inside LAPACK's SVD. */
    private static boolean isLong(long side, long other) {
        return side >= 3 * other / 2 && side > other;
    }

    /** Flops of {@link #of}. */
    public static double flops(double rows, double cols) {
        double n = Math.min(rows, cols);
        return 4 * rows * cols * n + 22 * n * n * n;
    }

    /** Flops of {@link #values}. */
    public static double valueFlops(double rows, double cols) {
        double n = Math.min(rows, cols);
        double m = Math.max(rows, cols);
        return Math.min(4 * m * n * n - 4 * n * n * n / 3, 2 * m * n * n + 2 * n * n * n);
    }

    /**
     * Factors a matrix, which is left as it is.
     *
     * @param what the matrix in an error
     * @throws NumericalException if it holds infinities or NaN, or LAPACK fails
     */
    public static LargeSvd of(long a, int rows, int cols, String what, Arena arena) {
        requireFinite(a, (long) rows * cols, what);
        Blas blas = Backend.current();
        int k = Math.min(rows, cols);
        double[] s = new double[k];
        int ld = OffHeap.columnDistance(cols);
        int turnedLd = OffHeap.columnDistance(k);
        long work = arena.doubles((long) ld * rows);
        long v = arena.doubles((long) cols * k);
        long ut = arena.doubles((long) turnedLd * rows);
        copy(a, cols, rows, work, ld);
        int info = blas.svd(false, cols, rows, work, ld, s, v, cols, ut, turnedLd, arena);
        if (info != 0) {
            copy(a, cols, rows, work, ld);
            info = blas.svd(true, cols, rows, work, ld, s, v, cols, ut, turnedLd, arena);
        }
        arena.free(work);
        requireSuccess(info, what);
        long u = arena.doubles((long) rows * k);
        transpose(ut, k, rows, turnedLd, u, rows);
        arena.free(ut);
        return new LargeSvd(rows, cols, u, s, v);
    }

    /** Singular values alone; the matrix is left as it is. */
    public static double[] values(long a, int rows, int cols, String what, Arena arena) {
        requireFinite(a, (long) rows * cols, what);
        boolean turn = isLong(rows, cols);
        int m = turn ? rows : cols;
        int n = turn ? cols : rows;
        int ld = OffHeap.columnDistance(m);
        long work = arena.doubles((long) ld * n);
        if (turn) {
            transpose(a, cols, rows, cols, work, ld);
        } else {
            copy(a, m, n, work, ld);
        }
        double[] s = new double[Math.min(rows, cols)];
        Blas blas = Backend.current();
        if (isLong(m, n)) {
            // The singular values of R, A = Q R.
            blas.qrTriangle(Precision.DOUBLE, m, n, work, ld, arena);
            for (int j = 0; j < n; j++) {
                OffHeap.zero(work + 8 * ((long) ld * j + j + 1), 8L * (n - j - 1));
            }
        }
        requireSuccess(blas.singularValues(isLong(m, n) ? n : m, n, work, ld, s, arena), what);
        arena.free(work);
        return s;
    }

    /** Columns of {@code rows} values that lie close by become columns of work. */
    private static void copy(long source, int rows, int cols, long target, int ld) {
        for (int j = 0; j < cols; j++) {
            OffHeap.copy(source + 8L * rows * j, target + 8L * ld * j, 8L * rows);
        }
    }

    /** Column j of U, on the heap. */
    public double[] left(int j) {
        double[] column = new double[rows];
        OffHeap.get(u + 8L * rows * j, column, 0, rows);
        return column;
    }

    /** Column j of V, on the heap. */
    public double[] right(int j) {
        double[] column = new double[cols];
        OffHeap.get(v + 8L * cols * j, column, 0, cols);
        return column;
    }

    private static void requireSuccess(int info, String what) {
        if (info != 0) {
            throw new NumericalException("the SVD of " + what + " did not converge (LAPACK " + info + ")");
        }
    }

    /** LAPACK may not return at all from matrices that hold infinities or NaN. */
    private static void requireFinite(long a, long count, String what) {
        if (!OffHeap.allFinite(a, count)) {
            throw new NumericalException(what + " holds infinities or NaN; repair the checkpoint, or exclude it");
        }
    }

    /** target = the cols x rows transpose of a rows x cols matrix, both by columns. */
    private static void transpose(long source, int rows, int cols, int ld, long target, int targetLd) {
        double[] strip = new double[STRIP * rows];
        for (int first = 0; first < cols; first += STRIP) {
            int some = Math.min(STRIP, cols - first);
            for (int j = 0; j < some; j++) {
                OffHeap.get(source + 8L * ld * (first + j), strip, rows * j, rows);
            }
            // The columns of the source are rows here.
            OffHeap.putTransposed(strip, some, rows, target + 8L * first, targetLd);
        }
    }
}
