package lowrank.blocks;

import java.util.List;
import lowrank.blas.Arena;

/**
 * The blocks of a table without their values: a slab of no rows stands for each column. Where ids are asked for, it is read all the same.
 *
 * @param of the table
 */
record UnreadSource(BlockSource of) implements BlockSource {
    @Override
    public Schema schema() {
        return of.schema();
    }

    @Override
    public Layout layout() {
        return of.layout();
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        if (ids) {
            return of.open(range, true, arena);
        }
        List<Slab> none = schema().columns().stream()
                .map(column -> new Slab(0, 0, column.width(), column.precision()))
                .toList();
        long end = Math.min(range.to() * layout().leafRows(), layout().rows());
        return new BlockStream() {
            private long next = range.from() * layout().leafRows();

            @Override
            public Block next() {
                if (next >= end) {
                    return null;
                }
                long first = next;
                next = Math.min(end, first + layout().blockRows());
                return new Block(first, (int) (next - first), none, null, null);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public String place(long row) {
        return of.place(row);
    }
}
