package lowrank.jobs;

import java.util.List;
import java.util.Locale;
import lowrank.blas.Precision;

/**
 * The section {@code solve} of a spec, checked.
 *
 * @param lambdas to choose from; empty for a path made from the data
 * @param select what chooses
 * @param folds of kfold
 * @param intercept whether a constant is fitted without penalty
 * @param algorithm what solves
 * @param asked for as the tolerance of conjugate gradients; NaN for auto
 * @param iterations of conjugate gradients, at most
 */
record SolveSpec(
        List<Double> lambdas,
        Select select,
        int folds,
        boolean intercept,
        Algorithm algorithm,
        double asked,
        int iterations) {
    /** Features up to which auto takes normal equations: a Gram matrix of 2 GB. */
    static final int MOST_DIRECT = 16_384;

    private static final double TOLERANCE = 1e-10;
    private static final double TOLERANCE_OF_FLOATS = 1e-5;

    /** How coefficients are found. */
    enum Algorithm {
        AUTO,
        NORMAL_EQUATIONS,
        CONJUGATE_GRADIENTS
    }

    /** What chooses among several lambdas and bandwidths. */
    enum Select {
        GCV,
        LOO,
        KFOLD
    }

    private static final int MOST_FOLDS = 100;

    static SolveSpec of(Spec spec) {
        Select select =
                Select.valueOf(spec.oneOf("solve.select", "gcv", "loo", "kfold").toUpperCase(Locale.ROOT));
        if (select != Select.KFOLD && spec.differsFromDefault("solve.folds")) {
            throw new SpecException("solve.folds applies to solve.select = kfold alone; remove it");
        }
        int folds = spec.whole("solve.folds", 2, null, 0);
        if (folds > MOST_FOLDS) {
            throw new SpecException("solve.folds must be at most " + MOST_FOLDS + ", not " + folds
                    + "; for one fold per row set solve.select = loo");
        }
        Algorithm algorithm =
                Algorithm.valueOf(spec.oneOf("solve.algorithm", "auto", "normal-equations", "conjugate-gradients")
                        .toUpperCase(Locale.ROOT)
                        .replace('-', '_'));
        List<Double> lambdas = lambdas(spec);
        if (algorithm == Algorithm.NORMAL_EQUATIONS) {
            for (String key : List.of("solve.tolerance", "solve.iterations")) {
                if (spec.differsFromDefault(key)) {
                    throw new SpecException(key + " applies to conjugate gradients alone; remove it");
                }
            }
        }
        if (algorithm == Algorithm.CONJUGATE_GRADIENTS) {
            if (lambdas.size() != 1) {
                throw new SpecException("solve.algorithm = conjugate-gradients solves for one lambda at a time; set"
                        + " solve.lambda to a number");
            }
            if (spec.differsFromDefault("solve.select")) {
                throw new SpecException("solve.select chooses from several lambdas, and solve.algorithm ="
                        + " conjugate-gradients takes one; remove it");
            }
        }
        return new SolveSpec(
                lambdas,
                select,
                folds,
                spec.flag("solve.intercept"),
                algorithm,
                spec.text("solve.tolerance").orElse("").equals("auto") ? Double.NaN : spec.positive("solve.tolerance"),
                spec.whole("solve.iterations", 1, null, 0));
    }

    /** Whether so many features are solved for by conjugate gradients, by shape alone. */
    boolean iterates(int features) {
        return algorithm == Algorithm.CONJUGATE_GRADIENTS || (algorithm == Algorithm.AUTO && features > MOST_DIRECT);
    }

    /** Refuses what conjugate gradients do not do, where they are to be used. */
    void requireSolvable(int features, int kernels, FeatureSpec map, WriteSpec write) {
        if (!iterates(features)) {
            return;
        }
        String why = algorithm == Algorithm.AUTO
                ? "features.size = " + features + " is beyond " + MOST_DIRECT
                        + ", so conjugate gradients are used, which "
                : "solve.algorithm = conjugate-gradients ";
        if (lambdas.size() != 1 || select != Select.GCV) {
            throw new SpecException(
                    why + "solves for one lambda at a time and scores none; set solve.lambda to a number,"
                            + " without solve.select");
        }
        if (write.variance()) {
            throw new SpecException(why + "does not know the variance of predictions; leave it out of write.also");
        }
        if (kernels > 1 || (map.repeats() > 1 && !map.average())) {
            throw new SpecException(
                    why + "gives no score to choose a kernel or a draw by; give one kernel.bandwidth, and"
                            + " one draw or features.combine = average");
        }
    }

    /** The residual that will do. */
    double tolerance(Precision precision) {
        return !Double.isNaN(asked) ? asked : precision == Precision.DOUBLE ? TOLERANCE : TOLERANCE_OF_FLOATS;
    }

    private static List<Double> lambdas(Spec spec) {
        List<String> items = spec.list("solve.lambda");
        if (items.equals(List.of("path"))) {
            return List.of();
        }
        if (items.isEmpty()) {
            throw new SpecException("solve.lambda must be path, a positive number or a list of these numbers");
        }
        return items.stream().map(SolveSpec::lambda).toList();
    }

    private static double lambda(String item) {
        try {
            double lambda = Double.parseDouble(item);
            if (lambda > 0 && lambda < Double.POSITIVE_INFINITY) {
                return lambda;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new SpecException("solve.lambda must be path, a positive number or a list of these numbers, not " + item);
    }
}
