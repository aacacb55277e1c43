package lowrank.blocks;

import java.io.Serializable;
import lowrank.blas.Arena;

/**
 * A map that sees, with each block, the sum of everything before it: running totals, causal attention
 * (out_t = phi(q_t)^T S_t, S_t = sum over s <= t of phi(k_s) v_s^T).
 *
 * <p>The sum before a block is put together in an order that depends on the table's {@link Layout} alone, so it has the same bits for
 * any number of tasks: with l leaves before the block's own, the nodes of the tree that make up l in binary, the largest first, then
 * the blocks of its leaf: ((N_1 + N_2) + ...) + ((b_0 + b_1) + ...). Within a leaf, the node of each block is summed by itself.
 *
 * <p><b>Cost</b>: one read for the sums, which sends a node per task to the driver; in each read of the mapped rows a node of each
 * block once more (or none, see {@link Mapper#node}), two merges per block, and as many nodes in memory as its task has levels.
 *
 * @param <N> a node: never changed by who gets it, not by the map and not by {@link Fold#merge}
 */
public interface Scan<N> extends Serializable {
    /** What is summed. Blocks are leaves to it: each is added alone, and its node taken. */
    Pass<N> sum();

    /** The schema of what comes out. */
    Schema schema(Schema input);

    /** Opens the working half for one task. */
    Mapper<N> open(Arena arena, Schema input, Layout layout);

    /** Floating-point operations of the map and its nodes over the whole table; the read that sums counts those of {@link #sum}. */
    default double flops(long rows, Schema input) {
        return 0;
    }

    /** The working half: owned by one thread. */
    interface Mapper<N> {
        /**
         * The block that stands for this one; it may reuse memory of the one before, never that of its argument.
         *
         * @param before the sum of all blocks before this one, or null for the first of the table
         */
        Block map(Block block, N before);

        /**
         * The node of the block that was mapped last. A map that came by it on its way returns that instead; it must have the bits that
         * {@link Scan#sum} gives for this block.
         *
         * @param fold of {@link Scan#sum}, empty
         */
        default N node(Block block, Fold<N> fold) {
            fold.add(block);
            return fold.takeLeaf();
        }
    }
}
