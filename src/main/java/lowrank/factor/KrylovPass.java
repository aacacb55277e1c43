package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * W = A^T (A V) in one read: per block two products that share it while it is in the cache. <b>Cost</b>: 4 m n l flops; n l
 * doubles to the driver, whatever the number of rows.
 *
 * @param label what is done, for progress
 * @param packing how rows are read
 * @param right V, n x l
 */
record KrylovPass(String label, Packing packing, Matrix right) implements Pass<Matrix> {

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, right.rows(), right.cols());
    }

    static double flops(long rows, int cols, int width) {
        return 4.0 * rows * cols * width;
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(right.rows(), right.cols());
    }

    static long nodeBytes(int cols, int width) {
        return 8L * cols * width;
    }

    @Override
    public Fold<Matrix> open(Arena arena, Schema schema, Layout layout) {
        return new KrylovFold(arena, schema, layout);
    }

    private final class KrylovFold implements Fold<Matrix> {
        private final Packing.Packer packer;
        private final RightProduct product;
        private final CrossSum sum;

        KrylovFold(Arena arena, Schema schema, Layout layout) {
            Precision precision = schema.first().precision();
            packer = packing.open(arena, schema.first(), layout);
            product = new RightProduct(arena, right, precision, layout);
            sum = new CrossSum(arena, right.rows(), right.cols(), precision);
        }

        @Override
        public void add(Block block) {
            Slab a = packer.pack(block);
            sum.add(a, product.columns(a));
        }

        @Override
        public Matrix takeLeaf() {
            return sum.take();
        }

        @Override
        public Matrix merge(Matrix left, Matrix right) {
            return left.plus(right);
        }
    }
}
