package lowrank.jobs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.certify.Findings;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.spark.MatrixTasks;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.AttentionLayer;
import lowrank.weights.Composition;
import lowrank.weights.HeadSpectrum;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = circuits}: what each attention head reads and writes, and which heads work through which. */
final class CircuitsJob extends WeightsJob {
    private final CircuitsSpec circuits;
    private Checkpoint checkpoint;

    CircuitsJob(Spec text, JavaSparkContext spark) {
        super(text, CircuitsSpec.of(text).common(), spark);
        circuits = CircuitsSpec.of(text);
    }

    /** A row of {@code spectra/}. */
    private record Component(HeadSpectrum head, int index) {}

    /** A row of {@code composition/}. */
    private record Pair(int fromLayer, int fromHead, int toLayer, int toHead, Composition.Kind kind, double score) {}

    @Override
    Map<String, Source> sources() {
        checkpoint = Checkpoint.open(conf, circuits.path());
        return Map.of(
                "read.path", new Source(circuits.path(), checkpoint.files().size(), checkpoint.listing()));
    }

    @Override
    Manifest produce(OutputFolder out) {
        List<AttentionLayer> layers = circuits.layers(conf, checkpoint);
        HadoopConf files = conf;
        List<HeadSpectrum> heads = new ArrayList<>();
        onAll(
                        CircuitsSpec.HEADS,
                        layers.stream()
                                .map(layer -> new MatrixTasks.Item<>(layer, layer.count(), HeadSpectrum.flops(layer)))
                                .toList(),
                        (AttentionLayer layer, Arena arena) -> HeadSpectrum.of(layer, files, arena))
                .forEach(heads::addAll);
        List<Composition.Scores> scores = composition(layers);
        String codec = spec.write().codec();
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        factors.put("heads", heads(heads).write(out, "heads", codec));
        factors.put("spectra", spectra(heads).write(out, "spectra", codec));
        factors.put("composition", pairs(scores).write(out, "composition", codec));
        Manifest manifest = manifest(
                "QR of both factors, a task for each layer, and for runs of earlier layers before a later one",
                List.of(),
                new Findings(List.of(), List.of(), notes(layers)),
                CircuitsSpec.weights(checkpoint, layers),
                factors);
        if (!spec.write().also().contains(WriteSpec.REPORT)) {
            return manifest;
        }
        CircuitsReport report = CircuitsReport.of(layers, heads, scores);
        return reported(out, manifest, report.headline(), report.standfirst(), report.sections());
    }

    /** Scores of all pairs of layers, in the order of the earlier layer, then of the later one. */
    private List<Composition.Scores> composition(List<AttentionLayer> layers) {
        List<Composition> runs = Composition.of(layers);
        if (runs.isEmpty()) {
            return List.of();
        }
        HadoopConf files = conf;
        return onAll(
                        CircuitsSpec.COMPOSITION,
                        runs.stream()
                                .map(run -> new MatrixTasks.Item<>(run, run.count(), run.flops()))
                                .toList(),
                        (Composition run, Arena arena) -> run.run(files, arena))
                .stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparingInt(Composition.Scores::from).thenComparingInt(Composition.Scores::to))
                .toList();
    }

    private static List<String> notes(List<AttentionLayer> layers) {
        AttentionLayer first = layers.get(0);
        return List.of(
                String.format(
                        Locale.ROOT,
                        "%d layers of %d heads, each of %d x %d numbers%s",
                        layers.size(),
                        first.heads(),
                        first.width(),
                        first.size(),
                        first.keyValueHeads() == first.heads()
                                ? ""
                                : "; " + first.keyValueHeads() + " keys and values are shared"),
                String.format(
                        Locale.ROOT,
                        "composition of random matrices would be about 1 / sqrt(%d) = %.4f",
                        first.width(),
                        1 / Math.sqrt(first.width())),
                "no biases, no scale of attention, no layer norms folded in");
    }

    private static RowTable<HeadSpectrum> heads(List<HeadSpectrum> heads) {
        return RowTable.of(heads)
                .whole("layer", HeadSpectrum::layer)
                .whole("head", HeadSpectrum::head)
                .text("matrix", HeadSpectrum::matrix)
                .number("norm", head -> head.spectrum().norm())
                .number("s1", head -> head.s()[0])
                .number("s_last", head -> head.s()[head.s().length - 1])
                .whole("r90", head -> head.spectrum().r90())
                .whole("r99", head -> head.spectrum().r99())
                .number("stable_rank", head -> head.spectrum().stableRank())
                .number("entropy_rank", head -> head.spectrum().entropyRank())
                .number("trace", HeadSpectrum::trace)
                .number("copy_score", HeadSpectrum::copyScore);
    }

    private static RowTable<Component> spectra(List<HeadSpectrum> heads) {
        List<Component> rows = new ArrayList<>();
        for (HeadSpectrum head : heads) {
            for (int j = 0; j < head.s().length; j++) {
                rows.add(new Component(head, j));
            }
        }
        return RowTable.of(rows)
                .whole("layer", row -> row.head.layer())
                .whole("head", row -> row.head.head())
                .text("matrix", row -> row.head.matrix())
                .whole("component", Component::index)
                .number("value", row -> row.head.s()[row.index]);
    }

    private static RowTable<Pair> pairs(List<Composition.Scores> scores) {
        List<Pair> rows = new ArrayList<>();
        for (Composition.Scores pair : scores) {
            for (Composition.Kind kind : Composition.Kind.values()) {
                for (int from = 0; from < pair.fromHeads(); from++) {
                    for (int to = 0; to < pair.toHeads(); to++) {
                        rows.add(new Pair(pair.from(), from, pair.to(), to, kind, pair.of(kind, from, to)));
                    }
                }
            }
        }
        return RowTable.of(rows)
                .whole("from_layer", Pair::fromLayer)
                .whole("from_head", Pair::fromHead)
                .whole("to_layer", Pair::toLayer)
                .whole("to_head", Pair::toHead)
                .text("kind", row -> row.kind.name())
                .number("score", Pair::score);
    }
}
