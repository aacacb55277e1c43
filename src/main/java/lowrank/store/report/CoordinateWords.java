package lowrank.store.report;

import java.util.Optional;
import lowrank.certify.Measure;
import lowrank.store.Manifest;

/**
 * What {@code job = predict} found where nothing was learnt but coordinates or features, in sentences: only what the manifests know.
 *
 * @param m the result
 * @param learnt the manifest of the result that they are in
 */
record CoordinateWords(Manifest m, Manifest learnt) {
    private boolean kernel() {
        return learnt.model() != null;
    }

    private boolean coordinates() {
        return m.factors().containsKey("coordinates");
    }

    private String rows() {
        return ModelFacts.counted(m.shape().rows(), "row");
    }

    private static Optional<Measure> measure(Manifest manifest, String name) {
        return manifest.findings() == null
                ? Optional.empty()
                : manifest.findings().measures().stream()
                        .filter(measure -> measure.name().equals(name) && !Double.isNaN(measure.value()))
                        .findFirst();
    }

    /** One sentence that holds the result. */
    String headline() {
        if (coordinates()) {
            String what = ModelFacts.counted(m.rank(), "coordinate");
            String of = kernel() ? "features" : "squares";
            return measure(m, Report.RESIDUAL)
                    .map(e -> what + (m.rank() == 1 ? " holds " : " hold ") + Numbers.percent(1 - e.value() * e.value())
                            + " of the " + of + " of " + rows())
                    .orElse(what + " of " + rows());
        }
        String what = ModelFacts.features(learnt.model());
        return measure(m, Report.TRACE)
                .map(e -> what + " hold " + Numbers.percent(1 - e.value()) + " of the kernel of " + rows())
                .orElse(what + " of " + rows());
    }

    /** How it was made, below the headline, and how the model did on its own rows. */
    String standfirst(String input) {
        String own = ModelFacts.counted(learnt.shape().rows(), "row");
        if (!coordinates()) {
            return input + " became features of the " + learnt.job() + " result of " + own + ". "
                    + measure(m, Report.TRACE)
                            .map(e -> "They miss " + Numbers.percent(e.value())
                                    + " of the trace of the kernel's matrix over these rows"
                                    + measure(learnt, Report.TRACE)
                                            .map(o -> ", and " + Numbers.percent(o.value())
                                                    + " over those that the landmarks were chosen for")
                                            .orElse("")
                                    + ".")
                            .orElse("");
        }
        String missed = measure(m, Report.RESIDUAL)
                .map(e -> "The coordinates miss " + Numbers.percent(e.value()) + " of the norm of "
                        + (kernel() ? "the features of these rows" : "these rows"))
                .orElse("");
        String before = learnt.certificate() == null || missed.isEmpty()
                ? ""
                : ", and " + (Report.isBound(learnt.certificate()) ? "at most " : "")
                        + Numbers.percent(learnt.certificate().frobeniusResidual())
                        + " of that of the model's own, as its certificate says";
        return input + " was projected on the components of the " + learnt.job() + " of " + own + ". "
                + (missed.isEmpty() ? "" : missed + before + ".");
    }
}
