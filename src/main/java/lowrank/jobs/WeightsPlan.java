package lowrank.jobs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.linalg.LargeSvd;
import lowrank.random.Draws;
import lowrank.spark.MatrixTasks;
import lowrank.spark.Progress;
import lowrank.spark.Rates;
import lowrank.spark.Room;
import lowrank.store.Manifest;
import org.apache.spark.SparkConf;

/**
 * What stages over matrices take of memory and the clock; known before any of them runs.
 *
 * @param job its name
 * @param weights what there is to work on
 * @param tall matrices that are too large for one task, each factored by passes of its own
 * @param otherwise what would make a task need less than one matrix, in words; empty where nothing would
 */
record WeightsPlan(String job, Manifest.Weights weights, List<Stage> stages, List<TallPlan> tall, String otherwise) {
    /** Of a job that works on each matrix in one task. */
    WeightsPlan(String job, Manifest.Weights weights, List<Stage> stages) {
        this(job, weights, stages, List.of(), "");
    }

    /** Order of the matrix whose SVD is timed: a few milliseconds. */
    private static final int ORDER = 256;

    /** Order of the product that is timed. */
    private static final int PRODUCT = 512;

    private static final int STREAM = 11;

    /** Decoded bytes per second and core of reading. */
    private static final double READING = 1e9;

    /**
     * One function over all matrices.
     *
     * @param vectors whether singular vectors are computed, not values alone
     */
    record Stage(String label, boolean vectors, List<Cost> costs) {
        double flops() {
            return costs.stream().mapToDouble(Cost::flops).sum();
        }

        long values() {
            return costs.stream().mapToLong(Cost::values).sum();
        }

        /** What takes most memory. */
        Cost largest() {
            return costs.stream().max(Comparator.comparingLong(Cost::bytes)).orElseThrow();
        }
    }

    /**
     * What one matrix takes.
     *
     * @param values numbers read
     * @param bytes off the heap
     */
    record Cost(String name, long values, double flops, long bytes) {}

    /** The matrices that could be worked on at the same time and take most. */
    private List<Cost> largest(int atOnce) {
        return stages.stream()
                .flatMap(stage -> stage.costs.stream())
                .sorted(Comparator.comparingLong(Cost::bytes).reversed())
                .limit(atOnce)
                .toList();
    }

    /**
     * Refuses what cannot run.
     *
     * @throws RefusedException when memory is too small, with the matrix that needs most and the setting to change
     */
    void require(SparkConf conf, int parallelism) {
        Room room = Room.of(conf, parallelism);
        List<Cost> most = largest(room.tasksAtOnce());
        long needed = most.stream().mapToLong(Cost::bytes).sum();
        for (TallPlan one : tall) {
            one.require(conf, parallelism);
        }
        if (needed > room.overhead()) {
            throw new RefusedException(String.format(
                    Locale.ROOT,
                    "%s needs %s beside the heap for %d matrices at once, %s for %s alone, and there is %s; %s%s, or exclude it",
                    job,
                    Room.size(needed),
                    most.size(),
                    Room.size(most.get(0).bytes()),
                    most.get(0).name(),
                    Room.size(Math.max(0, room.overhead())),
                    room.local()
                            ? "lower --driver-memory, use fewer cores (--master local[1]) or a cluster"
                            : "raise spark.executor.memoryOverhead or lower spark.executor.cores",
                    otherwise.isEmpty() ? "" : ", " + otherwise));
        }
    }

    /** Stages, memory and time in words. */
    String describe(SparkConf conf, int parallelism) {
        Room room = Room.of(conf, parallelism);
        StringBuilder text = new StringBuilder();
        Workload.line(
                text,
                "%s of %,d matrices, %,d numbers (%s as stored), of %,d tensors",
                job,
                weights.matrices(),
                weights.parameters(),
                Room.size(weights.bytes()),
                weights.tensors());
        weights.skipped().forEach((reason, count) -> Workload.line(text, "  left        %,d: %s", count, reason));
        double seconds = 0;
        for (Stage stage : stages) {
            double rate = rate(stage.vectors);
            int tasks = MatrixTasks.tasks(stage.costs.stream().map(Cost::flops).toList());
            Cost most = stage.largest();
            Workload.line(
                    text,
                    "  stage       %-24s %,14d bytes  %10.4g flops  %d %s, at most %s off the heap for %s",
                    stage.label,
                    Double.BYTES * stage.values(),
                    stage.flops(),
                    tasks,
                    tasks == 1 ? "task" : "tasks",
                    Room.size(most.bytes),
                    most.name);
            seconds +=
                    MatrixTasks.makespan(stage.costs.stream().map(Cost::flops).toList(), parallelism) / rate
                            + Double.BYTES * stage.values() / READING / parallelism;
        }
        if (stages.isEmpty()) {
            return text.append(describeTall(conf, parallelism)).toString();
        }
        long atOnce =
                largest(room.tasksAtOnce()).stream().mapToLong(Cost::bytes).sum();
        Workload.line(
                text,
                "  memory      %s off the heap for the %d largest matrices at once%s",
                Room.size(atOnce),
                Math.min(room.tasksAtOnce(), stages.get(0).costs.size()),
                room.local() ? "" : "; spark.executor.memoryOverhead of at least " + Room.size(atOnce + (256L << 20)));
        Workload.line(
                text, "  time        about %.0f s on %d cores (start not counted)", Math.max(1, seconds), parallelism);
        return text.append(describeTall(conf, parallelism)).toString();
    }

    /** The largest of the matrices that are factored by passes, and how many others there are. */
    private String describeTall(SparkConf conf, int parallelism) {
        return tall.stream()
                .max(Comparator.comparingLong(TallPlan::values))
                .map(most -> most.describe(conf, parallelism, Rates.gemm(Precision.DOUBLE, PRODUCT))
                        + (tall.size() == 1
                                ? ""
                                : String.format(Locale.ROOT, "and %,d more, likewise%n", tall.size() - 1)))
                .orElse("");
    }

    /** Flops per second of one core, timed on a small matrix. */
    private static double rate(boolean vectors) {
        double best = 0;
        double[] row = new double[ORDER];
        Draws draws = new Draws(1, STREAM);
        for (int attempt = 0; attempt < 3; attempt++) {
            try (Arena arena = new Arena()) {
                long a = arena.doubles((long) ORDER * ORDER);
                for (int i = 0; i < ORDER; i++) {
                    draws.gaussians(i, row, 0, ORDER);
                    OffHeap.put(a + 8L * ORDER * i, row, 0, ORDER);
                }
                long start = System.nanoTime();
                if (vectors) {
                    LargeSvd.of(a, ORDER, ORDER, "a sample", arena);
                } else {
                    LargeSvd.values(a, ORDER, ORDER, "a sample", arena);
                }
                double flops = vectors ? LargeSvd.flops(ORDER, ORDER) : LargeSvd.valueFlops(ORDER, ORDER);
                best = Math.max(best, flops / ((System.nanoTime() - start) / 1e9));
            }
        }
        return best;
    }

    /**
     * How long a far larger model would take, at the rate that a stage had.
     *
     * @param rate flops per second and core
     */
    static String outlook(double rate, boolean vectors, int executors) {
        List<Double> flops = new ArrayList<>();
        for (LargeModel.Shape shape : LargeModel.shapes()) {
            for (int i = 0; i < shape.count(); i++) {
                flops.add(
                        vectors
                                ? LargeSvd.flops(shape.out(), shape.in())
                                : LargeSvd.valueFlops(shape.out(), shape.in()));
            }
        }
        double seconds = MatrixTasks.makespan(flops, executors) / rate;
        return String.format(
                Locale.ROOT,
                "at the %.1f GFLOP/s a core of this stage, the %,d matrices of a model of 70 billion parameters (Llama 2)"
                        + " would take %s on %d executors of one core",
                rate / 1e9,
                flops.size(),
                Progress.duration(seconds),
                executors);
    }
}
