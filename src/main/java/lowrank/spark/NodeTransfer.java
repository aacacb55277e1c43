package lowrank.spark;

import java.util.Locale;
import lowrank.factor.UnsuitableException;
import org.apache.spark.SparkConf;

/**
 * How the nodes of a pass come to the driver: as they are or, where together they exceed {@link #LIMIT}, merged on executors first
 * in groups of 2^level neighbours. The tree is the same either way, hence are the bits.
 *
 * @param tasks that leave a node each
 * @param nodeBytes of a node
 * @param level 0 where nodes come as they are; else the least at which what comes is within the limit, or is one node
 */
public record NodeTransfer(int tasks, long nodeBytes, int level) {
    /** The most bytes of nodes that come to the driver in several pieces. */
    static final long LIMIT = 256L << 20;

    /** Levels of the tree that one task merges: more of them would hold more nodes and leave more cores idle. */
    private static final int STEP = 2;

    /** The setting by which Spark ends a job whose tasks send more than that to the driver; 0 for no limit. */
    static final String RESULT_LIMIT = "spark.driver.maxResultSize";

    /** What Spark takes where nothing is set. */
    private static final String DEFAULT_RESULT_LIMIT = "1g";

    /** Part of a node's bytes that its way may add. */
    private static final double HEADROOM = 0.1;

    /** Bytes of a task's metrics and whatever else goes with its result. */
    private static final long ENVELOPE = 8 << 10;

    /** Bytes per block beside the node: a CRC in the first pass, a digest in the last. */
    private static final long BLOCK_BYTES = 36;

    /** The way of so many nodes. */
    public static NodeTransfer of(int tasks, long nodeBytes) {
        return of(tasks, nodeBytes, LIMIT);
    }

    static NodeTransfer of(int tasks, long nodeBytes, long limit) {
        NodeTransfer transfer = unmerged(tasks, nodeBytes);
        while (transfer.groups() > 1 && transfer.collectedBytes() > limit) {
            transfer = new NodeTransfer(tasks, nodeBytes, transfer.level + 1);
        }
        return transfer;
    }

    /** Every task's node as it is, for those who need it. */
    static NodeTransfer unmerged(int tasks, long nodeBytes) {
        return new NodeTransfer(tasks, nodeBytes, 0);
    }

    /** Whether stages that merge follow. */
    public boolean merged() {
        return level > 0;
    }

    /** The levels that each of the stages merges. */
    int[] steps() {
        int[] steps = new int[(level + STEP - 1) / STEP];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = Math.min(STEP, level - i * STEP);
        }
        return steps;
    }

    /** Nodes that come to the driver. */
    public int groups() {
        return groups(tasks, level);
    }

    /** Groups of 2^level neighbours. */
    static int groups(int tasks, int level) {
        return (int) (((long) tasks + (1L << level) - 1) >> level);
    }

    /** Bytes of nodes that pass through the disks of executors. */
    public long shuffledBytes() {
        long bytes = 0;
        for (int done = 0; done < level; done += STEP) {
            bytes += groups(tasks, done) * nodeBytes;
        }
        return bytes;
    }

    /** Bytes of the nodes that come to the driver. */
    public long collectedBytes() {
        return groups() * nodeBytes;
    }

    /** Bytes on the heap of a task that merges: a node per level of its tree, one that arrives, one that is made. */
    public long mergingBytes() {
        return merged() ? (Math.min(level, STEP) + 2) * nodeBytes : 0;
    }

    /**
     * Refuses what Spark would end in the middle of the job.
     *
     * @param label of the pass
     * @param blocks of the table
     * @throws UnsuitableException with the setting to change
     */
    public void requireResults(SparkConf conf, String label, long blocks) {
        long limit = conf.getSizeAsBytes(RESULT_LIMIT, DEFAULT_RESULT_LIMIT);
        long sent = (long) ((1 + HEADROOM) * collectedBytes()) + groups() * ENVELOPE + blocks * BLOCK_BYTES;
        if (limit > 0 && sent > limit) {
            throw new UnsuitableException(String.format(
                    Locale.ROOT,
                    "the pass %s sends up to %s to the driver, and %s = %s; set it to 0 (no limit)",
                    label,
                    Room.size(sent),
                    RESULT_LIMIT,
                    conf.get(RESULT_LIMIT, DEFAULT_RESULT_LIMIT)));
        }
    }

    /**
     * Refuses what the heap of this process, the driver, cannot hold.
     *
     * @param copies of what is collected
     * @throws UnsuitableException with the setting to change
     */
    void requireHeap(SparkConf conf, String label, int copies) {
        long there = Room.of(conf, 1).usableDriverHeap();
        if (copies * collectedBytes() > there) {
            throw new UnsuitableException(String.format(
                    Locale.ROOT,
                    "the pass %s needs %s on the heap of the driver for the sums of %d tasks (there is %s); raise"
                            + " --driver-memory",
                    label,
                    Room.size(copies * collectedBytes()),
                    tasks,
                    Room.size(there)));
        }
    }
}
