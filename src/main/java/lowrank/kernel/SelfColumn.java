package lowrank.kernel;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/** A table with one more column, k(x, x) of the rows in its first: for what is to be known of rows after they have become features. */
public record SelfColumn(Kernel kernel) implements BlockMap {
    /** What the column is called. */
    public static final String NAME = "self";

    @Override
    public Schema schema(Schema input) {
        List<Column> columns = new ArrayList<>(input.columns());
        columns.add(new Column(NAME, 1, Precision.DOUBLE));
        return new Schema(columns, input.ids());
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        long address = arena.doubles(layout.blockRows());
        RowReader reader = new RowReader(input.first());
        double[] selves = new double[layout.blockRows()];
        int d = input.first().width();
        return block -> {
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int some = Math.min(reader.panelRows(), block.rows() - first);
                double[] panel = reader.read(block.first(), first, some);
                for (int i = 0; i < some; i++) {
                    selves[first + i] = kernel.self(KernelMatrices.size(kernel.form(), panel, i * d, d, 1));
                }
            }
            OffHeap.put(address, selves, 0, block.rows());
            List<Slab> columns = new ArrayList<>(block.columns());
            columns.add(new Slab(address, block.rows(), 1, Precision.DOUBLE));
            return new Block(block.firstRow(), block.rows(), columns, block.ids(), block.offenders());
        };
    }
}
