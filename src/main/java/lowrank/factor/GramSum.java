package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.linalg.Triangle;

/**
 * G = sum of A_b^T A_b over the blocks of a leaf, n x n: one syrk per block, with beta = 1 where the sum stands. Sums of doubles stand
 * there for the whole leaf; sums of floats for at most {@value #FLOAT_ROWS} rows, counted from the start of the leaf, and are then added
 * to doubles.
 *
 * <p><b>Error</b> of an entry, floats: at most {@value #FLOAT_ROWS} u sum |a_i a_j| with u = 2^-24, and about its square root of that
 * where signs of rounding are mixed; adding each block of 1024 rows to doubles would cost a quarter of the time at 4096 columns.
 *
 * <p><b>Memory</b> of a task: n^2 values off the heap and a node of n (n + 1) / 2 doubles; nodes above 1 MB merge into the left one, and
 * the array of the right one becomes that of a later leaf.
 */
public final class GramSum {
    /** Rows that are summed in floats. */
    static final int FLOAT_ROWS = 8192;

    /** Nodes of more doubles are merged in place. */
    private static final int LARGE = 1 << 17;

    private final Blas blas = Backend.current();
    private final Arena arena;
    private final Precision precision;
    private final int n;
    private long gram;
    private int pending;
    private double[] doubles;
    private double[] spare;
    private float[] column;

    public GramSum(Arena arena, int n, Precision precision) {
        this.arena = arena;
        this.n = n;
        this.precision = precision;
    }

    /** Adds A_b^T A_b. */
    public void add(Slab rows) {
        if (n == 0 || rows.rows() == 0) {
            return;
        }
        if (gram == 0) {
            // The driver only merges, and needs none.
            gram = arena.allocate((long) n * n, precision);
        }
        if (precision == Precision.FLOAT && pending > 0 && pending + rows.rows() > FLOAT_ROWS) {
            unload();
        }
        // The block as a column-major matrix is A_b^T.
        blas.syrk(precision, false, n, rows.rows(), 1, rows.address(), n, pending == 0 ? 0 : 1, gram, n);
        pending = (int) Math.min((long) pending + rows.rows(), Integer.MAX_VALUE);
    }

    /** Adds what stands off the heap to the doubles of the leaf. */
    private void unload() {
        boolean first = doubles == null;
        if (first) {
            doubles = array();
        }
        if (precision == Precision.DOUBLE) {
            for (int j = 0, at = 0; j < n; at += ++j) {
                OffHeap.get(gram + 8L * n * j, doubles, at, j + 1);
            }
        } else {
            column = column == null ? new float[n] : column;
            for (int j = 0, at = 0; j < n; at += ++j) {
                OffHeap.get(gram + 4L * n * j, column, 0, j + 1);
                add(column, j + 1, doubles, at, first);
            }
        }
        pending = 0;
    }

    private static void add(float[] column, int count, double[] sum, int at, boolean first) {
        if (first) {
            for (int i = 0; i < count; i++) {
                sum[at + i] = column[i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                sum[at + i] += column[i];
            }
        }
    }

    /** Every value of it is written before it is read. */
    private double[] array() {
        double[] array = spare == null ? new double[Triangle.entries(n)] : spare;
        spare = null;
        return array;
    }

    /** The sum over the leaf; the next block begins a new one. */
    public Triangle take() {
        if (pending > 0) {
            unload();
        }
        Triangle leaf = new Triangle(n, doubles == null ? new double[Triangle.entries(n)] : doubles);
        doubles = null;
        return leaf;
    }

    /** left + right; both are given up where they are large. */
    public Triangle merge(Triangle left, Triangle right) {
        if (left.values().length <= LARGE) {
            return left.plus(right);
        }
        left.add(right);
        spare = right.values();
        return left;
    }

    /** Floating-point operations for so many rows. */
    public static double flops(long rows, int cols) {
        return (double) rows * cols * (cols + 1);
    }

    /** Bytes of a node. */
    public static long nodeBytes(int cols) {
        return 8L * Triangle.entries(cols);
    }

    /** Bytes off the heap of one task. */
    public static long workBytes(int cols, Precision precision) {
        return (long) cols * cols * precision.bytes();
    }
}
