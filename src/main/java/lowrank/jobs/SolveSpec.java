package lowrank.jobs;

import java.util.List;
import java.util.Locale;
import lowrank.regress.RidgeSettings;

/** The section {@code solve} of a spec: how coefficients are found, and what chooses lambda. */
final class SolveSpec {
    private static final int MOST_FOLDS = 100;

    private SolveSpec() {}

    /**
     * Reads and checks the section.
     *
     * @param seed of folds and sketches
     */
    static RidgeSettings of(Spec spec, long seed) {
        RidgeSettings.Select select = RidgeSettings.Select.valueOf(
                spec.oneOf("solve.select", "gcv", "loo", "kfold").toUpperCase(Locale.ROOT));
        if (select != RidgeSettings.Select.KFOLD && spec.differsFromDefault("solve.folds")) {
            throw new SpecException("solve.folds applies to solve.select = kfold alone; remove it");
        }
        int folds = spec.whole("solve.folds", 2, null, 0);
        if (folds > MOST_FOLDS) {
            throw new SpecException("solve.folds must be at most " + MOST_FOLDS + ", not " + folds
                    + "; for one fold per row set solve.select = loo");
        }
        RidgeSettings.Solver solver = RidgeSettings.Solver.valueOf(
                spec.oneOf("solve.algorithm", "auto", "normal-equations", "conjugate-gradients")
                        .toUpperCase(Locale.ROOT)
                        .replace('-', '_'));
        List<Double> lambdas = lambdas(spec);
        if (solver == RidgeSettings.Solver.NORMAL_EQUATIONS) {
            for (String key : List.of("solve.tolerance", "solve.iterations")) {
                if (spec.differsFromDefault(key)) {
                    throw new SpecException(key + " applies to conjugate gradients alone; remove it");
                }
            }
        }
        if (solver == RidgeSettings.Solver.CONJUGATE_GRADIENTS) {
            if (lambdas.size() != 1) {
                throw new SpecException("solve.algorithm = conjugate-gradients solves for one lambda at a time; set"
                        + " solve.lambda to a number");
            }
            if (spec.differsFromDefault("solve.select")) {
                throw new SpecException("solve.select chooses from several lambdas, and solve.algorithm ="
                        + " conjugate-gradients takes one; remove it");
            }
        }
        return new RidgeSettings(
                lambdas,
                select,
                folds,
                spec.flag("solve.intercept"),
                solver,
                spec.text("solve.tolerance").orElse("").equals("auto") ? Double.NaN : spec.positive("solve.tolerance"),
                spec.whole("solve.iterations", 1, null, 0),
                seed);
    }

    /** Refuses what conjugate gradients do not do, where they are to be used for so many features. */
    static void requireSolvable(KernelJobSpec spec, int features) {
        RidgeSettings solve = spec.solve();
        if (!solve.iterates(features)) {
            return;
        }
        String why = solve.solver() == RidgeSettings.Solver.AUTO
                ? "features.size = " + features + " is beyond " + RidgeSettings.MOST_DIRECT
                        + ", so conjugate gradients are used, which "
                : "solve.algorithm = conjugate-gradients ";
        if (solve.lambdas().size() != 1 || solve.select() != RidgeSettings.Select.GCV) {
            throw new SpecException(
                    why + "solves for one lambda at a time and scores none; set solve.lambda to a number,"
                            + " without solve.select");
        }
        if (spec.write().variance()) {
            throw new SpecException(why + "does not know the variance of predictions; leave it out of write.also");
        }
        FeatureSpec map = spec.features();
        if (spec.kernel().candidates() > 1 || (map.repeats() > 1 && !map.average())) {
            throw new SpecException(
                    why + "gives no score to choose a kernel or a draw by; give one kernel.bandwidth, and"
                            + " one draw or features.combine = average");
        }
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
