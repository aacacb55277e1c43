package lowrank.jobs;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import lowrank.attention.HeadMoments;
import lowrank.blas.Arena;
import lowrank.blocks.DataException;
import lowrank.blocks.HeldRows;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.io.HadoopConf;
import lowrank.io.KeyColumn;
import lowrank.io.MissingInputException;
import lowrank.spark.MatrixTasks;
import lowrank.spark.PassLog;
import lowrank.spark.Room;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Means and covariances of the queries and keys of another table, {@code attention.statistics}: causal features are aligned by them, since
 * those of the rows that are attended to would tell early queries of later keys. Groups whose {@code attention.statistics-keys} agree, such
 * as one head in many sequences, count together.
 *
 * @param path of the table
 * @param keys by which groups are found again
 * @param rows of all groups that are shown
 * @param heads by the words of their keys
 */
record AttentionStatistics(String path, List<String> keys, long rows, Map<List<String>, HeadMoments> heads)
        implements Serializable {
    private static final String KEY = "attention.statistics";

    /** Bytes of the means and covariances of all groups, which the driver merges. */
    private static final long MOST_BYTES = 256L << 20;

    /**
     * Which table, and how it is read.
     *
     * @param read that of the input, but for the path
     * @param keys by which groups are found again, or null for all keys of the input
     */
    record Asked(AttentionRead read, List<String> keys) {}

    /** Opens the table, if there is one, without reading rows. */
    private static AttentionInput open(AttentionSpec spec, HadoopConf conf, JavaSparkContext spark) {
        return AttentionInput.of(spec.statistics().read(), spec.precision(), conf, spark);
    }

    /** What identifies the table without reading its values; null where none is asked for. */
    static String listing(AttentionSpec spec, HadoopConf conf, JavaSparkContext spark) {
        return spec.statistics() == null
                ? null
                : of(spec, () -> Digests.ofText(open(spec, conf, spark).listing()));
    }

    /**
     * Refuses a table, if one is asked for, whose queries are not as wide as the input's.
     *
     * @param width of the input's
     */
    static void require(AttentionSpec spec, int width, HadoopConf conf) {
        if (spec.statistics() != null) {
            of(spec, () -> requireWidth(open(spec, conf, null), width));
        }
    }

    private static AttentionInput requireWidth(AttentionInput input, int width) {
        if (input.headWidth() != width) {
            throw new DataException("queries have " + input.headWidth() + " values, and those of the input " + width
                    + "; give rows of the same heads");
        }
        return input;
    }

    /**
     * Reads the table that is asked for; null where none is.
     *
     * @param input what is attended to
     * @param scratch a folder for a copy, where rows are not in order
     * @throws DataException when the table is not like the input
     */
    static AttentionStatistics of(
            AttentionSpec spec,
            AttentionTable input,
            HadoopConf conf,
            JavaSparkContext spark,
            String scratch,
            PassLog log) {
        if (spec.statistics() == null) {
            return null;
        }
        AttentionRead read = spec.statistics().read();
        return of(spec, () -> {
            AttentionTable table =
                    requireWidth(open(spec, conf, spark), input.headWidth()).table(scratch, log);
            List<String> names = input.keys().stream().map(KeyColumn::name).toList();
            List<String> keys =
                    spec.statistics().keys() == null ? names : spec.statistics().keys();
            requireNames(keys, names, "the input");
            requireNames(keys, table.keys().stream().map(KeyColumn::name).toList(), "its table");
            List<HeadMoments> moments = moments(spec, table, spark, log);
            Map<List<String>, HeadMoments> heads = new LinkedHashMap<>();
            long rows = 0;
            for (Group group : table.groups()) {
                HeadMoments one = moments.get(group.index());
                rows += one.count();
                heads.merge(words(group, table.keys(), keys), one, HeadMoments::and);
            }
            return new AttentionStatistics(read.path(), keys, rows, heads);
        });
    }

    private static void requireNames(List<String> keys, List<String> known, String where) {
        for (String key : keys) {
            if (!known.contains(key)) {
                throw new SpecException("attention.statistics-keys names " + key + ", which is no key of " + where
                        + (known.isEmpty() ? ", where there are none" : ": " + String.join(", ", known)));
            }
        }
    }

    /** What is said of an input, said of this table. */
    private static <T> T of(AttentionSpec spec, Supplier<T> reading) {
        String path = spec.statistics().read().path();
        try {
            return reading.get();
        } catch (MissingInputException e) {
            throw new MissingInputException(e.getMessage().replace("read.path", KEY));
        } catch (DataException e) {
            throw new DataException(KEY + " " + path + ": " + e.getMessage());
        }
    }

    /** Those of each group, in the order of the groups. */
    private static List<HeadMoments> moments(
            AttentionSpec spec, AttentionTable table, JavaSparkContext spark, PassLog log) {
        long bytes = table.groups().size() * HeadMoments.bytes(table.headWidth());
        if (bytes > MOST_BYTES) {
            throw new RefusedException(String.format(
                    Locale.ROOT,
                    "%s %s has %,d groups, whose covariances take %s on the driver, more than %s; give fewer sequences",
                    KEY,
                    spec.statistics().read().path(),
                    table.groups().size(),
                    Room.size(bytes),
                    Room.size(MOST_BYTES)));
        }
        AttentionWork work = AttentionWork.of(spec, table, spark.getConf(), spark.defaultParallelism());
        Map<Integer, HeadMoments> found = new TreeMap<>();
        for (Group group : table.groups()) {
            if (work.isLong(group)) {
                found.put(
                        group.index(),
                        HeadMoments.of(SparkBlocks.of(
                                spark,
                                table.source(group, spec.precision(), work.layout(group)),
                                spec.read().partitions(),
                                log)));
            }
        }
        List<MatrixTasks.Item<AttentionWork.Bundle>> items = work.bundles(MatrixTasks.TASK_FLOPS).stream()
                .map(bundle -> new MatrixTasks.Item<>(bundle, bundle.rows() * table.cols(), bundle.flops()))
                .toList();
        if (!items.isEmpty()) {
            MatrixTasks.run(
                            spark,
                            "means and covariances",
                            items,
                            (bundle, arena) -> ofGroups(work, bundle, arena),
                            log)
                    .of()
                    .forEach(found::putAll);
        }
        return List.copyOf(found.values());
    }

    private static Map<Integer, HeadMoments> ofGroups(AttentionWork work, AttentionWork.Bundle bundle, Arena arena) {
        AttentionTable table = work.table();
        Layout together = Layout.of(bundle.rows(), table.rowBytes(work.precision()), 0);
        HeldRows held = HeldRows.of(table.source(bundle.groups(), work.precision(), together), arena);
        Map<Integer, HeadMoments> found = new TreeMap<>();
        long first = 0;
        for (Group group : bundle.groups()) {
            found.put(group.index(), HeadMoments.of(LocalBlocks.of(held.rows(first, work.layout(group)))));
            first += group.rows();
        }
        return found;
    }

    /** The values of some of the keys of a group. */
    private static List<String> words(Group group, List<KeyColumn> columns, List<String> keys) {
        List<String> words = new ArrayList<>();
        for (int k = 0; k < columns.size(); k++) {
            if (keys.contains(columns.get(k).name())) {
                words.add(
                        columns.get(k).name() + " = " + columns.get(k).classes().word((int) group.codes()[k]));
            }
        }
        return words;
    }

    /**
     * What a group of the input is aligned by.
     *
     * @param columns the keys of the input
     * @throws DataException when the table has no such group
     */
    HeadMoments of(Group group, List<KeyColumn> columns) {
        List<String> words = words(group, columns, keys);
        HeadMoments found = heads.get(words);
        if (found == null) {
            throw new DataException(KEY + " " + path + " has no rows of " + String.join(", ", words)
                    + "; add them, or name in attention.statistics-keys only the keys that say which head it is");
        }
        return found;
    }

    /** What was taken, in words. */
    String reason() {
        return String.format(
                Locale.ROOT,
                "features aligned by %,d rows of %s%s",
                rows,
                path,
                heads.size() == 1 ? "" : ", by " + String.join(", ", keys));
    }
}
