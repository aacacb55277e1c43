package lowrank.regress;

import java.util.ArrayList;
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
import lowrank.kernel.Kernel;

/** A table of rows x with k(x, x) beside them, as a last column: to be mapped before the features take the place of the rows. */
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
    public double flops(long rows, Schema input) {
        return 2.0 * rows * input.first().width();
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        RowReader reader = new RowReader(input.first());
        RowWriter self = new RowWriter(arena, 1, Precision.DOUBLE, layout.blockRows());
        int d = input.first().width();
        return block -> {
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int count = Math.min(reader.panelRows(), block.rows() - first);
                double[] values = reader.read(block.first(), first, count);
                for (int i = 0; i < count; i++) {
                    self.row()[0] = kernel.self(size(values, i * d, d));
                    self.put(first + i);
                }
            }
            List<Slab> columns = new ArrayList<>(block.columns());
            columns.add(self.slab(block.rows()));
            return new Block(block.firstRow(), block.rows(), columns, block.ids(), block.offenders());
        };
    }

    private double size(double[] values, int from, int count) {
        double sum = 0;
        switch (kernel.form()) {
            case PRODUCT:
                for (int j = from; j < from + count; j++) {
                    sum += values[j] * values[j];
                }
                return sum;
            case HARMONIC:
                for (int j = from; j < from + count; j++) {
                    sum += values[j];
                }
                return sum;
            default:
                return 0;
        }
    }
}
