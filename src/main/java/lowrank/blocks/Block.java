package lowrank.blocks;

import java.util.List;

/**
 * What is in memory at once: consecutive rows of a table, at a fixed global position. Valid until the next block is asked
 * for; whoever needs it longer copies it.
 *
 * @param firstRow global position of the first row
 * @param rows number of rows
 * @param columns the values, one slab per column of the schema
 * @param ids the ids of the rows, or null where they were not asked for
 * @param offenders nulls and ragged rows met while reading (their values are zero here), or null when there are none
 */
public record Block(long firstRow, int rows, List<Slab> columns, Ids ids, Offenders offenders) {

    /** The first column. */
    public Slab first() {
        return columns.get(0);
    }

    /** The same rows with another column in place of all. */
    public Block with(Slab column) {
        return new Block(firstRow, rows, List.of(column), ids, offenders);
    }
}
