package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * In place of each row, the row of a small matrix at the same global position.
 *
 * @param transposed the matrix, its rows as columns
 */
record RowsOf(String column, Matrix transposed) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        return input.with(new Column(column, transposed.rows(), Precision.DOUBLE));
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        int k = transposed.rows();
        long buffer = arena.doubles((long) layout.blockRows() * k);
        return block -> {
            OffHeap.put(buffer, transposed.values(), Math.toIntExact(block.firstRow() * k), block.rows() * k);
            return block.with(new Slab(buffer, block.rows(), k, Precision.DOUBLE));
        };
    }
}
