package lowrank.io;

import java.io.Serializable;
import lowrank.blocks.Classes;

/**
 * A column that tells groups of rows apart, such as sequence and head.
 *
 * @param name in the input
 * @param classes its values, in the input's type and in ascending order
 */
public record KeyColumn(String name, Classes classes) implements Serializable {
    /** Values of one column, at most: so many fit the memory of a driver. */
    public static final int MOST = 1_000_000;
}
