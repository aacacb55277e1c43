package lowrank.jobs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import lowrank.attention.AttentionCost;
import lowrank.attention.AttentionMemory;
import lowrank.attention.AttentionSettings;
import lowrank.attention.HeadMoments;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.factor.PlannedPass;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.io.TableShape;
import lowrank.spark.MatrixTasks;
import lowrank.spark.Room;
import lowrank.spark.TaskRanges;
import lowrank.store.GroupSink;
import org.apache.spark.SparkConf;

/**
 * What an attention job takes, by shapes alone. Before keys and positions are read all rows count as one group, which is the most that they
 * can take.
 */
record AttentionPlan(AttentionSpec spec, AttentionWork work) {
    private AttentionTable table() {
        return work.table();
    }

    private AttentionMemory memory() {
        return new AttentionMemory(spec.settings(), table().headWidth(), table().valueWidth(), spec.precision());
    }

    /** The group that takes most. */
    private Group largest() {
        return table().groups().stream()
                .max(Comparator.comparingLong(Group::rows))
                .orElseThrow();
    }

    /** What the passes over one group take that all tasks work on. */
    Workload workload(Group group, int parallelism) {
        Layout layout = work.layout(group);
        List<PlannedPass> passes = passes(group);
        PlannedPass last = passes.get(passes.size() - 1);
        // Outputs of a scan are made by the tasks that summed, which do not get longer where there is much to write.
        List<LeafRange> writing = spec.settings().causal()
                ? TaskRanges.of(layout, table().chunkRows(), spec.read().partitions(), parallelism)
                : TaskRanges.of(
                        layout,
                        table().chunkRows(),
                        spec.read().partitions(),
                        parallelism,
                        new TaskRanges.Load(
                                last.part() * group.rows() * table().rowBytes(spec.precision()),
                                last.flops(),
                                last.nodeBytes()));
        return new Workload(
                "attention",
                "lower attention.features, attention.landmarks or certify.rows",
                new OneGroup(table(), group),
                layout,
                spec.read().partitions(),
                passes,
                table().rowBytes(spec.precision()),
                task -> taskBytes(group, layout, writing.get(0)),
                0,
                broadcast(),
                broadcast());
    }

    /** A group as the only rows of its table. */
    private record OneGroup(AttentionTable table, Group group) implements TableShape {
        @Override
        public long rows() {
            return group.rows();
        }

        @Override
        public int cols() {
            return table.cols();
        }

        @Override
        public long storedBytes() {
            return (long) ((double) table.storedBytes() * group.rows() / table.rows());
        }

        @Override
        public long readerBytes() {
            return table.readerBytes();
        }

        /** What is read is counted with each pass, which do not all read the same columns. */
        @Override
        public long chunkBytes() {
            return 0;
        }

        @Override
        public long chunkRows() {
            return table.chunkRows();
        }
    }

    private static boolean notQueries(int column) {
        return column != AttentionTable.Q;
    }

    /** What outputs are made of, where they are not summed on the way. */
    private boolean queries(int column) {
        return spec.settings().causal() || column == AttentionTable.Q || column == AttentionTable.MASK;
    }

    private double part(IntPredicate columns) {
        return (double) table().rowBytes(spec.precision(), columns) / table().rowBytes(spec.precision());
    }

    private List<PlannedPass> passes(Group group) {
        AttentionSettings settings = spec.settings();
        AttentionCost cost = work.cost();
        if (settings.isExact(group.rows(), cost)) {
            return List.of(new PlannedPass("exact outputs", cost.exact(group.rows()), 0));
        }
        double total = settings.flops(group.rows(), cost);
        double survey = settings.surveyFlops(cost) * group.rows();
        double outputs = settings.outputFlops(cost) * group.rows();
        List<PlannedPass> passes = new ArrayList<>();
        passes.add(new PlannedPass("survey", survey, memory().surveyNode()));
        passes.add(new PlannedPass(
                "sums over keys", total - survey - outputs, memory().sumsNode(), part(AttentionPlan::notQueries)));
        passes.add(new PlannedPass("outputs", outputs, 0, part(this::queries)));
        return passes;
    }

    /** Bytes off the heap of what a task reads of some columns: a row group, and a block. */
    private long reading(Layout layout, IntPredicate columns) {
        return table().chunkBytes(columns) + layout.blockRows() * table().rowBytes(spec.precision(), columns);
    }

    /** Bytes off the heap of a task. */
    private long taskBytes(Group group, Layout layout, LeafRange task) {
        long all = reading(layout, column -> true);
        long sink = GroupSink.bytes(
                layout,
                task,
                table().keys().size(),
                table().valueWidth(),
                spec.write().stored());
        if (work.isExact(group)) {
            return all
                    + table().chunkBytes(AttentionPlan::notQueries)
                    + memory().exact(layout, table().masked())
                    + sink;
        }
        long outputs = memory().outputs(layout) + sink;
        return Math.max(
                Math.max(all + memory().survey(layout), reading(layout, AttentionPlan::notQueries) + memory().sums()),
                reading(layout, this::queries) + outputs);
    }

    /** Bytes off the heap of a task that works on small groups together: their rows, and what one of them takes. */
    private long bundleBytes(AttentionWork.Bundle bundle) {
        Group most = bundle.groups().stream()
                .max(Comparator.comparingLong(Group::rows))
                .orElseThrow();
        long rows = bundle.rows() * table().rowBytes(spec.precision());
        Layout layout = work.layout(most);
        return rows + taskBytes(most, layout, layout.all());
    }

    /** Features and landmarks as they are sent. */
    private long broadcast() {
        AttentionSettings settings = spec.settings();
        long keys = (long) settings.draws().total() + settings.landmarks() + settings.sampled();
        return 8L * keys * (table().headWidth() + table().valueWidth());
    }

    /**
     * Refuses what cannot run.
     *
     * @throws RefusedException when memory is too small, with the setting to change
     */
    void require(SparkConf conf, int parallelism) {
        Room room = Room.of(conf, parallelism);
        if (work.isLong(largest())) {
            workload(largest(), parallelism).require(conf, parallelism);
        }
        long needed = work.bundles(MatrixTasks.TASK_FLOPS).stream()
                        .mapToLong(this::bundleBytes)
                        .max()
                        .orElse(0)
                * room.tasksAtOnce();
        if (needed > room.overhead()) {
            throw new RefusedException(String.format(
                    Locale.ROOT,
                    "attention needs %s beside the heap for %d tasks at once, and there is %s; %s",
                    Room.size(needed),
                    room.tasksAtOnce(),
                    Room.size(Math.max(0, room.overhead())),
                    room.local()
                            ? "lower --driver-memory, use fewer cores (--master local[1]) or a cluster"
                            : "raise spark.executor.memoryOverhead or lower spark.executor.cores"));
        }
    }

    /** Methods, crossover, passes, memory and time in words. */
    String describe(SparkConf conf, int parallelism, double gemm) {
        AttentionCost cost = work.cost();
        AttentionSettings settings = spec.settings();
        StringBuilder text = new StringBuilder();
        Workload.line(
                text,
                "attention of %,d rows, queries of %d values, outputs of %d%s",
                table().rows(),
                table().headWidth(),
                table().valueWidth(),
                settings.causal() ? ", causal" : "");
        if (!spec.read().keys().isEmpty()) {
            Workload.line(
                    text,
                    "  note        groups by %s are not known before they are read: all rows count as one, the most they can take",
                    String.join(", ", spec.read().keys()));
        }
        Group group = largest();
        Workload.line(text, "  method      %s", settings.reason(cost));
        if (spec.statistics() != null) {
            Workload.line(
                    text,
                    "  statistics  of %s, in one more read, %s each that the driver holds",
                    spec.statistics().read().path(),
                    Room.size(HeadMoments.bytes(table().headWidth())));
        }
        Workload.line(
                text,
                "  exact       %.4g flops, 2 (d + dv) n^2%s",
                cost.exact(group.rows()),
                settings.causal() ? " / 2" : "");
        if (settings.method() != AttentionSettings.Method.EXACT) {
            Workload.line(
                    text,
                    "  otherwise   %.4g flops, %,.0f per row; fewer than exact from %,d rows on",
                    settings.flopsPerRow(cost) * group.rows() + settings.flopsOnce(cost),
                    settings.flopsPerRow(cost),
                    settings.crossover(cost));
        }
        return text + workload(group, parallelism).describe(conf, parallelism, gemm);
    }
}
