package lowrank.io;

import java.util.ArrayList;
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
import lowrank.blocks.Offenders;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * Blocks of a {@link StackedTable}, assembled across its files: they are cut where the layout says, not where files are.
 *
 * @param firstRow of the table, which is row 0 of the blocks
 */
record StackedSource(StackedTable table, Precision precision, Layout layout, long firstRow) implements BlockSource {

    @Override
    public Schema schema() {
        List<String> names = table.names();
        // Places in a vector are told by their number alone.
        boolean own = !names.isEmpty() && !names.get(0).equals(table.label() + "[0]");
        return new Schema(
                List.of(new Column(table.label(), table.cols(), precision, own ? names : null)), table.idType());
    }

    @Override
    public long chunkRows() {
        return table.chunkRows();
    }

    @Override
    public String place(long row) {
        StackedTable.Part part = table.parts().get(partOf(row));
        return part.name() + " row " + (firstRow + row - part.firstRow());
    }

    /** Index of the file that holds a row. */
    private int partOf(long row) {
        int low = 0;
        int high = table.parts().size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (table.parts().get(middle).firstRow() <= firstRow + row) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        return new Stream(range, ids, arena);
    }

    private final class Stream implements BlockStream {
        private final boolean withIds;
        private final Arena arena;
        private final long buffer;
        private final long end;
        private long next;
        private int part;
        private FileRows rows;

        Stream(LeafRange range, boolean withIds, Arena arena) {
            this.withIds = withIds;
            this.arena = arena;
            next = range.from() * layout.leafRows();
            end = Math.min(range.to() * layout.leafRows(), layout.rows());
            part = partOf(next);
            buffer = arena.allocate((long) layout.blockRows() * table.cols(), precision);
        }

        @Override
        public Block next() {
            if (next >= end) {
                return null;
            }
            int count = (int) Math.min(layout.blockRows(), end - next);
            Offenders offenders = new Offenders();
            List<Ids> ids = new ArrayList<>();
            int filled = 0;
            while (filled < count) {
                open(next + filled);
                int some = (int) Math.min(count - filled, rows.remaining());
                rows.read(some, buffer + (long) filled * table.cols() * precision.bytes(), next + filled, offenders);
                if (withIds) {
                    ids.add(rows.ids());
                }
                filled += some;
            }
            Slab slab = new Slab(buffer, count, table.cols(), precision);
            Block block = new Block(
                    next,
                    count,
                    List.of(slab),
                    withIds ? Ids.concat(ids) : null,
                    offenders.count() == 0 ? null : offenders);
            next += count;
            return block;
        }

        /** Makes {@code rows} stand at a row: where the last read ended, or at the start of the next file. */
        private void open(long row) {
            if (rows != null && rows.remaining() > 0) {
                return;
            }
            if (rows != null) {
                rows.close();
                part++;
            }
            rows = table.open(part, firstRow + row - table.parts().get(part).firstRow(), precision, withIds);
        }

        @Override
        public void close() {
            if (rows != null) {
                rows.close();
            }
            arena.free(buffer);
        }
    }
}
