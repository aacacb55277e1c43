package lowrank.spark;

import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;

/**
 * How a table is cut into tasks: ranges of 2^level leaves, a node of the tree each. Where nodes are so large that their way to the driver
 * costs as much as leaves do, ranges are longer. The cut changes no bit.
 */
public final class TaskRanges {
    /** Enough tasks per core that an uneven last one does not matter, few enough that nodes stay few. */
    private static final int TASKS_PER_CORE = 4;

    /** A core may have one part in so many more to do than with the smallest tasks. */
    private static final int UNEVEN = 16;

    /** Operations of a core in a second, of products. What is weighed here are orders of magnitude. */
    private static final double FLOPS = 1e11;

    /** Bytes of nodes that a core serialises, reads again and merges in a second. */
    private static final double NODE_BYTES = 0.25e9;

    /** Bytes that a core reads and decodes in a second. */
    private static final double READ_BYTES = 1e9;

    /** Cores are seldom equally fast: the longest task may end so much of its time later. */
    private static final double LATE = 0.05;

    /** Longer ranges must save this part of the time. */
    private static final double WORTH = 0.05;

    /** Nodes that a task with longer ranges holds, at most so many bytes. */
    private static final long HELD = 512L << 20;

    private TaskRanges() {}

    /**
     * What a pass does.
     *
     * @param bytes decoded bytes that it reads
     * @param flops operations
     * @param nodeBytes of what a task sums
     */
    public record Load(double bytes, double flops, long nodeBytes) {}

    /**
     * Ranges of leaves, all of 2^level but the last: as few as keep every core busy, and no core much longer than the others.
     *
     * @param chunkRows rows that are read together ({@link lowrank.blocks.BlockSource#chunkRows})
     * @param partitions at least so many, where there are as many leaves; 0 for automatic
     */
    public static List<LeafRange> of(Layout layout, long chunkRows, int partitions, int cores) {
        long leaves = layout.leaves();
        if (partitions > 0) {
            return LeafRange.aligned(leaves, LeafRange.levelFor(leaves, partitions));
        }
        int most = LeafRange.levelFor(leaves, TASKS_PER_CORE * cores);
        int least = 0;
        while (least < most && (long) layout.leafRows() << least < chunkRows) {
            least++;
        }
        int level = most;
        while (level > least && UNEVEN * busiest(leaves, level, cores) > (UNEVEN + 1) * busiest(leaves, least, cores)) {
            level--;
        }
        return LeafRange.aligned(leaves, level);
    }

    /** Leaves of the core that has the most. */
    private static long busiest(long leaves, int level, int cores) {
        long tasks = LeafRange.ranges(leaves, level);
        return (tasks + cores - 1) / cores << level;
    }

    /** The ranges of a pass: those of {@link #of(Layout, long, int, int)}, or longer ones where they save time. */
    public static List<LeafRange> of(Layout layout, long chunkRows, int partitions, int cores, Load load) {
        List<LeafRange> best = of(layout, chunkRows, partitions, cores);
        if (partitions > 0) {
            return best;
        }
        long leaves = layout.leaves();
        double least = (1 - WORTH) * seconds(best, leaves, cores, load);
        for (int level = 1; LeafRange.ranges(leaves, level - 1) > 1; level++) {
            List<LeafRange> ranges = LeafRange.aligned(leaves, level);
            double seconds = seconds(ranges, leaves, cores, load);
            boolean isLonger = ranges.size() < best.size();
            if (isLonger && seconds < least && (level + 1) * load.nodeBytes() <= HELD) {
                least = seconds;
                best = ranges;
            }
        }
        return best;
    }

    /** Seconds of a pass whose tasks are dealt out in their order, each to the core that is free first. */
    private static double seconds(List<LeafRange> ranges, long leaves, int cores, Load load) {
        double leaf = (load.flops() / FLOPS + load.bytes() / READ_BYTES) / leaves;
        PriorityQueue<Double> free = new PriorityQueue<>(Collections.nCopies(cores, 0.0));
        double end = 0;
        for (LeafRange range : ranges) {
            double until = free.remove() + range.count() * leaf;
            free.add(until);
            end = Math.max(end, until);
        }
        return end + LATE * ranges.get(0).count() * leaf + ranges.size() * load.nodeBytes() / NODE_BYTES / cores;
    }
}
