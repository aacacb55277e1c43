package lowrank.spark;

import java.io.Serializable;
import java.util.Iterator;
import java.util.NoSuchElementException;
import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.BlockStream;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Offenders;
import lowrank.io.RowTargets;
import org.apache.spark.util.LongAccumulator;
import scala.Tuple2;

/** Rows of some leaves as chunks, each with the part that it goes to; what cannot be read goes to a part of its own, the last. */
final class RowPacker implements Iterator<Tuple2<Integer, Serializable>>, AutoCloseable {
    private final CopyPlan plan;
    private final LongAccumulator counter;
    private final Arena arena = new Arena();
    private final BlockStream stream;
    private final RowTargets.Reader reader;
    private final long[] targets;
    private final int[] order;
    private final int[] ends;
    private Offenders offenders = new Offenders();
    private Block block;
    private int range;
    private boolean over;
    private boolean closed;

    RowPacker(CopyPlan plan, LeafRange leaves, LongAccumulator counter) {
        this.plan = plan;
        this.counter = counter;
        int most = plan.source().layout().blockRows();
        targets = new long[most];
        order = new int[most];
        ends = new int[plan.ranges()];
        reader = plan.targets().open();
        stream = plan.source().open(leaves, false, arena);
    }

    @Override
    public boolean hasNext() {
        while (!over && (block == null || !advance())) {
            block = stream.next();
            if (block == null) {
                over = true;
                close();
            } else {
                sort();
            }
        }
        return !over || offenders.count() > 0;
    }

    /** Goes to the next part that gets rows of this block. */
    private boolean advance() {
        while (range < ends.length && ends[range] == from()) {
            range++;
        }
        return range < ends.length;
    }

    private int from() {
        return range == 0 ? 0 : ends[range - 1];
    }

    /** Rows of the block by the part that they go to. */
    private void sort() {
        range = 0;
        if (block.offenders() != null) {
            offenders = offenders.then(block.offenders());
        }
        reader.read(block, plan.widths().size(), targets);
        int[] next = new int[ends.length + 1];
        for (int i = 0; i < block.rows(); i++) {
            next[(int) (targets[i] / plan.rangeRows()) + 1]++;
        }
        for (int r = 0; r < ends.length; r++) {
            next[r + 1] += next[r];
            ends[r] = next[r + 1];
        }
        for (int i = 0; i < block.rows(); i++) {
            order[next[(int) (targets[i] / plan.rangeRows())]++] = i;
        }
        counter.add(block.rows());
    }

    @Override
    public Tuple2<Integer, Serializable> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (over) {
            Offenders all = offenders;
            offenders = new Offenders();
            return new Tuple2<>(plan.ranges(), all);
        }
        byte[] chunk = RowChunk.pack(plan, block, order, from(), ends[range], targets, (long) range * plan.rangeRows());
        return new Tuple2<>(range++, chunk);
    }

    /** Ends early, or for good; memory is free afterwards. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stream.close();
            arena.close();
        }
    }
}
