package lowrank.jobs;

import java.util.List;
import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.factor.PlannedPass;
import lowrank.factor.TallSvd;
import lowrank.spark.Room;
import lowrank.store.OutputFolder;
import lowrank.weights.WeightTable;
import org.apache.spark.SparkConf;

/**
 * What one matrix takes that is factored by passes over all tasks.
 *
 * @param k components that are written at most, or -1 for singular values alone
 * @param stored type of the factors
 */
record TallPlan(WeightTable table, int k, Precision stored) {

    /** What the passes take. */
    Workload workload() {
        Layout layout = table.layout();
        int cols = table.cols();
        return new Workload(
                table.weight().name(),
                "exclude it (read.exclude)",
                table,
                layout,
                0,
                passes(),
                8L * cols,
                task -> 8L * layout.blockRows() * cols
                        + TallSvd.taskBytes(layout, cols, k)
                        + (k < 0 ? 0 : OutputFolder.sinkBytes(layout, task, k, stored)),
                0,
                TallSvd.broadcastBytes(cols, k),
                TallSvd.driverBytes(cols, k));
    }

    /**
     * Refuses what cannot run.
     *
     * @throws RefusedException when memory is too small, with the setting to change
     */
    void require(SparkConf conf, int parallelism) {
        workload().require(conf, parallelism);
        Room room = Room.of(conf, parallelism);
        long needed = room.tasksAtOnce() * workload().taskOffHeap(parallelism);
        if (needed > room.overhead()) {
            throw new RefusedException(String.format(
                    Locale.ROOT,
                    "%s needs %s beside the heap of each executor for %d tasks at once, and there is %s; raise spark.executor.memoryOverhead,"
                            + " lower spark.executor.cores, or exclude it",
                    table.weight().name(),
                    Room.size(needed),
                    room.tasksAtOnce(),
                    Room.size(Math.max(0, room.overhead()))));
        }
    }

    private List<PlannedPass> passes() {
        return TallSvd.passes(table.rows(), table.cols(), k);
    }

    /** Numbers read by all passes. */
    long values() {
        return passes().size() * table.weight().count();
    }

    /**
     * The passes in words.
     *
     * @param gemm GFLOP/s of one core's products
     */
    String describe(SparkConf conf, int parallelism, double gemm) {
        StringBuilder text = new StringBuilder();
        Workload.line(
                text,
                "%s, %,d x %,d, is factored in passes over all tasks",
                table.weight().name(),
                table.rows(),
                table.cols());
        Workload.line(
                text,
                "  file        %s in ranges of %s",
                Room.size(table.storedBytes()),
                table.rangeBytes() >= 1 << 20
                        ? Room.size(table.rangeBytes())
                        : String.format(Locale.ROOT, "%,d bytes", table.rangeBytes()));
        text.append(workload().describe(conf, parallelism, gemm));
        Workload.line(
                text,
                "  driver      %.4g flops of an SVD of order %,d besides, on one core",
                TallSvd.driverFlops(table.cols(), k),
                table.cols());
        return text.toString();
    }
}
