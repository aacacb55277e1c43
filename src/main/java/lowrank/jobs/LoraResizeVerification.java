package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.spark.MatrixTasks;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.Adapter;
import lowrank.weights.AdapterModule;
import lowrank.weights.AdapterSum;
import lowrank.weights.ResizeCheck;
import lowrank.weights.SideFile;
import lowrank.weights.Truncation;
import lowrank.weights.WeightSpectrum;
import org.apache.spark.api.java.JavaSparkContext;

/** Measures a lora-resize result: the adapter as PEFT would read it against those that were added up ({@link ResizeCheck}). */
final class LoraResizeVerification extends WeightsVerification {
    private static final String ADAPTER = "adapter";

    private final LoraResizeSpec spec;
    private AdapterSum sum;
    private RowTable.Columns matrices;

    LoraResizeVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        super(spark, conf, result);
        spec = LoraResizeSpec.of(text);
    }

    @Override
    void measure() {
        List<Adapter> given = spec.adapters().open(conf);
        sum = spec.sum(given);
        Adapter written = Adapter.read(conf, result.path() + "/" + ADAPTER);
        Map<String, AdapterModule> modules =
                written.modules().stream().collect(Collectors.toMap(AdapterModule::path, Function.identity()));
        matrices = table("matrices");
        if (!rows() || !adapter(modules)) {
            return;
        }
        List<AdapterSum.Target> targets = sum.targets();
        List<double[]> spectra = spectra(
                targets.stream().map(AdapterSum.Target::path).toList(),
                i -> targets.get(i).most());
        ranks(spectra);
        measured(modules, spectra);
        whole(given, written);
        checks.say(
                "singular values", "held to the norms of the sums, and what is missed to their tails; not one by one");
        checks.say("spectral_bound, energy", "not measured again");
        checks.covers("matrices", "spectra", ADAPTER);
    }

    /** A row for each module of the sum. */
    private boolean rows() {
        boolean same = matrices.texts("name").length == sum.targets().size();
        for (int i = 0; same && i < sum.targets().size(); i++) {
            AdapterSum.Target target = sum.targets().get(i);
            same = matrices.texts("name")[i].equals(target.path())
                    && matrices.whole("layer")[i] == target.layer()
                    && matrices.whole("rows")[i] == target.out()
                    && matrices.whole("cols")[i] == target.in()
                    && matrices.whole("given_rank")[i] == target.inner();
        }
        checks.same("matrices", same, "the modules of the adapters that were added up");
        return same;
    }

    private boolean held(int i) {
        return matrices.whole("factored")[i] == 1;
    }

    private boolean adapter(Map<String, AdapterModule> modules) {
        List<Held> wanted = new ArrayList<>();
        for (int i = 0; i < sum.targets().size(); i++) {
            AdapterSum.Target target = sum.targets().get(i);
            if (held(i)) {
                wanted.add(
                        new Held(target.path(), target.kind(), target.out(), target.in(), matrices.whole("rank")[i]));
            }
        }
        long given = sum.targets().stream().mapToLong(AdapterSum.Target::count).sum();
        checks.near(
                "given parameters", given, checks.claimed("given parameters").value(), 0);
        return adapter(wanted, modules);
    }

    /** Ranks and whatever else follows from stored values alone must follow from them to the bit. */
    private void ranks(List<double[]> spectra) {
        int[] chosen = chosen(spectra);
        String wrong = null;
        for (int i = 0; i < chosen.length && wrong == null; i++) {
            AdapterSum.Target target = sum.targets().get(i);
            double[] s = spectra.get(i);
            WeightSpectrum spectrum = WeightSpectrum.of(s, target.out(), target.in());
            int positive = (int) Arrays.stream(s).filter(value -> value > 0).count();
            boolean same = matrices.whole("rank")[i] == Math.min(chosen[i], positive)
                    && matrices.whole("numerical_rank")[i] == positive
                    && matrices.numbers("delta_norm")[i] == spectrum.norm()
                    && matrices.numbers("stable_rank")[i] == spectrum.stableRank()
                    && matrices.numbers("entropy_rank")[i] == spectrum.entropyRank()
                    && matrices.whole("r90")[i] == spectrum.r90()
                    && matrices.whole("r99")[i] == spectrum.r99();
            wrong = same ? null : target.path();
        }
        checks.same(
                "rank ... r99",
                wrong == null,
                "what the rule and the stored values say" + (wrong == null ? "" : ", of " + wrong));
    }

    private int[] chosen(List<double[]> spectra) {
        List<Truncation.Candidate> candidates = new ArrayList<>();
        int[] chosen = new int[spectra.size()];
        for (int i = 0; i < chosen.length; i++) {
            AdapterSum.Target target = sum.targets().get(i);
            candidates.add(new Truncation.Candidate(spectra.get(i), target.out(), target.in(), target.most()));
            if (!(spec.rule() instanceof Truncation.Budget)) {
                double[] all = Arrays.copyOf(spectra.get(i), Math.min(target.out(), target.in()));
                chosen[i] = spec.rule().choose(all, target.out(), target.in());
            }
        }
        return spec.rule() instanceof Truncation.Budget budget ? Truncation.share(budget, candidates) : chosen;
    }

    private void measured(Map<String, AdapterModule> modules, List<double[]> spectra) {
        ResizeCheck check = new ResizeCheck(conf);
        List<ResizeCheck.Task> tasks = new ArrayList<>();
        List<WeightsPlan.Cost> costs = new ArrayList<>();
        for (int i = 0; i < sum.targets().size(); i++) {
            AdapterSum.Target target = sum.targets().get(i);
            ResizeCheck.Task task = new ResizeCheck.Task(target, held(i) ? modules.get(target.path()) : null);
            tasks.add(task);
            costs.add(new WeightsPlan.Cost(
                    target.path(),
                    target.count(),
                    MatrixTasks.READING * target.count() + check.flops(task),
                    check.bytes(task)));
        }
        List<ResizeCheck.Found> found = onAll("modules", tasks, costs, check::run);
        Checks.Worst norms = new Checks.Worst();
        Checks.Worst errors = new Checks.Worst();
        Checks.Worst tails = new Checks.Worst();
        double norm = 0;
        double error = 0;
        double limit = 0;
        for (int i = 0; i < found.size(); i++) {
            ResizeCheck.Found one = found.get(i);
            String path = sum.targets().get(i).path();
            double stored = matrices.numbers("delta_norm")[i];
            norms.add(path, Math.abs(one.norm() - stored), one.rounding() + one.cut());
            errors.add(
                    path,
                    Math.abs(one.residual() - matrices.numbers("relative_error")[i] * stored),
                    one.rounding() + one.cut());
            // No matrix of this rank misses less than the tail of the singular values.
            double tail = tail(spectra.get(i), held(i) ? matrices.whole("rank")[i] : 0);
            tails.add(path, Math.max(0, tail - one.residual()), one.rounding() + one.cut());
            norm = Math.hypot(norm, one.norm());
            error = Math.hypot(error, one.residual());
            limit += one.rounding() + one.cut();
        }
        checks.atMost("norms", norms);
        checks.atMost("errors", errors);
        checks.atMost("below the tails", tails);
        checks.near("norm", norm, checks.claimed("norm").value(), limit);
        checks.near(
                "relative error",
                norm == 0 ? 0 : error / norm,
                checks.claimed("relative error").value(),
                norm == 0 ? 0 : 2 * limit / norm);
    }

    private static double tail(double[] s, int rank) {
        double tail = 0;
        for (int j = s.length - 1; j >= rank; j--) {
            tail = Math.hypot(tail, s[j]);
        }
        return tail;
    }

    /** Tensors that an adapter holds whole are copied number by number. */
    private void whole(List<Adapter> given, Adapter written) {
        Map<String, StoredTensor> wanted = new LinkedHashMap<>();
        given.forEach(adapter -> wanted.putAll(adapter.whole()));
        boolean same = written.whole().keySet().equals(wanted.keySet())
                && areExact(
                        "whole tensors",
                        wanted.keySet().stream()
                                .map(name -> new SideFile.Copy(
                                        wanted.get(name), written.whole().get(name)))
                                .toList());
        if (!same || !wanted.isEmpty()) {
            checks.same("whole tensors", same, "those of the adapters, number by number");
        }
    }
}
