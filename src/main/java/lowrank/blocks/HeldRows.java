package lowrank.blocks;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;

/**
 * Rows of a source in memory off the heap, checked once, from which tables of consecutive rows are cut without a copy: many small ones are
 * read together. Valid while the arena is.
 */
public final class HeldRows {
    private final BlockSource source;
    private final List<Slab> slabs;

    private HeldRows(BlockSource source, List<Slab> slabs) {
        this.source = source;
        this.slabs = slabs;
    }

    /** Bytes off the heap. */
    public static long bytes(Schema schema, Layout layout) {
        return schema.rowBytes() * (layout.rows() + layout.blockRows());
    }

    /**
     * Reads all rows.
     *
     * @param source of few enough rows
     * @throws DataException when a value is missing, infinite or not a number, naming it
     */
    public static HeldRows of(BlockSource source, Arena arena) {
        int rows = Math.toIntExact(source.layout().rows());
        List<Slab> slabs = new ArrayList<>();
        for (Column column : source.schema().columns()) {
            long address = arena.allocate((long) rows * column.width(), column.precision());
            slabs.add(new Slab(address, rows, column.width(), column.precision()));
        }
        Inspection inspection = new Inspection(source.schema(), source.layout());
        try (BlockStream stream = source.open(source.layout().all(), false, arena)) {
            Facts facts = null;
            long leaf = 0;
            for (Block block = stream.next(); block != null; block = stream.next()) {
                inspection.add(block);
                for (int c = 0; c < slabs.size(); c++) {
                    Slab from = block.columns().get(c);
                    OffHeap.copy(from.address(), slabs.get(c).row((int) block.firstRow()), from.bytes());
                }
                long end = block.firstRow() + block.rows();
                if (end == Math.min((leaf + 1) * source.layout().leafRows(), rows)) {
                    Facts ofLeaf = inspection.takeLeaf();
                    facts = facts == null ? ofLeaf : facts.then(ofLeaf);
                    leaf++;
                }
            }
            if (facts != null && facts.offenders().count() > 0) {
                throw new DataException(facts.offenders().sentence(source::place, source.remedy()));
            }
        }
        return new HeldRows(source, slabs);
    }

    /** Consecutive rows as a table of their own. */
    public BlockSource rows(long first, Layout layout) {
        return new Slice(source, slabs, first, layout);
    }

    /** Never sent anywhere: its addresses are this process's. */
    private record Slice(BlockSource source, List<Slab> slabs, long first, Layout layout) implements BlockSource {
        @Override
        public Schema schema() {
            return source.schema();
        }

        /** They were inspected as they were read into memory that is nobody else's. */
        @Override
        public boolean isSettled() {
            return true;
        }

        @Override
        public String place(long row) {
            return source.place(first + row);
        }

        @Override
        public String remedy() {
            return source.remedy();
        }

        @Override
        public BlockStream open(LeafRange range, boolean ids, Arena arena) {
            long end = Math.min(range.to() * layout.leafRows(), layout.rows());
            return new BlockStream() {
                private long next = range.from() * layout.leafRows();

                @Override
                public Block next() {
                    if (next >= end) {
                        return null;
                    }
                    int rows = (int) Math.min(layout.blockRows(), end - next);
                    List<Slab> some = new ArrayList<>();
                    for (Slab slab : slabs) {
                        some.add(new Slab(slab.row((int) (first + next)), rows, slab.width(), slab.precision()));
                    }
                    Block block = new Block(next, rows, some, null, null);
                    next += rows;
                    return block;
                }

                @Override
                public void close() {}
            };
        }
    }
}
