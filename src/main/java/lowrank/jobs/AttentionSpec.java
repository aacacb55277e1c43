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
 * @param statistics whose rows causal features are aligned by, or null
 * @param force whether outputs may be farther from exact ones than the mean of all values
 * @param relativeError the largest that is accepted, or NaN
 */
record AttentionSpec(
        AttentionRead read,
        Precision precision,
        Backend blas,
        AttentionSettings settings,
        AttentionStatistics.Asked statistics,
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
        AttentionRead read = AttentionRead.of(spec);
        AttentionStatistics.Asked statistics = statistics(spec, read, causal);
        return new AttentionSpec(
                read,
                spec.precision("blocks.precision"),
                Backend.of(spec.oneOf("blocks.blas", "auto", "openblas", "java")),
                new AttentionSettings(
                        method,
                        draws(spec, causal, seed),
                        balanced(spec, causal, statistics),
                        spec.whole("attention.landmarks", 1, null, 0),
                        causal,
                        spec.text("attention.scale").orElse("").equals("auto")
                                ? Double.NaN
                                : spec.positive("attention.scale"),
                        inverse(spec),
                        spec.whole("certify.rows", LEAST_ROWS, null, 0),
                        // Queries are not sampled by the numbers that features are made of.
                        ~seed),
                statistics,
                spec.flag("attention.force"),
                spec.positive("certify.require.relative-error"),
                WriteSpec.of(spec, WriteSpec.REPORT));
    }

    private static void requireIdle(Spec spec, AttentionSettings.Method method, boolean causal) {
        boolean auto = method == AttentionSettings.Method.AUTO;
        if (method != AttentionSettings.Method.PERFORMER && !auto) {
            spec.requireIdleWith(
                    "attention.method",
                    "attention.features",
                    "attention.map",
                    "attention.align",
                    "attention.statistics",
                    "attention.repeats");
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

    private static AttentionStatistics.Asked statistics(Spec spec, AttentionRead read, boolean causal) {
        String path = spec.text("attention.statistics").orElse(null);
        List<String> keys = spec.differsFromDefault("attention.statistics-keys")
                ? List.copyOf(spec.list("attention.statistics-keys"))
                : null;
        if (path == null) {
            if (keys != null) {
                throw new SpecException(
                        "attention.statistics-keys needs attention.statistics; give a table, or remove it");
            }
            return null;
        }
        if (!causal) {
            throw new SpecException(
                    "attention.statistics applies to attention.causal = true alone, since other features"
                            + " are aligned by their own rows; remove it");
        }
        if (keys != null && !read.keys().isEmpty() && !read.keys().containsAll(keys)) {
            throw new SpecException(
                    "attention.statistics-keys = " + keys + " must be among read.keys = " + read.keys());
        }
        return new AttentionStatistics.Asked(read.at(path), keys);
    }

    private static boolean balanced(Spec spec, boolean causal, AttentionStatistics.Asked statistics) {
        String align = spec.oneOf("attention.align", "auto", "balanced", "none");
        if (causal && align.equals("balanced") && statistics == null) {
            throw new SpecException(
                    "attention.align = balanced takes means over all rows, which would tell early queries"
                            + " of later keys; give other rows in attention.statistics, or set attention.align = none");
        }
        if (statistics != null && align.equals("none")) {
            throw new SpecException(
                    "attention.statistics is what features are aligned by, and attention.align = none; remove one");
        }
        return align.equals("auto") ? !causal || statistics != null : align.equals("balanced");
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
