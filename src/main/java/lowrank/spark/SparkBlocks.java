package lowrank.spark;

import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blocks.BlockMap;
import lowrank.blocks.BlockSource;
import lowrank.blocks.LeafRange;
import lowrank.blocks.LeafTask;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.SourceBlocks;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows visited by a Spark cluster: each pass is one job, each task a range of leaves ({@link TaskRanges}) that sends one node back,
 * merged with its neighbours' on executors where nodes are large ({@link NodeTransfer}). The task itself travels as a broadcast, once per
 * executor.
 */
public final class SparkBlocks extends SourceBlocks {
    private static final Logger LOG = LoggerFactory.getLogger(SparkBlocks.class);

    private final JavaSparkContext spark;
    private final BlockSource source;
    private final int partitions;
    private final PassLog log;
    private final long limit;

    private SparkBlocks(JavaSparkContext spark, BlockSource source, int partitions, PassLog log, long limit) {
        super(source);
        this.spark = spark;
        this.source = source;
        this.partitions = partitions;
        this.log = log;
        this.limit = limit;
    }

    private SparkBlocks(SparkBlocks parent, BlockMap map) {
        super(parent, map);
        this.spark = parent.spark;
        this.source = parent.source;
        this.partitions = parent.partitions;
        this.log = parent.log;
        this.limit = parent.limit;
    }

    /**
     * Rows of a source on a cluster.
     *
     * @param partitions at least so many tasks per pass where there are as many leaves; 0 for a few per core. It does not
     *     change the result.
     * @param log told of each pass
     */
    public static SparkBlocks of(JavaSparkContext spark, BlockSource source, int partitions, PassLog log) {
        return of(spark, source, partitions, log, NodeTransfer.LIMIT);
    }

    /** The same, with another limit to what comes to the driver unmerged. */
    static SparkBlocks of(JavaSparkContext spark, BlockSource source, int partitions, PassLog log, long limit) {
        return new SparkBlocks(spark, source, partitions, log, limit);
    }

    @Override
    public RowBlocks map(BlockMap map) {
        return new SparkBlocks(this, map);
    }

    /** For a scan: what is collected stays here, beside the sums before each range, which are broadcast. */
    @Override
    protected <N> List<LeafTask.Result<N>> run(LeafTask<N> task) {
        // Executors may have joined since a scan summed; its ranges stay.
        List<LeafRange> ranges = pinned() != null
                ? pinned()
                : TaskRanges.of(source.layout(), source.chunkRows(), partitions, spark.defaultParallelism());
        return run(task, ranges, NodeTransfer.unmerged(ranges.size(), task.nodeBytes()), 3);
    }

    @Override
    protected <N> List<LeafTask.Result<N>> runMerged(LeafTask<N> task) {
        List<LeafRange> ranges = pinned() != null
                ? pinned()
                : TaskRanges.of(
                        source.layout(),
                        source.chunkRows(),
                        partitions,
                        spark.defaultParallelism(),
                        new TaskRanges.Load(
                                (double) source.layout().rows() * task.rowBytes(), task.flops(), task.nodeBytes()));
        return run(task, ranges, NodeTransfer.of(ranges.size(), task.nodeBytes(), limit), 1);
    }

    private <N> List<LeafTask.Result<N>> run(
            LeafTask<N> task, List<LeafRange> ranges, NodeTransfer transfer, int copies) {
        transfer.requireResults(
                spark.getConf(), task.pass().label(), source.layout().blocks());
        transfer.requireHeap(spark.getConf(), task.pass().label(), copies);
        String label =
                "pass " + (log.entries().size() + 1) + " · " + task.pass().label();
        long rows = source.layout().rows();
        long start = System.nanoTime();
        Broadcast<LeafTask<N>> broadcast = spark.broadcast(task);
        try {
            List<LeafTask.Result<N>> results = Watched.run(
                    spark,
                    label,
                    new Progress(label, rows, task.rowBytes(), task.flops()),
                    counter -> NodeMerge.collect(
                            spark.parallelize(ranges, ranges.size()).map(new RunRange<>(broadcast, counter)),
                            transfer,
                            broadcast));
            PassLog.Entry entry = new PassLog.Entry(
                    task.pass().label(),
                    (System.nanoTime() - start) / 1e9,
                    rows,
                    rows * task.rowBytes(),
                    task.flops(),
                    ranges.size(),
                    results.stream().mapToLong(LeafTask.Result::offHeap).max().orElse(0));
            log.add(entry);
            LOG.info(String.format(
                    Locale.ROOT,
                    "%s: %,d rows in %.2f s, %.2f GB/s, %.1f GFLOP/s%s",
                    label,
                    rows,
                    entry.seconds(),
                    entry.gigabytesPerSecond(),
                    entry.gigaflopsPerSecond(),
                    transfer.merged() ? ", nodes merged on executors" : ""));
            return results;
        } finally {
            broadcast.destroy();
        }
    }

    /** The body of a task. */
    private static final class RunRange<N> implements Function<LeafRange, LeafTask.Result<N>> {
        private final Broadcast<LeafTask<N>> task;
        private final LongAccumulator counter;

        RunRange(Broadcast<LeafTask<N>> task, LongAccumulator counter) {
            this.task = task;
            this.counter = counter;
        }

        @Override
        public LeafTask.Result<N> call(LeafRange range) {
            Arena arena = new Arena();
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> arena.close());
            return task.value().run(range, arena, counter::add);
        }
    }
}
