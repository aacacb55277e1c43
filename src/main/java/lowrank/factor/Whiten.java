package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/** Rows times the inverse of a triangle, by substitution: Y = A R^-1 stays accurate where R^-1 itself would not be. */
record Whiten(Packing packing, Matrix triangle) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return input.with(new Column("whitened", triangle.cols(), input.first().precision()));
    }

    @Override
    public double flops(long rows, Schema input) {
        return (double) rows * triangle.cols() * triangle.cols();
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        Blas blas = Backend.current();
        Precision precision = input.first().precision();
        Packing.Packer packer = packing.open(arena, input.first(), layout);
        long r = RightProduct.store(triangle, precision, arena);
        int n = triangle.cols();
        long solved = arena.allocate((long) layout.blockRows() * n, precision);
        return block -> {
            Slab rows = packer.pack(block);
            OffHeap.copy(rows.address(), solved, rows.bytes());
            // (A R^-1)^T = R^-T A^T.
            blas.trsm(precision, true, true, n, block.rows(), 1, r, n, solved, n);
            return block.with(new Slab(solved, block.rows(), n, precision));
        };
    }
}
