package lowrank.blocks;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** Leaves from, from + 1, ..., to - 1: the work of one task. */
public record LeafRange(long from, long to) implements Serializable {

    /** Number of leaves. */
    public long count() {
        return to - from;
    }

    /** Aligned ranges of 2^level leaves that cover {@code leaves} leaves: each folds to one node of the tree. */
    public static List<LeafRange> aligned(long leaves, int level) {
        long step = 1L << level;
        List<LeafRange> ranges = new ArrayList<>();
        for (long from = 0; from < leaves; from += step) {
            ranges.add(new LeafRange(from, Math.min(from + step, leaves)));
        }
        return ranges;
    }

    /** The largest level at which there are still at least {@code tasks} ranges, or 0. */
    public static int levelFor(long leaves, int tasks) {
        int level = 0;
        while (ranges(leaves, level) > 1 && ranges(leaves, level + 1) >= tasks) {
            level++;
        }
        return level;
    }

    /** Number of aligned ranges of 2^level leaves. */
    public static long ranges(long leaves, int level) {
        return (leaves + (1L << level) - 1) >> level;
    }
}
