package lowrank.jobs;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.CopiedBytes;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.linalg.NumericalException;
import lowrank.spark.MatrixTasks;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.MergeCheck;
import lowrank.weights.Merging;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures a lora-merge result: what adapters add to each tensor and what rounding made of it ({@link MergeCheck}); every byte that is not of a
 * tensor that changes must be the base's.
 */
final class LoraMergeVerification extends WeightsVerification {
    private final LoraMergeSpec spec;

    LoraMergeVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        super(spark, conf, result);
        spec = LoraMergeSpec.of(text);
    }

    /** A file of the base, its copy, and the tensors in it that change. */
    private record Copy(StoredFile base, StoredFile merged, List<StoredTensor> replaced) implements Serializable {}

    @Override
    void measure() {
        LoraMergeSpec.Inputs inputs = spec.open(conf);
        List<Merging.Target> targets = spec.targets(inputs);
        String folder = result.path() + "/" + LoraMergeJob.MODEL;
        copies(inputs.base(), folder, targets);
        Map<String, StoredTensor> merged = Checkpoint.open(conf, folder).tensors().stream()
                .collect(Collectors.toMap(StoredTensor::name, Function.identity()));
        for (Merging.Target target : targets) {
            StoredTensor tensor = merged.get(target.tensor().name());
            if (tensor == null
                    || !tensor.shape().equals(target.tensor().shape())
                    || tensor.type() != target.tensor().type()) {
                throw new NumericalException(
                        folder + " does not hold " + target.tensor().name() + " as its base does; run the job again");
            }
        }
        MergeCheck check = new MergeCheck(conf);
        List<MergeCheck.Task> tasks = new ArrayList<>();
        List<WeightsPlan.Cost> costs = new ArrayList<>();
        for (Merging.Target target : targets) {
            tasks.add(new MergeCheck.Task(target, merged.get(target.tensor().name())));
            costs.add(new WeightsPlan.Cost(
                    target.tensor().name(),
                    2 * target.tensor().count(),
                    target.flops(MatrixTasks.READING),
                    check.bytes(target)));
        }
        List<MergeCheck.Found> found = onAll("tensors", tasks, costs, check::run);
        measured(targets, found);
        checks.covers("matrices", LoraMergeJob.MODEL);
    }

    private void copies(Checkpoint base, String folder, List<Merging.Target> targets) {
        List<Copy> copies = base.files().stream()
                .map(file -> new Copy(
                        file,
                        StoredFile.look(
                                conf, folder + file.path().substring(file.path().lastIndexOf('/'))),
                        new ArrayList<>(targets.stream()
                                .map(Merging.Target::tensor)
                                .filter(tensor -> tensor.file().equals(file))
                                .toList())))
                .toList();
        HadoopConf files = conf;
        List<Long> first = onAll(
                "files",
                copies,
                copies.stream()
                        .map(copy -> new WeightsPlan.Cost(
                                copy.base().path(),
                                copy.base().length() / Float.BYTES,
                                MatrixTasks.READING * copy.base().length() / Float.BYTES,
                                0))
                        .toList(),
                (copy, arena) -> {
                    OptionalLong at = CopiedBytes.firstDifference(files, copy.base(), copy.merged(), copy.replaced());
                    return at.orElse(-1);
                });
        String wrong = null;
        for (int i = 0; i < copies.size(); i++) {
            if (first.get(i) >= 0 && wrong == null) {
                wrong = ", from byte " + first.get(i) + " of "
                        + copies.get(i).merged().path();
            }
        }
        checks.same("everything else", wrong == null, "the bytes of the base" + (wrong == null ? "" : wrong));
    }

    private void measured(List<Merging.Target> targets, List<MergeCheck.Found> found) {
        RowTable.Columns table = table("matrices");
        Map<String, Integer> rows = new HashMap<>();
        for (int i = 0; i < table.texts("name").length; i++) {
            rows.put(table.texts("name")[i], i);
        }
        Checks.Worst norms = new Checks.Worst();
        Checks.Worst deltas = new Checks.Worst();
        Checks.Worst roundings = new Checks.Worst();
        Checks.Worst ulps = new Checks.Worst();
        String named = null;
        String whole = null;
        int wholes = 0;
        double delta = 0;
        double rounding = 0;
        double accepted = 0;
        double largest = 0;
        for (int t = 0; t < targets.size(); t++) {
            Merging.Target target = targets.get(t);
            MergeCheck.Found one = found.get(t);
            String name = target.tensor().name();
            if (target.whole() != null) {
                wholes++;
                whole = whole != null || one.same() ? whole : name;
                continue;
            }
            Integer row = rows.remove(target.weight().name());
            int rank = target.parts().stream()
                    .mapToInt(part -> part.module().rank())
                    .sum();
            if (row == null
                    || table.whole("rows")[row] != target.weight().out()
                    || table.whole("cols")[row] != target.weight().in()
                    || table.whole("rank")[row] != rank) {
                named = named == null ? name : named;
                continue;
            }
            double norm = table.numbers("norm")[row];
            double claimed = table.numbers("delta_norm")[row];
            norms.add(name, Math.abs(one.norm() - norm), 1e-9 * norm);
            deltas.add(name, Math.abs(one.delta() - claimed), one.accepted() + 1e-9 * claimed);
            double lost = table.numbers("relative_error")[row] * claimed;
            roundings.add(name, Math.abs(one.rounding() - lost), one.accepted() + 1e-9 * lost);
            // What is measured is a lower bound.
            ulps.add(name, one.ulps(), table.numbers("max_ulp")[row] * (1 + 1e-9));
            delta = Math.hypot(delta, one.delta());
            rounding = Math.hypot(rounding, one.rounding());
            accepted = Math.hypot(accepted, one.accepted());
            largest = Math.max(largest, one.ulps());
        }
        named = named == null && !rows.isEmpty() ? rows.keySet().iterator().next() : named;
        checks.same(
                "matrices",
                named == null,
                "those that adapters add to, with the ranks of all" + (named == null ? "" : ", of " + named));
        checks.atMost("||W||_F", norms);
        checks.atMost("||sum B A||_F", deltas);
        checks.atMost("||W' - (W + sum B A)||_F", roundings);
        checks.atMost("rounding in ulp, at least", ulps);
        if (wholes > 0) {
            checks.same(
                    "tensors replaced whole",
                    whole == null,
                    "those of the side-file, rounded once" + (whole == null ? "" : ", of " + whole));
        }
        checks.near(
                "relative error",
                delta == 0 ? 0 : rounding / delta,
                checks.claimed("relative error").value(),
                delta == 0 ? 0 : 2 * accepted / delta + 1e-9);
        checks.atMost(
                "largest rounding, at least",
                largest,
                checks.claimed("largest rounding").value() * (1 + 1e-9));
    }
}
