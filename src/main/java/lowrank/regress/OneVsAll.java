package lowrank.regress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * One target per class in place of the label in the second column: +1 for the row's class, -1 for the others. Other columns stay.
 *
 * @param codes of the classes, ascending
 */
public record OneVsAll(double[] codes) implements BlockMap {

    @Override
    public Schema schema(Schema input) {
        List<Column> columns = new ArrayList<>(input.columns());
        columns.set(1, new Column(input.columns().get(1).name(), codes.length, Precision.DOUBLE));
        return new Schema(columns, input.ids());
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        RowReader reader = new RowReader(input.columns().get(1));
        RowBuffer targets = new RowBuffer(arena, codes.length, Precision.DOUBLE, layout.blockRows());
        return block -> {
            Slab labels = block.columns().get(1);
            Arrays.fill(targets.row(), -1);
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int count = Math.min(reader.panelRows(), block.rows() - first);
                double[] values = reader.read(labels, first, count);
                for (int i = 0; i < count; i++) {
                    int at = index(codes, values[i]);
                    if (at >= 0) {
                        targets.row()[at] = 1;
                    }
                    targets.put(first + i);
                    if (at >= 0) {
                        targets.row()[at] = -1;
                    }
                }
            }
            List<Slab> columns = new ArrayList<>(block.columns());
            columns.set(1, targets.slab(block.rows()));
            return new Block(block.firstRow(), block.rows(), columns, block.ids(), block.offenders());
        };
    }

    /** The place of a label among codes that ascend, or a negative number. */
    static int index(double[] codes, double label) {
        // 0.0 and -0.0 are one label.
        return Arrays.binarySearch(codes, label + 0.0);
    }
}
