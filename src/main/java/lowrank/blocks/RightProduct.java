package lowrank.blocks;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;

/**
 * Y = A_b X for the packed blocks of a task: one gemm per block, into memory that the next block reuses; row by row for what goes on
 * as a table, column by column for what stays inside a pass.
 */
public final class RightProduct {
    private final Blas blas = Backend.current();
    private final Arena arena;
    private final Matrix matrix;
    private final Precision precision;
    private final int blockRows;
    private long right;
    private long product;

    public RightProduct(Arena arena, Matrix right, Precision precision, Layout layout) {
        this.arena = arena;
        this.matrix = right;
        this.precision = precision;
        blockRows = layout.blockRows();
    }

    /** The driver only merges, and needs none of this. */
    private void allocate() {
        if (right == 0) {
            right = store(matrix, precision, arena);
            product = arena.allocate(entries(blockRows, matrix.cols()), precision);
        }
    }

    /** Values of the product of a block. */
    public static long entries(int blockRows, int cols) {
        return (long) OffHeap.columnDistance(blockRows) * cols;
    }

    /** The product of a block, row by row; valid until the next one. */
    public Slab of(Slab rows) {
        int n = matrix.rows();
        int k = matrix.cols();
        allocate();
        if (k > 0) {
            // As column-major matrices the blocks are their transposes: (A X)^T = X^T A^T, k x rows.
            blas.gemm(precision, true, false, k, rows.rows(), n, 1, right, n, rows.address(), n, 0, product, k);
        }
        return new Slab(product, rows.rows(), k, precision);
    }

    /** The product of a block, column by column; valid until the next one. */
    public Columns columns(Slab rows) {
        int n = matrix.rows();
        int k = matrix.cols();
        int ld = OffHeap.columnDistance(blockRows);
        allocate();
        if (k > 0) {
            blas.gemm(precision, true, false, rows.rows(), k, n, 1, rows.address(), n, right, n, 0, product, ld);
        }
        return new Columns(product, rows.rows(), k, ld, precision);
    }

    /** A matrix of the driver as a task's operand, in the precision of the blocks. */
    public static long store(Matrix matrix, Precision precision, Arena arena) {
        if (precision == Precision.DOUBLE) {
            return matrix.store(arena);
        }
        long address = arena.allocate(matrix.values().length, precision);
        for (int i = 0; i < matrix.values().length; i++) {
            OffHeap.putFloat(address + 4L * i, (float) matrix.values()[i]);
        }
        return address;
    }
}
