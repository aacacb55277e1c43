package lowrank.jobs;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import lowrank.attention.AttentionCost;
import lowrank.attention.AttentionError;
import lowrank.attention.AttentionSettings;
import lowrank.attention.ExactOutputs;
import lowrank.attention.HeadFit;
import lowrank.attention.HeadMoments;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.DataException;
import lowrank.blocks.HeldRows;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.linalg.NumericalException;
import lowrank.spark.Room;
import lowrank.store.GroupSink;
import org.apache.spark.SparkConf;

/**
 * What is done with a group: on its rows in memory, many groups in one task, or by all tasks together. Both give the same bits; one task
 * reads its groups once, and does not wait for others between passes.
 *
 * @param statistics what causal features are aligned by, or null
 * @param taskBytes of the rows that one task holds at once, at most
 * @param share flops of a core that works as long as all others
 */
record AttentionWork(
        AttentionSettings settings,
        Precision precision,
        AttentionTable table,
        AttentionStatistics statistics,
        long taskBytes,
        double share)
        implements Serializable {
    /** Bytes of a group that all tasks read and write in the time that it takes to start them. */
    private static final long ALL_TASKS_BYTES = 64L << 20;

    /** Flops that are worth the tasks of all cores, whatever else there is to do. */
    private static final double ALL_TASKS_FLOPS = 1e11;

    /** Bytes that a task holds where there is room for them: few enough to be read again if it fails. */
    private static final long MOST_TASK_BYTES = 256L << 20;

    /** How it is done where tasks have this room. */
    static AttentionWork of(AttentionSpec spec, AttentionTable table, SparkConf conf, int parallelism) {
        Room room = Room.of(conf, parallelism);
        // The rows, the outputs until they are written, and as much again for all else.
        long each = room.overhead() / room.tasksAtOnce() / 4;
        AttentionSettings settings = spec.settings();
        AttentionCost cost = settings.cost(table.headWidth(), table.valueWidth());
        double flops = table.groups().stream()
                .mapToDouble(group -> settings.flops(group.rows(), cost))
                .sum();
        return new AttentionWork(
                settings,
                spec.precision(),
                table,
                null,
                Math.max(ALL_TASKS_BYTES, Math.min(MOST_TASK_BYTES, each)),
                flops / parallelism);
    }

    /**
     * The same with what causal features are aligned by, or null.
     *
     * @throws DataException when a group has none
     */
    AttentionWork alignedBy(AttentionStatistics given) {
        AttentionWork aligned = new AttentionWork(settings, precision, table, given, taskBytes, share);
        table.groups().stream().filter(group -> !isExact(group)).forEach(aligned::given);
        return aligned;
    }

    private HeadMoments given(Group group) {
        return statistics == null ? null : statistics.of(group, table.keys());
    }

    /**
     * Groups that are worked on together in one task: neighbours in the table.
     *
     * @param flops of all
     */
    record Bundle(List<Group> groups, double flops) implements Serializable {
        long rows() {
            return groups.stream().mapToLong(Group::rows).sum();
        }
    }

    Layout layout(Group group) {
        int widest = Math.max(table.headWidth(), table.valueWidth());
        return Layout.of(group.rows(), (long) widest * precision.bytes(), 0);
    }

    AttentionCost cost() {
        return settings.cost(table.headWidth(), table.valueWidth());
    }

    boolean isExact(Group group) {
        return settings.isExact(group.rows(), cost());
    }

    private double flops(Group group) {
        return settings.flops(group.rows(), cost());
    }

    /** Approximates a group. */
    HeadFit fit(Group group, RowBlocks rows) {
        int width = table.headWidth();
        try {
            return HeadFit.of(
                    rows, settings.approximation(width, group.index(), given(group)), settings.sampling(width));
        } catch (NumericalException e) {
            throw new NumericalException("of " + group.words(table.keys()) + ", " + e.getMessage());
        }
    }

    private long bytes(long rows) {
        return rows * table.rowBytes(precision);
    }

    /** Whether all tasks work on a group together: it is larger than what a task holds, takes long, or longer than the other cores. */
    boolean isLong(Group group) {
        long bytes = bytes(group.rows());
        return bytes > taskBytes || flops(group) > ALL_TASKS_FLOPS || bytes > ALL_TASKS_BYTES && flops(group) > share;
    }

    /** What a task leaves of its groups. */
    record Done(List<AttentionHead> heads, RowSink.Written part) implements Serializable {}

    /** Works on groups in one task, into one part. */
    Done run(Bundle bundle, GroupSink sink, Arena arena) {
        long rows = bundle.rows();
        Layout together = Layout.of(rows, table.rowBytes(precision), 0);
        HeldRows held = HeldRows.of(table.source(bundle.groups(), precision, together), arena);
        List<AttentionHead> heads = new ArrayList<>();
        long first = 0;
        try (GroupSink.Part part = sink.open(bundle.groups().get(0), rows, together.blockRows(), arena)) {
            for (Group group : bundle.groups()) {
                BlockSource source = held.rows(first, layout(group));
                heads.add(finished(group, source, LocalBlocks.of(source), part.sink(group)));
                first += group.rows();
            }
            return new Done(heads, part.finish());
        }
    }

    /** Approximates a group and writes it: what is in memory is read once more for little. */
    private AttentionHead finished(Group group, BlockSource source, RowBlocks rows, RowSink sink) {
        if (isExact(group)) {
            rows.map(exact(source)).write(sink, Pass.nothing());
            return exactly(group);
        }
        HeadFit fit = fit(group, rows);
        return head(group, fit, fit.write(rows, sink).error());
    }

    ExactOutputs exact(BlockSource source) {
        return new ExactOutputs(source, settings.causal(), settings.scale(table.headWidth()));
    }

    static AttentionHead exactly(Group group) {
        return new AttentionHead(group, AttentionSettings.Method.EXACT.word(), 0, null, List.of());
    }

    static AttentionHead head(Group group, HeadFit fit, AttentionError error) {
        return new AttentionHead(
                group,
                fit.approximation().method(),
                fit.approximation().rank(),
                error,
                fit.approximation().measures());
    }

    /** The groups that are worked on in a task each, neighbours together. */
    List<Bundle> bundles(double taskFlops) {
        List<Bundle> bundles = new ArrayList<>();
        List<Group> together = new ArrayList<>();
        double flops = 0;
        long rows = 0;
        for (Group group : table.groups()) {
            Group last = together.isEmpty() ? null : together.get(together.size() - 1);
            boolean full = flops >= taskFlops || bytes(rows + group.rows()) > taskBytes;
            boolean apart = last != null && last.firstRow() + last.rows() != group.firstRow();
            if (last != null && (isLong(group) || full || apart)) {
                bundles.add(new Bundle(List.copyOf(together), flops));
                together.clear();
                flops = 0;
                rows = 0;
            }
            if (!isLong(group)) {
                together.add(group);
                flops += flops(group);
                rows += group.rows();
            }
        }
        if (!together.isEmpty()) {
            bundles.add(new Bundle(List.copyOf(together), flops));
        }
        return bundles;
    }
}
