package lowrank.blocks;

/** Blocks of a range of leaves, in order. Reuses its memory: a block is valid until the next one is asked for. */
public interface BlockStream extends AutoCloseable {
    /** The next block, or null after the last. */
    Block next();

    @Override
    void close();
}
