package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import lowrank.certify.Decay;
import lowrank.certify.EffectiveDimension;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.kernel.Nystrom;
import lowrank.kernel.TracePass;
import lowrank.regress.LambdaPath;
import lowrank.regress.RidgeFit;

/**
 * What is known of a fit on kernel features, as measures.
 *
 * @param kernelError of random features, or null
 * @param draws scores of all draws
 * @param rows of the table
 * @param notes what a user should know
 */
record KernelFindings(
        RidgeFit learnt, MapBuilder.Built built, Measure kernelError, double[] draws, long rows, List<String> notes) {
    Findings findings() {
        List<Measure> measures = new ArrayList<>();
        measures.add(Measure.exact(
                "lambda", learnt.model().lambda(), "penalty per row, as chosen: (Z'WZ/n + lambda I) w = Z'Wy/n"));
        measures.add(Measure.exact(
                "training RMSE",
                learnt.trainingError(),
                "root of the mean square that the fit leaves on its own rows"));
        LambdaPath path = learnt.path();
        int chosen = learnt.chosen();
        score(measures, "GCV", path.gcv()[chosen], "generalised cross-validation, a mean square");
        score(
                measures,
                "k-fold error",
                path.cvError()[chosen],
                "on held-out folds: a mean square, of classes an error rate");
        score(measures, "leave-one-out error", path.looError()[chosen], "a mean square over rows left out one by one");
        double mu = learnt.weight() * learnt.model().lambda();
        score(
                measures,
                "degrees of freedom",
                learnt.ridge().df(),
                "effective parameters of the fit, the constant included");
        double trace = traceLeft();
        if (!Double.isInfinite(trace)) {
            measures.add(Measure.exact(
                    "trace residual",
                    trace / (learnt.weight() * built.map().kernel().self(0)),
                    "tr(K - ZZ') / tr K over all rows, each as often as its weight says: the part of the kernel that the landmarks miss; it bounds the spectral and"
                            + " Frobenius errors too"));
        }
        if (learnt.eigenvalues().length > 0) {
            EffectiveDimension d = EffectiveDimension.of(learnt.eigenvalues(), mu, trace);
            measures.add(new Measure(
                    "effective dimension",
                    d.lower(),
                    d.lower(),
                    Math.min(d.upper(), rows),
                    0,
                    "tr K (K + n lambda I)^-1: features that the exact kernel would use"));
            OptionalLong needed = Decay.of(learnt.eigenvalues()).rankFor(mu);
            if (!Double.isInfinite(trace) && needed.isPresent() && needed.getAsLong() < learnt.weight()) {
                measures.add(
                        Measure.exact(
                                "features suggested",
                                needed.getAsLong(),
                                "features at which, if eigenvalues go on to fall as they do, what is missing weighs less than the penalty"));
            }
        }
        if (draws.length > 1 && !Double.isNaN(learnt.score())) {
            measures.add(KernelJob.overDraws("score over draws", draws));
        }
        if (kernelError != null) {
            measures.add(kernelError);
        }
        measures.add(Measure.exact(
                "mean square of features",
                learnt.featureSquares() / learnt.weight(),
                "mean of |z|^2; the normal equations are rounded relative to it"));
        if (!Double.isNaN(learnt.residual())) {
            measures.add(
                    Measure.exact("residual of normal equations", learnt.residual(), "|B - (G + n lambda I) w| / |B|"));
        }
        if (learnt.way().iterations() > 0) {
            measures.add(Measure.exact(
                    "iterations", learnt.way().iterations(), "of conjugate gradients, a pass over the rows each"));
        }
        return new Findings(measures, List.of(), notes);
    }

    /** tr(K - K^) of weighted rows, where k(x, x) is the same for all; infinite where it is not known. */
    private double traceLeft() {
        return built.map() instanceof Nystrom
                        && !Double.isNaN(learnt.featureSquares())
                        && TracePass.constant(built.map().kernel())
                ? Math.max(0, learnt.weight() * built.map().kernel().self(0) - learnt.featureSquares())
                : Double.POSITIVE_INFINITY;
    }

    private static void score(List<Measure> measures, String name, double value, String meaning) {
        if (!Double.isNaN(value)) {
            measures.add(Measure.exact(name, value, meaning));
        }
    }
}
