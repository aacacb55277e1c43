package lowrank.regress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.random.Philox;

/** Sorts the rows of a block by fold, in own memory, so that those of a fold are a block of their own. */
final class FoldGather {
    private final Arena arena;
    private final List<Column> columns;
    private final int blockRows;
    private final Folds folds;
    private final Philox numbers;
    private final long[] memory;
    private final int[] foldOf;
    private boolean allocated;

    /** Receives the rows of one fold; {@code positions} tells where in the block they stood. */
    interface Visitor {
        void visit(int fold, Block rows, int[] positions);
    }

    FoldGather(Arena arena, Schema schema, Layout layout, Folds folds) {
        this.arena = arena;
        this.folds = folds;
        columns = schema.columns();
        blockRows = layout.blockRows();
        numbers = folds.numbers();
        memory = new long[columns.size()];
        foldOf = new int[blockRows];
    }

    /** Visits the folds that have rows in a block, in order; what is visited is valid until the next block. */
    void visit(Block block, Visitor visitor) {
        allocate();
        int[] counts = new int[folds.count()];
        for (int i = 0; i < block.rows(); i++) {
            foldOf[i] = folds.of(block.firstRow() + i, numbers);
            counts[foldOf[i]]++;
        }
        int from = 0;
        for (int f = 0; f < counts.length; f++) {
            if (counts[f] > 0) {
                int[] positions = positions(f, counts[f], block.rows());
                visitor.visit(f, gathered(block, positions, from), positions);
                from += counts[f];
            }
        }
    }

    private int[] positions(int fold, int count, int rows) {
        int[] positions = new int[count];
        int at = 0;
        for (int i = 0; i < rows; i++) {
            if (foldOf[i] == fold) {
                positions[at++] = i;
            }
        }
        return positions;
    }

    private Block gathered(Block block, int[] positions, int from) {
        List<Slab> slabs = new ArrayList<>();
        for (int c = 0; c < memory.length; c++) {
            Slab source = block.columns().get(c);
            long bytes = columns.get(c).rowBytes();
            Slab slab = new Slab(memory[c] + from * bytes, positions.length, source.width(), source.precision());
            for (int i = 0; i < positions.length; i++) {
                OffHeap.copy(source.row(positions[i]), slab.row(i), bytes);
            }
            slabs.add(slab);
        }
        return new Block(block.firstRow(), positions.length, slabs, null, null);
    }

    private void allocate() {
        if (!allocated) {
            // The driver only merges, and needs none.
            Arrays.setAll(
                    memory,
                    c -> arena.allocate(
                            (long) blockRows * columns.get(c).width(),
                            columns.get(c).precision()));
            allocated = true;
        }
    }
}
