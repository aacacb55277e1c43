package lowrank.blocks;

/** The ids of the rows of a block, in the type in which the input has them. */
public sealed interface Ids {
    /** The input's type of the id column. */
    enum Type {
        NONE,
        INT,
        LONG,
        TEXT
    }

    /** Integers of 32 or 64 bits. */
    record Longs(long[] values) implements Ids {}

    /** Strings. */
    record Texts(String[] values) implements Ids {}
}
