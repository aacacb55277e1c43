package lowrank.factor;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * In place of rows A_b those of a thin factor as it will be stored, T_b = fl(A_b C), and beside them what it leaves, A_b - T_b D^T.
 *
 * @param left C, n x k
 * @param right D, n x k
 * @param stored type that T is rounded to
 */
record Halved(Matrix left, Matrix right, Precision stored) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return new Schema(
                List.of(
                        new Column("values", left.cols(), Precision.DOUBLE),
                        new Column("rest", left.rows(), Precision.DOUBLE)),
                input.ids());
    }

    @Override
    public double flops(long rows, Schema input) {
        return flops(rows, left.rows(), left.cols());
    }

    static double flops(long rows, int cols, int rank) {
        return 4.0 * rows * cols * rank;
    }

    /** Bytes off the heap of a task. */
    static long workBytes(Layout layout, int cols, int rank) {
        long block = layout.blockRows();
        return 8 * (2L * cols * rank + RightProduct.entries(layout.blockRows(), rank) + block * cols + block * rank);
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        int n = left.rows();
        int k = left.cols();
        Blas blas = Backend.current();
        RightProduct product = new RightProduct(arena, left, Precision.DOUBLE, layout);
        long d = right.store(arena);
        long rest = arena.doubles((long) layout.blockRows() * n);
        long floats = stored == Precision.FLOAT ? arena.allocate((long) layout.blockRows() * k, stored) : 0;
        return block -> {
            Slab a = block.first();
            Slab t = product.of(a);
            if (stored == Precision.FLOAT) {
                OffHeap.narrow(t.address(), floats, t.count());
                OffHeap.widen(floats, t.address(), t.count());
            }
            OffHeap.copy(a.address(), rest, a.bytes());
            if (k > 0) {
                // Rows are columns to LAPACK: E^T = A^T - D T^T.
                blas.gemm(Precision.DOUBLE, false, false, n, a.rows(), k, -1, d, n, t.address(), k, 1, rest, n);
            }
            Slab e = new Slab(rest, a.rows(), n, Precision.DOUBLE);
            return new Block(block.firstRow(), block.rows(), List.of(t, e), block.ids(), block.offenders());
        };
    }
}
