package lowrank.blocks;

import java.util.Arrays;
import java.util.List;

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

    /** The ids of consecutive blocks, of one type, as one. */
    static Ids concat(List<Ids> blocks) {
        if (blocks.size() == 1) {
            return blocks.get(0);
        }
        if (blocks.get(0) instanceof Texts) {
            return new Texts(blocks.stream()
                    .flatMap(ids -> Arrays.stream(((Texts) ids).values))
                    .toArray(String[]::new));
        }
        return new Longs(blocks.stream()
                .flatMapToLong(ids -> Arrays.stream(((Longs) ids).values))
                .toArray());
    }
}
