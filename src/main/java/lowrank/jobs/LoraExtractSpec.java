package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.spark.MatrixTasks;
import lowrank.weights.Extraction;
import lowrank.weights.ModelPairs;
import lowrank.weights.Selection;
import lowrank.weights.TensorPair;
import lowrank.weights.Truncation;

/**
 * What a lora-extract job is asked for, checked.
 *
 * @param force whether differences within the rounding of their storage are extracted too
 */
record LoraExtractSpec(
        WeightsSpec common, String base, String tuned, Truncation rule, boolean sideFile, boolean force) {
    static final String COMPARE = "comparison";
    static final String FACTORS = "factors";
    static final String SPECTRA = "singular values";
    static final String MEASURE = "certificate";

    static LoraExtractSpec of(Spec spec) {
        List<String> own = new ArrayList<>(List.of("read.base", "read.tuned", "write.side-file", "factor.force"));
        own.addAll(WeightsSpec.RANKS);
        return new LoraExtractSpec(
                WeightsSpec.of(spec, own, WriteSpec.REPORT),
                spec.required("read.base"),
                spec.required("read.tuned"),
                WeightsSpec.truncation(spec),
                spec.flag("write.side-file"),
                spec.flag("factor.force"));
    }

    /** What it takes. */
    WeightsPlan plan(HadoopConf conf, Checkpoint before, Checkpoint after) {
        ModelPairs pairs = ModelPairs.of(before, after, common.rule());
        List<WeightsPlan.Stage> stages = new ArrayList<>();
        List<WeightsPlan.Cost> compare = new ArrayList<>();
        for (TensorPair pair : all(pairs)) {
            compare.add(new WeightsPlan.Cost(
                    pair.name(), 2 * pair.tunedTensor().count(), comparing(pair), pair.compareBytes()));
        }
        stages.add(new WeightsPlan.Stage(COMPARE, false, compare));
        if (rule instanceof Truncation.Budget) {
            stages.add(stage(SPECTRA, new Extraction(conf, rule, common.write().stored(), null), pairs));
        }
        Extraction extraction = new Extraction(conf, rule, common.write().stored(), "");
        stages.add(stage(FACTORS, extraction, pairs));
        stages.add(new WeightsPlan.Stage(
                MEASURE,
                false,
                pairs.selected().stream()
                        .map(pair -> new WeightsPlan.Cost(
                                pair.name(),
                                2 * pair.tuned().count(),
                                measuring(pair),
                                // Both matrices, then their difference and factors, which are smaller.
                                2L * Double.BYTES * pair.tuned().count()))
                        .toList()));
        return new WeightsPlan(
                "lora-extract", WeightsSpec.weights(after, Selection.of(after, common.rule()), 0), stages);
    }

    static List<TensorPair> all(ModelPairs pairs) {
        List<TensorPair> all = new ArrayList<>(pairs.selected());
        all.addAll(pairs.others());
        return all;
    }

    /** Flops of comparing two tensors, which is reading them. */
    static double comparing(TensorPair pair) {
        return 2 * MatrixTasks.READING * pair.tunedTensor().count();
    }

    /** Flops of measuring what was written, for factors of the highest rank that is worth its while. */
    static double measuring(TensorPair pair) {
        return 2
                * (MatrixTasks.READING + pair.tuned().worthwhile())
                * pair.tuned().count();
    }

    private static WeightsPlan.Stage stage(String label, Extraction work, ModelPairs pairs) {
        return new WeightsPlan.Stage(
                label,
                label.equals(FACTORS),
                pairs.selected().stream()
                        .map(pair -> new WeightsPlan.Cost(
                                pair.name(),
                                2 * pair.tuned().count(),
                                work.flops(pair.tuned()),
                                work.bytes(pair.tuned())))
                        .toList());
    }
}
