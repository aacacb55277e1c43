package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Schema;
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
        Precision precision = input.first().precision();
        Packing.Packer packer = packing.open(arena, input.first(), layout);
        RightProduct product = new RightProduct(arena, right, precision, layout);
        return block -> block.with(product.of(packer.pack(block)));
    }
}
