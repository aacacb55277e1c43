package lowrank.regress;

import java.util.Arrays;
import java.util.List;
import lowrank.blocks.RowBlocks;

/**
 * Fits ridge regression on features, chooses its lambda and says how good each one is: by Cholesky where there is one lambda and nothing
 * else is asked for, by the eigenvalues of the Gram matrix ({@link RidgePath}) where there are several, by {@link ConjugateGradients}
 * where the features are too many for a Gram matrix, or lambda is too small for normal equations.
 *
 * <p><b>Cost</b>: one pass that sums the equations, of k folds k times as many sums; one pass more for leave-one-out and for error rates of
 * folds. Conjugate gradients take a pass per iteration.
 *
 * @param origin what targets are counted from
 * @param classes whether targets are classes, +1 and -1, whose folds are judged by the error rate
 * @param features asked for, which tell the solver; fewer may have been kept
 * @param compared whether fits on several maps are compared by their scores, so that each must have one
 * @param varying whether variances of predictions are wanted
 */
public record RidgeLearner(
        RidgeSettings settings, double[] origin, boolean classes, int features, boolean compared, boolean varying) {

    /**
     * For the targets in the second column of rows. Numbers are counted from those of the first row where there is an intercept, which
     * takes them up again.
     */
    public static RidgeLearner of(
            RidgeSettings settings, RowBlocks rows, boolean classes, int features, boolean compared, boolean varying) {
        int targets = rows.schema().columns().get(1).width();
        double[] origin = settings.intercept() && !classes ? Origin.of(rows) : new double[targets];
        return new RidgeLearner(settings, origin, classes, features, compared, varying);
    }

    /**
     * Fits on rows of features and targets.
     *
     * @throws LambdaTooSmallException when rounding of the equations leaves nothing of a lambda, and conjugate gradients may not be taken
     *     in their place: they were not asked for, or give no score where one is needed
     * @throws lowrank.linalg.NumericalException when conjugate gradients do not reach their tolerance
     * @throws lowrank.blocks.DataException when the weights are none, or a fold leaves no rows
     */
    public RidgeFit fit(RowBlocks rows) {
        if (settings.iterates(features)) {
            return new RidgeIteration(settings).fit(rows);
        }
        if (settings.lambdas().size() == 1 && settings.select() == RidgeSettings.Select.GCV && !varying) {
            return single(rows, settings.lambdas().get(0));
        }
        Folds folds =
                settings.select() == RidgeSettings.Select.KFOLD ? new Folds(settings.folds(), settings.seed()) : null;
        FoldSums parts = folds == null ? null : FoldsPass.over(rows, folds, origin);
        NormalSums sums = folds == null ? NormalPass.over(rows, origin) : parts.total();
        RidgePath path = RidgePath.of(sums, origin, settings.intercept());
        double[] lambdas = settings.lambdas().isEmpty()
                ? path.lambdas()
                : settings.lambdas().stream().mapToDouble(Double::doubleValue).toArray();
        return chosen(path, scored(rows, path, lambdas, folds, parts), trace(sums));
    }

    /** With one lambda, by Cholesky. */
    private RidgeFit single(RowBlocks rows, double lambda) {
        NormalSums sums = NormalPass.over(rows, origin);
        RidgeCholesky.Fit fit;
        try {
            fit = RidgeCholesky.of(sums, origin, settings.intercept(), lambda);
        } catch (LambdaTooSmallException e) {
            if (settings.solver() != RidgeSettings.Solver.AUTO || compared) {
                throw e;
            }
            return new RidgeIteration(settings)
                    .fit(rows, RidgePath.of(sums, origin, settings.intercept()), trace(sums), e.getMessage());
        }
        RidgeScore ridge = fit.score();
        double[] nothing = {Double.NaN};
        return new RidgeFit(
                fit.model(),
                new LambdaPath(
                        new double[] {ridge.lambda()},
                        new double[] {mean(ridge.gcv())},
                        nothing,
                        nothing,
                        new double[] {ridge.df()}),
                0,
                untold(ridge.gcv(), squares(sums), sums.weight()),
                ridge,
                new double[0],
                sums.weight(),
                trace(sums),
                fit.residual(),
                null,
                null,
                RidgeFit.Way.DIRECT);
    }

    /**
     * Scores of all lambdas.
     *
     * @param best which was chosen
     * @param score of it, as {@link RidgeFit#score}
     * @param loo or null
     */
    private record Scored(LambdaPath path, List<RidgeScore> ridge, int best, double score, LeaveOneOut loo) {}

    private Scored scored(RowBlocks rows, RidgePath path, double[] lambdas, Folds folds, FoldSums parts) {
        List<RidgeScore> ridge = path.scores(lambdas);
        double[][] gcv = ridge.stream().map(RidgeScore::gcv).toArray(double[][]::new);
        double[] df = ridge.stream().mapToDouble(RidgeScore::df).toArray();
        double[] nothing = new double[lambdas.length];
        Arrays.fill(nothing, Double.NaN);
        return switch (settings.select()) {
            case GCV -> {
                LambdaPath scores = new LambdaPath(lambdas, means(gcv), nothing, nothing, df);
                int best = Lambdas.best(lambdas, gcv, path.targetSquares());
                yield new Scored(scores, ridge, best, untold(path, gcv[best]), null);
            }
            case LOO -> {
                LeaveOneOut loo = LeaveOneOut.of(path, rows, lambdas);
                LambdaPath scores = new LambdaPath(lambdas, means(gcv), nothing, means(loo.errors()), df);
                int best = Lambdas.best(lambdas, loo.errors(), path.targetSquares());
                yield new Scored(scores, ridge, best, untold(path, loo.errors()[best]), loo);
            }
            case KFOLD -> {
                if (classes) {
                    CrossValidation.Measured measured = measured(rows, parts, folds, lambdas);
                    LambdaPath scores = new LambdaPath(lambdas, means(gcv), measured.rates(), nothing, df);
                    int best = measured.bestByRate();
                    yield new Scored(scores, ridge, best, measured.rates()[best], null);
                }
                CrossValidation validation = CrossValidation.of(parts, origin, settings.intercept(), lambdas);
                double[][] errors = validation.cancelled()
                        ? measured(rows, parts, folds, lambdas).errors()
                        : validation.errors();
                LambdaPath scores = new LambdaPath(lambdas, means(gcv), means(errors), nothing, df);
                int best = Lambdas.best(lambdas, errors, path.targetSquares());
                yield new Scored(scores, ridge, best, untold(path, errors[best]), null);
            }
        };
    }

    private CrossValidation.Measured measured(RowBlocks rows, FoldSums parts, Folds folds, double[] lambdas) {
        return CrossValidation.measured(rows, parts, folds, origin, settings.intercept(), lambdas, classes);
    }

    private RidgeFit chosen(RidgePath path, Scored scored, double featureSquares) {
        double lambda = scored.path().lambda()[scored.best()];
        RidgeScore ridge = scored.ridge().get(scored.best());
        double[] descending = path.eigenvalues();
        for (int i = 0, j = descending.length - 1; i < j; i++, j--) {
            double swap = descending[i];
            descending[i] = descending[j];
            descending[j] = swap;
        }
        LinearModel model = path.model(lambda);
        return new RidgeFit(
                model,
                scored.path(),
                scored.best(),
                scored.score(),
                ridge,
                descending,
                path.weight(),
                featureSquares,
                path.residual(model),
                scored.loo(),
                varying ? Variance.of(path, lambda, ridge.rss()) : null,
                RidgeFit.Way.DIRECT);
    }

    private static double trace(NormalSums sums) {
        double trace = 0;
        for (int j = 0; j < sums.features(); j++) {
            trace += sums.gram().get(j, j);
        }
        return trace;
    }

    /** The sum of w (y - mean)^2 of each target, without an intercept of w y^2. */
    private double[] squares(NormalSums sums) {
        double[] squares = sums.targetSquares().clone();
        for (int k = 0; k < squares.length && settings.intercept(); k++) {
            squares[k] -= sums.targetSums()[k] * sums.targetSums()[k] / sums.weight();
        }
        return squares;
    }

    private static double untold(RidgePath path, double[] errors) {
        return untold(errors, path.targetSquares(), path.weight());
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

    private static double[] means(double[][] perTarget) {
        return Arrays.stream(perTarget).mapToDouble(RidgeLearner::mean).toArray();
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }
}
