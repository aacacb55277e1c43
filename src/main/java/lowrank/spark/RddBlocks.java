package lowrank.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.LeafTask;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.blocks.SourceBlocks;
import org.apache.spark.Partitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;

/**
 * Rows of an RDD, in its order: by partition, then position. One shuffle brings them to the tasks of fixed leaf ranges,
 * where they are kept; from then on passes see them as they see a file.
 */
public final class RddBlocks extends SourceBlocks {
    /** Values of a piece: a unit of the shuffle, large enough that its objects do not count. */
    private static final int PIECE_VALUES = 1 << 17;

    /** The most bytes of rows that one task holds, besides its blocks. */
    private static final long TASK_BYTES = 128L << 20;

    /** How a row of the RDD becomes values. */
    public interface Reader<T> extends Serializable {
        /** Columns of the matrix. */
        int cols();

        /** Writes the values of a row from {@code at} on. */
        void read(T row, double[] values, int at);

        /** What identifies the row; not asked for unless the source has ids. */
        default long id(T row) {
            return 0;
        }
    }

    /** What becomes of a row of a result. */
    public interface Maker<R> extends Serializable {
        /** An object of its own for these values, which are not used again. */
        R make(long id, double[] values);
    }

    private final JavaSparkContext spark;
    private final RddSource source;
    private final List<LeafRange> ranges;
    private final JavaRDD<RddPiece> pieces;
    private final List<BlockMap> maps;

    private RddBlocks(JavaSparkContext spark, RddSource source, List<LeafRange> ranges, JavaRDD<RddPiece> pieces) {
        super(source);
        this.spark = spark;
        this.source = source;
        this.ranges = ranges;
        this.pieces = pieces;
        this.maps = List.of();
    }

    private RddBlocks(RddBlocks parent, BlockMap map) {
        super(parent, map);
        spark = parent.spark;
        source = parent.source;
        ranges = parent.ranges;
        pieces = parent.pieces;
        List<BlockMap> longer = new ArrayList<>(parent.maps);
        longer.add(map);
        maps = List.copyOf(longer);
    }

    /** How many rows an RDD has, and where each of its partitions begins: one job. */
    public static <T> long[] starts(JavaRDD<T> rows) {
        List<Long> counts = rows.mapPartitions(part -> {
                    long count = 0;
                    for (; part.hasNext(); part.next()) {
                        count++;
                    }
                    return List.of(count).iterator();
                })
                .collect();
        long[] starts = new long[counts.size() + 1];
        for (int i = 0; i < counts.size(); i++) {
            starts[i + 1] = starts[i] + counts.get(i);
        }
        return starts;
    }

    /**
     * Rows of an RDD as a table. Nothing is computed before the first pass, but the first row.
     *
     * @param starts as {@link #starts} found them; there must be a row
     * @param ids whether rows have ids
     */
    public static <T> RddBlocks of(
            JavaSparkContext spark, JavaRDD<T> rows, long[] starts, Reader<T> reader, Layout layout, boolean ids) {
        int cols = reader.cols();
        double[] first = new double[cols];
        reader.read(rows.first(), first, 0);
        RddSource source = new RddSource(layout, cols, ids, List.of(new RddPiece(0, 1, first, new long[1])));
        long bytes = layout.rows() * cols * Double.BYTES;
        int tasks = (int) Math.max(2L * spark.defaultParallelism(), bytes / TASK_BYTES);
        List<LeafRange> ranges = LeafRange.aligned(layout.leaves(), LeafRange.levelFor(layout.leaves(), tasks));
        long step = ranges.get(0).count() * layout.leafRows();
        JavaRDD<RddPiece> pieces = rows.mapPartitionsWithIndex(
                        (index, part) -> new Cutter<>(part, reader, starts[index], step, cols), false)
                .mapToPair(piece -> new Tuple2<>((int) (piece.firstRow() / step), piece))
                .partitionBy(new ByRange(ranges.size()))
                .values()
                .persist(StorageLevel.MEMORY_AND_DISK());
        return new RddBlocks(spark, source, ranges, pieces);
    }

    /** Cuts a partition into pieces that end where ranges do. */
    private static final class Cutter<T> implements Iterator<RddPiece> {
        private final Iterator<T> rows;
        private final Reader<T> reader;
        private final long step;
        private final int cols;
        private long next;

        Cutter(Iterator<T> rows, Reader<T> reader, long next, long step, int cols) {
            this.rows = rows;
            this.reader = reader;
            this.next = next;
            this.step = step;
            this.cols = cols;
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public RddPiece next() {
            int most = (int) Math.min(Math.max(1, PIECE_VALUES / cols), step - next % step);
            double[] values = new double[most * cols];
            long[] ids = new long[most];
            int count = 0;
            for (; count < most && rows.hasNext(); count++) {
                T row = rows.next();
                reader.read(row, values, count * cols);
                ids[count] = reader.id(row);
            }
            RddPiece piece = new RddPiece(next, count, values, ids);
            next += count;
            return piece;
        }
    }

    /** Range i is partition i. */
    static final class ByRange extends Partitioner {
        private final int ranges;

        ByRange(int ranges) {
            this.ranges = ranges;
        }

        @Override
        public int numPartitions() {
            return ranges;
        }

        @Override
        public int getPartition(Object range) {
            return (Integer) range;
        }
    }

    @Override
    public RowBlocks map(BlockMap map) {
        return new RddBlocks(this, map);
    }

    @Override
    protected <N> List<LeafTask.Result<N>> run(LeafTask<N> task) {
        NodeTransfer transfer = NodeTransfer.unmerged(ranges.size(), task.nodeBytes());
        transfer.requireResults(
                spark.getConf(), task.pass().label(), source.layout().blocks());
        transfer.requireHeap(spark.getConf(), task.pass().label(), 1);
        Broadcast<LeafTask<N>> broadcast = spark.broadcast(task);
        List<LeafRange> all = ranges;
        RddSource base = source;
        spark.sc().setJobDescription(task.pass().label());
        try {
            return pieces.mapPartitionsWithIndex(
                            (index, part) -> {
                                LeafTask<N> t = broadcast.value();
                                LeafTask<N> own = new LeafTask<>(
                                        base.with(part), t.known(), t.maps(), t.sink(), t.pass(), t.backend());
                                return List.of(own.run(all.get(index), ofTask(), rows -> {}))
                                        .iterator();
                            },
                            true)
                    .collect();
        } finally {
            spark.sc().setJobDescription(null);
            broadcast.destroy();
        }
    }

    /** Memory that goes when the task ends. */
    private static Arena ofTask() {
        Arena arena = new Arena();
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> arena.close());
        return arena;
    }

    /** The (mapped) rows as an RDD in their order, computed when they are asked for. */
    public <R> JavaRDD<R> rows(Maker<R> maker) {
        List<LeafRange> all = ranges;
        RddSource base = source;
        List<BlockMap> chain = maps;
        Backend backend = Backend.chosen();
        return pieces.mapPartitionsWithIndex(
                (index, part) -> {
                    Backend.choose(backend);
                    return new Unpacker<>(base.with(part), all.get(index), chain, maker, ofTask());
                },
                true);
    }

    /** Lets go of the rows that are kept; they are made again if they are asked for. */
    public void unpersist() {
        pieces.unpersist();
    }

    /** Rows of mapped blocks, one block in memory at a time. */
    private static final class Unpacker<R> implements Iterator<R> {
        private final BlockStream stream;
        private final List<BlockMap.Mapper> mappers = new ArrayList<>();
        private final RowReader reader;
        private final Maker<R> maker;
        private Block block;
        private int row;

        Unpacker(RddSource source, LeafRange range, List<BlockMap> maps, Maker<R> maker, Arena arena) {
            this.maker = maker;
            Schema schema = source.schema();
            for (BlockMap map : maps) {
                mappers.add(map.open(arena, schema, source.layout()));
                schema = map.schema(schema);
            }
            reader = new RowReader(schema.first());
            stream = source.open(range, true, arena);
            advance();
        }

        private void advance() {
            block = stream.next();
            row = 0;
            for (BlockMap.Mapper mapper : mappers) {
                block = block == null ? null : mapper.map(block);
            }
        }

        @Override
        public boolean hasNext() {
            return block != null;
        }

        @Override
        public R next() {
            Slab slab = block.first();
            double[] values = java.util.Arrays.copyOf(reader.read(slab, row, 1), slab.width());
            long id = block.ids() instanceof Ids.Longs ids ? ids.values()[row] : 0;
            if (++row == block.rows()) {
                advance();
            }
            return maker.make(id, values);
        }
    }
}
