package lowrank.io;

import java.io.Serializable;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.PairedSource;

/**
 * Queries, keys and values, group by group: tables of the same rows, in which each group is some consecutive rows in the order of its
 * positions.
 *
 * @param keys what tells groups apart
 * @param groups ordered by their keys
 * @param tables of q, k, v and, where there is one, the mask, in this order; a mask is 0 where a row is hidden
 * @param names what these are called in messages
 * @param origin where the rows come from when the tables are a copy, else null
 */
public record AttentionTable(
        List<KeyColumn> keys, List<Group> groups, List<InputTable> tables, List<String> names, Origin origin)
        implements TableShape {
    /** Places of the columns. */
    public static final int Q = 0;

    private static final int V = 2;
    public static final int MASK = 3;

    /**
     * The input of a copy.
     *
     * @param rows the row of the input that each row of the copy was, one column
     * @param input whose files are named
     */
    public record Origin(InputTable rows, InputTable input) implements Serializable {
        String place(long row) {
            Layout one = new Layout(1, 1, 1);
            try (Arena arena = new Arena();
                    BlockStream stream = rows.source(Precision.DOUBLE, one, row).open(one.all(), false, arena)) {
                long number = (long) OffHeap.getDouble(stream.next().first().address());
                return input.source(Precision.DOUBLE, one, number).place(0);
            }
        }
    }

    public AttentionTable {
        keys = List.copyOf(keys);
        groups = List.copyOf(groups);
        tables = List.copyOf(tables);
        names = List.copyOf(names);
    }

    /** Refuses a group of which nothing is left to attend to. */
    public static DataException hidden(Group group, List<KeyColumn> keys) {
        return new DataException("the mask (read.mask) hides every row of " + group.words(keys)
                + ", so that nothing is left to attend to; show some of them, or remove them");
    }

    /** Values of a query, and of a key. */
    public int headWidth() {
        return tables.get(Q).cols();
    }

    public int valueWidth() {
        return tables.get(V).cols();
    }

    /** Whether rows may be hidden. */
    public boolean masked() {
        return tables.size() > MASK;
    }

    /** Rows of all groups. */
    @Override
    public long rows() {
        return tables.get(Q).rows();
    }

    /** Values of a row, of all columns. */
    @Override
    public int cols() {
        return tables.stream().mapToInt(InputTable::cols).sum();
    }

    @Override
    public long chunkRows() {
        return tables.stream().mapToLong(InputTable::chunkRows).max().orElse(1);
    }

    /** Bytes of a row of all columns, held in this precision. */
    public long rowBytes(Precision precision) {
        return (long) cols() * precision.bytes();
    }

    /** Bytes of a row of some columns. */
    public long rowBytes(Precision precision, IntPredicate columns) {
        return of(columns)
                .mapToLong(table -> (long) table.cols() * precision.bytes())
                .sum();
    }

    private Stream<InputTable> of(IntPredicate columns) {
        return IntStream.range(0, tables.size()).filter(columns).mapToObj(tables::get);
    }

    /** Bytes that one pass over all groups reads. */
    @Override
    public long storedBytes() {
        return tables.stream().mapToLong(InputTable::storedBytes).sum();
    }

    /** The most bytes that a task holds on the heap to read. */
    @Override
    public long readerBytes() {
        return tables.stream().mapToLong(InputTable::readerBytes).sum();
    }

    /** The most bytes that a task holds off the heap to read, besides its blocks. */
    @Override
    public long chunkBytes() {
        return chunkBytes(column -> true);
    }

    /** The same where only some columns are read. */
    public long chunkBytes(IntPredicate columns) {
        return of(columns).mapToLong(InputTable::chunkBytes).sum();
    }

    /** Whether damage to a page would be noticed. */
    public boolean checksums() {
        return tables.stream().allMatch(InputTable::checksums);
    }

    /**
     * The rows of a group: q (column 0), k (1), v (2) and, where there is one, the mask (3).
     *
     * @param layout of the rows of the group
     */
    public BlockSource source(Group group, Precision precision, Layout layout) {
        return source(List.of(group), precision, layout);
    }

    /**
     * The rows of some groups that are neighbours in the table, one after the other.
     *
     * @param layout of all these rows
     */
    public BlockSource source(List<Group> neighbours, Precision precision, Layout layout) {
        long first = neighbours.get(0).firstRow();
        long rows = 0;
        for (Group group : neighbours) {
            if (group.firstRow() != first + rows) {
                throw new IllegalArgumentException(group + " does not follow row " + (first + rows - 1));
            }
            rows += group.rows();
        }
        if (layout.rows() != rows) {
            throw new IllegalArgumentException("a layout of " + layout.rows() + " rows for " + rows);
        }
        BlockSource all = null;
        for (InputTable table : tables) {
            BlockSource next = table.source(precision, layout, first);
            all = all == null ? next : new PairedSource(all, next);
        }
        return new GroupSource(List.copyOf(neighbours), keys, names, origin, all);
    }
}
