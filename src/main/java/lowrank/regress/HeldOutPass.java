package lowrank.regress;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.linalg.Entries;

/**
 * Errors on rows that are predicted with the coefficients of their fold, for all lambdas that memory is given to in one
 * gemm. <b>Cost</b>: 2 n D t flops for each lambda, and 2 n D^2 where V travels in place of coefficients ({@link HeldOutShape}).
 *
 * @param parts of folds; rows of others are passed over
 * @param lambdas how many
 * @param targets t
 * @param classes whether a row's class, the target that is above zero, is to be the largest prediction
 */
record HeldOutPass(Folds folds, List<HeldOutPart> parts, int lambdas, int targets, boolean classes)
        implements Pass<HeldOutPass.Errors> {

    /**
     * Sums over rows.
     *
     * @param squares of w (y - f)^2, the targets of one lambda side by side
     * @param wrong weight of rows put into a wrong class, per lambda
     */
    record Errors(double[] squares, double[] wrong) implements Serializable {}

    @Override
    public String label() {
        return HeldOutShape.label(parts.size());
    }

    @Override
    public double flops(long rows, Schema schema) {
        return shape(schema).flops(rows, parts.size(), folds.count());
    }

    @Override
    public long nodeBytes(Schema schema) {
        return shape(schema).nodeBytes();
    }

    private HeldOutShape shape(Schema schema) {
        return new HeldOutShape(schema.first().width(), targets, lambdas);
    }

    @Override
    public Fold<Errors> open(Arena arena, Schema schema, Layout layout) {
        return new HeldOutFold(arena, schema, layout);
    }

    private final class HeldOutFold implements Fold<Errors> {
        private final FoldGather gather;
        private final HeldOutPart[] partOf = new HeldOutPart[folds.count()];
        private final HeldOutProducts products;
        private final Weights weights;
        private final RowReader targetReader;
        private final RowReader predictions;
        private double[] squares = new double[lambdas * targets];
        private double[] wrong = new double[lambdas];

        HeldOutFold(Arena arena, Schema schema, Layout layout) {
            gather = new FoldGather(arena, schema, layout, folds);
            for (HeldOutPart part : parts) {
                partOf[part.fold()] = part;
            }
            Precision precision = schema.first().precision();
            products = new HeldOutProducts(arena, shape(schema), folds.count(), layout.blockRows(), precision);
            weights = new Weights(schema);
            targetReader = new RowReader(schema.columns().get(1));
            predictions = new RowReader(products.width(), precision);
        }

        @Override
        public void add(Block block) {
            gather.visit(block, (fold, rows, positions) -> {
                if (partOf[fold] == null) {
                    return;
                }
                double[] w = weights.read(rows);
                products.of(partOf[fold], rows.first(), (product, first, count) -> {
                    for (int i = 0; i < rows.rows(); i++) {
                        double[] y = targetReader.read(rows.columns().get(1), i, 1);
                        add(y, predictions.read(product, i, 1), partOf[fold].intercepts(), w[i], first, count);
                    }
                });
            });
        }

        /** Adds the errors of a row with the lambdas first, ..., first + count - 1. */
        private void add(double[] y, double[] z, double[] a, double w, int first, int count) {
            for (int l = first; l < first + count; l++) {
                int from = l * targets;
                int at = (l - first) * targets;
                int best = 0;
                double largest = Double.NEGATIVE_INFINITY;
                for (int k = 0; k < targets; k++) {
                    double value = z[at + k] + a[from + k];
                    double e = y[k] - value;
                    squares[from + k] += w * e * e;
                    if (value > largest) {
                        largest = value;
                        best = k;
                    }
                }
                if (classes && y[best] <= 0) {
                    wrong[l] += w;
                }
            }
        }

        @Override
        public Errors takeLeaf() {
            Errors leaf = new Errors(squares, wrong);
            squares = new double[lambdas * targets];
            wrong = new double[lambdas];
            return leaf;
        }

        @Override
        public Errors merge(Errors left, Errors right) {
            return new Errors(Entries.sum(left.squares, right.squares), Entries.sum(left.wrong, right.wrong));
        }
    }
}
