package lowrank.jobs;

import java.util.Arrays;
import java.util.List;
import lowrank.blocks.Classes;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Features;
import lowrank.kernel.Nystrom;
import lowrank.kernel.TracePass;
import lowrank.linalg.Matrix;
import lowrank.regress.ErrorPass;
import lowrank.regress.FeatureSquares;
import lowrank.regress.LinearModel;
import lowrank.regress.OneVsAll;
import lowrank.store.KernelModel;
import lowrank.store.ModelTables;

/**
 * Measures a fit against its rows once more, in one read for each draw of features: the gradient of its normal equations at the stored
 * coefficients, the constants, the training error, and of landmarks the trace that they leave.
 *
 * @param leafRows rows of a leaf, over which sums run
 */
record FitVerification(KernelJobSpec spec, KernelModel model, int leafRows, Checks checks) {
    /**
     * The fit of one draw.
     *
     * @param left sums over y - a - Zw, a the stored constants
     * @param whole sums over y
     * @param trace sum of w |z|^2
     * @param lengths |w| of each target
     */
    private record Draw(int features, ErrorPass.Sums left, ErrorPass.Sums whole, double trace, double[] lengths) {
        /** Squares that the fit with constants of its own leaves of a target: they differ from the stored ones by its mean error. */
        double squares(int k, boolean intercept) {
            double mean = left.errors()[k] / left.weight();
            return left.squares()[k] - (intercept ? left.weight() * mean * mean : 0);
        }
    }

    void check(RowBlocks input) {
        KernelModel.Fit fit = model.fit();
        Classes classes = fit.classes();
        RowBlocks prepared = model.inputs().of(input);
        RowBlocks rows = classes == null ? prepared : prepared.map(new OneVsAll(classes.numbers()));
        List<FeatureMap> maps = model.map().draws();
        if (maps.size() > 1 && fit.draws() == null) {
            checks.say("normal equations", "not measured: the result does not say the lambda of each draw");
            return;
        }
        double[] lambdas = maps.size() == 1
                ? new double[] {fit.linear().lambda()}
                : fit.draws().lambdas();
        Draw[] draws = new Draw[maps.size()];
        Checks.Worst worst = new Checks.Worst();
        int from = 0;
        for (int i = 0; i < draws.length; i++) {
            // Stored are w / sqrt(r), of features z / sqrt(r).
            Matrix w = part(fit.linear().coefficients(), from, maps.get(i).size(), Math.sqrt(draws.length));
            draws[i] = draw(rows, maps.get(i), w, lambdas[i], worst);
            from += maps.get(i).size();
        }
        checks.atMost("|B - (G + n lambda I) w|", worst);
        checks.covers(ModelTables.COEFFICIENTS, "residual of normal equations");
        constants(draws);
        int best = maps.size() == 1 ? 0 : fit.draws().best();
        checks.near("lambda", lambdas[best], checks.claimed("lambda").value(), 0);
        trainingError(draws[best], lambdas[best]);
        squares(draws[best], maps.get(best), maps.size());
    }

    private static Matrix part(Matrix all, int from, int rows, double factor) {
        Matrix part = Matrix.zeros(rows, all.cols());
        for (int k = 0; k < all.cols(); k++) {
            for (int j = 0; j < rows; j++) {
                part.set(j, k, factor * all.get(from + j, k));
            }
        }
        return part;
    }

    private double unit() {
        return Math.max(spec.precision().roundoff(), 0x1p-53);
    }

    /**
     * G w + n lambda w = B: the gradient B - G w = Z'W (y - f) about the means of the features, and B itself.
     *
     * @param worst takes |B - (G + n lambda I) w| / |B| of each target
     */
    private Draw draw(RowBlocks rows, FeatureMap map, Matrix w, double lambda, Checks.Worst worst) {
        LinearModel linear = model.fit().linear();
        int d = w.rows();
        int t = w.cols();
        Pass.Both<Pass.Both<ErrorPass.Sums, ErrorPass.Sums>, Double> sums = rows.map(new Features(map))
                .pass(Pass.both(
                        Pass.both(
                                new ErrorPass(w, linear.intercepts(), true),
                                new ErrorPass(Matrix.zeros(d, t), new double[t], true)),
                        new FeatureSquares()));
        ErrorPass.Sums left = sums.first().first();
        ErrorPass.Sums whole = sums.first().second();
        double trace = sums.second();
        double n = left.weight();
        double[] means = new double[d];
        for (int j = 0; j < d && spec.solve().intercept(); j++) {
            means[j] = left.cross().get(j, t) / n;
        }
        Matrix gradient = left.about(means);
        Matrix right = whole.about(means);
        double[] lengths = w.columnNorms();
        // Conjugate gradients stop at a residual that was asked for.
        double allowed = checks.claims("iterations") ? spec.solve().tolerance(spec.precision()) : 0;
        for (int k = 0; k < t; k++) {
            double rest = 0;
            double norm = 0;
            for (int j = 0; j < d; j++) {
                double g = gradient.get(j, k) - n * lambda * w.get(j, k);
                rest += g * g;
                norm += right.get(j, k) * right.get(j, k);
            }
            double b = Math.sqrt(Math.max(norm, Double.MIN_NORMAL));
            double limit =
                    Checks.ROUNDINGS * d * unit() * (trace * lengths[k] + Math.sqrt(trace * whole.squares()[k])) / b
                            + allowed;
            worst.add(Math.sqrt(rest) / b, limit);
        }
        return new Draw(d, left, whole, trace, lengths);
    }

    /** Fitted constants leave errors of mean 0; a fit without them has none. */
    private void constants(Draw[] draws) {
        double[] constants = model.fit().linear().intercepts();
        if (!spec.solve().intercept()) {
            checks.same("constants", Arrays.stream(constants).allMatch(a -> a == 0), "0, as asked for");
            return;
        }
        Checks.Worst worst = new Checks.Worst();
        for (int k = 0; k < constants.length; k++) {
            double mean = 0;
            double limit = 0;
            for (Draw draw : draws) {
                double n = draw.left.weight();
                mean += draw.left.errors()[k] / n / draws.length;
                limit += Checks.ROUNDINGS
                        * draw.features
                        * unit()
                        * (Math.sqrt(draw.trace / n) * draw.lengths[k]
                                + Math.sqrt(draw.whole.squares()[k] / n))
                        / draws.length;
            }
            worst.add(Math.abs(mean), limit);
        }
        checks.atMost("mean error of the fit", worst);
    }

    /**
     * What is left is a difference of sums of squares; eigenvalues near n lambda make it worse by the root of their range.
     */
    private void trainingError(Draw draw, double lambda) {
        int t = draw.lengths.length;
        double n = draw.left.weight();
        double squares = 0;
        double spread = 0;
        for (int k = 0; k < t; k++) {
            squares += draw.squares(k, spec.solve().intercept()) / t;
            spread += draw.whole.squares()[k] / t;
        }
        double claimed = checks.claimed("training RMSE").value();
        double rounding =
                Checks.ROUNDINGS * draw.features * unit() * spread / n * Math.sqrt(1 + draw.trace / (n * lambda));
        double rmse = Math.sqrt(Math.max(0, squares) / n);
        checks.near(
                "training RMSE", rmse, claimed, Math.min(Math.sqrt(rounding), rounding / Math.max(claimed, 1e-300)));
    }

    /** What is said of the features themselves; of several draws the manifest says it of the best. */
    private void squares(Draw draw, FeatureMap map, int draws) {
        double n = draw.left.weight();
        double mean = draw.trace / n;
        double rounding = 2 * TracePass.rounding(map, spec.precision()) + unit() * leafRows;
        // Conjugate gradients do not say it.
        if (checks.claims("mean square of features")) {
            double claimed = checks.claimed("mean square of features").value();
            checks.near("mean square of features", mean, claimed, rounding * mean);
        }
        if (draws == 1 && map instanceof Nystrom && checks.claims("trace residual")) {
            double all = map.kernel().self(0);
            checks.near(
                    "trace residual",
                    Math.max(0, all - mean) / all,
                    checks.claimed("trace residual").value(),
                    rounding);
        }
    }
}
