package lowrank.blocks;

import java.io.Serializable;
import java.util.function.IntPredicate;
import lowrank.blas.Arena;

/** A table of rows that can be read from any leaf on: a folder of files, or memory. Travels to the tasks that read it. */
public interface BlockSource extends Serializable {
    Schema schema();

    Layout layout();

    /**
     * Opens a range of leaves.
     *
     * @param ids whether the blocks are to carry the ids of their rows
     * @param arena owner of the memory of the blocks
     */
    BlockStream open(LeafRange range, boolean ids, Arena arena);

    /** Whether all values have been inspected and cannot change, so that no pass needs to look again. */
    default boolean isSettled() {
        return false;
    }

    /** The same, where columns that are not wanted may be left unread: slabs of no rows stand for them. */
    default BlockSource only(IntPredicate wanted) {
        return this;
    }

    /** Rows that can only be read together, such as those of a row group: tasks of fewer rows read them more than once. */
    default long chunkRows() {
        return 1;
    }

    /** A global row in words, for messages: the file and the row within it. */
    String place(long row);

    /** What is to be done about cells and rows that cannot be factored, in words. */
    default String remedy() {
        return Offenders.REMEDY;
    }
}
