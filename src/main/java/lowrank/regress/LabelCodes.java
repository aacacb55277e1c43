package lowrank.regress;

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

/**
 * The place of each label in the second column among the classes of a model, 0, 1, ..., or -1 for labels that it does not know. Other
 * columns stay.
 *
 * @param classes as labels are read, ascending
 */
public record LabelCodes(double[] classes) implements BlockMap {
    @Override
    public Schema schema(Schema input) {
        List<Column> columns = new ArrayList<>(input.columns());
        columns.set(1, new Column(input.columns().get(1).name(), 1, Precision.DOUBLE));
        return new Schema(columns, input.ids());
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        RowReader reader = new RowReader(input.columns().get(1));
        long address = arena.doubles(layout.blockRows());
        double[] codes = new double[layout.blockRows()];
        return block -> {
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int count = Math.min(reader.panelRows(), block.rows() - first);
                double[] labels = reader.read(block.columns().get(1), first, count);
                for (int i = 0; i < count; i++) {
                    codes[first + i] = Math.max(-1, OneVsAll.index(classes, labels[i]));
                }
            }
            OffHeap.put(address, codes, 0, block.rows());
            List<Slab> columns = new ArrayList<>(block.columns());
            columns.set(1, new Slab(address, block.rows(), 1, Precision.DOUBLE));
            return new Block(block.firstRow(), block.rows(), columns, block.ids(), block.offenders());
        };
    }
}
