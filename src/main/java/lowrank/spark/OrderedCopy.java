package lowrank.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Offenders;
import lowrank.blocks.PairedSource;
import lowrank.io.AttentionTable;
import lowrank.io.GroupOrder;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.ParquetTable;
import lowrank.io.RepairSource;
import org.apache.hadoop.fs.Path;
import org.apache.spark.Partitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;

/**
 * Copies rows whose groups do not lie in order, once, so that they do. The place of every row is known before: tasks read rows where they
 * lie and pack those that go to the same part of the copy as bytes; one shuffle moves them; each part puts rows where they belong, whatever
 * order they come in, and is written. So the copy has the same bits for any number of tasks.
 *
 * <p>Cost: one read, one shuffle and one write of all values. Memory of a task: {@link #OFF_HEAP} at most, and chunks of rows on the heap
 * that are together no larger than half of that.
 *
 * @param folder where the copy goes, on a file system that driver and executors share
 * @param precision of the copy: that of the blocks, which would round to it anyway
 */
public record OrderedCopy(JavaSparkContext spark, HadoopConf conf, String folder, Precision precision, PassLog log) {
    /** Bytes of the rows that a task reads at once, and of a part; a single row may be larger. */
    private static final long READ_BYTES = 32L << 20;

    private static final long PART_BYTES = 64L << 20;

    /** The most bytes off the heap of a task, but for what it reads files with. */
    public static final long OFF_HEAP = Math.max(READ_BYTES, PART_BYTES);

    private static final String LABEL = "copy into order";

    /**
     * The copy.
     *
     * @param tables whose rows are copied
     * @param names of these in messages
     * @param partitions least number of tasks, 0 for automatic
     * @throws DataException when some rows cannot be read, or a position is there twice
     */
    public AttentionTable table(GroupOrder order, List<InputTable> tables, List<String> names, int partitions) {
        long rows = tables.get(0).rows();
        List<Integer> widths =
                new ArrayList<>(tables.stream().map(InputTable::cols).toList());
        long width = widths.stream().mapToLong(Integer::longValue).sum();
        new Spool(spark, conf, folder, precision).requireSpace("the copy into order", rows, width, "make room there,");
        long rowBytes = Math.max(1, width * precision.bytes());
        int read = rowsWithin(READ_BYTES, rowBytes, rows);
        Layout layout = new Layout(rows, read, read);
        BlockSource source = order.columns().withoutMask().source(layout);
        for (int table = tables.size() - 1; table >= 0; table--) {
            source = new PairedSource(tables.get(table).source(precision, layout), source);
        }
        int rangeRows = rowsWithin(PART_BYTES, rowBytes + Long.BYTES, rows);
        CopyPlan plan = new CopyPlan(
                conf,
                new Path(folder, "ordered").toString(),
                source,
                widths,
                precision,
                order.targets(),
                rows,
                rangeRows,
                Math.toIntExact((rows + rangeRows - 1) / rangeRows));
        List<CopyPart> parts = run(plan, partitions);
        refuse(order, source, parts);
        List<InputFiles.Entry> files = new ArrayList<>();
        for (CopyPart part : parts.subList(0, plan.ranges())) {
            files.add(
                    new InputFiles.Entry(part.path(), String.format(Locale.ROOT, "ordered-%08d", part.range()), 0, 0));
        }
        List<InputTable> copies = new ArrayList<>();
        for (int table = 0; table < tables.size(); table++) {
            copies.add(ParquetTable.open(conf, files, List.of(CopyPlan.column(table)), null));
        }
        return new AttentionTable(
                order.columns().keys(),
                order.groups(),
                copies,
                names,
                new AttentionTable.Origin(ParquetTable.open(conf, files, List.of(CopyPart.ROW), null), tables.get(0)));
    }

    /** A power of two of rows that take at most so many bytes, but at least one. */
    private static int rowsWithin(long bytes, long rowBytes, long rows) {
        int some = 1;
        while (2L * some * rowBytes <= bytes && some < rows && some < 1 << 20) {
            some *= 2;
        }
        return some;
    }

    private List<CopyPart> run(CopyPlan plan, int partitions) {
        long start = System.nanoTime();
        List<LeafRange> ranges = TaskRanges.of(
                plan.source().layout(), plan.source().chunkRows(), partitions, spark.defaultParallelism());
        Broadcast<CopyPlan> broadcast = spark.broadcast(plan);
        try {
            List<CopyPart> parts = new ArrayList<>(Watched.run(
                    spark,
                    LABEL,
                    new Progress(LABEL, plan.rows(), plan.rowBytes(), 0),
                    counter -> spark.parallelize(ranges, ranges.size())
                            .flatMapToPair(new Pack(broadcast, counter))
                            .partitionBy(new ByPart(plan.ranges() + 1))
                            .mapPartitionsWithIndex(new Place(broadcast), false)
                            .collect()));
            parts.sort(Comparator.comparingInt(CopyPart::range));
            log.add(new PassLog.Entry(
                    LABEL,
                    (System.nanoTime() - start) / 1e9,
                    plan.rows(),
                    plan.rows() * plan.rowBytes(),
                    0,
                    ranges.size(),
                    parts.stream().mapToLong(CopyPart::offHeap).max().orElse(0)));
            return parts;
        } finally {
            broadcast.destroy();
        }
    }

    private static void refuse(GroupOrder order, BlockSource source, List<CopyPart> parts) {
        Offenders offenders = parts.get(parts.size() - 1).offenders();
        if (offenders.count() > 0) {
            throw new DataException(offenders.sentence(source::place, RepairSource.REMEDY));
        }
        for (CopyPart part : parts) {
            if (part.twice() >= 0) {
                throw order.refusal(part.twice());
            }
        }
        if (parts.stream().limit(parts.size() - 1L).anyMatch(part -> part.path() == null)) {
            throw new IllegalStateException("rows of the input were lost on their way to the copy");
        }
    }

    /** A task that reads. */
    private static final class Pack implements PairFlatMapFunction<LeafRange, Integer, Serializable> {
        private final Broadcast<CopyPlan> plan;
        private final LongAccumulator counter;

        Pack(Broadcast<CopyPlan> plan, LongAccumulator counter) {
            this.plan = plan;
            this.counter = counter;
        }

        @Override
        public Iterator<Tuple2<Integer, Serializable>> call(LeafRange leaves) {
            RowPacker packer = new RowPacker(plan.value(), leaves, counter);
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> packer.close());
            return packer;
        }
    }

    /** A task that puts rows where they belong. */
    private static final class Place
            implements Function2<Integer, Iterator<Tuple2<Integer, Serializable>>, Iterator<CopyPart>> {
        private final Broadcast<CopyPlan> plan;

        Place(Broadcast<CopyPlan> plan) {
            this.plan = plan;
        }

        @Override
        public Iterator<CopyPart> call(Integer range, Iterator<Tuple2<Integer, Serializable>> chunks) {
            return List.of(CopyPart.of(plan.value(), range, chunks)).iterator();
        }
    }

    /** Chunks are numbered by the part that they go to. */
    private static final class ByPart extends Partitioner {
        private final int parts;

        ByPart(int parts) {
            this.parts = parts;
        }

        @Override
        public int numPartitions() {
            return parts;
        }

        @Override
        public int getPartition(Object key) {
            return (Integer) key;
        }
    }
}
