package lowrank.io;

import lowrank.blas.Arena;
import lowrank.blocks.BlockSource;
import lowrank.blocks.BlockStream;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.Schema;

/** Rows of which none can be left out: what cannot be read must be repaired. */
public record RepairSource(BlockSource rows) implements BlockSource {
    /** What is to be done about cells and rows of attention's input. */
    public static final String REMEDY = "repair them; rows that read.mask hides must hold numbers too, such as 0";

    @Override
    public Schema schema() {
        return rows.schema();
    }

    @Override
    public Layout layout() {
        return rows.layout();
    }

    @Override
    public BlockStream open(LeafRange range, boolean ids, Arena arena) {
        return rows.open(range, ids, arena);
    }

    @Override
    public long chunkRows() {
        return rows.chunkRows();
    }

    @Override
    public String place(long row) {
        return rows.place(row);
    }

    @Override
    public String remedy() {
        return REMEDY;
    }
}
