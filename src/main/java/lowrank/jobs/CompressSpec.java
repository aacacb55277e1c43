package lowrank.jobs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.store.FactorsSink;
import lowrank.weights.Calibration;
import lowrank.weights.Compression;
import lowrank.weights.Selection;
import lowrank.weights.TallCompression;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import lowrank.weights.WeightTable;
import lowrank.weights.Whitening;

/**
 * What a compress job is asked for, checked.
 *
 * @param path of the checkpoint
 * @param factors whether factors are written
 * @param calibration folder with rows that go into each matrix, or null
 * @param heldOut folder with others to measure on, or null
 * @param vector the column of these rows
 * @param taskEntries entries of a matrix that one task takes; larger ones are factored by passes over all tasks
 */
record CompressSpec(
        WeightsSpec common,
        String path,
        Truncation rule,
        boolean factors,
        String calibration,
        String heldOut,
        String vector,
        long taskEntries) {

    static final String FACTORS = "factors";

    /** The word of {@code write.also} for the factors as one safetensors file, and the name of that part of a result. */
    static final String SAFETENSORS = "safetensors";

    static final String SPECTRA = "singular values";
    private static final String TASK_ENTRIES = "factor.task-entries";

    static CompressSpec of(Spec spec) {
        List<String> own = new ArrayList<>(List.of(
                "read.path", "read.calibration", "read.held-out", "read.vector", TASK_ENTRIES, "write.factors"));
        own.addAll(WeightsSpec.RANKS);
        WeightsSpec common = WeightsSpec.of(spec, own, WriteSpec.REPORT, SAFETENSORS);
        boolean factors = spec.flag("write.factors");
        if (!factors) {
            spec.requireIdle(WeightsSpec.RANKS.toArray(String[]::new));
            spec.requireIdle("read.calibration", "write.precision");
            if (common.write().also().contains(SAFETENSORS)) {
                throw new SpecException(
                        "write.also = safetensors is for factors, which write.factors = false does not write; remove one of the two");
            }
        }
        String calibration = spec.text("read.calibration").orElse(null);
        if (calibration == null) {
            spec.requireIdle("read.held-out", "read.vector");
        }
        return new CompressSpec(
                common,
                spec.required("read.path"),
                WeightsSpec.truncation(spec),
                factors,
                calibration,
                spec.text("read.held-out").orElse(null),
                spec.required("read.vector"),
                WeightsSpec.count(spec, TASK_ENTRIES, "of entries"));
    }

    /** What chooses instead of the matrices alone, or null. */
    Whitening whitening(HadoopConf conf) {
        return calibration == null
                ? null
                : new Whitening(
                        new Calibration(conf, calibration, vector),
                        heldOut == null ? null : new Calibration(conf, heldOut, vector));
    }

    /** Whether all tasks work on a matrix together. */
    boolean isTall(Weight weight) {
        return TallCompression.takes(weight, taskEntries);
    }

    /**
     * What it takes.
     *
     * @throws RefusedException if there are rows that go into a matrix of more entries than a task takes
     */
    WeightsPlan plan(HadoopConf conf, Checkpoint checkpoint) {
        Selection selection = Selection.of(checkpoint, common.rule());
        requireBudget(selection);
        List<Weight> small =
                selection.weights().stream().filter(weight -> !isTall(weight)).toList();
        List<Weight> tall = selection.weights().stream().filter(this::isTall).toList();
        if (calibration != null && !tall.isEmpty()) {
            Weight first = tall.get(0);
            throw new RefusedException(String.format(
                    Locale.ROOT,
                    "%s holds %,d numbers, and factors are chosen by what comes out (read.calibration) in one task only, which takes %s = %,d;"
                            + " raise that, or exclude it",
                    first.name(),
                    first.count(),
                    TASK_ENTRIES,
                    taskEntries));
        }
        Compression spectra = new Compression(conf, rule, null, whitening(conf));
        Compression both = factors
                ? new Compression(
                        conf, rule, new FactorsSink(conf, "", common.write().stored(), "none", true), whitening(conf))
                : spectra;
        List<WeightsPlan.Stage> stages = new ArrayList<>();
        if (factors && rule instanceof Truncation.Budget && !small.isEmpty()) {
            stages.add(stage(SPECTRA, spectra, small));
        }
        if (!small.isEmpty()) {
            stages.add(stage(factors ? FACTORS : SPECTRA, both, small));
        }
        return new WeightsPlan(
                "compress",
                WeightsSpec.weights(checkpoint, selection, 0),
                stages,
                tall.stream().map(weight -> tallPlan(conf, weight)).toList(),
                "lower " + TASK_ENTRIES + " to have larger ones factored by all tasks together");
    }

    /** Factors of rank 0 in place of all matrices are nobody's wish. */
    private void requireBudget(Selection selection) {
        Weight least = selection.weights().stream()
                .filter(weight -> weight.view() != Weight.View.UNFOLDED_IN)
                .min(Comparator.comparingLong(CompressSpec::price))
                .orElseThrow();
        if (factors && rule instanceof Truncation.Budget budget && budget.parameters() < price(least)) {
            throw new SpecException("factor.budget = " + budget.parameters()
                    + " does not hold one component of any matrix: that of " + least.name() + " takes " + price(least)
                    + " numbers");
        }
    }

    /** Numbers of one component. */
    private static long price(Weight weight) {
        return (long) weight.out() + weight.in();
    }

    private TallPlan tallPlan(HadoopConf conf, Weight weight) {
        boolean isKnown = rule instanceof Truncation.Rank || rule instanceof Truncation.Ratio;
        int most = weight.worthwhile();
        if (isKnown) { // by the shape alone
            most = Math.min(most, rule.choose(new double[weight.most()], weight.out(), weight.in()));
        }
        return new TallPlan(
                new WeightTable(conf, weight),
                factors ? most : -1,
                common.write().stored());
    }

    private static WeightsPlan.Stage stage(String label, Compression work, List<Weight> weights) {
        return new WeightsPlan.Stage(
                label,
                label.equals(FACTORS),
                weights.stream()
                        .map(weight -> new WeightsPlan.Cost(
                                weight.name(), weight.count(), work.flops(weight), work.bytes(weight)))
                        .toList());
    }
}
