package lowrank.regress;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.factor.CrossSum;
import lowrank.linalg.Entries;
import lowrank.linalg.Matrix;

/**
 * Z'We for the errors e = y - c - Z P of a fit, or for e = -(Z P - c) of a product, without a Gram matrix: two gemms. Errors are formed row
 * by row, so that Z'We keeps digits that Z'Wy - (Z'WZ) P would lose. <b>Cost</b>: 4 n D t flops; D (t + 1) doubles to the driver.
 *
 * @param matrix P, D x t
 * @param constants c, t
 * @param targets whether y enters
 */
public record ErrorPass(Matrix matrix, double[] constants, boolean targets) implements Pass<ErrorPass.Sums> {

    /**
     * Sums over rows.
     *
     * @param cross Z'W [e, 1], D x (t + 1)
     * @param errors sum of w e
     * @param squares sum of w e^2
     * @param weight sum of w
     * @param badWeight the first row whose weight is no weight, or -1
     */
    public record Sums(Matrix cross, double[] errors, double[] squares, double weight, long badWeight)
            implements Serializable {
        /** (Z - 1 m')'We. */
        public Matrix about(double[] means) {
            int d = cross.rows();
            Matrix about = cross.columns(errors.length);
            for (int k = 0; k < errors.length; k++) {
                for (int i = 0; i < d; i++) {
                    about.set(i, k, about.get(i, k) - means[i] * errors[k]);
                }
            }
            return about;
        }
    }

    @Override
    public String label() {
        return targets ? "errors of the fit" : "product with Z'Z";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 4.0 * rows * matrix.rows() * matrix.cols();
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * matrix.rows() * (matrix.cols() + 1);
    }

    @Override
    public Fold<Sums> open(Arena arena, Schema schema, Layout layout) {
        return new ErrorFold(arena, schema, layout);
    }

    private final class ErrorFold implements Fold<Sums> {
        private final int t = matrix.cols();
        private final RightProduct product;
        private final RowReader products;
        private final RowBuffer right;
        private final CrossSum cross;
        private final Weights weights;
        private final RowReader known;
        private double[] errors = new double[t];
        private double[] squares = new double[t];
        private double weight;
        private long badWeight = -1;

        ErrorFold(Arena arena, Schema schema, Layout layout) {
            Precision precision = schema.first().precision();
            product = new RightProduct(arena, matrix, precision, layout);
            products = new RowReader(t, precision);
            right = new RowBuffer(arena, t + 1, precision, layout.blockRows());
            cross = new CrossSum(arena, matrix.rows(), t + 1, precision);
            weights = new Weights(schema);
            known = new RowReader(schema.columns().get(1));
        }

        @Override
        public void add(Block block) {
            Slab f = product.of(block.first());
            double[] w = weights.read(block);
            for (int i = 0; i < block.rows(); i++) {
                if ((!(w[i] >= 0) || Double.isInfinite(w[i])) && badWeight < 0) {
                    badWeight = block.firstRow() + i;
                }
                weight += w[i];
                double[] z = products.read(f, i, 1);
                double[] y = targets ? known.read(block.columns().get(1), i, 1) : null;
                for (int k = 0; k < t; k++) {
                    double e = targets ? (y[k] - constants[k]) - z[k] : constants[k] - z[k];
                    errors[k] += w[i] * e;
                    squares[k] += w[i] * e * e;
                    right.row()[k] = w[i] * e;
                }
                right.row()[t] = w[i];
                right.put(i);
            }
            cross.add(block.first(), right.slab(block.rows()));
        }

        @Override
        public Sums takeLeaf() {
            Sums leaf = new Sums(cross.take(), errors, squares, weight, badWeight);
            errors = new double[t];
            squares = new double[t];
            weight = 0;
            badWeight = -1;
            return leaf;
        }

        @Override
        public Sums merge(Sums left, Sums right) {
            return new Sums(
                    left.cross.plus(right.cross),
                    Entries.sum(left.errors, right.errors),
                    Entries.sum(left.squares, right.squares),
                    left.weight + right.weight,
                    left.badWeight < 0 ? right.badWeight : left.badWeight);
        }
    }
}
