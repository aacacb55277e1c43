package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.spark.MatrixTasks;
import lowrank.store.Manifest;
import lowrank.weights.Adapter;
import lowrank.weights.AdapterSum;
import lowrank.weights.Merging;
import lowrank.weights.Resizing;
import lowrank.weights.Truncation;

/**
 * What a lora-resize job is asked for, checked.
 *
 * @param base the name that the result gives its base, or null for the one that the adapters give
 */
record LoraResizeSpec(WeightsSpec common, AdaptersSpec adapters, String base, Truncation rule) {
    static final String FACTORS = "factors";
    static final String SPECTRA = "singular values";
    static final String MEASURE = "certificate";

    static LoraResizeSpec of(Spec spec) {
        List<String> own = new ArrayList<>(List.of("read.base", AdaptersSpec.PATHS, AdaptersSpec.WEIGHTS));
        own.addAll(WeightsSpec.RANKS);
        WeightsSpec common = WeightsSpec.of(spec, own, WriteSpec.REPORT);
        // All of an adapter is added up: a part of it would be another adapter.
        spec.requireIdle("read.include", "read.exclude", "read.in-out");
        AdaptersSpec adapters = AdaptersSpec.of(spec);
        if (adapters.paths().isEmpty()) {
            throw AdaptersSpec.none();
        }
        return new LoraResizeSpec(
                common, adapters, spec.text("read.base").orElse(null), WeightsSpec.truncation(spec, Integer.MAX_VALUE));
    }

    /** What the adapters add up to. */
    AdapterSum sum(List<Adapter> opened) {
        AdapterSum sum = AdapterSum.of(opened, adapters.weights(), base);
        if (rule instanceof Truncation.Noise) {
            sum.targets().forEach(LoraResizeSpec::requireMedian);
        }
        return sum;
    }

    private static void requireMedian(AdapterSum.Target target) {
        int least = Math.min(target.out(), target.in());
        if (2 * target.inner() <= least) {
            throw new SpecException("factor.noise tells noise from the median singular value, which is 0 of "
                    + target.path() + ": its factors have at most " + target.inner() + " of " + least
                    + " components; use factor.energy or factor.relative-error");
        }
    }

    /** Flops of work on a module, the reading of its factors counted. */
    static double flops(AdapterSum.Target target) {
        return MatrixTasks.READING * target.count() + Resizing.flops(target);
    }

    /** Flops of measuring a module; it is about one more sum. */
    static double measuring(AdapterSum.Target target, int rank) {
        double k = (double) target.inner() + rank;
        return (MatrixTasks.READING + 2 * k) * k * ((double) target.out() + target.in());
    }

    /** What it takes. */
    WeightsPlan plan(HadoopConf conf) {
        return plan(sum(adapters.open(conf)));
    }

    WeightsPlan plan(AdapterSum sum) {
        List<WeightsPlan.Stage> stages = new ArrayList<>();
        if (rule instanceof Truncation.Budget) {
            stages.add(stage(SPECTRA, sum, LoraResizeSpec::flops, Resizing::bytes));
        }
        stages.add(stage(FACTORS, sum, LoraResizeSpec::flops, Resizing::bytes));
        stages.add(stage(MEASURE, sum, target -> measuring(target, target.most()), Resizing::residualBytes));
        return new WeightsPlan("lora-resize", summary(sum, 0), stages);
    }

    private static WeightsPlan.Stage stage(
            String label,
            AdapterSum sum,
            ToDoubleFunction<AdapterSum.Target> flops,
            ToLongFunction<AdapterSum.Target> bytes) {
        return new WeightsPlan.Stage(
                label,
                label.equals(FACTORS),
                sum.targets().stream()
                        .map(target -> new WeightsPlan.Cost(
                                target.path(), target.count(), flops.applyAsDouble(target), bytes.applyAsLong(target)))
                        .toList());
    }

    /**
     * What there is to work on.
     *
     * @param kept numbers in the factors of the result
     */
    static Manifest.Weights summary(AdapterSum sum, long kept) {
        List<StoredTensor> factors = sum.targets().stream()
                .flatMap(target -> target.parts().stream())
                .map(Merging.Part::module)
                .flatMap(module -> List.of(module.outTensor(), module.inTensor()).stream())
                .toList();
        int whole = sum.whole().size();
        return new Manifest.Weights(
                factors.size() + whole,
                sum.targets().size(),
                factors.stream().mapToLong(StoredTensor::count).sum(),
                factors.stream().mapToLong(StoredTensor::bytes).sum(),
                kept,
                whole == 0 ? Map.of() : Map.of("copied as they are", whole));
    }
}
