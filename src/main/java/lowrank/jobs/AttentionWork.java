package lowrank.jobs;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import lowrank.attention.ExactOutputs;
import lowrank.attention.HeadFit;
import lowrank.blas.Arena;
import lowrank.blocks.BlockSource;
import lowrank.blocks.HeldRows;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.io.AttentionTable;
import lowrank.io.Group;

/**
 * What is done with a group: on its rows in memory, many groups in one task, or by all tasks together. Both give the same bits.
 */
record AttentionWork(AttentionMethods methods, AttentionTable table) implements Serializable {
    /** Bytes of the rows that one task holds at once, unless a single group is larger. */
    static final long TASK_BYTES = 64L << 20;

    /** Flops that are worth the tasks of all cores. */
    private static final double ALL_TASKS = 1e11;

    /**
     * Groups that are worked on together in one task: neighbours in the table.
     *
     * @param flops of all
     */
    record Bundle(List<Group> groups, double flops) implements Serializable {
        long rows() {
            return groups.stream().mapToLong(Group::rows).sum();
        }
    }

    Layout layout(Group group) {
        int widest = Math.max(table.headWidth(), table.valueWidth());
        return Layout.of(group.rows(), (long) widest * spec().precision().bytes(), 0);
    }

    private AttentionSpec spec() {
        return methods.spec();
    }

    private long bytes(long rows) {
        return rows * table.rowBytes(spec().precision());
    }

    /** Whether all tasks work on a group together: it is larger than what a task holds, or takes long. */
    boolean isLong(Group group) {
        return bytes(group.rows()) > TASK_BYTES || methods.flops(group.rows()) > ALL_TASKS;
    }

    /** The groups that are worked on in a task each, neighbours together. */
    List<Bundle> bundles(double taskFlops) {
        List<Bundle> bundles = new ArrayList<>();
        List<Group> together = new ArrayList<>();
        double flops = 0;
        long rows = 0;
        for (Group group : table.groups()) {
            Group last = together.isEmpty() ? null : together.get(together.size() - 1);
            boolean full = flops >= taskFlops || bytes(rows + group.rows()) > TASK_BYTES;
            boolean apart = last != null && last.firstRow() + last.rows() != group.firstRow();
            if (last != null && (isLong(group) || full || apart)) {
                bundles.add(new Bundle(List.copyOf(together), flops));
                together.clear();
                flops = 0;
                rows = 0;
            }
            if (!isLong(group)) {
                together.add(group);
                flops += methods.flops(group.rows());
                rows += group.rows();
            }
        }
        if (!together.isEmpty()) {
            bundles.add(new Bundle(List.copyOf(together), flops));
        }
        return bundles;
    }
}
