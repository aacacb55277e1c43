package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lowrank.blas.Backend;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.store.Manifest;
import lowrank.weights.NoiseLevel;
import lowrank.weights.Selection;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;

/**
 * What jobs on weights have in common, checked.
 *
 * @param rule which tensors are worked on
 * @param blas implementation of BLAS
 */
record WeightsSpec(Selection.Rule rule, Backend blas, WriteSpec write) {
    /** Keys that no job on rows has a use for. */
    static final String[] KEYS = {
        "read.base",
        "read.tuned",
        "read.adapters",
        "read.weights",
        "read.side-file",
        "read.include",
        "read.exclude",
        "read.in-out",
        "read.calibration",
        "read.held-out",
        "factor.ratio",
        "factor.energy",
        "factor.relative-error",
        "factor.noise",
        "factor.budget",
        "factor.task-entries",
        "factor.force",
        "heads",
        "write.factors",
        "write.side-file"
    };

    /** Keys that all jobs on weights know. */
    private static final List<String> COMMON = List.of(
            "job",
            "read.include",
            "read.exclude",
            "read.in-out",
            "blocks.blas",
            "write.path",
            "write.mode",
            "write.precision",
            "write.codec",
            "write.also");

    /** The keys that choose how many components are kept. */
    static final List<String> RANKS = List.of(
            "factor.rank", "factor.ratio", "factor.energy", "factor.relative-error", "factor.noise", "factor.budget");

    /**
     * Reads and checks what is common.
     *
     * @param input the section whose patterns are named in errors: the key of the checkpoint that they choose from
     * @param own keys, or sections, that this job knows besides
     * @param also the words that {@code write.also} may hold for it
     */
    static WeightsSpec of(Spec spec, List<String> own, String... also) {
        List<String> known = new ArrayList<>(COMMON);
        known.addAll(own);
        spec.requireNoOthers(known);
        return new WeightsSpec(
                new Selection.Rule(
                        spec.list("read.include"), spec.list("read.exclude"), spec.list("read.in-out"), "read"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                WriteSpec.of(spec, also));
    }

    /** The rule of the section {@code factor}. */
    static Truncation truncation(Spec spec) {
        return truncation(spec, Spec.AUTO_RANK);
    }

    /**
     * The rule of the section {@code factor}.
     *
     * @param auto the rank where no rule is given
     */
    static Truncation truncation(Spec spec, int auto) {
        List<String> set = RANKS.stream().filter(spec::differsFromDefault).toList();
        if (set.size() > 1) {
            throw new SpecException(set.get(0) + " and " + set.get(1) + " exclude each other; remove one");
        }
        String key = set.isEmpty() ? "factor.rank" : set.get(0);
        return switch (key) {
            case "factor.ratio" -> new Truncation.Ratio(spec.number(key));
            case "factor.energy" -> new Truncation.Energy(spec.number(key));
            case "factor.relative-error" -> new Truncation.RelativeError(spec.number(key));
            case "factor.noise" ->
                new Truncation.Noise(NoiseLevel.valueOf(spec.oneOf(key, "gavish-donoho", "marchenko-pastur")
                        .replace('-', '_')
                        .toUpperCase(Locale.ROOT)));
            case "factor.budget" -> new Truncation.Budget(count(spec, key, "of parameters"));
            default -> new Truncation.Rank(spec.rank(auto, Integer.MAX_VALUE));
        };
    }

    /**
     * A key that counts.
     *
     * @param what it counts, in words
     */
    static long count(Spec spec, String key, String what) {
        double number = spec.number(key);
        if (number < 1 || number != Math.rint(number) || number > Long.MAX_VALUE) {
            throw new SpecException(key + " must be a whole number " + what + ", at least 1 and at most 2^63");
        }
        return (long) number;
    }

    /**
     * What there is to work on, for plans and manifests.
     *
     * @param kept numbers that the result holds in place of the matrices
     */
    static Manifest.Weights weights(Checkpoint checkpoint, Selection selection, long kept) {
        Map<String, Integer> skipped = new TreeMap<>();
        selection.skipped().forEach(tensor -> skipped.merge(tensor.reason(), 1, Integer::sum));
        List<Weight> matrices = selection.weights().stream()
                .filter(weight -> weight.view() != Weight.View.UNFOLDED_IN)
                .toList();
        return new Manifest.Weights(
                checkpoint.tensors().size(),
                matrices.size(),
                matrices.stream().mapToLong(Weight::count).sum(),
                matrices.stream().mapToLong(weight -> weight.tensor().bytes()).sum(),
                kept,
                skipped);
    }
}
