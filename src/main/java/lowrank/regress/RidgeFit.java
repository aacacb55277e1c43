package lowrank.regress;

import java.util.Arrays;

/**
 * A ridge regression with the lambda that was chosen, and what is known of it.
 *
 * @param path scores of all lambdas that were tried
 * @param chosen which of them
 * @param score what fits on several maps are compared by, lower is better: the part of the targets' variance that is left untold, or an
 *     error rate; NaN of conjugate gradients
 * @param ridge what the equations tell of the chosen one; of conjugate gradients the RSS alone, the rest NaN
 * @param eigenvalues of the (centred) Gram matrix, descending; empty where they were not needed
 * @param weight n, the sum of the weights
 * @param featureSquares sum of w |z|^2, NaN where not known
 * @param residual |B - (G + n lambda I) w| / |B|, of conjugate gradients the worst target's
 * @param loo leave-one-out errors, or null where they did not choose
 * @param variance of predictions, or null
 * @param way what solved
 */
public record RidgeFit(
        LinearModel model,
        LambdaPath path,
        int chosen,
        double score,
        RidgeScore ridge,
        double[] eigenvalues,
        double weight,
        double featureSquares,
        double residual,
        LeaveOneOut loo,
        Variance variance,
        Way way) {
    /**
     * What solved.
     *
     * @param solver that was taken; never {@link RidgeSettings.Solver#AUTO}
     * @param iterations of conjugate gradients; 0 for normal equations
     * @param refused why the normal equations, which were there, could not be solved for this lambda; null where that was not so
     */
    public record Way(RidgeSettings.Solver solver, int iterations, String refused) {
        static final Way DIRECT = new Way(RidgeSettings.Solver.NORMAL_EQUATIONS, 0, null);
    }

    /** The variance of what is not explained, per target ({@link RidgeScore#noise}). */
    public double[] noise() {
        return variance == null ? ridge.noise() : variance.noise();
    }

    /** The root of the mean square, over rows and targets, that the fit leaves on its own rows. */
    public double trainingError() {
        return Math.sqrt(Arrays.stream(ridge.rss()).average().orElse(0) / weight);
    }

    /** Whether the least of several lambdas was chosen, so that a smaller one might do better still. */
    public boolean leastChosen() {
        double[] lambdas = path.lambda();
        return lambdas.length > 1
                && lambdas[chosen] == Arrays.stream(lambdas).min().getAsDouble();
    }
}
