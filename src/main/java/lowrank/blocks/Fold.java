package lowrank.blocks;

/**
 * The working half of a {@link Pass}: sums blocks of one leaf after the other, and merges the nodes of leaves. Owned by one
 * thread; its memory belongs to the arena it was opened with.
 */
public interface Fold<N> {
    /** Adds a block of the current leaf. Blocks come in order. */
    void add(Block block);

    /** The node of the current leaf; the next block begins a new one. */
    N takeLeaf();

    /**
     * The node of two neighbouring ranges of leaves, the left one first. Large nodes may be given up to it, the sum in the memory of the
     * left one; not in the pass of a {@link Scan}, which keeps the sums before leaves.
     */
    N merge(N left, N right);
}
