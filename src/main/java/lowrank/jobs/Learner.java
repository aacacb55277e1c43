package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.RowBlocks;
import lowrank.regress.CrossValidation;
import lowrank.regress.FoldSums;
import lowrank.regress.Folds;
import lowrank.regress.FoldsPass;
import lowrank.regress.LambdaTooSmallException;
import lowrank.regress.Lambdas;
import lowrank.regress.LeaveOneOut;
import lowrank.regress.LinearModel;
import lowrank.regress.NormalPass;
import lowrank.regress.NormalSums;
import lowrank.regress.RidgePath;
import lowrank.regress.RidgeScore;
import lowrank.regress.RidgeSolve;
import lowrank.regress.Variance;

/**
 * Fits ridge regression on features as the section {@code solve} asks, and says how good each lambda is.
 *
 * @param origin what targets are counted from
 * @param classes whether targets are classes, +1 and -1
 * @param features asked for
 * @param compared whether fits on several maps are compared by their scores
 * @param varying whether variances of predictions are wanted
 */
record Learner(
        SolveSpec spec, double[] origin, boolean classes, long seed, int features, boolean compared, boolean varying) {
    /**
     * What solved.
     *
     * @param reason null where there is nothing to say
     * @param iterations 0 for none
     */
    record Way(String algorithm, String reason, int iterations) {
        private static final Way DIRECT = new Way("normal equations", null, 0);
    }

    /**
     * A fit with the lambda that was chosen.
     *
     * @param path scores of all lambdas, NaN where they were not asked for
     * @param chosen which of them
     * @param score what kernels and draws are compared by: the part of the variance that is left untold, or an error rate
     * @param eigenvalues of the (centred) Gram matrix, descending; empty where they were not needed
     * @param featureSquares sum of w |z|^2
     * @param variance of predictions, or null
     * @param residual of the normal equations, the worst target's, NaN where not measured
     */
    record Learnt(
            LinearModel model,
            Path path,
            int chosen,
            double score,
            RidgeScore ridge,
            double[] eigenvalues,
            double weight,
            double featureSquares,
            double residual,
            List<String> notes,
            Way way,
            Variance variance) {
        /** Rows less degrees of freedom; the rows where these are not known. */
        double free() {
            return Double.isNaN(ridge.df()) ? weight : Math.max(1, weight - ridge.df());
        }
    }

    /** Mean scores over targets, per lambda. */
    record Path(double[] lambda, double[] gcv, double[] folds, double[] loo, double[] df) {}

    /** Fits on rows of features and targets. */
    Learnt learn(RowBlocks rows) {
        if (spec.iterates(features)) {
            return new Iteration(spec, seed).learn(rows);
        }
        if (spec.lambdas().size() == 1 && spec.select() == SolveSpec.Select.GCV && !varying) {
            NormalSums sums = NormalPass.over(rows, origin);
            RidgeSolve.Fit fit;
            try {
                fit = RidgeSolve.of(
                        sums, origin, spec.intercept(), spec.lambdas().get(0));
            } catch (LambdaTooSmallException e) {
                if (spec.algorithm() != SolveSpec.Algorithm.AUTO || compared) {
                    throw e;
                }
                return new Iteration(spec, seed)
                        .learn(rows, RidgePath.of(sums, origin, spec.intercept()), trace(sums), e.getMessage());
            }
            RidgeScore ridge = fit.score();
            double gcv = mean(ridge.gcv());
            double[] nothing = {Double.NaN};
            return new Learnt(
                    fit.model(),
                    new Path(new double[] {ridge.lambda()}, new double[] {gcv}, nothing, nothing, new double[] {
                        ridge.df()
                    }),
                    0,
                    untold(ridge.gcv(), squares(sums), sums.weight()),
                    ridge,
                    new double[0],
                    sums.weight(),
                    trace(sums),
                    fit.residual(),
                    notes(ridge),
                    Way.DIRECT,
                    null);
        }
        Folds folds = spec.select() == SolveSpec.Select.KFOLD ? new Folds(spec.folds(), seed) : null;
        FoldSums parts = folds == null ? null : FoldsPass.over(rows, folds, origin);
        NormalSums sums = folds == null ? NormalPass.over(rows, origin) : parts.total();
        RidgePath path = RidgePath.of(sums, origin, spec.intercept());
        double[] lambdas = spec.lambdas().isEmpty()
                ? path.lambdas()
                : spec.lambdas().stream().mapToDouble(Double::doubleValue).toArray();
        return choose(rows, path, lambdas, folds, parts, trace(sums));
    }

    private Learnt choose(
            RowBlocks rows, RidgePath path, double[] lambdas, Folds folds, FoldSums parts, double squares) {
        List<RidgeScore> scores = path.scores(lambdas);
        double[] units = path.targetSquares();
        double[][] gcv = scores.stream().map(RidgeScore::gcv).toArray(double[][]::new);
        double[] byGcv = means(gcv);
        double[] byFolds = filled(lambdas.length);
        double[] byLoo = filled(lambdas.length);
        List<String> notes = new ArrayList<>();
        int chosen;
        double score;
        switch (spec.select()) {
            case LOO -> {
                LeaveOneOut loo = LeaveOneOut.of(path, rows, lambdas);
                byLoo = means(loo.errors());
                if (loo.note() != null) {
                    notes.add(loo.note());
                }
                chosen = Lambdas.best(lambdas, loo.errors(), units);
                score = untold(loo.errors()[chosen], units, path.weight());
            }
            case KFOLD -> {
                if (classes) {
                    CrossValidation.Measured measured =
                            CrossValidation.measured(rows, parts, folds, origin, spec.intercept(), lambdas, true);
                    byFolds = measured.rates();
                    chosen = measured.bestByRate();
                    score = byFolds[chosen];
                } else {
                    CrossValidation validation = CrossValidation.of(parts, origin, spec.intercept(), lambdas);
                    double[][] errors = validation.cancelled()
                            ? CrossValidation.measured(rows, parts, folds, origin, spec.intercept(), lambdas, false)
                                    .errors()
                            : validation.errors();
                    byFolds = means(errors);
                    chosen = Lambdas.best(lambdas, errors, units);
                    score = untold(errors[chosen], units, path.weight());
                }
            }
            default -> {
                chosen = Lambdas.best(lambdas, gcv, units);
                score = untold(gcv[chosen], units, path.weight());
            }
        }
        RidgeScore ridge = scores.get(chosen);
        notes.addAll(notes(ridge));
        if (lambdas.length > 1
                && lambdas[chosen] == Arrays.stream(lambdas).min().getAsDouble()) {
            notes.add(
                    "the smallest lambda was chosen: a smaller one might do better still; lower solve.lambda, or raise"
                            + " features.size");
        }
        double[] descending = path.eigenvalues();
        for (int i = 0, j = descending.length - 1; i < j; i++, j--) {
            double swap = descending[i];
            descending[i] = descending[j];
            descending[j] = swap;
        }
        LinearModel model = path.model(lambdas[chosen]);
        return new Learnt(
                model,
                new Path(
                        lambdas,
                        byGcv,
                        byFolds,
                        byLoo,
                        scores.stream().mapToDouble(RidgeScore::df).toArray()),
                chosen,
                score,
                ridge,
                descending,
                path.weight(),
                squares,
                path.residual(model),
                notes,
                Way.DIRECT,
                varying ? Variance.of(path, lambdas[chosen], ridge.rss()) : null);
    }

    private static double trace(NormalSums sums) {
        double trace = 0;
        for (int j = 0; j < sums.features(); j++) {
            trace += sums.gram().get(j, j);
        }
        return trace;
    }

    private static List<String> notes(RidgeScore ridge) {
        return ridge.doubtful()
                ? List.of(
                        "what the fit leaves unexplained of some target is not more than rounding of the sums it is told from: training RMSE and GCV of it say no more than that; job = predict on these rows measures it, blocks.precision = double rounds less than float")
                : List.of();
    }

    /** The sum of w (y - mean)^2 of each target, without an intercept of w y^2. */
    private double[] squares(NormalSums sums) {
        double[] squares = sums.targetSquares().clone();
        for (int k = 0; k < squares.length && spec.intercept(); k++) {
            squares[k] -= sums.targetSums()[k] * sums.targetSums()[k] / sums.weight();
        }
        return squares;
    }

    /** The part of the targets' variances that a mean square leaves untold, on average over targets: no unit, so that targets compare. */
    private static double untold(double[] errors, double[] squares, double weight) {
        double sum = 0;
        int count = 0;
        for (int k = 0; k < errors.length; k++) {
            if (squares[k] > 0) {
                sum += weight * errors[k] / squares[k];
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    private static double[] filled(int count) {
        double[] nothing = new double[count];
        Arrays.fill(nothing, Double.NaN);
        return nothing;
    }

    private static double[] means(double[][] perTarget) {
        return Arrays.stream(perTarget).mapToDouble(Learner::mean).toArray();
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }
}
