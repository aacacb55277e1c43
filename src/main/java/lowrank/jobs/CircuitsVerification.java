package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.linalg.NumericalException;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.AttentionLayer;
import lowrank.weights.CircuitCheck;
import lowrank.weights.Composition;
import lowrank.weights.HeadSpectrum;
import lowrank.weights.WeightSpectrum;
import org.apache.spark.api.java.JavaSparkContext;

/** Measures all heads and all compositions of a circuits result by other ways than those that found them: {@link CircuitCheck}. */
final class CircuitsVerification extends WeightsVerification {
    private final CircuitsSpec spec;
    private List<AttentionLayer> layers;

    CircuitsVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        super(spark, conf, result);
        spec = CircuitsSpec.of(text);
    }

    @Override
    void measure() {
        layers = spec.layers(conf, Checkpoint.open(conf, spec.path()));
        heads();
        composition();
        checks.covers("heads", "spectra", "composition");
    }

    private void heads() {
        RowTable.Columns table = table("heads");
        List<double[]> spectra = spectra();
        CircuitCheck check = new CircuitCheck(conf);
        List<CircuitCheck.Task> tasks = new ArrayList<>();
        List<WeightsPlan.Cost> costs = new ArrayList<>();
        int from = 0;
        for (AttentionLayer layer : layers) {
            int count = 2 * layer.heads();
            tasks.add(new CircuitCheck.Task(
                    layer, spectra.subList(from, from + count).toArray(double[][]::new)));
            costs.add(new WeightsPlan.Cost(
                    "layer " + layer.number(),
                    layer.count(),
                    2 * HeadSpectrum.flops(layer),
                    2 * HeadSpectrum.bytes(layer)));
            from += count;
        }
        List<CircuitCheck.Head> found = new ArrayList<>();
        onAll(CircuitsSpec.HEADS, tasks, costs, check::heads).forEach(found::addAll);
        Checks.Worst norms = new Checks.Worst();
        Checks.Worst values = new Checks.Worst();
        Checks.Worst traces = new Checks.Worst();
        Checks.Worst scores = new Checks.Worst();
        String wrong = table.whole("layer").length == found.size() ? null : "heads";
        for (int i = 0; i < found.size() && wrong == null; i++) {
            CircuitCheck.Head head = found.get(i);
            String name = "layer " + head.layer() + ", head " + head.head() + ", " + head.matrix();
            wrong = isOf(table, i, head, spectra.get(i)) ? null : name;
            norms.add(
                    name,
                    Math.abs(table.numbers("norm")[i] - head.norm().value()),
                    head.norm().rounding());
            values.add(name, head.off().value(), head.off().rounding());
            traces.add(
                    name,
                    Math.abs(table.numbers("trace")[i] - head.trace().value()),
                    head.trace().rounding());
            scores.add(
                    name,
                    Math.abs(table.numbers("copy_score")[i] - head.copy().value()),
                    head.copy().rounding());
        }
        checks.same(
                "heads",
                wrong == null,
                "those of the checkpoint, with what their stored values say" + (wrong == null ? "" : ", of " + wrong));
        checks.atMost("||M||_F", norms);
        checks.atMost("s^2, eigenvalues of M M'", values);
        checks.atMost("trace", traces);
        checks.atMost("copy_score", scores);
    }

    private static boolean isOf(RowTable.Columns table, int i, CircuitCheck.Head head, double[] s) {
        WeightSpectrum spectrum = head.spectrumOf(s);
        return table.whole("layer")[i] == head.layer()
                && table.whole("head")[i] == head.head()
                && table.texts("matrix")[i].equals(head.matrix())
                && table.numbers("s1")[i] == s[0]
                && table.numbers("s_last")[i] == s[s.length - 1]
                && table.whole("r90")[i] == spectrum.r90()
                && table.whole("r99")[i] == spectrum.r99()
                && table.numbers("stable_rank")[i] == spectrum.stableRank()
                && table.numbers("entropy_rank")[i] == spectrum.entropyRank();
    }

    /** The stored singular values of each head's QK and OV, in the order of the heads. */
    private List<double[]> spectra() {
        RowTable.Columns table = table("spectra");
        List<double[]> spectra = new ArrayList<>();
        int at = 0;
        for (AttentionLayer layer : layers) {
            for (int m = 0; m < 2 * layer.heads(); m++) {
                String matrix = m % 2 == 0 ? HeadSpectrum.QK : HeadSpectrum.OV;
                int from = at;
                for (int j = 0; j < Math.min(layer.size(), layer.width()); j++, at++) {
                    if (at == table.whole("layer").length
                            || table.whole("layer")[at] != layer.number()
                            || table.whole("head")[at] != m / 2
                            || !table.texts("matrix")[at].equals(matrix)
                            || table.whole("component")[at] != j) {
                        throw new NumericalException(result.path() + "/spectra does not hold the singular values of "
                                + matrix + " of layer " + layer.number() + ", head " + m / 2 + "; run the job again");
                    }
                }
                spectra.add(Arrays.copyOfRange(table.numbers("value"), from, at));
            }
        }
        if (at != table.whole("layer").length) {
            throw new NumericalException(result.path()
                    + "/spectra holds values of heads that the checkpoint does not have; run the job again");
        }
        return spectra;
    }

    private void composition() {
        RowTable.Columns table = table("composition");
        List<CircuitCheck.Pair> pairs = CircuitCheck.Pair.of(layers);
        CircuitCheck check = new CircuitCheck(conf);
        List<CircuitCheck.Scores> found = onAll(
                CircuitsSpec.COMPOSITION,
                pairs,
                pairs.stream()
                        .map(pair -> new WeightsPlan.Cost(
                                "layers " + pair.from().number() + " and "
                                        + pair.to().number(),
                                pair.count(),
                                pair.flops(),
                                pair.bytes()))
                        .toList(),
                check::scores);
        Checks.Worst worst = new Checks.Worst();
        int row = 0;
        boolean placed = true;
        for (int p = 0; p < found.size(); p++) {
            CircuitCheck.Pair pair = pairs.get(p);
            int heads = pair.to().heads();
            for (Composition.Kind kind : Composition.Kind.values()) {
                for (int i = 0; i < pair.from().heads() * heads && placed; i++, row++) {
                    placed = row < table.texts("kind").length
                            && table.whole("from_layer")[row] == pair.from().number()
                            && table.whole("from_head")[row] == i / heads
                            && table.whole("to_layer")[row] == pair.to().number()
                            && table.whole("to_head")[row] == i % heads
                            && table.texts("kind")[row].equals(kind.name());
                    if (placed) {
                        worst.add(
                                "layer " + pair.from().number() + ", head " + i / heads + " to layer "
                                        + pair.to().number() + ", head " + i % heads + ", " + kind,
                                Math.abs(table.numbers("score")[row]
                                        - found.get(p).of()[kind.ordinal()][i]),
                                found.get(p).rounding()[kind.ordinal()][i]);
                    }
                }
            }
        }
        checks.same("composition", placed && row == table.texts("kind").length, "of all pairs of heads of two layers");
        checks.atMost("score", worst);
    }
}
