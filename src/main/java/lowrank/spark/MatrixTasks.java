package lowrank.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.TaskCompletionListener;

/**
 * One function over many matrices, each in one task from beginning to end, the largest first; small ones share a task. Tasks are cut by
 * the costs alone, so what they leave in files does not depend on the cluster.
 */
public final class MatrixTasks {
    /** Flops that a task is worth: some thirty milliseconds, beside the two that Spark takes for it; the last ones end together. */
    public static final double TASK_FLOPS = 7e8;

    /** Flops that take as long as reading one number: it takes about a nanosecond and a half. */
    public static final double READING = 30;

    /**
     * What is worked on.
     *
     * @param values numbers read
     * @param flops that the work takes, reading counted as some of them
     */
    public record Item<T>(T of, long values, double flops) implements Serializable {}

    /** What is done with each; memory of the arena is free when it returns. */
    @FunctionalInterface
    public interface Work<T, R> extends Serializable {
        R run(T item, Arena arena);
    }

    /**
     * What tasks left.
     *
     * @param of each item, in the order of the items
     * @param kernels the BLAS and core types that computed
     */
    public record Results<R>(List<R> of, Set<String> kernels) {}

    private record Done<R>(List<R> of, String kernel, long offHeap) implements Serializable {}

    private MatrixTasks() {}

    /** Runs the work; it takes one Spark job. */
    public static <T, R> Results<R> run(
            JavaSparkContext spark, String label, List<Item<T>> items, Work<T, R> work, PassLog log) {
        List<List<Integer>> groups = groups(items.stream().map(Item::flops).toList());
        long values = items.stream().mapToLong(Item::values).sum();
        double flops = items.stream().mapToDouble(Item::flops).sum();
        long start = System.nanoTime();
        Broadcast<Work<T, R>> broadcast = spark.broadcast(work);
        try {
            List<List<Item<T>>> tasks = groups.stream()
                    .map(group -> (List<Item<T>>)
                            new ArrayList<>(group.stream().map(items::get).toList()))
                    .toList();
            List<Done<R>> done = Watched.run(
                    spark,
                    label,
                    new Progress(label, "values", Math.max(1, values), Double.BYTES, flops),
                    counter -> spark.parallelize(tasks, Math.max(1, tasks.size()))
                            .map(new RunGroup<>(broadcast, Backend.chosen(), counter))
                            .collect());
            log.add(new PassLog.Entry(
                    label,
                    (System.nanoTime() - start) / 1e9,
                    values,
                    Double.BYTES * values,
                    flops,
                    groups.size(),
                    done.stream().mapToLong(Done::offHeap).max().orElse(0)));
            return results(items.size(), groups, done);
        } finally {
            broadcast.destroy();
        }
    }

    private static <R> Results<R> results(int count, List<List<Integer>> groups, List<Done<R>> done) {
        List<R> ordered = new ArrayList<>(
                IntStream.range(0, count).mapToObj(i -> (R) null).toList());
        Set<String> kernels = new TreeSet<>();
        for (int g = 0; g < groups.size(); g++) {
            for (int i = 0; i < groups.get(g).size(); i++) {
                ordered.set(groups.get(g).get(i), done.get(g).of().get(i));
            }
            kernels.add(done.get(g).kernel());
        }
        return new Results<>(ordered, kernels);
    }

    /** How many tasks work of these costs takes. */
    public static int tasks(List<Double> flops) {
        return groups(flops).size();
    }

    /**
     * Flops of the core that is done last, when each takes the next task as soon as it is free.
     *
     * @param cores that work at once
     */
    public static double makespan(List<Double> flops, int cores) {
        PriorityQueue<Double> busy = new PriorityQueue<>(Collections.nCopies(cores, 0.0));
        double last = 0;
        for (List<Integer> group : groups(flops)) {
            double end = busy.remove() + group.stream().mapToDouble(flops::get).sum();
            busy.add(end);
            last = Math.max(last, end);
        }
        return last;
    }

    /** Indices of the items of each task, in the order of the tasks: by falling cost, until a task is worth its while. */
    static List<List<Integer>> groups(List<Double> flops) {
        List<Integer> order = IntStream.range(0, flops.size())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -flops.get(i)).thenComparingInt(i -> i))
                .toList();
        List<List<Integer>> groups = new ArrayList<>();
        List<Integer> group = new ArrayList<>();
        double sum = 0;
        for (int i : order) {
            group.add(i);
            sum += flops.get(i);
            if (sum >= TASK_FLOPS) {
                groups.add(group);
                group = new ArrayList<>();
                sum = 0;
            }
        }
        if (!group.isEmpty()) {
            groups.add(group);
        }
        return groups;
    }

    /** The body of a task. */
    private static final class RunGroup<T, R> implements Function<List<Item<T>>, Done<R>> {
        private final Broadcast<Work<T, R>> work;
        private final Backend backend;
        private final LongAccumulator counter;

        RunGroup(Broadcast<Work<T, R>> work, Backend backend, LongAccumulator counter) {
            this.work = work;
            this.backend = backend;
            this.counter = counter;
        }

        @Override
        public Done<R> call(List<Item<T>> items) {
            Backend.choose(backend);
            List<R> results = new ArrayList<>();
            for (Item<T> item : items) {
                Arena arena = new Arena();
                TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> arena.close());
                results.add(work.value().run(item.of(), arena));
                arena.close();
                counter.add(item.values());
            }
            return new Done<>(results, backend.blas().description(), Arena.peakBytes());
        }
    }
}
