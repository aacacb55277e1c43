package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.ModelConfig;
import lowrank.store.Manifest;
import lowrank.weights.AttentionHeads;
import lowrank.weights.AttentionLayer;
import lowrank.weights.Composition;
import lowrank.weights.HeadNames;
import lowrank.weights.HeadSpectrum;
import lowrank.weights.Selection;
import lowrank.weights.Weight;

/**
 * What a circuits job is asked for, checked.
 *
 * @param path of the checkpoint
 * @param heads of a layer, or 0 for what config.json says
 * @param keyValueHeads of a layer, or 0
 */
record CircuitsSpec(WeightsSpec common, String path, HeadNames names, int heads, int keyValueHeads) {
    static final String HEADS = "heads";
    static final String COMPOSITION = "composition";

    private static final String[] PATTERNS = {"heads.query", "heads.key", "heads.value", "heads.output"};

    static CircuitsSpec of(Spec spec) {
        List<String> own =
                new ArrayList<>(List.of("read.path", "heads.preset", "heads.count", "heads.key-value-count"));
        own.addAll(List.of(PATTERNS));
        WeightsSpec common = WeightsSpec.of(spec, own, WriteSpec.REPORT);
        spec.requireIdle("write.precision");
        return new CircuitsSpec(
                common,
                spec.required("read.path"),
                names(spec),
                spec.text("heads.count").isPresent() ? spec.whole("heads.count", 1, null, 0) : 0,
                spec.text("heads.key-value-count").isPresent() ? spec.whole("heads.key-value-count", 1, null, 0) : 0);
    }

    private static HeadNames names(Spec spec) {
        if (spec.text("heads.preset").isPresent()) {
            spec.requireIdle(PATTERNS);
            return HeadNames.preset(spec.oneOf("heads.preset", "bert", "gpt2", "llama"));
        }
        for (String key : PATTERNS) {
            if (spec.text(key).isEmpty()) {
                throw new SpecException(key + " is not set; set it, or heads.preset = bert, gpt2 or llama");
            }
        }
        return new HeadNames(
                spec.required(PATTERNS[0]),
                spec.required(PATTERNS[1]),
                spec.required(PATTERNS[2]),
                spec.required(PATTERNS[3]),
                Weight.View.OUT_IN);
    }

    /** The layers that have heads. */
    List<AttentionLayer> layers(HadoopConf conf, Checkpoint checkpoint) {
        return AttentionHeads.of(
                checkpoint,
                Selection.of(checkpoint, common.rule()),
                names,
                ModelConfig.beside(conf, checkpoint),
                heads,
                keyValueHeads);
    }

    /** What there is to work on. */
    static Manifest.Weights weights(Checkpoint checkpoint, List<AttentionLayer> layers) {
        List<Weight> all =
                layers.stream().flatMap(layer -> layer.weights().stream()).toList();
        Map<String, Integer> left = new TreeMap<>();
        if (checkpoint.tensors().size() > all.size()) {
            left.put("no part of attention heads", checkpoint.tensors().size() - all.size());
        }
        return new Manifest.Weights(
                checkpoint.tensors().size(),
                all.size(),
                all.stream().mapToLong(Weight::count).sum(),
                all.stream().mapToLong(weight -> weight.tensor().bytes()).sum(),
                0,
                left);
    }

    /** What it takes. */
    WeightsPlan plan(HadoopConf conf, Checkpoint checkpoint) {
        List<AttentionLayer> layers = layers(conf, checkpoint);
        List<WeightsPlan.Stage> stages = new ArrayList<>();
        stages.add(new WeightsPlan.Stage(
                HEADS,
                false,
                layers.stream()
                        .map(layer -> new WeightsPlan.Cost(
                                "layer " + layer.number(),
                                layer.count(),
                                HeadSpectrum.flops(layer),
                                HeadSpectrum.bytes(layer)))
                        .toList()));
        if (layers.size() > 1) {
            stages.add(new WeightsPlan.Stage(
                    COMPOSITION,
                    false,
                    Composition.of(layers).stream()
                            .map(run -> new WeightsPlan.Cost(
                                    "layer " + run.to().number() + " and earlier ones",
                                    run.count(),
                                    run.flops(),
                                    run.bytes()))
                            .toList()));
        }
        return new WeightsPlan("circuits", weights(checkpoint, layers), stages);
    }
}
