package lowrank.linalg;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/**
 * The SVD of one matrix off the heap, by one thread: A = U diag(s) V^T, A rows x cols and row by row in memory.
 *
 * <p>LAPACK reads the rows as the columns of A^T = V diag(s) U^T. <b>Cost</b>: 4 m n^2 + 22 n^3 flops with vectors, 4 m n^2 - 4 n^3 / 3
 * without (n the shorter side). <b>Accuracy</b>: backward stable, values to eps s_1.
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
        // Vectors twice: V^T is turned; LAPACK's work is 3 k^2 + 7 k, and a copy for a second attempt.
        return 8 * (rows * cols + k * (rows + 2 * cols) + 4 * k * k + 7 * k);
    }

    /** Bytes off the heap of {@link #values}, the matrix not counted. */
    public static long valueBytes(long rows, long cols) {
        long turned = isLong(rows, cols) ? rows * cols : 0;
        return 8 * (turned + 128 * Math.max(rows, cols) + 12 * Math.min(rows, cols));
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
        return 4 * rows * cols * n - 4 * n * n * n / 3;
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
        long work = arena.doubles((long) rows * cols);
        long v = arena.doubles((long) cols * k);
        long ut = arena.doubles((long) k * rows);
        OffHeap.copy(a, work, 8L * rows * cols);
        int info = blas.svd(false, cols, rows, work, cols, s, v, cols, ut, k, arena);
        if (info != 0) {
            OffHeap.copy(a, work, 8L * rows * cols);
            info = blas.svd(true, cols, rows, work, cols, s, v, cols, ut, k, arena);
        }
        arena.free(work);
        requireSuccess(info, what);
        long u = arena.doubles((long) rows * k);
        transpose(ut, k, rows, u);
        arena.free(ut);
        return new LargeSvd(rows, cols, u, s, v);
    }

    /** Singular values alone; the matrix is destroyed. */
    public static double[] values(long a, int rows, int cols, String what, Arena arena) {
        requireFinite(a, (long) rows * cols, what);
        if (isLong(cols, rows)) {
            return valuesOfTall(a, cols, rows, what, arena);
        }
        if (isLong(rows, cols)) {
            long turned = arena.doubles((long) rows * cols);
            transpose(a, cols, rows, turned);
            double[] s = valuesOfTall(turned, rows, cols, what, arena);
            arena.free(turned);
            return s;
        }
        double[] s = new double[Math.min(rows, cols)];
        requireSuccess(Backend.current().singularValues(cols, rows, a, cols, s, arena), what);
        return s;
    }

    /** Of an m x n matrix by columns, m > n: those of R in A = Q R. */
    private static double[] valuesOfTall(long a, int m, int n, String what, Arena arena) {
        Blas blas = Backend.current();
        blas.qrTriangle(Precision.DOUBLE, m, n, a, m, arena);
        for (int j = 0; j < n; j++) {
            OffHeap.zero(a + 8 * ((long) m * j + j + 1), 8L * (n - j - 1));
        }
        double[] s = new double[n];
        requireSuccess(blas.singularValues(n, n, a, m, s, arena), what);
        return s;
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
        double[] tile = new double[OffHeap.TILE];
        for (long from = 0; from < count; from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, count - from);
            OffHeap.get(a + 8 * from, tile, 0, some);
            double sum = 0;
            for (int i = 0; i < some; i++) {
                sum += 0 * tile[i];
            }
            if (sum != 0 || Double.isNaN(sum)) {
                throw new NumericalException(what + " holds infinities or NaN; repair the checkpoint, or exclude it");
            }
        }
    }

    /** target = the cols x rows transpose of a rows x cols matrix, both by columns. */
    private static void transpose(long source, int rows, int cols, long target) {
        double[] strip = new double[STRIP * rows];
        for (int first = 0; first < cols; first += STRIP) {
            int some = Math.min(STRIP, cols - first);
            OffHeap.get(source + 8L * rows * first, strip, 0, rows * some);
            for (int i = 0; i < rows; i++) {
                long to = target + 8L * ((long) i * cols + first);
                for (int j = 0; j < some; j++) {
                    OffHeap.putDouble(to + 8L * j, strip[j * rows + i]);
                }
            }
        }
    }
}
