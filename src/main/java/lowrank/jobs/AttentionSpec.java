package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.attention.AttentionSettings;
import lowrank.attention.FeatureDraws;
import lowrank.attention.FeatureKind;
import lowrank.attention.NystromAttention;
import lowrank.blas.Backend;
import lowrank.blas.Precision;

/**
 * What an attention job is asked for, checked.
 *
 * @param force whether outputs may be farther from exact ones than the mean of all values
 * @param relativeError the largest that is accepted, or NaN
 */
record AttentionSpec(
        AttentionRead read,
        Precision precision,
        Backend blas,
        AttentionSettings settings,
        boolean force,
        double relativeError,
        WriteSpec write) {
    /** Keys, and sections, that no other job has a use for. */
    static final String[] KEYS = {"attention", "certify.rows", "certify.require.relative-error"};

    /** Fewer sampled queries bound nothing. */
    private static final int LEAST_ROWS = 16;

    /** Reads and checks all keys. */
    static AttentionSpec of(Spec spec) {
        List<String> known = new ArrayList<>(List.of(KEYS));
        known.addAll(AttentionRead.KNOWN);
        known.addAll(
                List.of("job", "blocks", "write.path", "write.mode", "write.precision", "write.codec", "write.also"));
        spec.requireNoOthers(known);
        AttentionSettings.Method method = AttentionSettings.Method.valueOf(
                spec.oneOf("attention.method", "auto", "exact", "performer", "nystrom", "linformer")
                        .toUpperCase(Locale.ROOT));
        boolean causal = spec.flag("attention.causal");
        long seed = spec.seed("attention.seed");
        if (causal && (method == AttentionSettings.Method.NYSTROM || method == AttentionSettings.Method.LINFORMER)) {
            throw new SpecException("attention.method = " + method.word()
                    + " has no causal form, since each of its landmarks is a mean over rows that early queries must not see;"
                    + " set attention.method = performer or exact");
        }
        requireIdle(spec, method, causal);
        return new AttentionSpec(
                AttentionRead.of(spec),
                spec.precision("blocks.precision"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                new AttentionSettings(
                        method,
                        draws(spec, causal, seed),
                        balanced(spec, causal),
                        spec.whole("attention.landmarks", 1, null, 0),
                        causal,
                        spec.text("attention.scale").orElse("").equals("auto")
                                ? Double.NaN
                                : spec.positive("attention.scale"),
                        inverse(spec),
                        spec.whole("certify.rows", LEAST_ROWS, null, 0),
                        // Queries are not sampled by the numbers that features are made of.
                        ~seed),
                spec.flag("attention.force"),
                spec.positive("certify.require.relative-error"),
                WriteSpec.of(spec, WriteSpec.REPORT));
    }

    private static void requireIdle(Spec spec, AttentionSettings.Method method, boolean causal) {
        boolean auto = method == AttentionSettings.Method.AUTO;
        if (method != AttentionSettings.Method.PERFORMER && !auto) {
            spec.requireIdleWith(
                    "attention.method", "attention.features", "attention.map", "attention.align", "attention.repeats");
        }
        if (auto && causal) {
            spec.requireIdleWith("attention.causal", "attention.landmarks", "attention.inverse");
        } else if (method != AttentionSettings.Method.NYSTROM && !auto) {
            spec.requireIdleWith("attention.method", "attention.inverse");
            if (method != AttentionSettings.Method.LINFORMER) {
                spec.requireIdleWith("attention.method", "attention.landmarks");
            }
        }
    }

    private static FeatureDraws draws(Spec spec, boolean causal, long seed) {
        FeatureKind kind = FeatureKind.of(spec.required("attention.map"));
        if (causal && kind == FeatureKind.TRIGONOMETRIC) {
            throw new SpecException(
                    "attention.map = trigonometric goes by the lengths of all queries and keys, which causal"
                            + " attention must not know; set attention.map = positive or hyperbolic");
        }
        return new FeatureDraws(
                kind,
                spec.whole("attention.features", 1, null, 0),
                spec.whole("attention.repeats", 1, null, 0),
                true,
                seed);
    }

    private static boolean balanced(Spec spec, boolean causal) {
        String align = spec.oneOf("attention.align", "auto", "balanced", "none");
        if (causal && align.equals("balanced")) {
            throw new SpecException(
                    "attention.align = balanced takes means over all rows, which would tell early queries of"
                            + " later keys; set attention.align = none, or attention.causal = false");
        }
        return align.equals("auto") ? !causal : align.equals("balanced");
    }

    private static NystromAttention.Inverse inverse(Spec spec) {
        String word = spec.text("attention.inverse").orElse("");
        if (!word.equals("iteration")) {
            spec.requireIdleWith("attention.inverse", "attention.iterations");
        }
        return switch (word) {
            case "sample" -> new NystromAttention.Inverse.BySample();
            case "iteration" -> new NystromAttention.Inverse.Iteration(spec.whole("attention.iterations", 1, null, 0));
            default -> {
                double cut = spec.number("attention.inverse");
                if (!(cut >= 0 && cut < 1)) {
                    throw new SpecException(
                            "attention.inverse must be sample, iteration or a number in [0, 1), not " + word);
                }
                yield new NystromAttention.Inverse.Cut(cut);
            }
        };
    }
}
