package lowrank.io;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.blocks.PairedSource;
import lowrank.blocks.Pass;

/**
 * The columns by which the rows of a table fall into groups: tables of the same rows.
 *
 * @param position one column
 * @param name of it
 * @param keys the columns that tell groups apart, and their values
 * @param keyTables the same, text as codes
 * @param mask one column that is 0 where a row is hidden, or null
 */
public record PositionColumns(
        InputTable position, String name, List<KeyColumn> keys, List<InputTable> keyTables, InputTable mask)
        implements Serializable {
    public PositionColumns {
        keys = List.copyOf(keys);
        keyTables = List.copyOf(keyTables);
    }

    /** Position, keys and mask side by side, as doubles. */
    public BlockSource source() {
        return source(Layout.of(position.rows(), 8L * (2 + keys.size()), 0));
    }

    /** The same with another layout of all rows. */
    public BlockSource source(Layout layout) {
        BlockSource all = position.source(Precision.DOUBLE, layout);
        for (InputTable key : keyTables) {
            all = new PairedSource(all, key.source(Precision.DOUBLE, layout));
        }
        return new RepairSource(mask == null ? all : new PairedSource(all, mask.source(Precision.DOUBLE, layout)));
    }

    /** The same columns but for the mask. */
    public PositionColumns withoutMask() {
        return new PositionColumns(position, name, keys, keyTables, null);
    }

    KeyCodes codes() {
        return new KeyCodes(keys);
    }

    Pass<GroupRuns> pass() {
        return new PositionPass(codes(), name, mask != null);
    }
}
