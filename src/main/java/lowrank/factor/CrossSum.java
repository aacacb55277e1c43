package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Columns;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * W = sum of A_b^T Y_b over the blocks of a leaf, n x l: in double with beta = 1 where it stands, in float block by block into a
 * sum of doubles.
 */
public final class CrossSum {
    private final Blas blas = Backend.current();
    private final Arena arena;
    private final Precision precision;
    private final int n;
    private final int l;
    private long sum;
    private double[] doubles;
    private final float[] column;
    private boolean empty = true;

    public CrossSum(Arena arena, int n, int l, Precision precision) {
        this.arena = arena;
        this.n = n;
        this.l = l;
        this.precision = precision;
        column = new float[precision == Precision.FLOAT ? n : 0];
    }

    /** Adds A_b^T Y_b. */
    public void add(Slab a, Slab y) {
        // Y_b^T is the block as a column-major matrix, l x rows.
        add(a, true, y.address(), l);
    }

    /** Adds A_b^T Y_b. */
    public void add(Slab a, Columns y) {
        add(a, false, y.address(), y.ld());
    }

    private void add(Slab a, boolean transposed, long y, int ld) {
        if (sum == 0) {
            // The driver only merges, and needs none.
            sum = arena.allocate((long) n * l, precision);
        }
        boolean isDouble = precision == Precision.DOUBLE;
        double beta = isDouble && !empty ? 1 : 0;
        // A_b^T is the block as a column-major matrix, n x rows.
        blas.gemm(precision, false, transposed, n, l, a.rows(), 1, a.address(), n, y, ld, beta, sum, n);
        if (!isDouble) {
            addFloats();
        }
        empty = false;
    }

    private void addFloats() {
        if (empty) {
            doubles = new double[Math.multiplyExact(n, l)];
        }
        for (int j = 0; j < l; j++) {
            OffHeap.get(sum + 4L * n * j, column, 0, n);
            int from = j * n;
            for (int i = 0; i < n; i++) {
                doubles[from + i] += column[i];
            }
        }
    }

    /** The sum over the leaf; the next block begins a new one. */
    public Matrix take() {
        if (empty) {
            return Matrix.zeros(n, l);
        }
        empty = true;
        return precision == Precision.DOUBLE ? Matrix.load(sum, n, l, n) : new Matrix(n, l, doubles);
    }

    /** Bytes of working memory of one task. */
    public static long workBytes(int n, int l) {
        return 8L * n * l;
    }
}
