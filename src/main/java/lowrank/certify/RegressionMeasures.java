package lowrank.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Nystrom;
import lowrank.kernel.TracePass;
import lowrank.regress.LambdaPath;
import lowrank.regress.RidgeFit;

/** What is known of a ridge regression on the features of a kernel. */
public final class RegressionMeasures {
    private RegressionMeasures() {}

    /**
     * Puts together what a fit and its map tell.
     *
     * @param intercept whether there is one
     * @param map whose features were fitted; of averaged draws, which tell no trace residual, all of them
     * @param rows of the table
     * @param scores of all draws
     * @param kernelError of random features ({@link KernelMeasures#kernelError}), or null
     */
    public static List<Measure> of(
            RidgeFit fit, boolean intercept, FeatureMap map, long rows, double[] scores, Measure kernelError) {
        List<Measure> measures = new ArrayList<>();
        double lambda = fit.model().lambda();
        measures.add(Measure.exact("lambda", lambda, "penalty per row, as chosen: (Z'WZ/n + lambda I) w = Z'Wy/n"));
        measures.add(Measure.exact(
                "training RMSE", fit.trainingError(), "root of the mean square that the fit leaves on its own rows"));
        scores(measures, fit);
        features(measures, fit, intercept, map, rows);
        if (scores.length > 1 && !Double.isNaN(fit.score())) {
            measures.add(KernelMeasures.overDraws("score over draws", scores));
        }
        if (kernelError != null) {
            measures.add(kernelError);
        }
        known(
                measures,
                "mean square of features",
                fit.featureSquares() / fit.weight(),
                "mean of |z|^2; the normal equations are rounded relative to it");
        known(measures, "residual of normal equations", fit.residual(), "|B - (G + n lambda I) w| / |B|");
        if (fit.way().iterations() > 0) {
            measures.add(Measure.exact(
                    "iterations", fit.way().iterations(), "of conjugate gradients, a pass over the rows each"));
        }
        return measures;
    }

    /** Those of the lambda that was chosen. */
    private static void scores(List<Measure> measures, RidgeFit fit) {
        LambdaPath path = fit.path();
        int chosen = fit.chosen();
        known(measures, "GCV", path.gcv()[chosen], "generalised cross-validation, a mean square");
        known(
                measures,
                "k-fold error",
                path.cvError()[chosen],
                "on held-out folds: a mean square, of classes an error rate");
        known(measures, "leave-one-out error", path.looError()[chosen], "a mean square over rows left out one by one");
        known(
                measures,
                "degrees of freedom",
                fit.ridge().df(),
                "effective parameters of the fit, the constant included");
    }

    /** How many features the kernel would need, and what these miss of it. */
    private static void features(List<Measure> measures, RidgeFit fit, boolean intercept, FeatureMap map, long rows) {
        TracePass.Trace trace = trace(fit, map);
        if (trace != null) {
            measures.add(Measure.exact(
                    "trace residual",
                    trace.relative(),
                    "tr(K - ZZ') / tr K over all rows, each as often as its weight says: the part of the kernel that the landmarks miss; it bounds the spectral and"
                            + " Frobenius errors too"));
        }
        if (fit.eigenvalues().length == 0) {
            return;
        }
        double mu = fit.weight() * fit.model().lambda();
        EffectiveDimension d = EffectiveDimension.of(
                fit.eigenvalues(),
                mu,
                trace == null ? Double.POSITIVE_INFINITY : trace.left(),
                intercept ? fit.featureSquares() : 0);
        measures.add(new Measure(
                "effective dimension",
                d.lower(),
                d.lower(),
                Math.min(d.upper(), rows),
                0,
                "tr K (K + n lambda I)^-1: features that the exact kernel would use"));
        OptionalLong needed = Decay.of(fit.eigenvalues()).rankFor(mu);
        if (trace != null && needed.isPresent() && needed.getAsLong() < fit.weight()) {
            measures.add(
                    Measure.exact(
                            "features suggested",
                            needed.getAsLong(),
                            "features at which, if eigenvalues go on to fall as they do, what is missing weighs less than the penalty"));
        }
    }

    /** tr K and tr ZZ' of weighted rows, of landmarks and where k(x, x) is the same for all; else null. */
    private static TracePass.Trace trace(RidgeFit fit, FeatureMap map) {
        return map instanceof Nystrom && !Double.isNaN(fit.featureSquares()) && TracePass.constant(map.kernel())
                ? new TracePass.Trace(fit.weight() * map.kernel().self(0), fit.featureSquares())
                : null;
    }

    private static void known(List<Measure> measures, String name, double value, String meaning) {
        if (!Double.isNaN(value)) {
            measures.add(Measure.exact(name, value, meaning));
        }
    }
}
