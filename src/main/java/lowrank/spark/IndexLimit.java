package lowrank.spark;

import java.io.Serializable;
import lowrank.io.InputTable;

/**
 * How far an index of an entry may go.
 *
 * @param below the first index that is too large
 * @param problem what is wrong with an index that is not below it
 */
record IndexLimit(long below, String problem) implements Serializable {
    /** Places in the input are numbered in 40 bits. */
    private static final long MOST_ROWS = 1L << 40;

    static IndexLimit ofRows(long given) {
        return of("read.rows", given, MOST_ROWS);
    }

    static IndexLimit ofColumns(long given) {
        return of("read.width", given, InputTable.MOST_COLS);
    }

    private static IndexLimit of(String key, long given, long most) {
        return given > 0
                ? new IndexLimit(given, "is not below " + key + " = " + given + " (indices are counted from 0)")
                : new IndexLimit(most, "is not below " + most + ", beyond which no matrix goes");
    }
}
