package lowrank.jobs;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The section {@code read} of a job on attention, checked.
 *
 * @param format of the files, or null for what their names say
 * @param position the column of the position of a row, or null where none is named
 * @param keys columns that tell groups apart; of tensors the names of leading dimensions, where they are given
 * @param q column or tensor of the queries
 * @param k column or tensor of the keys
 * @param v column or tensor of the values
 * @param mask a column or tensor that is 0 where a row is hidden, or null
 * @param partitions least number of tasks per pass, 0 for automatic
 */
record AttentionRead(
        String path,
        Format format,
        String position,
        List<String> keys,
        String q,
        String k,
        String v,
        String mask,
        int partitions) {
    /** Formats of files. */
    enum Format {
        PARQUET,
        ARROW,
        SAFETENSORS,
        NPY;

        /** Whether q, k and v are tensors, not columns. */
        boolean hasTensors() {
            return this == SAFETENSORS || this == NPY;
        }
    }

    /** Keys that no other job has a use for. */
    static final String[] KEYS = {"read.position", "read.keys", "read.q", "read.k", "read.v", "read.mask"};

    /** Keys of the section that this job knows. */
    static final List<String> KNOWN = known();

    /** Columns that results have of their own, in output/ and in heads/. */
    static final List<String> WRITTEN = List.of(
            "position",
            "values",
            AttentionResult.ROWS,
            "method",
            "rank",
            "relative_error",
            "lower",
            "upper",
            "uniform_error",
            "best_rank_error",
            "best_rank",
            "worst_error",
            "worst_position",
            "sampled",
            "condition",
            "kept_rank",
            "kept_condition",
            "row_sums_at_least",
            "row_sums_at_most",
            "squared_norms",
            "aligned_squared_norms",
            "relative_error_of_performer",
            "relative_error_of_nystrom");

    private static List<String> known() {
        List<String> known = new ArrayList<>(List.of(KEYS));
        known.addAll(List.of("read.path", "read.format", "read.partitions"));
        return List.copyOf(known);
    }

    /** Reads and checks the keys. */
    static AttentionRead of(Spec spec) {
        String path = spec.required("read.path");
        String format = spec.oneOf("read.format", "parquet", "arrow", "safetensors", "npy");
        Format chosen = spec.differsFromDefault("read.format") ? Format.valueOf(format.toUpperCase(Locale.ROOT)) : null;
        List<String> keys = List.copyOf(spec.list("read.keys"));
        Set<String> names = new HashSet<>();
        for (String key : keys) {
            if (key.isBlank()) {
                throw new SpecException("read.keys names columns; remove the empty name");
            }
            // Readers of Parquet such as Spark and DuckDB do not tell upper case from lower.
            if (WRITTEN.contains(key.toLowerCase(Locale.ROOT))) {
                throw new SpecException("read.keys names a column " + key
                        + ", as the result calls one of its own; give it another name in the input");
            }
            if (!names.add(key.toLowerCase(Locale.ROOT))) {
                throw new SpecException("read.keys names column " + key + " twice; remove one");
            }
        }
        return new AttentionRead(
                path,
                chosen,
                spec.differsFromDefault("read.position") ? spec.required("read.position") : null,
                keys,
                spec.required("read.q"),
                spec.required("read.k"),
                spec.required("read.v"),
                spec.text("read.mask").orElse(null),
                spec.whole("read.partitions", 1, "auto", 0));
    }

    /** Rows like these in another place. */
    AttentionRead at(String other) {
        return new AttentionRead(other, format, position, keys, q, k, v, mask, partitions);
    }

    /** The format of files by the ending of a name. */
    static Format byName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".safetensors") || lower.endsWith(".safetensors.index.json")) {
            return Format.SAFETENSORS;
        }
        if (lower.endsWith(".npy") || lower.endsWith(".npz")) {
            return Format.NPY;
        }
        return lower.endsWith(".arrow") || lower.endsWith(".feather") ? Format.ARROW : Format.PARQUET;
    }
}
