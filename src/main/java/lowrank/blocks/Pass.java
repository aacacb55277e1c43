package lowrank.blocks;

import java.io.Serializable;
import lowrank.blas.Arena;

/**
 * Something that is summed over all blocks of a table: a monoid over leaves. Leaves are merged in a fixed dyadic tree, so the
 * sum has the same bits for any number of tasks.
 *
 * @param <N> a node of the tree: serialisable, on the heap
 */
public interface Pass<N> extends Serializable {
    /** What is done, for progress and reports: {@code "QR of leaves"}. */
    String label();

    /** Opens the working half for one task (or for the driver, which only merges). */
    Fold<N> open(Arena arena, Schema schema, Layout layout);

    /** Whether it looks at a column of the blocks: what it does not look at need not be read. */
    default boolean reads(int column) {
        return true;
    }

    /** Floating-point operations over the whole table. */
    default double flops(long rows, Schema schema) {
        return 0;
    }

    /**
     * Bytes of one node on the heap; all nodes of a pass have about this size. Where many of them are large they are merged before they
     * reach the driver. 0 for nodes that are small, or that together hold no more than the table's own facts.
     *
     * @param schema of the blocks that are summed
     */
    default long nodeBytes(Schema schema) {
        return 0;
    }

    /** Two passes in one read. */
    static <P, Q> Pass<Both<P, Q>> both(Pass<P> first, Pass<Q> second) {
        return new BothPass<>(first, second);
    }

    /** The nodes of two passes that ran together. */
    record Both<P, Q>(P first, Q second) implements Serializable {}

    /** Sums nothing: for a read that only writes. */
    static Pass<Serializable> nothing() {
        return new NothingPass();
    }
}
