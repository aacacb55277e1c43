package lowrank.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
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

/**
 * Rows that lie in pieces on the heap: in a task those of its range, on the driver only the first of all.
 *
 * @param withIds whether rows have ids
 */
record RddSource(Layout layout, int cols, boolean withIds, List<RddPiece> pieces) implements BlockSource {

    /** The same table, over the pieces of one task. */
    RddSource with(Iterator<RddPiece> own) {
        List<RddPiece> sorted = new ArrayList<>();
        own.forEachRemaining(sorted::add);
        sorted.sort(Comparator.comparingLong(RddPiece::firstRow));
        return new RddSource(layout, cols, withIds, sorted);
    }

    @Override
    public Schema schema() {
        return new Schema(
                List.of(new Column("features", cols, Precision.DOUBLE)), withIds ? Ids.Type.LONG : Ids.Type.NONE);
    }

    @Override
    public String place(long row) {
        return "row " + row;
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        long buffer = arena.doubles((long) layout.blockRows() * cols);
        long end = Math.min(range.to() * layout.leafRows(), layout.rows());
        return new BlockStream() {
            private long next = range.from() * layout.leafRows();
            private int piece;
            private int at;

            @Override
            public Block next() {
                if (next >= end || piece == pieces.size()) {
                    return null;
                }
                int rows = (int) Math.min(layout.blockRows(), end - next);
                long[] of = new long[withIds && ids ? rows : 0];
                int filled = 0;
                while (filled < rows && piece < pieces.size()) {
                    RddPiece from = pieces.get(piece);
                    if (from.firstRow() + at != next + filled) {
                        throw new IllegalStateException("row " + (next + filled)
                                + " is missing: the RDD gave other rows when it was computed again; persist it");
                    }
                    int some = Math.min(rows - filled, from.rows() - at);
                    OffHeap.put(buffer + 8L * cols * filled, from.values(), at * cols, some * cols);
                    if (of.length > 0) {
                        System.arraycopy(from.ids(), at, of, filled, some);
                    }
                    filled += some;
                    at += some;
                    if (at == from.rows()) {
                        piece++;
                        at = 0;
                    }
                }
                Block block = new Block(
                        next,
                        filled,
                        List.of(new Slab(buffer, filled, cols, Precision.DOUBLE)),
                        of.length > 0 ? new Ids.Longs(Arrays.copyOf(of, filled)) : null,
                        null);
                next += filled;
                return block;
            }

            @Override
            public void close() {
                arena.free(buffer);
            }
        };
    }
}
