package lowrank.regress;

import java.util.Arrays;
import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.NumericalException;

/**
 * Fits ridge regression for one lambda by conjugate gradients, to the residual that is asked for. What only a Gram matrix tells (scores,
 * degrees of freedom, eigenvalues) is not known of such a fit.
 */
record RidgeIteration(RidgeSettings settings) {
    private static final double FINEST = 1e-14;

    /** Fits on rows of features and targets. */
    RidgeFit fit(RowBlocks rows) {
        double tolerance = settings.tolerance(rows.schema().first().precision());
        return fit(solver(rows, tolerance).fit(rows), tolerance, Double.NaN, null);
    }

    /**
     * Fits with a lambda that the normal equations are too coarse for.
     *
     * @param squares sum of w |z|^2
     * @param why these cannot be solved
     */
    RidgeFit fit(RowBlocks rows, RidgePath equations, double squares, String why) {
        Precision precision = rows.schema().first().precision();
        double tolerance = settings.tolerance(precision);
        // Fitted values may be off by |r| / (2 sqrt(mu)), and |B| is at most sqrt(l_max) |y|.
        double mu = equations.weight() * settings.lambdas().get(0);
        double largest = Arrays.stream(equations.eigenvalues()).max().orElse(0);
        double finest = precision == Precision.DOUBLE ? FINEST : tolerance;
        double goal = Math.min(tolerance, Math.max(finest, tolerance * Math.sqrt(mu / largest)));
        return fit(solver(rows, goal).fit(rows, equations), tolerance, squares, why);
    }

    private ConjugateGradients solver(RowBlocks rows, double goal) {
        return new ConjugateGradients(
                settings.lambdas().get(0),
                settings.intercept(),
                ConjugateGradients.rank(rows.cols()),
                goal,
                settings.iterations(),
                settings.seed());
    }

    private RidgeFit fit(ConjugateGradients.Fit fit, double tolerance, double squares, String refused) {
        double worst = Arrays.stream(fit.residuals()).max().orElse(0);
        if (!(worst <= tolerance)) {
            throw new NumericalException(String.format(
                    Locale.ROOT,
                    "conjugate gradients stopped after %d iterations at a residual of %.2g, and solve.tolerance is %.2g; raise"
                            + " solve.lambda, solve.tolerance or solve.iterations%s",
                    fit.iterations(),
                    worst,
                    tolerance,
                    fit.iterations() < settings.iterations() ? " (rounding allows no more here)" : ""));
        }
        double lambda = fit.model().lambda();
        double[] noise = Arrays.stream(fit.rss()).map(rss -> rss / fit.weight()).toArray();
        double[] unknown = new double[fit.rss().length];
        Arrays.fill(unknown, Double.NaN);
        double[] nothing = {Double.NaN};
        return new RidgeFit(
                fit.model(),
                new LambdaPath(new double[] {lambda}, nothing, nothing, nothing, nothing),
                0,
                Double.NaN,
                new RidgeScore(lambda, Double.NaN, fit.rss(), noise, unknown, unknown),
                new double[0],
                fit.weight(),
                squares,
                worst,
                null,
                null,
                new RidgeFit.Way(RidgeSettings.Solver.CONJUGATE_GRADIENTS, fit.iterations(), refused));
    }
}
