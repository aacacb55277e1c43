package lowrank.store;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Column;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** Rows without values: the U of rank 0, whose product with anything is zero. */
record EmptyRows(Layout layout) implements BlockSource {
    @Override
    public Schema schema() {
        return new Schema(List.of(new Column("values", 0, Precision.DOUBLE)), Ids.Type.NONE);
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        long end = Math.min(range.to() * layout.leafRows(), layout.rows());
        long nothing = arena.allocate(0);
        return new BlockStream() {
            private long next = range.from() * layout.leafRows();

            @Override
            public Block next() {
                int rows = (int) Math.min(layout.blockRows(), end - next);
                next += Math.max(0, rows);
                return rows <= 0
                        ? null
                        : new Block(
                                next - rows, rows, List.of(new Slab(nothing, rows, 0, Precision.DOUBLE)), null, null);
            }

            @Override
            public void close() {
                arena.free(nothing);
            }
        };
    }

    @Override
    public String place(long row) {
        return "row " + row;
    }
}
