package lowrank.store.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import lowrank.certify.Measure;
import lowrank.store.Manifest;

/**
 * What kernel jobs found, in sentences: only what the manifest knows.
 *
 * @param m the result
 * @param learnt the manifest with the model: the result itself, or of predictions what they were made by
 */
record KernelWords(Manifest m, Manifest learnt) {

    /** One sentence that holds the result. */
    String headline() {
        return switch (m.job()) {
            case "regress" -> regress();
            case "predict" -> predict();
            case "nystrom" -> nystrom();
            default -> features();
        };
    }

    private JsonNode model() {
        return learnt.model();
    }

    private String rows() {
        return ModelFacts.counted(m.shape().rows(), "row");
    }

    private String kernel() {
        String name = ModelFacts.kernelName(model());
        return ("aeiou".indexOf(Character.toLowerCase(name.charAt(0))) >= 0 ? "an " : "a ") + name + " kernel";
    }

    private Optional<Measure> measure(String name) {
        return m.findings() == null
                ? Optional.empty()
                : m.findings().measures().stream()
                        .filter(measure -> measure.name().equals(name) && !Double.isNaN(measure.value()))
                        .findFirst();
    }

    /** What was learnt: classes, a target, or how many targets. */
    private String things() {
        List<String> names = ModelFacts.names(model());
        if (ModelFacts.isClasses(model())) {
            return Numbers.whole(names.size()) + " classes";
        }
        return names.size() == 1 ? names.get(0) : ModelFacts.counted(ModelFacts.targets(model()), "target");
    }

    private String regress() {
        String what = things() + " learnt from " + rows();
        Optional<Measure> folds = measure("k-fold error");
        if (ModelFacts.isClasses(model())) {
            return folds.map(e -> what + ", with an error of " + Numbers.percent(e.value()) + " on held-out rows")
                    .orElse(what + " by " + ModelFacts.features(model()) + " of " + kernel());
        }
        return folds.map(e -> what + root(e) + " on held-out rows")
                .or(() -> measure("leave-one-out error").map(e -> what + root(e) + " on rows left out one by one"))
                .or(() -> measure("GCV").map(e -> what + root(e) + " by generalised cross-validation"))
                .orElse(what);
    }

    private static String root(Measure square) {
        return ", with an error of " + Numbers.of(Math.sqrt(Math.max(0, square.value())));
    }

    private String predict() {
        boolean classes = ModelFacts.isClasses(model());
        String what = (classes ? "Classes" : things()) + " of " + rows() + " told";
        return measure("error rate")
                .map(e -> what + " with an error of " + Numbers.percent(e.value()))
                .or(() -> measure("RMSE").map(e -> what + " with an error of " + Numbers.of(e.value())))
                .orElse(what + " by what " + ModelFacts.counted(learnt.shape().rows(), "row") + " taught");
    }

    private String nystrom() {
        Manifest.Factor landmarks = m.factors().get("landmarks");
        String what =
                landmarks == null ? ModelFacts.features(model()) : ModelFacts.counted(landmarks.rows(), "landmark");
        return measure("trace residual")
                .map(e -> what + (landmarks != null && landmarks.rows() == 1 ? " holds " : " hold ")
                        + Numbers.percent(Math.max(0, 1 - e.value())) + " of " + kernel() + " of " + rows())
                .orElse(what + " of " + kernel() + " of " + rows());
    }

    private String features() {
        String what = ModelFacts.features(model());
        return measure("kernel error")
                .map(e -> what + " miss " + Numbers.percent(e.value()) + " of " + kernel() + " on sampled rows")
                .orElse(what + " of " + kernel() + " of " + rows());
    }

    /** How it was made, below the headline. */
    String standfirst(String input) {
        StringBuilder text = new StringBuilder(input);
        if (m.job().equals("predict")) {
            text.append(" was told by ")
                    .append(ModelFacts.features(model()))
                    .append(" of ")
                    .append(kernel())
                    .append(", learnt from ")
                    .append(ModelFacts.counted(learnt.shape().rows(), "row"))
                    .append(". ");
            text.append(
                    measure("error rate").or(() -> measure("RMSE")).isPresent()
                            ? measure("error rate").isPresent()
                                    ? "The error is the part of the rows that were put into a wrong class. "
                                    : "The error is the root of the mean square, in the units of the target. "
                            : "Nothing was given to compare the predictions with. ");
            return text.toString();
        }
        text.append(", ")
                .append(ModelFacts.counted(m.shape().cols(), "column"))
                .append(", became ")
                .append(ModelFacts.features(model()))
                .append(" of ")
                .append(kernel())
                .append(". ");
        if (m.job().equals("regress")) {
            fit(text);
        } else if (m.job().equals("nystrom")) {
            measure("trace residual")
                    .ifPresent(e -> text.append("The inner products of features miss ")
                            .append(Numbers.percent(e.value()))
                            .append(" of the trace of the kernel's matrix over all rows. "));
        } else {
            measure("kernel error")
                    .filter(e -> e.upper() != null)
                    .ifPresent(e -> text.append(
                                    "The inner products of features differ from the kernel's values by at most ")
                            .append(Numbers.percent(e.upper()))
                            .append(" of their size in all")
                            .append(
                                    e.failureProbability() == 0
                                            ? ". "
                                            : ", but for a probability of " + Numbers.chosen(e.failureProbability())
                                                    + ". "));
        }
        return text.toString();
    }

    private void fit(StringBuilder text) {
        text.append("Ridge regression with a penalty of lambda = ")
                .append(Numbers.of(model().at("/fit/lambda").asDouble()))
                .append(" per row");
        measure("degrees of freedom")
                .ifPresent(df ->
                        text.append(" uses ").append(Numbers.of(df.value())).append(" effective parameters"));
        text.append(". ");
        if (ModelFacts.isClasses(model())) {
            text.append(
                    measure("k-fold error").isPresent()
                            ? "Errors are parts of the rows that are put into a wrong class. "
                            : "How many rows are put into a wrong class was not measured: solve.select = kfold does it"
                                    + " here, or job = predict on rows with labels. ");
        } else {
            text.append(
                    ModelFacts.targets(model()) == 1
                            ? "Errors are roots of mean squares, in the units of the target. "
                            : "Errors are roots of mean squares over all targets. ");
        }
    }
}
