package lowrank.regress;

import java.io.Serializable;
import java.util.ArrayList;
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
 * @param coefficients per fold, D x (lambdas t), the targets of one lambda side by side
 * @param intercepts per fold
 * @param lambdas how many
 * @param targets t
 * @param classes whether a row's class, the target that is above zero, is to be the largest prediction
 */
record HeldOutPass(
        Folds folds, List<Matrix> coefficients, double[][] intercepts, int lambdas, int targets, boolean classes)
        implements Pass<HeldOutPass.Errors> {

    /**
     * Sums over rows.
     *
     * @param squares of w (y - f)^2, the targets of one lambda side by side
     * @param wrong weight of rows put into a wrong class, per lambda
     * @param weight of all rows
     */
    record Errors(double[] squares, double[] wrong, double weight) implements Serializable {}

    static HeldOutPass of(CrossValidation validation, boolean classes) {
        List<Matrix> coefficients = new ArrayList<>();
        double[][] intercepts = new double[validation.models().size()][];
        int lambdas = validation.lambdas().length;
        int t = validation.errors()[0].length;
        for (int f = 0; f < intercepts.length; f++) {
            List<LinearModel> models = validation.models().get(f);
            int d = models.get(0).coefficients().rows();
            Matrix all = Matrix.zeros(d, lambdas * t);
            intercepts[f] = new double[lambdas * t];
            for (int i = 0; i < lambdas; i++) {
                System.arraycopy(models.get(i).coefficients().values(), 0, all.values(), i * t * d, t * d);
                System.arraycopy(models.get(i).intercepts(), 0, intercepts[f], i * t, t);
            }
            coefficients.add(all);
        }
        return new HeldOutPass(validation.folds(), coefficients, intercepts, lambdas, t, classes);
    }

    @Override
    public String label() {
        return "held-out errors of " + folds.count() + " folds";
    }

    @Override
    public double flops(long rows, Schema schema) {
        return 2.0 * rows * schema.first().width() * lambdas * targets;
    }

    @Override
    public Fold<Errors> open(Arena arena, Schema schema, Layout layout) {
        return new HeldOutFold(arena, schema, layout);
    }

    private final class HeldOutFold implements Fold<Errors> {
        private final FoldGather gather;
        private final List<RightProduct> products = new ArrayList<>();
        private final Weights weights;
        private final RowReader targetReader;
        private final Predictions predictions;
        private double[] squares = new double[lambdas * targets];
        private double[] wrong = new double[lambdas];
        private double weight;

        HeldOutFold(Arena arena, Schema schema, Layout layout) {
            gather = new FoldGather(arena, schema, layout, folds);
            for (Matrix matrix : coefficients) {
                products.add(new RightProduct(arena, matrix, schema.first().precision(), layout));
            }
            weights = new Weights(schema);
            targetReader = new RowReader(schema.columns().get(1));
            predictions = new Predictions(lambdas * targets, schema.first().precision());
        }

        @Override
        public void add(Block block) {
            gather.visit(block, (fold, rows, positions) -> {
                Slab product = products.get(fold).of(rows.first());
                double[] w = weights.read(rows);
                double[] a = intercepts[fold];
                for (int i = 0; i < rows.rows(); i++) {
                    double[] y = targetReader.read(rows.columns().get(1), i, 1);
                    add(y, predictions.read(product, i), a, w[i]);
                }
            });
        }

        private void add(double[] y, double[] z, double[] a, double w) {
            weight += w;
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
            Errors leaf = new Errors(squares, wrong, weight);
            squares = new double[lambdas * targets];
            wrong = new double[lambdas];
            weight = 0;
            return leaf;
        }

        @Override
        public Errors merge(Errors left, Errors right) {
            return new Errors(
                    Predictions.sum(left.squares, right.squares),
                    Predictions.sum(left.wrong, right.wrong),
                    left.weight + right.weight);
        }
    }
}
