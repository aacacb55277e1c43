package lowrank.factor;

import java.io.Serializable;
import lowrank.blas.Arena;
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
 * R of A Q = Q_Y R, and in the same read A^T (A W) for probes W. A Q never leaves its task. <b>Cost</b>: 2 m n L + 2 m L^2 +
 * 4 m n p flops; L (L + 1) / 2 + n p doubles to the driver.
 *
 * @param packing how rows are read
 * @param basis Q, n x L
 * @param probes W, n x p; p may be 0
 */
record ProjectionPass(Packing packing, Matrix basis, Matrix probes) implements Pass<ProjectionPass.Node> {

    /** The triangle of A Q and A^T (A W). */
    record Node(QrPass.R r, Matrix image) implements Serializable {
        Triangle triangle() {
            return r.triangle();
        }
    }

    @Override
    public String label() {
        return label(probes.cols());
    }

    static String label(int probes) {
        return probes > 0 ? "QR of A Q + probes" : "QR of A Q";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, basis.rows(), basis.cols(), probes.cols());
    }

    static double flops(long rows, int cols, int width, int probes) {
        return 2.0 * rows * cols * width
                + QrPass.flops(rows, width)
                + (probes > 0 ? KrylovPass.flops(rows, cols, probes) : 0);
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(basis.rows(), basis.cols(), probes.cols());
    }

    static long nodeBytes(int cols, int width, int probes) {
        return QrPass.nodeBytes(width) + KrylovPass.nodeBytes(cols, probes);
    }

    @Override
    public Fold<Node> open(Arena arena, Schema schema, Layout layout) {
        return new ProjectionFold(arena, schema, layout);
    }

    private final class ProjectionFold implements Fold<Node> {
        private final Packing.Packer packer;
        private final RightProduct sketch;
        private final QrPass.QrFold qr;
        private final RightProduct probe;
        private final CrossSum image;

        ProjectionFold(Arena arena, Schema schema, Layout layout) {
            Precision precision = schema.first().precision();
            packer = packing.open(arena, schema.first(), layout);
            sketch = new RightProduct(arena, basis, precision, layout);
            qr = new QrPass(Packing.none(basis.cols()), false)
                    .open(arena, Schema.of(new Column("sketch", basis.cols(), precision)), layout);
            probe = new RightProduct(arena, probes, precision, layout);
            image = new CrossSum(arena, probes.rows(), probes.cols(), precision);
        }

        @Override
        public void add(Block block) {
            Slab a = packer.pack(block);
            qr.append(sketch.columns(a));
            if (probes.cols() > 0) {
                image.add(a, probe.columns(a));
            }
        }

        @Override
        public Node takeLeaf() {
            return new Node(qr.takeLeaf(), probes.cols() > 0 ? image.take() : probes);
        }

        @Override
        public Node merge(Node left, Node right) {
            return new Node(qr.merge(left.r, right.r), probes.cols() > 0 ? left.image.plus(right.image) : left.image);
        }
    }
}
