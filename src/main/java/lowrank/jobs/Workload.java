package lowrank.jobs;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.factor.PlannedPass;
import lowrank.io.TableShape;
import lowrank.spark.NodeTransfer;
import lowrank.spark.Room;
import lowrank.spark.TaskRanges;
import org.apache.spark.SparkConf;

/**
 * What passes over a table take of tasks, executors, the driver and the clock; known before any of them runs.
 *
 * @param name of what runs, as the subject of a refusal
 * @param remedy what would make it smaller, in words
 * @param rowBytes decoded bytes of a row as a pass reads it
 * @param taskWork bytes off the heap of a task beside the row group it reads
 * @param sinkHeap bytes on the heap of a task for the row group it writes
 * @param gathered bytes that a node may hold of the rows its task reads, beyond what its pass declares
 * @param broadcast bytes of the largest thing that is sent to every executor
 * @param algebra bytes of the driver's own work beside nodes, an estimate
 */
record Workload(
        String name,
        String remedy,
        TableShape table,
        Layout layout,
        int partitions,
        List<PlannedPass> passes,
        long rowBytes,
        ToLongFunction<LeafRange> taskWork,
        ToLongFunction<LeafRange> sinkHeap,
        long gathered,
        long broadcast,
        long algebra) {
    /** Of passes that write vectors or nothing, which are off the heap. */
    Workload(
            String name,
            String remedy,
            TableShape table,
            Layout layout,
            int partitions,
            List<PlannedPass> passes,
            long rowBytes,
            ToLongFunction<LeafRange> taskWork,
            long gathered,
            long broadcast,
            long algebra) {
        this(
                name,
                remedy,
                table,
                layout,
                partitions,
                passes,
                rowBytes,
                taskWork,
                task -> 0,
                gathered,
                broadcast,
                algebra);
    }

    /** A node that a task sends to the driver, serialised, and serialised again with its metrics. */
    private static final int SENT_COPIES = 3;

    /** Decoded bytes of a pass over all columns. */
    long passBytes() {
        return table.rows() * rowBytes;
    }

    private long passBytes(PlannedPass pass) {
        return (long) (passBytes() * pass.part());
    }

    /** The leaves of the tasks of a pass; the first is one of the longest. */
    List<LeafRange> tasks(PlannedPass pass, int parallelism) {
        return TaskRanges.of(
                layout,
                table.chunkRows(),
                partitions,
                parallelism,
                new TaskRanges.Load(passBytes(pass), pass.flops(), pass.nodeBytes()));
    }

    private NodeTransfer transfer(PlannedPass pass, int parallelism) {
        return NodeTransfer.of(tasks(pass, parallelism).size(), pass.nodeBytes());
    }

    /** Bytes off the heap of one task: the row group that is read, and what is made of its rows. */
    long taskOffHeap(int parallelism) {
        LeafRange longest = passes.stream()
                .map(pass -> tasks(pass, parallelism).get(0))
                .max(Comparator.comparingLong(LeafRange::count))
                .orElseThrow();
        return table.chunkBytes() + taskWork.applyAsLong(longest);
    }

    /**
     * Bytes on the heap of one task: what the reader unpacks and the writer holds, and a node per level of its part of the tree (at the
     * end one node, twice serialised); or what a task needs that merges.
     */
    long taskHeap(int parallelism) {
        return passes.stream()
                .mapToLong(pass -> taskHeap(pass, parallelism))
                .max()
                .orElse(0);
    }

    private long taskHeap(PlannedPass pass, int parallelism) {
        LeafRange task = tasks(pass, parallelism).get(0);
        int levels = Long.SIZE - Long.numberOfLeadingZeros(task.count());
        // Only nodes that gather rows are as large as what a task reads.
        long rows = Math.min(task.count() * layout.leafRows(), table.rows());
        long node = Math.max(pass.nodeBytes(), Math.min(gathered, 8 * rows * table.cols()));
        return Math.max(
                table.readerBytes() + sinkHeap.applyAsLong(task) + Math.max(levels, SENT_COPIES) * node,
                transfer(pass, parallelism).mergingBytes());
    }

    /** Bytes on the heap of an executor: its tasks, and what is sent to all of them, as it came and as it is used. */
    long executorHeap(int parallelism, int atOnce) {
        return atOnce * taskHeap(parallelism) + 2 * broadcast;
    }

    /** Bytes on the heap of the driver: the nodes of a pass that it collects, its own algebra, and what it sends to executors. */
    long driverHeap(int parallelism) {
        return collectedBytes(parallelism) + algebra + broadcast;
    }

    /** The most bytes of nodes that a pass collects: of many small nodes it may be more than of large ones that are merged. */
    private long collectedBytes(int parallelism) {
        return passes.stream()
                .mapToLong(pass -> transfer(pass, parallelism).collectedBytes())
                .max()
                .orElse(0);
    }

    /**
     * Refuses what cannot run.
     *
     * @throws RefusedException when memory is too small, with the setting to change
     */
    void require(SparkConf conf, int parallelism) {
        Room room = Room.of(conf, parallelism);
        // What is sent to all is in this process once, whether tasks run in it or not.
        long heap = room.local()
                ? room.tasksAtOnce() * taskHeap(parallelism) + driverHeap(parallelism)
                : executorHeap(parallelism, room.tasksAtOnce());
        refuse(
                heap,
                room.usableExecutorHeap(),
                name + " needs %s on the heap of "
                        + (room.local()
                                ? "this process; give it more with --driver-memory"
                                : "each executor; raise --executor-memory")
                        + rowGroups() + ", or " + remedy);
        refuse(
                driverHeap(parallelism),
                room.usableDriverHeap(),
                name + " needs %s on the heap of the driver; raise --driver-memory or " + remedy);
        for (PlannedPass pass : passes) {
            transfer(pass, parallelism).requireResults(conf, pass.label(), layout.blocks());
        }
        if (room.local()) {
            refuse(
                    room.tasksAtOnce() * taskOffHeap(parallelism),
                    room.overhead(),
                    name
                            + " needs %s beside the heap; lower --driver-memory, use fewer cores (--master local[1]) or a cluster"
                            + rowGroups());
        }
    }

    /** Of tables in row groups, which a task reads as a whole. */
    private String rowGroups() {
        return table.chunkRows() > 1 ? ", write the input in smaller row groups" : "";
    }

    private static void refuse(long needed, long there, String sentence) {
        if (needed > there) {
            throw new RefusedException(String.format(Locale.ROOT, sentence, Room.size(needed)) + " (there is "
                    + Room.size(Math.max(0, there)) + ")");
        }
    }

    /**
     * Layout, passes, memory and time in words.
     *
     * @param gemm GFLOP/s of one core's products, for the predicted time
     */
    String describe(SparkConf conf, int parallelism, double gemm) {
        Room room = Room.of(conf, parallelism);
        StringBuilder text = new StringBuilder();
        line(
                text,
                "  layout      leaves of %,d rows, blocks of %,d rows, %,d leaves",
                layout.leafRows(),
                layout.blockRows(),
                layout.leaves());
        double flops = 0;
        double read = 0;
        for (PlannedPass pass : passes) {
            read += passBytes(pass);
            line(text, "  pass        %-24s %,14d bytes  %10.4g flops", pass.label(), passBytes(pass), pass.flops());
            flops += pass.flops();
        }
        line(
                text,
                "  reads       %d passes over %,d bytes as stored, %,d bytes as decoded",
                passes.size(),
                table.storedBytes(),
                passBytes());
        line(
                text,
                "  task        %s off the heap, %s on it",
                Room.size(taskOffHeap(parallelism)),
                Room.size(taskHeap(parallelism)));
        NodeTransfer transfer = transfer(
                passes.stream()
                        .max(Comparator.comparingLong(PlannedPass::nodeBytes))
                        .orElseThrow(),
                parallelism);
        String way = transfer.merged()
                ? String.format(
                        Locale.ROOT,
                        "merged on executors to %d (%s through their disks)",
                        transfer.groups(),
                        Room.size(transfer.shuffledBytes()))
                : "sent to the driver";
        line(text, "  nodes       %d of %s, %s", transfer.tasks(), Room.size(transfer.nodeBytes()), way);
        line(
                text,
                "  driver      %s on the heap, %s of it collected",
                Room.size(driverHeap(parallelism)),
                Room.size(collectedBytes(parallelism)));
        line(text, "  broadcast   %s to each executor", Room.size(broadcast));
        long overhead = room.tasksAtOnce() * taskOffHeap(parallelism);
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
        double seconds = (flops / (0.5e9 * gemm) + read / 1e9) / parallelism;
        line(
                text,
                "  time        about %.0f s on %d cores at %.0f GFLOP/s each (start not counted)",
                Math.max(1, seconds),
                parallelism,
                gemm);
        return text.toString();
    }

    static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
