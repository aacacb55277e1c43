package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import lowrank.attention.AttentionCost;
import lowrank.attention.AttentionMethod;
import lowrank.attention.BetterOf;
import lowrank.attention.Linformer;
import lowrank.attention.NystromAttention;
import lowrank.attention.Sampling;
import lowrank.blas.Backend;
import lowrank.blas.Precision;

/**
 * What an attention job is asked for, checked.
 *
 * @param scale of the products of queries and keys; NaN for 1 / sqrt(width)
 * @param sampled queries of each head that errors are measured with
 * @param relativeError the largest that is accepted, or NaN
 */
record AttentionSpec(
        AttentionRead read,
        Precision precision,
        Backend blas,
        Method method,
        int features,
        int landmarks,
        boolean causal,
        double scale,
        NystromAttention.Inverse inverse,
        boolean force,
        long seed,
        int sampled,
        double relativeError,
        WriteSpec write) {
    /** Keys, and sections, that no other job has a use for. */
    static final String[] KEYS = {"attention", "certify.rows", "certify.require.relative-error"};

    /** The words of {@code attention.method}. */
    enum Method {
        AUTO,
        EXACT,
        PERFORMER,
        NYSTROM,
        LINFORMER;

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** Reads and checks all keys. */
    static AttentionSpec of(Spec spec) {
        List<String> known = new ArrayList<>(List.of(KEYS));
        known.addAll(AttentionRead.KNOWN);
        known.addAll(List.of(
                "job",
                "blocks",
                "write.path",
                "write.mode",
                "write.precision",
                "write.codec",
                "write.also"));
        spec.requireNoOthers(known);
        Method method = Method.valueOf(spec.oneOf("attention.method", "auto", "exact", "performer", "nystrom", "linformer")
                .toUpperCase(java.util.Locale.ROOT));
        boolean causal = spec.flag("attention.causal");
        if (causal && (method == Method.NYSTROM || method == Method.LINFORMER)) {
            throw new SpecException("attention.method = " + method.word()
                    + " has no causal form, since each of its landmarks is a mean over rows that early queries must not see;"
                    + " set attention.method = performer or exact");
        }
        return new AttentionSpec(
                AttentionRead.of(spec),
                spec.precision("blocks.precision"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                method,
                spec.whole("attention.features", 1, null, 0),
                spec.whole("attention.landmarks", 1, null, 0),
                causal,
                spec.text("attention.scale").orElse("").equals("auto") ? Double.NaN : spec.positive("attention.scale"),
                inverse(spec),
                spec.flag("attention.force"),
                spec.seed("attention.seed"),
                spec.whole("certify.rows", 2, null, 0),
                spec.positive("certify.require.relative-error"),
                WriteSpec.of(spec, WriteSpec.REPORT));
    }

    private static NystromAttention.Inverse inverse(Spec spec) {
        String word = spec.text("attention.inverse").orElse("");
        if (!word.equals("iteration")) {
            spec.requireIdle("attention.iterations");
        }
        return switch (word) {
            case "sample" -> new NystromAttention.Inverse.BySample();
            case "iteration" -> new NystromAttention.Inverse.Iteration(spec.whole("attention.iterations", 1, null, 0));
            default -> {
                double cut = spec.number("attention.inverse");
                if (!(cut >= 0 && cut < 1)) {
                    throw new SpecException("attention.inverse must be sample, iteration or a number in [0, 1), not " + word);
                }
                yield new NystromAttention.Inverse.Cut(cut);
            }
        };
    }

    double scale(int width) {
        return Double.isNaN(scale) ? 1 / Math.sqrt(width) : scale;
    }

    Sampling sampling(int width) {
        return new Sampling(sampled, ~seed, causal, scale(width));
    }
}
