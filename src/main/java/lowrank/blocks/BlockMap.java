package lowrank.blocks;

import java.io.Serializable;
import lowrank.blas.Arena;

/** Turns each block into another of the same rows: A X, a feature map, A - 1 m^T. */
public interface BlockMap extends Serializable {
    /** The schema of what comes out. */
    Schema schema(Schema input);

    /** Opens the working half for one task. */
    Mapper open(Arena arena, Schema input, Layout layout);

    /** Whether what comes out depends on a column of the blocks: if it does not, that need not be read. */
    default boolean reads(int column) {
        return true;
    }

    /** Floating-point operations over the whole table. */
    default double flops(long rows, Schema input) {
        return 0;
    }

    /** The working half: owned by one thread. */
    interface Mapper {
        /** The block that stands for this one; it may reuse memory of the one before, never that of its argument. */
        Block map(Block block);
    }
}
