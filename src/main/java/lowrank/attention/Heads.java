package lowrank.attention;

import lowrank.blocks.Block;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * The columns of the rows of one head of one sequence: q, k, v and, where some rows are hidden, a mask. The index of a row is its position.
 *
 * <p>A row whose mask is 0 is hidden: it is no key, and as a query it has an output of zeros.
 */
final class Heads {
    static final int QUERY = 0;
    static final int KEY = 1;
    static final int VALUE = 2;
    static final int MASK = 3;

    private Heads() {}

    static int width(Schema schema) {
        return schema.columns().get(QUERY).width();
    }

    static int valueWidth(Schema schema) {
        return schema.columns().get(VALUE).width();
    }

    static boolean masked(Schema schema) {
        return schema.columns().size() > MASK;
    }

    /** The mask of a block, or null where no row is hidden. */
    static Slab mask(Block block) {
        return block.columns().size() > MASK ? block.columns().get(MASK) : null;
    }

    /** 1 / sqrt(d), by which products of queries and keys are scaled unless a spec says otherwise. */
    static double scale(int width) {
        return 1 / Math.sqrt(width);
    }
}
