package lowrank.factor;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;

/**
 * For Y = A Q R^-1 by substitution, with columns that are nearly orthonormal: Y^T Y, which makes them so, A^T Y, and for probes W
 * A^T (A W), in one read. <b>Cost</b>: 4 m n r + 2 m r^2 + m r + 4 m n p flops; r (r + 1) / 2 + n (r + p) doubles to the driver.
 *
 * @param packing how rows are read
 * @param basis Q, n x r
 * @param triangle R, of order r
 * @param probes W, n x p; p may be 0
 */
record RangePass(Packing packing, Matrix basis, Matrix triangle, Matrix probes) implements Pass<RangePass.Node> {

    /** Y^T Y, A^T Y and A^T (A W). */
    record Node(Triangle gram, Matrix cross, Matrix image) implements Serializable {}

    @Override
    public String label() {
        return label(probes.cols());
    }

    static String label(int probes) {
        return probes > 0 ? "B = Q^T A + probes" : "B = Q^T A";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, basis.rows(), basis.cols(), probes.cols());
    }

    static double flops(long rows, int cols, int width, int probes) {
        return KrylovPass.flops(rows, cols, width)
                + (double) rows * width * width
                + GramPass.flops(rows, width)
                + (probes > 0 ? KrylovPass.flops(rows, cols, probes) : 0);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(basis.rows(), basis.cols(), probes.cols());
    }

    static long nodeBytes(int cols, int width, int probes) {
        return GramPass.nodeBytes(width) + KrylovPass.nodeBytes(cols, width + probes);
    }

    @Override
    public Fold<Node> open(Arena arena, Schema schema, Layout layout) {
        return new RangeFold(arena, schema, layout);
    }

    private final class RangeFold implements Fold<Node> {
        private final Blas blas = Backend.current();
        private final int r = basis.cols();
        private final Precision precision;
        private final Packing.Packer packer;
        private final RightProduct sketch;
        private final long factor;
        private final Fold<Triangle> gram;
        private final CrossSum cross;
        private final RightProduct probe;
        private final CrossSum image;

        RangeFold(Arena arena, Schema schema, Layout layout) {
            precision = schema.first().precision();
            packer = packing.open(arena, schema.first(), layout);
            sketch = new RightProduct(arena, basis, precision, layout);
            factor = RightProduct.store(triangle, precision, arena);
            gram = new GramPass("Y").open(arena, Schema.of(new Column("whitened", r, precision)), layout);
            cross = new CrossSum(arena, basis.rows(), r, precision);
            probe = new RightProduct(arena, probes, precision, layout);
            image = new CrossSum(arena, probes.rows(), probes.cols(), precision);
        }

        @Override
        public void add(Block block) {
            Slab a = packer.pack(block);
            Slab y = sketch.of(a);
            // (Y R^-1)^T = R^-T Y^T.
            blas.trsm(precision, true, true, r, y.rows(), 1, factor, r, y.address(), r);
            gram.add(block.with(y));
            cross.add(a, y);
            if (probes.cols() > 0) {
                image.add(a, probe.columns(a));
            }
        }

        @Override
        public Node takeLeaf() {
            return new Node(gram.takeLeaf(), cross.take(), probes.cols() > 0 ? image.take() : probes);
        }

        @Override
        public Node merge(Node left, Node right) {
            return new Node(
                    left.gram.plus(right.gram),
                    left.cross.plus(right.cross),
                    probes.cols() > 0 ? left.image.plus(right.image) : left.image);
        }
    }
}
