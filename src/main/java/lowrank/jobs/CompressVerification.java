package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.spark.MatrixTasks;
import lowrank.store.Digests;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.CompressionCheck;
import lowrank.weights.FactorTensors;
import lowrank.weights.Selection;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import org.apache.spark.api.java.JavaSparkContext;

/** Measures a compress result: see {@link CompressionCheck}; ranks must be those that the rule makes of the stored values. */
final class CompressVerification extends WeightsVerification {
    private final CompressSpec spec;
    private List<Weight> weights;
    private RowTable.Columns matrices;
    private List<double[]> spectra;

    CompressVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        super(spark, conf, result);
        spec = CompressSpec.of(text);
    }

    @Override
    void measure() {
        Checkpoint checkpoint = Checkpoint.open(conf, spec.path());
        weights = Selection.of(checkpoint, spec.common().rule()).weights();
        matrices = table("matrices");
        if (!isOf(matrices, weights)) {
            return;
        }
        spectra = spectra(weights);
        derived(matrices, weights, spectra);
        boolean placed = spec.factors() ? ranks() : full();
        if (!placed) {
            return;
        }
        List<CompressionCheck.Found> found = found();
        Checks.Worst norms = new Checks.Worst();
        Checks.Worst values = new Checks.Worst();
        Checks.Worst residuals = new Checks.Worst();
        Checks.Worst ratios = new Checks.Worst();
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            CompressionCheck.Found one = found.get(i);
            double norm = matrices.numbers("norm")[i];
            double delta = matrices.numbers("delta_norm")[i];
            spectrum(weight.name(), one.spectrum(), norm, weight, norms, values);
            residuals.add(weight.name(), Math.abs(one.residual() - delta), one.rounding());
            double ratio = norm == 0 ? 0 : delta / norm;
            ratios.add(
                    weight.name(), Math.abs(matrices.numbers("relative_error")[i] - ratio), SPACINGS * Math.ulp(ratio));
        }
        checks.atMost("||W||_F", norms);
        checks.atMost("s^2, eigenvalues of W'W", values);
        if (spec.factors()) {
            factors(found);
            checks.atMost("||W - out in'||_F", residuals);
            checks.atMost("relative_error", ratios);
            totals(found);
        }
        checks.covers("matrices", "spectra", CompressSpec.FACTORS);
    }

    /** Without factors all components are told of. */
    private boolean full() {
        boolean same = IntStream.range(0, weights.size())
                .allMatch(
                        i -> matrices.whole("rank")[i] == weights.get(i).most() && matrices.whole("factored")[i] == 0);
        checks.same("rank", same, "all, without factors");
        return same;
    }

    /** Ranks are those of the rule, and all that are worth their while have factors; whether so many parts are there. */
    private boolean ranks() {
        int[] shared = spec.rule() instanceof Truncation.Budget budget && spec.calibration() == null
                ? CompressJob.share(budget, weights, spectra)
                : null;
        String wrong = null;
        int factored = 0;
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            int rank = matrices.whole("rank")[i];
            boolean second = weight.view() == Weight.View.UNFOLDED_IN;
            int expected = second
                    ? weight.most()
                    : shared != null
                            ? shared[i]
                            : spec.calibration() != null
                                    ? rank
                                    : spec.rule().choose(spectra.get(i), weight.out(), weight.in());
            boolean worthwhile = !second && rank <= weight.worthwhile();
            factored += worthwhile ? 1 : 0;
            boolean same = rank == expected && matrices.whole("factored")[i] == (worthwhile ? 1 : 0);
            wrong = wrong != null || same ? wrong : weight.name();
        }
        checks.same(
                "rank",
                wrong == null,
                (spec.calibration() == null
                                ? "those that the rule makes of the stored values"
                                : "those of the factors; what comes out chose them, whose values are not stored")
                        + (wrong == null ? "" : ", of " + wrong));
        boolean all =
                factored == manifest.factors().get(CompressSpec.FACTORS).files().size();
        if (!all) {
            checks.same("factors", false, "of " + factored + " matrices");
        }
        return all;
    }

    private List<CompressionCheck.Found> found() {
        CompressionCheck check = new CompressionCheck(conf, result.path(), spec.whitening(conf));
        List<CompressionCheck.Task> tasks = new ArrayList<>();
        List<WeightsPlan.Cost> costs = new ArrayList<>();
        Map<String, StoredTensor> tensors = tensors();
        int next = 0;
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            boolean factored = matrices.whole("factored")[i] == 1;
            String part = factored
                    ? manifest.factors()
                            .get(CompressSpec.FACTORS)
                            .files()
                            .get(next++)
                            .path()
                    : null;
            int rank = factored ? matrices.whole("rank")[i] : 0;
            tasks.add(new CompressionCheck.Task(
                    weight, spectra.get(i), rank, part, FactorTensors.find(tensors, weight.name())));
            costs.add(new WeightsPlan.Cost(
                    weight.name(),
                    weight.count(),
                    check.flops(weight, rank) + MatrixTasks.READING * weight.count(),
                    check.bytes(weight, rank)));
        }
        return onAll("matrices", tasks, costs, check::run);
    }

    /** The factors as they are stored once more, by name; empty where they are not. */
    private Map<String, StoredTensor> tensors() {
        return manifest.factors().containsKey(CompressSpec.SAFETENSORS)
                ? Checkpoint.open(conf, result.path() + "/" + FactorTensors.FILE).tensors().stream()
                        .collect(Collectors.toMap(StoredTensor::name, Function.identity()))
                : Map.of();
    }

    private void factors(List<CompressionCheck.Found> found) {
        Manifest.Factor stored = manifest.factors().get(CompressSpec.FACTORS);
        List<byte[]> digests = new ArrayList<>();
        boolean ranks = true;
        for (int i = 0; i < found.size(); i++) {
            if (found.get(i).digest() != null) {
                digests.add(found.get(i).digest());
                ranks &= found.get(i).rank() == matrices.whole("rank")[i];
            }
        }
        checks.same(
                CompressSpec.FACTORS,
                ranks && Digests.ofBlocks(digests).equals(stored.digest()),
                "the values that were written");
        if (manifest.factors().containsKey(CompressSpec.SAFETENSORS)) {
            checks.same(
                    CompressSpec.SAFETENSORS,
                    tensors().size() == 2 * digests.size()
                            && found.stream().allMatch(CompressionCheck.Found::sameTensors),
                    "the same factors, number by number");
            checks.covers(CompressSpec.SAFETENSORS);
        }
    }

    /** What is said of all matrices together follows from what was measured of each. */
    private void totals(List<CompressionCheck.Found> found) {
        double norm = 0;
        double error = 0;
        double rounding = 0;
        long kept = 0;
        long all = 0;
        boolean counts = true;
        for (int i = 0; i < found.size(); i++) {
            Weight weight = weights.get(i);
            CompressionCheck.Found one = found.get(i);
            long numbers = one.rank() < 0 ? weight.count() : one.rank() * ((long) weight.out() + weight.in());
            counts &= matrices.numbers("parameters")[i] == numbers;
            if (weight.view() != Weight.View.UNFOLDED_IN) {
                norm = Math.hypot(norm, one.spectrum().norm());
                error = Math.hypot(error, one.residual());
                rounding = Math.hypot(rounding, one.rounding());
                kept += numbers;
                all += weight.count();
            }
        }
        checks.same("parameters", counts && manifest.weights().kept() == kept, "as many as are stored");
        double limit = norm == 0 ? 0 : rounding / norm + SPACINGS * weights.size() * Math.ulp(1.0);
        checks.near(
                "relative error",
                norm == 0 ? 0 : error / norm,
                checks.claimed("relative error").value(),
                limit);
        double share = (double) kept / all;
        checks.near("kept parameters", share, checks.claimed("kept parameters").value(), SPACINGS * Math.ulp(share));
        if (spec.calibration() != null) {
            outputs(found, CompressionCheck.Found::outputs, "output_error", "output error");
        }
        if (spec.heldOut() != null) {
            outputs(found, CompressionCheck.Found::heldOut, "held_out_error", "held-out error");
        }
    }

    private void outputs(
            List<CompressionCheck.Found> found,
            Function<CompressionCheck.Found, CompressionCheck.Outputs> of,
            String column,
            String measure) {
        Checks.Worst worst = new Checks.Worst();
        double whole = 0;
        double missed = 0;
        double rounding = 0;
        for (int i = 0; i < found.size(); i++) {
            CompressionCheck.Outputs one = of.apply(found.get(i));
            if (one != null) {
                double part = one.norm() == 0 ? 0 : one.missed() / one.norm();
                worst.add(
                        weights.get(i).name(),
                        Math.abs(part - matrices.numbers(column)[i]),
                        one.norm() == 0 ? 0 : 2 * one.rounding() / one.norm());
                whole = Math.hypot(whole, one.norm());
                missed = Math.hypot(missed, one.missed());
                rounding = Math.hypot(rounding, one.rounding());
            }
        }
        checks.atMost(column, worst);
        checks.near(
                measure,
                whole == 0 ? 0 : missed / whole,
                checks.claimed(measure).value(),
                whole == 0 ? 0 : 2 * rounding / whole);
    }
}
