package lowrank.regress;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.Schema;

/** Where targets are counted from: those of the first row, so that a large mean of theirs costs no digits. */
final class Origin {
    private Origin() {}

    /** The targets of the first row of a table with targets in its second column. */
    static double[] of(RowBlocks rows) {
        return rows.map(new Only(1)).firstRow();
    }

    /** One column of a table, alone. */
    record Only(int column) implements BlockMap {
        @Override
        public Schema schema(Schema input) {
            return new Schema(List.of(input.columns().get(column)), input.ids());
        }

        @Override
        public Mapper open(Arena arena, Schema input, Layout layout) {
            return block -> block.with(block.columns().get(column));
        }
    }
}
