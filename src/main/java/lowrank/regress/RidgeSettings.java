package lowrank.regress;

import java.util.List;
import lowrank.blas.Precision;

/**
 * How ridge regression is to be solved, and what chooses lambda.
 *
 * @param lambdas to choose from; empty for a path made from the data. Conjugate gradients take one
 * @param select what chooses
 * @param folds of {@link Select#KFOLD}
 * @param intercept whether a constant is fitted without penalty
 * @param solver what solves
 * @param asked the residual at which conjugate gradients stop, |B - (G + mu I) w| / |B|; NaN for what the precision allows
 * @param iterations of conjugate gradients, at most
 * @param seed of folds and sketches
 */
public record RidgeSettings(
        List<Double> lambdas,
        Select select,
        int folds,
        boolean intercept,
        Solver solver,
        double asked,
        int iterations,
        long seed) {
    /** Features up to which {@link Solver#AUTO} takes normal equations: a Gram matrix of 2 GB. */
    public static final int MOST_DIRECT = 16_384;

    private static final double TOLERANCE = 1e-10;
    private static final double TOLERANCE_OF_FLOATS = 1e-5;

    /** How coefficients are found. */
    public enum Solver {
        /** Normal equations, where neither the features are too many nor lambda is too small for them. */
        AUTO,
        NORMAL_EQUATIONS,
        CONJUGATE_GRADIENTS
    }

    /** What chooses among several lambdas, and what fits on several maps are compared by. */
    public enum Select {
        GCV,
        LOO,
        KFOLD
    }

    public RidgeSettings {
        lambdas = List.copyOf(lambdas);
    }

    /** Whether so many features are solved for by conjugate gradients, by shape alone. */
    public boolean iterates(int features) {
        return solver == Solver.CONJUGATE_GRADIENTS || (solver == Solver.AUTO && features > MOST_DIRECT);
    }

    /** The residual that will do. */
    public double tolerance(Precision precision) {
        return !Double.isNaN(asked) ? asked : precision == Precision.DOUBLE ? TOLERANCE : TOLERANCE_OF_FLOATS;
    }
}
