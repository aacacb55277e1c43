package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.factor.Chooser;
import lowrank.factor.PlannedPass;
import lowrank.factor.Preparation;
import lowrank.factor.Probing;
import lowrank.factor.RankRule;
import lowrank.factor.SvdAlgorithm;
import lowrank.factor.ZScore;
import lowrank.io.InputTable;
import lowrank.spark.NodeTransfer;
import lowrank.spark.Room;
import lowrank.spark.SparkBlocks;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;

/**
 * What will run, decided from shape and spec alone, and what it will take.
 *
 * @param reasons why this algorithm
 */
record SvdPlan(SvdSpec spec, InputTable table, SvdAlgorithm algorithm, Layout layout, List<String> reasons) {
    /** A node that a task sends to the driver, serialised, and serialised again with its metrics. */
    private static final int SENT_COPIES = 3;

    static SvdPlan of(SvdSpec spec, InputTable table) {
        requireRow(table);
        Chooser.Choice choice = Chooser.choose(
                spec.algorithm(),
                table.rows(),
                table.cols(),
                spec.rank(),
                spec.center(),
                spec.scale(),
                spec.leftVectors(),
                spec.sketch());
        SvdAlgorithm algorithm = choice.algorithm();
        Layout layout = Layout.of(
                table.rows(), (long) table.cols() * spec.held().bytes(), algorithm.partialBytes(table.cols()));
        return new SvdPlan(spec, table, algorithm, layout, choice.reasons());
    }

    /** Refuses rows that no block can hold: sparse vectors are as wide as they say, not as what they hold. */
    static void requireRow(InputTable table) {
        if (table.cols() > InputTable.MOST_COLS) {
            throw new RefusedException("the input has " + table.cols() + " columns, which makes dense rows of "
                    + Room.size(8.0 * table.cols()) + ", and a row is at most " + Room.size(8.0 * InputTable.MOST_COLS)
                    + " in memory; read fewer columns");
        }
    }

    /** The passes to come. */
    List<PlannedPass> passes() {
        double flops = Preparation.flops(
                table.rows(), table.cols(), spec.read().standard(), spec.read().clip(), spec.shifted());
        List<PlannedPass> passes = new ArrayList<>();
        if (spec.read().standard()) {
            passes.add(ZScore.planned(table.rows(), table.cols()));
        }
        for (PlannedPass pass : algorithm.passes(table.rows(), table.cols())) {
            passes.add(new PlannedPass(pass.label(), pass.flops() + flops, pass.nodeBytes()));
        }
        return passes;
    }

    /** Decoded bytes of one pass. */
    long passBytes() {
        return table.rows() * table.cols() * spec.held().bytes();
    }

    /**
     * Bytes off the heap of one task: the row group and the block that are read (and the prepared one), beside the algorithm's work
     * or beside U and its row group.
     */
    long taskOffHeap(List<LeafRange> tasks) {
        boolean prepared =
                spec.read().standard() || spec.shifted() || spec.read().clip() < Double.POSITIVE_INFINITY;
        long block = (long) layout.blockRows()
                * table.cols()
                * (spec.held().bytes() + (prepared ? spec.precision().bytes() : 0));
        long work = algorithm.taskBytes(layout, table.cols());
        if (spec.leftVectors()) {
            int width = spec.rank() instanceof RankRule.Fixed fixed
                    ? fixed.rank()
                    : (int) Math.min(table.rows(), table.cols());
            long sink = OutputFolder.sinkBytes(layout, tasks.get(0), width, spec.stored());
            long product = SvdAlgorithm.productBytes(layout, table.cols(), width, spec.center());
            long confirmed = Probing.workBytes(layout, table.cols(), width, spec.precision(), spec.stored());
            work = Math.max(work, product + confirmed + sink);
        }
        return table.chunkBytes() + block + work;
    }

    /** The pass that sums most, with the way of its nodes to the driver. */
    NodeTransfer transfer(List<LeafRange> tasks) {
        long largest = passes().stream().mapToLong(PlannedPass::nodeBytes).max().orElse(0);
        return NodeTransfer.of(tasks.size(), largest);
    }

    /**
     * Bytes on the heap of one task: what the reader unpacks, and a node per level of its part of the tree (at the end one node, twice
     * serialised); or what a task needs that merges.
     */
    long taskHeap(List<LeafRange> tasks) {
        int levels = Long.SIZE - Long.numberOfLeadingZeros(tasks.get(0).count());
        // Only nodes that gather rows are as large as what a task reads.
        long rows = Math.min(tasks.get(0).count() * layout.leafRows(), table.rows());
        long gathered = Math.min(algorithm.partialBytes(table.cols()), 8 * rows * table.cols());
        long node = Math.max(transfer(tasks).nodeBytes(), gathered);
        return Math.max(
                table.readerBytes() + Math.max(levels, SENT_COPIES) * node,
                transfer(tasks).mergingBytes());
    }

    /** Bytes on the heap of an executor: its tasks, and what is sent to all of them, as it came and as it is used. */
    long executorHeap(List<LeafRange> tasks, int atOnce) {
        return atOnce * taskHeap(tasks) + 2 * algorithm.broadcastBytes(table.rows(), table.cols());
    }

    /** Bytes on the heap of the driver: the nodes of a pass that it collects, its own algebra, and what it sends to executors. */
    long driverHeap(List<LeafRange> tasks) {
        return collectedBytes(tasks)
                + algorithm.driverBytes(table.rows(), table.cols())
                + algorithm.broadcastBytes(table.rows(), table.cols());
    }

    /** The most bytes of nodes that a pass collects: of many small nodes it may be more than of large ones that are merged. */
    private long collectedBytes(List<LeafRange> tasks) {
        return passes().stream()
                .mapToLong(
                        pass -> NodeTransfer.of(tasks.size(), pass.nodeBytes()).collectedBytes())
                .max()
                .orElse(0);
    }

    List<LeafRange> tasks(int parallelism) {
        return SparkBlocks.ranges(layout, table.chunkRows(), spec.read().partitions(), parallelism);
    }

    /**
     * Refuses what cannot run.
     *
     * @throws RefusedException when memory is too small, with the setting to change
     */
    void require(SparkConf conf, int parallelism) {
        Room room = Room.of(conf, parallelism);
        List<LeafRange> tasks = tasks(parallelism);
        // What is sent to all is in this process once, whether tasks run in it or not.
        long heap = room.local()
                ? room.tasksAtOnce() * taskHeap(tasks) + driverHeap(tasks)
                : executorHeap(tasks, room.tasksAtOnce());
        String name = algorithm.name();
        refuse(
                heap,
                room.usableExecutorHeap(),
                name + " needs %s on the heap of "
                        + (room.local()
                                ? "this process; give it more with --driver-memory"
                                : "each executor; raise --executor-memory")
                        + ", write the input in smaller row groups, or lower factor.rank");
        refuse(
                driverHeap(tasks),
                room.usableDriverHeap(),
                name + " needs %s on the heap of the driver; raise --driver-memory or lower factor.rank");
        for (PlannedPass pass : passes()) {
            NodeTransfer.of(tasks.size(), pass.nodeBytes()).requireResults(conf, pass.label(), layout.blocks());
        }
        if (room.local()) {
            refuse(
                    room.tasksAtOnce() * taskOffHeap(tasks),
                    room.overhead(),
                    name
                            + " needs %s beside the heap; lower --driver-memory, use fewer cores (--master local[1]) or a cluster, or write the input in smaller row groups");
        }
    }

    private static void refuse(long needed, long there, String sentence) {
        if (needed > there) {
            throw new RefusedException(String.format(Locale.ROOT, sentence, Room.size(needed)) + " (there is "
                    + Room.size(Math.max(0, there)) + ")");
        }
    }

    /**
     * The plan in words.
     *
     * @param gemm GFLOP/s of one core's products, for the predicted time
     */
    String describe(SparkConf conf, int parallelism, double gemm) {
        Room room = Room.of(conf, parallelism);
        List<LeafRange> tasks = tasks(parallelism);
        StringBuilder text = new StringBuilder();
        line(
                text,
                "%s of %,d x %,d %s",
                spec.job(),
                table.rows(),
                table.cols(),
                spec.precision().name().toLowerCase(Locale.ROOT));
        reasons.forEach(reason -> line(text, "  algorithm   %s", reason));
        line(
                text,
                "  layout      leaves of %,d rows, blocks of %,d rows, %,d leaves",
                layout.leafRows(),
                layout.blockRows(),
                layout.leaves());
        double flops = 0;
        for (PlannedPass pass : passes()) {
            line(text, "  pass        %-24s %,14d bytes  %10.4g flops", pass.label(), passBytes(), pass.flops());
            flops += pass.flops();
        }
        line(
                text,
                "  reads       %d passes over %,d bytes as stored, %,d bytes as decoded",
                passes().size(),
                table.storedBytes(),
                passBytes());
        line(
                text,
                "  task        %s off the heap, %s on it",
                Room.size(taskOffHeap(tasks)),
                Room.size(taskHeap(tasks)));
        NodeTransfer transfer = transfer(tasks);
        String way = transfer.merged()
                ? String.format(
                        Locale.ROOT,
                        "merged on executors to %d (%s through their disks)",
                        transfer.groups(),
                        Room.size(transfer.shuffledBytes()))
                : "sent to the driver";
        line(text, "  nodes       %d of %s, %s", tasks.size(), Room.size(transfer.nodeBytes()), way);
        line(
                text,
                "  driver      %s on the heap, %s of it collected",
                Room.size(driverHeap(tasks)),
                Room.size(collectedBytes(tasks)));
        line(
                text,
                "  broadcast   %s to each executor",
                Room.size(algorithm.broadcastBytes(table.rows(), table.cols())));
        long overhead = room.tasksAtOnce() * taskOffHeap(tasks);
        if (room.local()) {
            line(text, "  process     %d tasks at once: %s off the heap", room.tasksAtOnce(), Room.size(overhead));
        } else {
            line(
                    text,
                    "  executor    spark.executor.memoryOverhead of at least %s (%d tasks at once)%s",
                    Room.size(overhead + (256L << 20)),
                    room.tasksAtOnce(),
                    overhead > room.overhead() ? "; now " + Room.size(room.overhead()) : "");
        }
        // Measured on tall matrices: kernels reach about half of gemm's rate, decoding about 1 GB/s and core.
        double seconds = (flops / (0.5e9 * gemm) + passes().size() * passBytes() / 1e9) / parallelism;
        line(
                text,
                "  time        about %.0f s on %d cores at %.0f GFLOP/s each (start not counted)",
                Math.max(1, seconds),
                parallelism,
                gemm);
        if (algorithm.driverBytes(table.rows(), table.cols()) > 1L << 30) {
            line(text, "  note        the small factorisation weighs on the driver: minutes on one core at this size");
        }
        if (spec.rank() instanceof RankRule.Tolerance) {
            line(text, "  note        the rank, and the passes of block-krylov, depend on the values");
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
