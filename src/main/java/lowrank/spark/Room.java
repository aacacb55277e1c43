package lowrank.spark;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.ByteUnit;
import org.apache.spark.network.util.JavaUtils;

/**
 * What a cluster offers to one executor, or this process to all tasks when local; all in bytes.
 *
 * @param local whether tasks run in this process
 * @param tasksAtOnce of an executor, or of this process
 * @param executorHeap heap of the process that runs tasks
 * @param driverHeap heap of this process
 * @param overhead what tasks may hold beside the heap
 */
public record Room(boolean local, int tasksAtOnce, long executorHeap, long driverHeap, long overhead) {
    /** Part of a heap that is Spark's own or garbage between collections. */
    private static final double USABLE_HEAP = 0.7;

    /**
     * The room that settings describe.
     *
     * @param parallelism tasks at once of the whole cluster
     */
    public static Room of(SparkConf conf, int parallelism) {
        boolean local = conf.get("spark.master", "local[*]").matches("local(\\[.*])?");
        long own = Runtime.getRuntime().maxMemory();
        if (local) {
            return new Room(true, parallelism, own, own, physical() - own);
        }
        long heap = JavaUtils.byteStringAsBytes(conf.get("spark.executor.memory", "1g"));
        long least = Math.max(384L << 20, heap / 10);
        String overhead = conf.get("spark.executor.memoryOverhead", null);
        return new Room(
                false,
                conf.getInt("spark.executor.cores", 1),
                heap,
                own,
                overhead == null ? least : JavaUtils.byteStringAs(overhead, ByteUnit.MiB) << 20);
    }

    private static long physical() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    }

    /** What jobs may use of the heap that runs tasks. */
    public long usableExecutorHeap() {
        return (long) (executorHeap * USABLE_HEAP);
    }

    /** What jobs may use of the driver's heap. */
    public long usableDriverHeap() {
        return (long) (driverHeap * USABLE_HEAP);
    }

    /** Bytes in words. */
    public static String size(double bytes) {
        return bytes >= 1L << 30
                ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
                : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
