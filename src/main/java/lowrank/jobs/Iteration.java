package lowrank.jobs;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.NumericalException;
import lowrank.regress.ConjugateGradients;
import lowrank.regress.RidgePath;
import lowrank.regress.RidgeScore;

/**
 * Fits ridge regression for one lambda by conjugate gradients. What only a Gram matrix tells (scores, degrees of freedom, eigenvalues) is
 * not known of such a fit.
 */
record Iteration(SolveSpec spec, long seed) {
    private static final double FINEST = 1e-14;

    /** Fits on rows of features and targets. */
    Learner.Learnt learn(RowBlocks rows) {
        double tolerance = spec.tolerance(rows.schema().first().precision());
        String reason = spec.algorithm() == SolveSpec.Algorithm.AUTO
                ? "conjugate gradients: more than " + SolveSpec.MOST_DIRECT + " features"
                : "conjugate gradients, as asked for";
        return learnt(solver(rows, tolerance).fit(rows), tolerance, Double.NaN, reason);
    }

    /**
     * Fits with a lambda that the normal equations are too coarse for.
     *
     * @param squares sum of w |z|^2
     * @param why these cannot be solved
     */
    Learner.Learnt learn(RowBlocks rows, RidgePath equations, double squares, String why) {
        Precision precision = rows.schema().first().precision();
        double tolerance = spec.tolerance(precision);
        // Fitted values may be off by |r| / (2 sqrt(mu)), and |B| is at most sqrt(l_max) |y|.
        double mu = equations.weight() * spec.lambdas().get(0);
        double largest = Arrays.stream(equations.eigenvalues()).max().orElse(0);
        double finest = precision == Precision.DOUBLE ? FINEST : tolerance;
        double goal = Math.min(tolerance, Math.max(finest, tolerance * Math.sqrt(mu / largest)));
        return learnt(
                solver(rows, goal).fit(rows, equations),
                tolerance,
                squares,
                "conjugate gradients, preconditioned by normal equations: " + why);
    }

    private ConjugateGradients solver(RowBlocks rows, double goal) {
        return new ConjugateGradients(
                spec.lambdas().get(0),
                spec.intercept(),
                ConjugateGradients.rank(rows.cols()),
                goal,
                spec.iterations(),
                seed);
    }

    private Learner.Learnt learnt(ConjugateGradients.Fit fit, double tolerance, double squares, String reason) {
        double worst = Arrays.stream(fit.residuals()).max().orElse(0);
        if (!(worst <= tolerance)) {
            throw new NumericalException(String.format(
                    Locale.ROOT,
                    "conjugate gradients stopped after %d iterations at a residual of %.2g, and solve.tolerance is %.2g; raise"
                            + " solve.lambda, solve.tolerance or solve.iterations%s",
                    fit.iterations(),
                    worst,
                    tolerance,
                    fit.iterations() < spec.iterations() ? " (rounding allows no more here)" : ""));
        }
        double lambda = fit.model().lambda();
        double[] unknown = new double[fit.rss().length];
        Arrays.fill(unknown, Double.NaN);
        double[] nothing = {Double.NaN};
        return new Learner.Learnt(
                fit.model(),
                new Learner.Path(new double[] {lambda}, nothing, nothing, nothing, nothing),
                0,
                Double.NaN,
                new RidgeScore(
                        lambda,
                        Double.NaN,
                        fit.rss(),
                        unknown,
                        fit.model().coefficients().columnNorms(),
                        new double[unknown.length]),
                new double[0],
                fit.weight(),
                squares,
                worst,
                List.of(),
                new Learner.Way("conjugate gradients", reason, fit.iterations()),
                null);
    }
}
