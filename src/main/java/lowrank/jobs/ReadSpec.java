package lowrank.jobs;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lowrank.blas.Precision;
import lowrank.spark.Beside;

/**
 * The section {@code read} of a spec, checked.
 *
 * @param vector the vector column, or what columns are called in formats that do not name them
 * @param columns columns or expressions that make up a row; empty for the vector
 * @param id the id column, or null
 * @param beside targets, label and weight of each row
 * @param kind what the targets are learnt by, or null where there is neither label nor target
 * @param where a condition, or null
 * @param separator between the cells of a line
 * @param header whether the first line of a CSV file names its columns
 * @param triplets names of row, column and value
 * @param rows rows of the matrix, 0 to find out
 * @param width columns of the matrix, 0 to find out
 * @param standard whether values become z-scores
 * @param clip the largest magnitude that stays after that; infinite for no limit
 * @param partitions least number of tasks per pass, 0 for automatic
 */
record ReadSpec(
        String path,
        Format format,
        String vector,
        List<String> columns,
        String id,
        Beside beside,
        Kind kind,
        String where,
        List<String> orderBy,
        char separator,
        boolean header,
        List<String> triplets,
        long rows,
        int width,
        boolean checkIds,
        boolean standard,
        double clip,
        int partitions) {
    /** Formats of files. */
    enum Format {
        PARQUET,
        ARROW,
        NPY,
        CSV,
        LIBSVM,
        TRIPLETS;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is learnt. */
    enum Kind {
        CLASSIFICATION,
        REGRESSION
    }

    /** What libsvm calls the first item of a line. */
    private static final String LIBSVM_LABEL = "label";

    /** Keys that some formats have no use for: a key that did nothing would deceive. */
    private static final Map<String, Set<Format>> APPLIES = Map.ofEntries(
            Map.entry("read.columns", Set.of(Format.PARQUET, Format.ARROW, Format.CSV)),
            Map.entry("read.label", Set.of(Format.PARQUET, Format.ARROW, Format.CSV, Format.LIBSVM)),
            Map.entry("read.target", Set.of(Format.PARQUET, Format.ARROW, Format.CSV, Format.LIBSVM)),
            Map.entry("read.weight", Set.of(Format.PARQUET, Format.ARROW, Format.CSV)),
            Map.entry("read.kind", Set.of(Format.PARQUET, Format.ARROW, Format.CSV, Format.LIBSVM)),
            Map.entry("read.id", Set.of(Format.PARQUET, Format.ARROW, Format.CSV)),
            Map.entry("read.check-ids", Set.of(Format.PARQUET, Format.ARROW, Format.CSV)),
            Map.entry("read.where", Set.of(Format.PARQUET)),
            Map.entry("read.order-by", Set.of(Format.PARQUET)),
            Map.entry("read.csv.header", Set.of(Format.CSV, Format.TRIPLETS)),
            Map.entry("read.csv.separator", Set.of(Format.CSV, Format.TRIPLETS)),
            Map.entry("read.triplets.row", Set.of(Format.TRIPLETS)),
            Map.entry("read.triplets.column", Set.of(Format.TRIPLETS)),
            Map.entry("read.triplets.value", Set.of(Format.TRIPLETS)),
            Map.entry("read.rows", Set.of(Format.TRIPLETS)),
            Map.entry("read.width", Set.of(Format.LIBSVM, Format.TRIPLETS)));

    /** Reads and checks the keys. */
    static ReadSpec of(Spec spec) {
        spec.requireIdle(WeightsSpec.KEYS);
        spec.requireIdle(AttentionRead.KEYS);
        spec.requireIdle(AttentionSpec.KEYS);
        Format format = Format.valueOf(spec.oneOf("read.format", "parquet", "arrow", "npy", "csv", "libsvm", "triplets")
                .toUpperCase(Locale.ROOT));
        APPLIES.forEach((key, formats) -> {
            if (!formats.contains(format) && spec.differsFromDefault(key)) {
                throw new SpecException(key + " does not apply to read.format = " + format.word() + "; remove it");
            }
        });
        String separator = spec.text("read.csv.separator").orElse("");
        if (separator.length() != 1 || separator.equals("\"")) {
            throw new SpecException("read.csv.separator must be one character other than the quote");
        }
        String id = spec.text("read.id").orElse(null);
        boolean checkIds = spec.flag("read.check-ids");
        if (checkIds && id == null) {
            throw new SpecException("read.check-ids = true needs read.id");
        }
        String kind = spec.oneOf("read.kind", "auto", "classification", "regression");
        List<String> columns = List.copyOf(spec.list("read.columns"));
        Beside beside = beside(spec, format, kind, columns);
        return new ReadSpec(
                spec.required("read.path"),
                format,
                spec.required("read.vector"),
                columns,
                id,
                beside,
                beside.label() != null ? Kind.CLASSIFICATION : beside.targets().isEmpty() ? null : Kind.REGRESSION,
                spec.text("read.where").orElse(null),
                List.copyOf(spec.list("read.order-by")),
                separator.charAt(0),
                spec.flag("read.csv.header"),
                new ArrayList<>(List.of(
                        spec.required("read.triplets.row"),
                        spec.required("read.triplets.column"),
                        spec.required("read.triplets.value"))),
                spec.whole("read.rows", 1, "auto", 0),
                spec.whole("read.width", 1, "auto", 0),
                checkIds,
                spec.oneOf("read.scale", "none", "standard").equals("standard"),
                clip(spec),
                spec.whole("read.partitions", 1, "auto", 0));
    }

    private static Beside beside(Spec spec, Format format, String kind, List<String> columns) {
        String label = spec.text("read.label").orElse(null);
        List<String> targets = List.copyOf(spec.list("read.target"));
        String weight = spec.text("read.weight").orElse(null);
        if (label != null && !targets.isEmpty()) {
            throw new SpecException("read.label and read.target exclude each other; remove one");
        }
        if (kind.equals("classification") && !targets.isEmpty()) {
            throw new SpecException("read.kind = classification needs a label; name it by read.label, not read.target");
        }
        boolean libsvm = format == Format.LIBSVM;
        if (label == null && targets.isEmpty() && libsvm && !kind.equals("auto")) {
            label = LIBSVM_LABEL;
        }
        if (label == null && targets.isEmpty() && (weight != null || !kind.equals("auto"))) {
            throw new SpecException((weight != null ? "read.weight" : "read.kind = " + kind)
                    + " needs read.label or read.target; add one, or remove it");
        }
        if (label != null && kind.equals("regression")) {
            targets = List.of(label);
            label = null;
        }
        Beside beside = new Beside(targets, label, weight);
        if (libsvm && !beside.all().stream().allMatch(LIBSVM_LABEL::equals)) {
            throw new SpecException("read.format = libsvm has one label, the first item of a line; set"
                    + (label == null ? " read.target" : " read.label") + " = " + LIBSVM_LABEL);
        }
        Set<String> names = new HashSet<>(columns);
        for (String name : beside.all()) {
            if (name.isBlank()) {
                throw new SpecException("read.target, read.label and read.weight name columns; remove the empty name");
            }
            if (!names.add(name)) {
                throw new SpecException("column " + name + " is named twice among read.columns, read.target, read.label"
                        + " and read.weight; remove one");
            }
        }
        return beside;
    }

    /** Refuses what is read beside the matrix, for jobs that have no use for it. */
    ReadSpec withoutBeside(String job) {
        if (!beside.all().isEmpty()) {
            String key =
                    beside.weight() != null ? "read.weight" : beside.label() != null ? "read.label" : "read.target";
            throw new SpecException(key + " does not apply to " + job + ", which learns nothing; remove it");
        }
        return this;
    }

    /** For jobs that learn: a target or a label must be named; of libsvm it is the label, whose classes are learnt. */
    ReadSpec learning() {
        if (kind != null) {
            return this;
        }
        if (format == Format.LIBSVM) {
            return with(new Beside(List.of(), LIBSVM_LABEL, null), Kind.CLASSIFICATION);
        }
        throw new SpecException("nothing to learn: name a numeric column by read.target, or classes by read.label");
    }

    /** The same columns of another table, all of its rows in their order, and nothing beside them. */
    ReadSpec forTable(String table, Format other, String vectorThere) {
        boolean named = other == Format.PARQUET || other == Format.ARROW || other == Format.CSV;
        return new ReadSpec(
                table,
                other,
                vectorThere,
                named ? columns : List.of(),
                null,
                Beside.NOTHING,
                null,
                null,
                List.of(),
                separator,
                header,
                triplets,
                0,
                other == format ? width : 0,
                false,
                false,
                Double.POSITIVE_INFINITY,
                partitions);
    }

    private ReadSpec with(Beside other, Kind kind) {
        return new ReadSpec(
                path,
                format,
                vector,
                columns,
                id,
                other,
                kind,
                where,
                orderBy,
                separator,
                header,
                triplets,
                rows,
                width,
                checkIds,
                standard,
                clip,
                partitions);
    }

    private static double clip(Spec spec) {
        double clip = spec.positive("read.clip");
        return Double.isNaN(clip) ? Double.POSITIVE_INFINITY : clip;
    }

    /** The type in which the input is held before it is scaled: a mean far above the deviation would not survive float. */
    Precision held(Precision blocks) {
        return standard ? Precision.DOUBLE : blocks;
    }

    /** The vector column, or the columns side by side. */
    List<String> wanted() {
        return columns.isEmpty() ? List.of(vector) : columns;
    }
}
