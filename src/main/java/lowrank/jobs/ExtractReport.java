package lowrank.jobs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.store.report.KeyFigure;
import lowrank.store.report.PartsFigure;
import lowrank.store.report.Section;

/**
 * What is told of an adapter: how much of the change it holds, matrix by matrix, and where the rest is.
 *
 * @param tables of the same matrices as {@code found}
 */
record ExtractReport(ExtractedWeights found, MatrixTables<ExtractedWeights.Row> tables) {

    static ExtractReport of(ExtractedWeights found) {
        return new ExtractReport(
                found, MatrixTables.of(found.rows(), row -> row.weight().name()));
    }

    /** Tensors that are not in the adapter, of one sort. */
    private static final class Rest {
        private double squares;
        private long tensors;
        private long numbers;

        void add(StoredTensor tensor, double delta) {
            squares += delta * delta;
            tensors++;
            numbers += tensor.count();
        }
    }

    /** What a tensor that is no matrix of a module is for, by the words of its name. */
    private static String sort(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.contains("embed") || lower.contains("wte") || lower.contains("wpe")) {
            return "embeddings";
        }
        if (lower.contains("norm") || lower.contains("ln_")) {
            return "layer norms";
        }
        return lower.endsWith("bias") ? "biases" : "other tensors";
    }

    private double squares(Stream<ExtractedWeights.Row> rows, ToDoubleFunction<ExtractedWeights.Row> of) {
        return rows.mapToDouble(of).map(value -> value * value).sum();
    }

    private Stream<ExtractedWeights.Row> extracted() {
        return found.rows().stream().filter(ExtractedWeights.Row::extracted);
    }

    /** What is not in the adapter, by sort, and has changed. */
    private Map<String, Rest> rest() {
        Map<String, Rest> rest = new LinkedHashMap<>();
        found.rows().stream()
                .filter(row -> !row.extracted() && row.change().delta() > 0)
                .forEach(row -> rest.computeIfAbsent("other matrices", sort -> new Rest())
                        .add(row.pair().tunedTensor(), row.change().delta()));
        for (int i = 0; i < found.others().size(); i++) {
            StoredTensor tensor = found.pairs().others().get(i).tunedTensor();
            double delta = found.others().get(i).delta();
            if (delta > 0) {
                rest.computeIfAbsent(sort(tensor.name()), sort -> new Rest()).add(tensor, delta);
            }
        }
        return rest;
    }

    private List<PartsFigure.Part> parts() {
        double changed = squares(extracted(), row -> row.change().delta());
        double missed = squares(extracted(), ExtractedWeights.Row::error);
        Map<String, Rest> rest = rest();
        double all =
                changed + rest.values().stream().mapToDouble(r -> r.squares).sum();
        List<PartsFigure.Part> parts = new ArrayList<>();
        if (all == 0) {
            return parts;
        }
        parts.add(new PartsFigure.Part(
                "in the adapter",
                "held",
                Math.max(0, changed - missed) / all,
                counted(extracted().count(), "matrix", "matrices")));
        parts.add(new PartsFigure.Part("missed by its ranks", "missed", missed / all, "of the same matrices"));
        rest.forEach((sort, r) -> parts.add(new PartsFigure.Part(
                sort,
                found.sideFile() ? "side" : "outside",
                r.squares / all,
                counted(r.tensors, "tensor", "tensors")
                        + String.format(Locale.ROOT, ", %,d numbers, ", r.numbers)
                        + (found.sideFile() ? "in the side-file" : "left out"))));
        long apart =
                found.pairs().reshaped().size() + (long) found.pairs().added().size();
        if (apart > 0) {
            parts.add(new PartsFigure.Part(
                    "of no counterpart",
                    "outside",
                    Double.NaN,
                    counted(apart, "tensor", "tensors") + " of another shape, or not in the base"));
        }
        return parts;
    }

    private static String counted(long count, String one, String many) {
        return String.format(Locale.ROOT, "%,d %s", count, count == 1 ? one : many);
    }

    String headline() {
        return String.format(
                Locale.ROOT,
                "An adapter of %,d numbers misses %.1f%% of the change in %s",
                found.kept(),
                100 * found.relativeError(),
                counted(found.rows().size(), "matrix", "matrices"));
    }

    List<Section> sections() {
        List<PartsFigure.Part> parts = parts();
        double rest = parts.stream()
                .filter(part -> part.kind().equals("outside") || part.kind().equals("side"))
                .mapToDouble(PartsFigure.Part::share)
                .filter(share -> !Double.isNaN(share))
                .sum();
        List<Section> sections = new ArrayList<>();
        sections.add(Section.keyFigures(List.of(
                KeyFigure.share(found.relativeDelta(), "of the base's norm is what changed in these matrices"),
                KeyFigure.share(found.relativeError(), "of that change the adapter misses"),
                KeyFigure.share(
                        rest,
                        "of the squared change is in tensors that it does not hold"
                                + (found.sideFile() ? ", but the side-file does" : "")))));
        if (!parts.isEmpty()) {
            sections.add(Section.parts(
                    "ledger",
                    "Where the change is",
                    "The squared change of all tensors, ||W' - W||² summed, and which file holds it.",
                    parts));
        }
        sections.add(tables.map(
                "errors",
                "What the adapter misses, by matrix",
                "||W' - W - factors|| / ||W' - W||, measured on the file that was written; 1 where a matrix is not in it.",
                "error",
                ExtractedWeights.Row::relativeError,
                "rank",
                row -> row.result().rank()));
        sections.add(tables.map(
                "deltas",
                "How much changed, by matrix",
                "||W' - W|| / ||W||: what the tuned model has over its base.",
                "change",
                row -> row.change().relative(),
                "stable rank",
                row -> row.spectrum().stableRank()));
        sections.add(tables.spectra(row -> MatrixTables.ranks(
                row.weight(), row.result().s(), row.spectrum(), row.result().rank())));
        return sections;
    }
}
