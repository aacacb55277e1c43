package lowrank.store;

import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;

/**
 * What a row of a table that is written takes until its row group is full; for plans.
 *
 * @param vectors bytes of its vectors, as they are stored
 * @param numbers columns of one number or class each
 */
public record StoredRow(long vectors, int numbers) {

    private long rows(Layout layout, LeafRange range) {
        return FactorSink.groupRows(layout, range, bytes());
    }

    /** Bytes of the row, its place and id not counted. */
    public long bytes() {
        return vectors + 8L * numbers;
    }

    /** Bytes off the heap of a task: vectors. */
    public long offHeap(Layout layout, LeafRange range) {
        return rows(layout, range) * vectors;
    }

    /** Bytes on the heap of a task: numbers, and the place of each row. */
    public long onHeap(Layout layout, LeafRange range) {
        return rows(layout, range) * 8L * (numbers + 1);
    }
}
