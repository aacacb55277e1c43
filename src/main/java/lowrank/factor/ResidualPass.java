package lowrank.factor;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
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
 * Measures stored factors against the matrix: ||(A - U S V^T) w_i||^2 for given vectors w_i, and U^T U, from rows of the input
 * beside rows of U, both in double.
 *
 * @param packing how rows of the input become rows of A
 * @param probes w_i, n x p
 * @param images S V^T w_i, k x p
 */
public record ResidualPass(Packing packing, Matrix probes, Matrix images) implements Pass<ResidualPass.Sums> {

    /**
     * What was measured.
     *
     * @param squares ||(A - U S V^T) w_i||^2
     * @param gram U^T U
     */
    public record Sums(double[] squares, Triangle gram) implements Serializable {}

    /**
     * For factors of the centred, scaled matrix.
     *
     * @param v right singular vectors, n x k
     */
    public static ResidualPass of(double[] mean, double[] scale, double[] s, Matrix v, Matrix probes) {
        double[] factor = new double[scale.length];
        for (int j = 0; j < factor.length; j++) {
            factor[j] = 1 / scale[j];
        }
        Matrix images = v.scaleColumns(s).transposeTimes(probes);
        return new ResidualPass(new Packing(mean, factor), probes, images);
    }

    @Override
    public String label() {
        return "verify";
    }

    @Override
    public double flops(long rows, Schema schema) {
        double k = images.rows();
        return rows * (2.0 * probes.cols() * (probes.rows() + k) + k * (k + 1));
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * probes.cols() + GramPass.nodeBytes(images.rows());
    }

    @Override
    public Fold<Sums> open(Arena arena, Schema schema, Layout layout) {
        Column u = schema.columns().get(1);
        Fold<Triangle> gram = new GramPass("").open(arena, Schema.of(u), layout);
        RightProduct ofA = new RightProduct(arena, probes, Precision.DOUBLE, layout);
        RightProduct ofU = new RightProduct(arena, images, Precision.DOUBLE, layout);
        Packing.Packer packer = packing.open(arena, schema.first(), layout);
        return new Fold<>() {
            private double[] squares = new double[probes.cols()];

            @Override
            public void add(Block block) {
                Slab left = ofA.of(packer.pack(block));
                Slab right = ofU.of(block.columns().get(1));
                int p = probes.cols();
                double[] a = new double[p];
                double[] b = new double[p];
                for (int i = 0; i < block.rows(); i++) {
                    OffHeap.get(left.row(i), a, 0, p);
                    OffHeap.get(right.row(i), b, 0, p);
                    for (int j = 0; j < p; j++) {
                        double difference = a[j] - b[j];
                        squares[j] += difference * difference;
                    }
                }
                gram.add(new Block(
                        block.firstRow(), block.rows(), List.of(block.columns().get(1)), null, null));
            }

            @Override
            public Sums takeLeaf() {
                Sums leaf = new Sums(squares, gram.takeLeaf());
                squares = new double[probes.cols()];
                return leaf;
            }

            @Override
            public Sums merge(Sums left, Sums right) {
                double[] sum = left.squares().clone();
                for (int j = 0; j < sum.length; j++) {
                    sum[j] += right.squares()[j];
                }
                return new Sums(sum, gram.merge(left.gram(), right.gram()));
            }
        };
    }
}
