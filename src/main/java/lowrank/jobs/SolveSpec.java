package lowrank.jobs;

import java.util.List;

/**
 * The section {@code solve} of a spec, checked.
 *
 * @param lambdas to choose from; empty for a path made from the data
 * @param select what chooses
 * @param folds of kfold
 * @param intercept whether a constant is fitted without penalty
 */
record SolveSpec(List<Double> lambdas, Select select, int folds, boolean intercept) {
    /** What chooses among several lambdas and bandwidths. */
    enum Select {
        GCV,
        LOO,
        KFOLD
    }

    private static final int MOST_FOLDS = 100;

    static SolveSpec of(Spec spec) {
        Select select =
                Select.valueOf(spec.oneOf("solve.select", "gcv", "loo", "kfold").toUpperCase(java.util.Locale.ROOT));
        if (select != Select.KFOLD && spec.differsFromDefault("solve.folds")) {
            throw new SpecException("solve.folds applies to solve.select = kfold alone; remove it");
        }
        int folds = spec.whole("solve.folds", 2, null, 0);
        if (folds > MOST_FOLDS) {
            throw new SpecException("solve.folds must be at most " + MOST_FOLDS + ", not " + folds
                    + "; for one fold per row set solve.select = loo");
        }
        return new SolveSpec(lambdas(spec), select, folds, spec.flag("solve.intercept"));
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
