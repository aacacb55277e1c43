package lowrank.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.DataException;
import lowrank.blocks.Ids;
import lowrank.blocks.LeafRange;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/** Finds ids that identify more than one row: one read of the input, and a shuffle of its ids. */
public final class DuplicateIds {
    private DuplicateIds() {}

    /** The first two rows of an id. */
    private record Rows(long first, long second) implements java.io.Serializable {
        static final long NONE = Long.MAX_VALUE;

        Rows and(Rows other) {
            long least = Math.min(first, other.first);
            long next = Math.min(Math.max(first, other.first), Math.min(second, other.second));
            return new Rows(least, next);
        }
    }

    /**
     * Refuses a source in which an id occurs twice.
     *
     * @throws DataException naming the first two rows that share one
     */
    public static void refuse(JavaSparkContext spark, BlockSource source, int partitions) {
        List<LeafRange> ranges =
                TaskRanges.of(source.layout(), source.chunkRows(), partitions, spark.defaultParallelism());
        spark.sc().setJobDescription("looking for ids that occur twice");
        try {
            // The duplicate whose second row comes first, and the lower first row of two such: the same for any
            // shuffle.
            Rows none = new Rows(Rows.NONE, Rows.NONE);
            Rows found = spark.parallelize(ranges, ranges.size())
                    .flatMapToPair(range -> ids(source, range))
                    .reduceByKey(Rows::and)
                    .values()
                    .filter(rows -> rows.second != Rows.NONE)
                    .fold(none, (a, b) -> a.second <= b.second ? a : b);
            if (found.second != Rows.NONE) {
                throw new DataException(source.place(found.first) + " and " + source.place(found.second)
                        + " have the same id (read.id); make ids unique, or set read.check-ids = false");
            }
        } finally {
            spark.sc().setJobDescription(null);
        }
    }

    private static Iterator<Tuple2<Object, Rows>> ids(BlockSource source, LeafRange range) {
        List<Tuple2<Object, Rows>> all = new ArrayList<>();
        try (Arena arena = new Arena();
                BlockStream stream = source.open(range, true, arena)) {
            for (Block block = stream.next(); block != null; block = stream.next()) {
                for (int i = 0; i < block.rows(); i++) {
                    Object id = block.ids() instanceof Ids.Texts texts
                            ? texts.values()[i]
                            : (Object) ((Ids.Longs) block.ids()).values()[i];
                    all.add(new Tuple2<>(id, new Rows(block.firstRow() + i, Rows.NONE)));
                }
            }
        }
        return all.iterator();
    }
}
