package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/** Rows times a matrix: packed block (rows x n) times {@code right} (n x k), one gemm per block. */
record Times(String column, Packing packing, Matrix right) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return input.with(new Column(column, right.cols(), input.first().precision()));
    }

    @Override
    public double flops(long rows, Schema input) {
        return 2.0 * rows * right.rows() * right.cols();
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        Blas blas = Backend.current();
        Precision precision = input.first().precision();
        Packing.Packer packer = packing.open(arena, input.first(), layout);
        long factor = store(right, precision, arena);
        int n = right.rows();
        int k = right.cols();
        long product = arena.allocate((long) layout.blockRows() * k, precision);
        return block -> {
            Slab rows = packer.pack(block);
            // As column-major matrices the blocks are their transposes: (A T)^T = T^T A^T, k x rows.
            if (k > 0) {
                blas.gemm(precision, true, false, k, block.rows(), n, 1, factor, n, rows.address(), n, 0, product, k);
            }
            return block.with(new Slab(product, block.rows(), k, precision));
        };
    }

    /** A matrix of the driver as a task's operand, in the precision of the blocks. */
    static long store(Matrix matrix, Precision precision, Arena arena) {
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
