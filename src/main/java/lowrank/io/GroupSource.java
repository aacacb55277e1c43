package lowrank.io;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import lowrank.blas.Arena;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Schema;

/**
 * The rows of some groups, one after the other.
 *
 * @param groups neighbours in the table
 * @param keys what tells groups apart
 * @param names of the columns
 * @param origin see {@link AttentionTable}
 */
record GroupSource(
        List<Group> groups, List<KeyColumn> keys, List<String> names, AttentionTable.Origin origin, BlockSource rows)
        implements BlockSource {
    @Override
    public Schema schema() {
        Schema stored = rows.schema();
        List<Column> columns = new ArrayList<>();
        for (int c = 0; c < stored.columns().size(); c++) {
            Column column = stored.columns().get(c);
            columns.add(new Column(names.get(c), column.width(), column.precision()));
        }
        return new Schema(columns, stored.ids());
    }

    @Override
    public Layout layout() {
        return rows.layout();
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        return rows.open(range, false, arena);
    }

    @Override
    public BlockSource only(IntPredicate wanted) {
        return new GroupSource(groups, keys, names, origin, rows.only(wanted));
    }

    @Override
    public long chunkRows() {
        return rows.chunkRows();
    }

    @Override
    public String place(long row) {
        long inTable = groups.get(0).firstRow() + row;
        Group group = groups.stream()
                .filter(one -> inTable < one.firstRow() + one.rows())
                .findFirst()
                .orElseThrow();
        String place = origin == null ? rows.place(row) : origin.place(inTable);
        String words = keys.isEmpty() ? "" : group.words(keys) + ", ";
        return place + " (" + words + "position " + (group.firstPosition() + inTable - group.firstRow()) + ")";
    }

    @Override
    public String remedy() {
        return RepairSource.REMEDY;
    }
}
