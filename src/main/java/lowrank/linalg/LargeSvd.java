package lowrank.linalg;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/**
 * The SVD of one matrix off the heap, by one thread: A = U diag(s) V^T, A rows x cols and row by row in memory.
 *
 * <p><b>Cost</b>: 4 m n^2 + 22 n^3 flops with vectors; without, 4 m n^2 -
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
        long m = isLong(rows, cols) ? rows : cols;
        long n = isLong(rows, cols) ? cols : rows;
        // A copy that LAPACK destroys, and its vectors; when the right ones are turned the copy is gone.
        return 8 * (work(n, m) + k * m + work(n, k)) + workspace(rows, cols);
    }

    /** Bytes of U and V, which stay. */
    public static long vectorBytes(long rows, long cols) {
        return 8 * Math.min(rows, cols) * (rows + cols);
    }

    /** Bytes that LAPACK takes by itself while it computes vectors, part of {@link #bytes}: no arena counts them. */
    public static long workspace(long rows, long cols) {
        long k = Math.min(rows, cols);
        return 8 * (4 * k * k + 7 * k);
    }

    /** The same of values alone. */
    public static long valueWorkspace(long rows, long cols) {
        return 8 * (128 * Math.max(rows, cols) + 12 * Math.min(rows, cols));
    }

    /** Bytes off the heap of {@link #values}, the matrix not counted. */
    public static long valueBytes(long rows, long cols) {
        long work = isLong(rows, cols) ? work(cols, rows) : work(rows, cols);
        return 8 * work + valueWorkspace(rows, cols);
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
        Work work = Work.of(rows, cols, arena);
        int m = work.m;
        int n = work.n;
        int k = Math.min(m, n);
        double[] s = new double[k];
        int ld = OffHeap.columnDistance(k);
        long left = arena.doubles((long) m * k);
        long right = arena.doubles((long) ld * n);
        work.fill(a);
        int info = blas.svd(false, m, n, work.address, work.ld, s, left, m, right, ld, arena);
        if (info != 0) {
            work.fill(a);
            info = blas.svd(true, m, n, work.address, work.ld, s, left, m, right, ld, arena);
        }
        arena.free(work.address);
        requireSuccess(info, what);
        long turned = arena.doubles((long) n * k);
        transpose(right, k, n, ld, turned, n);
        arena.free(right);
        return work.turned ? new LargeSvd(rows, cols, left, s, turned) : new LargeSvd(rows, cols, turned, s, left);
    }

    /**
     * What LAPACK sees, m x n by columns: A^T, whose columns are the rows of A; or A where it is long, since LAPACK's QR of a tall matrix
     * is several times as fast as its LQ of a wide one.
     */
    private record Work(boolean turned, int m, int n, int ld, long address) {
        static Work of(int rows, int cols, Arena arena) {
            boolean turned = isLong(rows, cols);
            int m = turned ? rows : cols;
            int n = turned ? cols : rows;
            int ld = OffHeap.columnDistance(m);
            return new Work(turned, m, n, ld, arena.doubles((long) ld * n));
        }

        void fill(long a) {
            if (turned) {
                transpose(a, n, m, n, address, ld);
            } else {
                for (int j = 0; j < n; j++) {
                    OffHeap.copy(a + 8L * m * j, address + 8L * ld * j, 8L * m);
                }
            }
        }
    }

    /** Singular values alone; the matrix is left as it is. */
    public static double[] values(long a, int rows, int cols, String what, Arena arena) {
        requireFinite(a, (long) rows * cols, what);
        Work work = Work.of(rows, cols, arena);
        work.fill(a);
        int m = work.m;
        int n = work.n;
        double[] s = new double[Math.min(rows, cols)];
        Blas blas = Backend.current();
        if (isLong(m, n)) {
            // The singular values of R, A = Q R.
            blas.qrTriangle(Precision.DOUBLE, m, n, work.address, work.ld, arena);
            for (int j = 0; j < n; j++) {
                OffHeap.zero(work.address + 8 * ((long) work.ld * j + j + 1), 8L * (n - j - 1));
            }
        }
        requireSuccess(blas.singularValues(isLong(m, n) ? n : m, n, work.address, work.ld, s, arena), what);
        arena.free(work.address);
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
