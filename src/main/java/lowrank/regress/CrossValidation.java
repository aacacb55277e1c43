package lowrank.regress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/**
 * Exact k-fold errors for many lambdas without refits: the normal equations of the rows outside fold f are those of all rows less those of
 * the fold. Each training set has its own means and its own n, so that lambda, which is per row, means the same in all of them.
 *
 * <p>With w and the means m of the training rows, the error on the fold is sum (y - m_y - (z - m_z)'w)^2 = y'y - 2 w'b + w'G w of the
 * fold's sums about m. Where that cancels ({@link #cancelled}) or a rate is wanted, {@code measured} predicts the held-out rows.
 *
 * <p><b>Cost</b>: per fold one eigendecomposition and 2 D^2 t flops for each lambda, twice where both are wanted. To be measured, coefficients
 * or what they are made of travel to the tasks, of as many folds in one pass as {@link HeldOutShape} allows.
 *
 * @param lambdas what was tried
 * @param errors mean of w (y - f)^2 over all rows, each predicted without its fold, per lambda and target
 * @param cancelled whether some closed sum of squares lost its digits
 */
record CrossValidation(double[] lambdas, double[][] errors, boolean cancelled) {
    /** Below this part of y'y, the closed sum of squares is left with few digits. */
    private static final double CANCELS = 1e-6;

    private static final double CANCELS_IN_FLOAT = 1e-3;

    /**
     * Scores from sums alone.
     *
     * @param lambdas that can be solved for with all rows ({@link RidgePath#lambdas})
     * @param origin of the targets in the sums; zeros without an intercept
     */
    static CrossValidation of(FoldSums sums, double[] origin, boolean intercept, double[] lambdas) {
        NormalSums total = sums.total();
        int t = total.targets();
        double[][] errors = new double[lambdas.length][t];
        boolean cancelled = false;
        for (NormalSums fold : sums.folds()) {
            if (fold.rows() == 0) {
                continue;
            }
            RidgePath path = RidgePath.of(Centred.of(total.minus(fold), origin, intercept));
            HeldOut held = HeldOut.of(fold, path.equations());
            double cut = fold.precision() == Precision.DOUBLE ? CANCELS : CANCELS_IN_FLOAT;
            for (int i = 0; i < lambdas.length; i++) {
                double[] rss = held.rss(path.near(lambdas[i]).coefficients());
                for (int k = 0; k < t; k++) {
                    cancelled |= rss[k] < cut * held.squares()[k];
                    errors[i][k] += Math.max(0, rss[k]) / total.weight();
                }
            }
        }
        return new CrossValidation(lambdas, errors, cancelled);
    }

    /** The sums of a fold about the means of its training rows. */
    private record HeldOut(Matrix gram, Matrix cross, double[] squares) {
        static HeldOut of(NormalSums fold, Centred training) {
            int d = fold.features();
            int t = fold.targets();
            double n = fold.weight();
            double[] m = training.featureMeans();
            double[] s = fold.featureSums();
            Matrix gram = fold.gram().symmetric();
            Matrix cross = fold.cross().columns(t);
            double[] squares = fold.targetSquares().clone();
            if (training.intercept()) {
                for (int j = 0; j < d; j++) {
                    for (int i = 0; i < d; i++) {
                        gram.set(i, j, gram.get(i, j) - s[i] * m[j] - m[i] * (s[j] - n * m[j]));
                    }
                }
                for (int k = 0; k < t; k++) {
                    double mean = training.targetMeans()[k];
                    double sum = fold.targetSums()[k];
                    squares[k] += mean * (n * mean - 2 * sum);
                    for (int i = 0; i < d; i++) {
                        cross.set(i, k, cross.get(i, k) - s[i] * mean - m[i] * (sum - n * mean));
                    }
                }
            }
            return new HeldOut(gram, cross, squares);
        }

        double[] rss(Matrix w) {
            Matrix image = gram.times(w);
            double[] rss = squares.clone();
            for (int k = 0; k < rss.length; k++) {
                for (int i = 0; i < w.rows(); i++) {
                    rss[k] += w.get(i, k) * (image.get(i, k) - 2 * cross.get(i, k));
                }
            }
            return rss;
        }
    }

    /**
     * The same errors from predictions of the held-out rows, without cancellation, and for targets that are classes (+1 in the column of
     * the class, -1 elsewhere) the part of the weight that is put into a wrong one.
     *
     * @param sums of the same rows
     * @param classes whether the targets are classes
     */
    static Measured measured(
            RowBlocks rows,
            FoldSums sums,
            Folds folds,
            double[] origin,
            boolean intercept,
            double[] lambdas,
            boolean classes) {
        return measured(rows, sums, folds, origin, intercept, lambdas, classes, HeldOutShape.MOST_BYTES);
    }

    static Measured measured(
            RowBlocks rows,
            FoldSums sums,
            Folds folds,
            double[] origin,
            boolean intercept,
            double[] lambdas,
            boolean classes,
            long most) {
        NormalSums total = sums.total();
        int t = total.targets();
        int together = new HeldOutShape(total.features(), t, lambdas.length).together(folds.count(), most);
        double[][] squares = new double[lambdas.length][t];
        double[] wrong = new double[lambdas.length];
        List<HeldOutPart> parts = new ArrayList<>();
        for (int f = 0; f < folds.count(); f++) {
            NormalSums fold = sums.folds().get(f);
            if (fold.rows() > 0) {
                RidgePath path = RidgePath.of(Centred.of(total.minus(fold), origin, intercept));
                parts.add(HeldOutPart.of(f, path, lambdas));
            }
            if (parts.size() == together || f == folds.count() - 1 && !parts.isEmpty()) {
                add(rows.pass(new HeldOutPass(folds, List.copyOf(parts), lambdas.length, t, classes)), squares, wrong);
                parts.clear();
            }
        }
        for (int i = 0; i < lambdas.length; i++) {
            for (int k = 0; k < t; k++) {
                squares[i][k] /= total.weight();
            }
            wrong[i] /= total.weight();
        }
        return new Measured(lambdas, squares, classes ? wrong : null);
    }

    private static void add(HeldOutPass.Errors sums, double[][] squares, double[] wrong) {
        int t = squares[0].length;
        for (int i = 0; i < wrong.length; i++) {
            for (int k = 0; k < t; k++) {
                squares[i][k] += sums.squares()[i * t + k];
            }
            wrong[i] += sums.wrong()[i];
        }
    }

    /**
     * Errors of predictions of held-out rows.
     *
     * @param errors mean of w (y - f)^2 per lambda and target
     * @param rates part of the weight in a wrong class, per lambda; null for targets that are no classes
     */
    record Measured(double[] lambdas, double[][] errors, double[] rates) {
        /** The index of the lowest rate; ties go to the larger lambda. */
        int bestByRate() {
            double[][] scores = new double[rates.length][];
            Arrays.setAll(scores, i -> new double[] {rates[i]});
            return Lambdas.best(lambdas, scores, new double[] {1});
        }
    }
}
