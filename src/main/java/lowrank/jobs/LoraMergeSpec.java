package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.spark.MatrixTasks;
import lowrank.store.Manifest;
import lowrank.weights.Adapter;
import lowrank.weights.MergeTargets;
import lowrank.weights.Merging;

/**
 * What a lora-merge job is asked for, checked.
 *
 * @param base the checkpoint to add to
 * @param sideFile tensors that take the place of the base's, or null
 */
record LoraMergeSpec(WeightsSpec common, String base, AdaptersSpec adapters, String sideFile) {
    static final String MERGE = "merge";

    static LoraMergeSpec of(Spec spec) {
        WeightsSpec common = WeightsSpec.of(
                spec,
                List.of("read.base", AdaptersSpec.PATHS, AdaptersSpec.WEIGHTS, "read.side-file"),
                WriteSpec.REPORT);
        spec.requireIdle("read.include", "read.exclude", "write.precision", "write.codec");
        AdaptersSpec adapters = AdaptersSpec.of(spec);
        String sideFile = spec.text("read.side-file").orElse(null);
        if (adapters.paths().isEmpty() && sideFile == null) {
            throw AdaptersSpec.none();
        }
        return new LoraMergeSpec(common, spec.required("read.base"), adapters, sideFile);
    }

    /**
     * What is merged into what.
     *
     * @param side the side-file, or null
     */
    record Inputs(Checkpoint base, List<Adapter> adapters, Checkpoint side) {}

    Inputs open(HadoopConf conf) {
        return new Inputs(
                Checkpoint.open(conf, base),
                adapters.open(conf),
                sideFile == null ? null : Checkpoint.open(conf, sideFile));
    }

    List<Merging.Target> targets(Inputs inputs) {
        if (inputs.base.format() == Checkpoint.Format.TENSORFLOW) {
            throw new SpecException("read.base " + base
                    + " is a TensorFlow bundle, which is read and not written; take a safetensors or ONNX model");
        }
        if (inputs.base.format() == Checkpoint.Format.NUMPY) {
            throw new SpecException("read.base " + base
                    + " is NumPy's, which is read and not written; save it as safetensors, as"
                    + " safetensors.numpy.save_file(dict(np.load('model.npz')), 'model.safetensors') does");
        }
        return MergeTargets.of(inputs.base, inputs.adapters, adapters.weights(), inputs.side, common.rule());
    }

    static List<MatrixTasks.Item<Merging.Task>> items(Checkpoint base, List<Merging.Target> targets) {
        return MergeTargets.tasks(base, targets).stream()
                .map(task -> new MatrixTasks.Item<>(
                        task,
                        task.file().length() / Float.BYTES,
                        MatrixTasks.READING * task.file().length() / Float.BYTES
                                + task.targets().stream()
                                        .mapToDouble(target -> target.flops(MatrixTasks.READING))
                                        .sum()))
                .toList();
    }

    /** What it takes. */
    WeightsPlan plan(HadoopConf conf) {
        Inputs inputs = open(conf);
        List<Merging.Target> targets = targets(inputs);
        List<WeightsPlan.Cost> costs = new ArrayList<>();
        for (MatrixTasks.Item<Merging.Task> item : items(inputs.base, targets)) {
            costs.add(new WeightsPlan.Cost(
                    item.of().file().path(),
                    item.values(),
                    item.flops(),
                    item.of().targets().stream()
                            .mapToLong(Merging.Target::bytes)
                            .max()
                            .orElse(0)));
        }
        return new WeightsPlan(
                "lora-merge", summary(inputs.base, targets), List.of(new WeightsPlan.Stage(MERGE, false, costs)));
    }

    static Manifest.Weights summary(Checkpoint base, List<Merging.Target> targets) {
        long numbers =
                targets.stream().mapToLong(target -> target.tensor().count()).sum();
        long bytes =
                targets.stream().mapToLong(target -> target.tensor().bytes()).sum();
        int rest = base.tensors().size() - targets.size();
        return new Manifest.Weights(
                base.tensors().size(),
                targets.size(),
                numbers,
                bytes,
                numbers,
                rest == 0 ? Map.of() : Map.of("copied as they are", rest));
    }
}
