package lowrank.jobs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lowrank.store.RowTable;
import lowrank.store.report.HeadFigures;
import lowrank.store.report.HeadPairs;
import lowrank.store.report.KeyFigure;
import lowrank.store.report.Section;
import lowrank.weights.AttentionLayer;
import lowrank.weights.Composition;
import lowrank.weights.HeadSpectrum;

/**
 * What is told of circuits: which heads copy, which compose.
 *
 * @param pairs of each kind that has any
 */
record CircuitsReport(List<HeadFigures.Head> heads, List<HeadPairs> pairs) {
    /** Pairs of a kind that the page names. */
    private static final int NAMED = 10;

    static CircuitsReport of(List<AttentionLayer> layers, List<HeadSpectrum> spectra, List<Composition.Scores> scores) {
        List<HeadFigures.Head> heads = spectra.stream()
                .map(head -> new HeadFigures.Head(
                        head.layer(),
                        head.head(),
                        head.matrix(),
                        head.copyScore(),
                        head.spectrum().stableRank(),
                        head.s().length,
                        head.spectrum().norm()))
                .toList();
        int[] numbers = layers.stream().mapToInt(AttentionLayer::number).toArray();
        // Layers may differ in heads: the picture gives each room for the most.
        int most = layers.stream().mapToInt(AttentionLayer::heads).max().orElse(0);
        List<HeadPairs> pairs = new ArrayList<>();
        for (Composition.Kind kind : Composition.Kind.values()) {
            HeadPairs of = new HeadPairs(
                    kind.name(), numbers, most, 1 / Math.sqrt(layers.get(0).width()), NAMED);
            for (Composition.Scores pair : scores) {
                for (int from = 0; from < pair.fromHeads(); from++) {
                    for (int to = 0; to < pair.toHeads(); to++) {
                        of.add(pair.from(), from, pair.to(), to, pair.of(kind, from, to));
                    }
                }
            }
            pairs.add(of);
        }
        return new CircuitsReport(heads, pairs);
    }

    private record Strongest(HeadPairs.Pair pair, HeadPairs of) {}

    private Strongest strongest() {
        return pairs.stream()
                .filter(of -> !of.strongest().isEmpty())
                .map(of -> new Strongest(of.strongest().get(0), of))
                .max(Comparator.comparingDouble(one -> one.pair.score()))
                .orElse(null);
    }

    private static String words(Strongest one) {
        return one.pair.from() + " to " + one.pair.to() + ", by " + kind(one.of);
    }

    /** What a kind of composition goes by. */
    private static String kind(HeadPairs pairs) {
        return switch (pairs.kind()) {
            case "Q" -> "queries";
            case "K" -> "keys";
            default -> "values";
        };
    }

    String headline() {
        List<HeadFigures.Head> order = HeadFigures.Head.byCopyScore(heads, HeadSpectrum.OV);
        if (order.size() < 2) {
            return "Circuits of one attention head";
        }
        HeadFigures.Head first = order.get(0);
        HeadFigures.Head last = order.get(order.size() - 1);
        return String.format(
                Locale.ROOT,
                "Of %,d heads, %s copies most (%.2f) and %s least (%.2f)",
                order.size(),
                first.name(),
                first.copyScore(),
                last.name(),
                last.copyScore());
    }

    String standfirst() {
        Strongest one = strongest();
        return "W_QK = W_Q W_K' and W_OV = W_V W_O of each head: what it looks for, and what it writes. "
                + (one == null
                        ? "With one layer there are no earlier heads to compose with."
                        : String.format(
                                Locale.ROOT,
                                "The strongest composition is %s: %.4f, %.1f times what random matrices score.",
                                words(one),
                                one.pair.score(),
                                one.pair.score() / one.of.random()));
    }

    List<Section> sections() {
        List<HeadFigures.Head> order = HeadFigures.Head.byCopyScore(heads, HeadSpectrum.OV);
        List<KeyFigure> figures = new ArrayList<>();
        if (!order.isEmpty()) {
            HeadFigures.Head first = order.get(0);
            HeadFigures.Head last = order.get(order.size() - 1);
            figures.add(KeyFigure.number(
                    first.copyScore(), "copying score of " + first.name() + ": what it reads, it writes again"));
            figures.add(KeyFigure.number(
                    last.copyScore(),
                    "of " + last.name()
                            + (last.copyScore() < 0 ? ": what it reads, it writes turned round" : ", the lowest")));
        }
        Strongest one = strongest();
        if (one != null) {
            figures.add(KeyFigure.number(one.pair.score(), "strongest composition: " + words(one)));
        }
        List<Section> sections = new ArrayList<>(List.of(Section.keyFigures(figures), Section.heads(heads)));
        pairs.forEach(of -> sections.add(Section.composition(of)));
        return sections;
    }

    /** The heads of a result's table. */
    static List<HeadFigures.Head> heads(RowTable.Columns table) {
        int[] layers = table.whole("layer");
        int[] heads = table.whole("head");
        String[] matrices = table.texts("matrix");
        double[] scores = table.numbers("copy_score");
        double[] stable = table.numbers("stable_rank");
        double[] norms = table.numbers("norm");
        return IntStream.range(0, layers.length)
                .mapToObj(
                        i -> new HeadFigures.Head(layers[i], heads[i], matrices[i], scores[i], stable[i], 0, norms[i]))
                .toList();
    }
}
