package lowrank.regress;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * Errors on rows that are predicted with the coefficients of their fold, for all lambdas in one gemm. <b>Cost</b>: 2 n D t flops for each
 * lambda; the coefficients of all folds and lambdas travel to the tasks.
 *
 * @param parts coefficients of folds; rows of others are passed over
 * @param lambdas how many
 * @param targets t
 * @param classes whether a row's class, the target that is above zero, is to be the largest prediction
 */
record HeldOutPass(Folds folds, List<Part> parts, int lambdas, int targets, boolean classes)
        implements Pass<HeldOutPass.Errors> {

    /**
     * Sums over rows.
     *
     * @param squares of w (y - f)^2, the targets of one lambda side by side
     * @param wrong weight of rows put into a wrong class, per lambda
     */
    record Errors(double[] squares, double[] wrong) implements Serializable {}

    /**
     * What the rows of a fold are predicted with.
     *
     * @param coefficients D x (lambdas t), the targets of one lambda side by side
     */
    record Part(int fold, Matrix coefficients, double[] intercepts) implements Serializable {
        static Part of(int fold, RidgePath path, double[] lambdas) {
            int d = path.equations().features();
            int t = path.equations().targets();
            Matrix all = Matrix.zeros(d, lambdas.length * t);
            double[] intercepts = new double[lambdas.length * t];
            for (int i = 0; i < lambdas.length; i++) {
                LinearModel model = path.near(lambdas[i]);
                System.arraycopy(model.coefficients().values(), 0, all.values(), i * t * d, t * d);
                System.arraycopy(model.intercepts(), 0, intercepts, i * t, t);
            }
            return new Part(fold, all, intercepts);
        }
    }

    @Override
    public String label() {
        return "held-out errors of " + parts.size() + (parts.size() == 1 ? " fold" : " folds");
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 2.0 * rows * parts.size() / folds.count() * schema.first().width() * lambdas * targets;
    }

    @Override
    public Fold<Errors> open(Arena arena, Schema schema, Layout layout) {
        return new HeldOutFold(arena, schema, layout);
    }

    private final class HeldOutFold implements Fold<Errors> {
        private final FoldGather gather;
        private final Part[] partOf = new Part[folds.count()];
        private final RightProduct[] products = new RightProduct[folds.count()];
        private final Weights weights;
        private final RowReader targetReader;
        private final RowReader predictions;
        private double[] squares = new double[lambdas * targets];
        private double[] wrong = new double[lambdas];

        HeldOutFold(Arena arena, Schema schema, Layout layout) {
            gather = new FoldGather(arena, schema, layout, folds);
            for (Part part : parts) {
                partOf[part.fold()] = part;
                products[part.fold()] = new RightProduct(
                        arena, part.coefficients(), schema.first().precision(), layout);
            }
            weights = new Weights(schema);
            targetReader = new RowReader(schema.columns().get(1));
            predictions = new RowReader(lambdas * targets, schema.first().precision());
        }

        @Override
        public void add(Block block) {
            gather.visit(block, (fold, rows, positions) -> {
                if (partOf[fold] == null) {
                    return;
                }
                Slab product = products[fold].of(rows.first());
                double[] w = weights.read(rows);
                double[] a = partOf[fold].intercepts();
                for (int i = 0; i < rows.rows(); i++) {
                    double[] y = targetReader.read(rows.columns().get(1), i, 1);
                    add(y, predictions.read(product, i, 1), a, w[i]);
                }
            });
        }

        private void add(double[] y, double[] z, double[] a, double w) {
            for (int l = 0; l < lambdas; l++) {
                int from = l * targets;
                int best = 0;
                double largest = Double.NEGATIVE_INFINITY;
                for (int k = 0; k < targets; k++) {
                    double value = z[from + k] + a[from + k];
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
