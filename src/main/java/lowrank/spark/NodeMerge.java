package lowrank.spark;

import java.util.Iterator;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.LeafTask;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.PartitionCoalescer;
import org.apache.spark.rdd.PartitionGroup;
import org.apache.spark.rdd.RDD;
import org.apache.spark.util.TaskCompletionListener;
import scala.Option;
import scala.Tuple2;

/**
 * Brings the results of tasks to the driver, on the way of a {@link NodeTransfer}. Merged ones take more stages of the same job:
 * each result is a partition of its own of a shuffle, and a task that merges opens those of a few neighbours one after the other, in
 * the order of the rows. What arrives first does not matter, and no more nodes are in memory than the tree needs.
 */
final class NodeMerge {
    private NodeMerge() {}

    /**
     * Runs the job.
     *
     * @param results one per partition, in the order of the rows; nothing else depends on them
     */
    static <N> List<LeafTask.Result<N>> collect(
            JavaRDD<LeafTask.Result<N>> results, NodeTransfer transfer, Broadcast<LeafTask<N>> task) {
        if (!transfer.merged()) {
            return results.collect();
        }
        JavaRDD<LeafTask.Result<N>> merged = results;
        for (int level : transfer.steps()) {
            merged = step(merged, level, task);
        }
        try {
            return merged.collect();
        } finally {
            // Otherwise nodes stay on the disks of executors until the driver collects garbage.
            merged.rdd().cleanShuffleDependencies(false);
        }
    }

    private static <N> JavaRDD<LeafTask.Result<N>> step(
            JavaRDD<LeafTask.Result<N>> results, int level, Broadcast<LeafTask<N>> task) {
        int count = results.getNumPartitions();
        JavaPairRDD<Integer, LeafTask.Result<N>> apart = results.mapToPair(
                        result -> new Tuple2<>(TaskContext.getPartitionId(), result))
                .partitionBy(new RddBlocks.ByRange(count));
        return apart.rdd()
                .coalesce(NodeTransfer.groups(count, level), false, Option.apply(new Neighbours(level)), null)
                .toJavaRDD()
                .mapPartitions(new MergeGroup<>(task));
    }

    /** Partitions 0 to 2^level - 1, then the next as many. */
    private static final class Neighbours implements PartitionCoalescer, java.io.Serializable {
        private final int level;

        Neighbours(int level) {
            this.level = level;
        }

        @Override
        public PartitionGroup[] coalesce(int groups, RDD<?> parent) {
            PartitionGroup[] all = new PartitionGroup[groups];
            for (int i = 0; i < parent.partitions().length; i++) {
                if (i % (1 << level) == 0) {
                    all[i >> level] = new PartitionGroup(Option.empty());
                }
                all[i >> level].partitions().addOne(parent.partitions()[i]);
            }
            return all;
        }
    }

    /** The body of a task that merges. */
    private static final class MergeGroup<N>
            implements FlatMapFunction<Iterator<Tuple2<Integer, LeafTask.Result<N>>>, LeafTask.Result<N>> {
        private final Broadcast<LeafTask<N>> task;

        MergeGroup(Broadcast<LeafTask<N>> task) {
            this.task = task;
        }

        @Override
        public Iterator<LeafTask.Result<N>> call(Iterator<Tuple2<Integer, LeafTask.Result<N>>> pairs) {
            Arena arena = new Arena();
            TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> arena.close());
            Iterator<LeafTask.Result<N>> results = new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return pairs.hasNext();
                }

                @Override
                public LeafTask.Result<N> next() {
                    return pairs.next()._2();
                }
            };
            return List.of(task.value().merged(results, arena)).iterator();
        }
    }
}
