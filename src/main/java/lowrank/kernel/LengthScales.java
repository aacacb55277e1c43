package lowrank.kernel;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * Divides each column of the rows by a length of its own, so that a kernel of distances looks further along some columns than along
 * others (automatic relevance determination): x_j / l_j. Other columns of the table stay as they are.
 *
 * @param lengths l, positive
 */
public record LengthScales(double[] lengths) implements BlockMap {
    public LengthScales {
        for (double length : lengths) {
            if (!(length > 0) || Double.isInfinite(length)) {
                throw new IllegalArgumentException("kernel.length-scales must be positive numbers, not " + length);
            }
        }
    }

    @Override
    public Schema schema(Schema input) {
        if (input.first().width() != lengths.length) {
            throw new IllegalArgumentException("kernel.length-scales has " + lengths.length + " numbers, the rows have "
                    + input.first().width() + " columns; give one per column");
        }
        return input;
    }

    @Override
    public double flops(long rows, Schema input) {
        return (double) rows * lengths.length;
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        int d = lengths.length;
        Precision precision = input.first().precision();
        RowReader reader = new RowReader(input.first());
        long buffer = arena.allocate((long) layout.blockRows() * d, precision);
        RowWriter writer = new RowWriter(precision);
        return block -> {
            Slab out = new Slab(buffer, block.rows(), d, precision);
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int rows = Math.min(reader.panelRows(), block.rows() - first);
                double[] values = reader.read(block.first(), first, rows);
                for (int i = 0; i < rows; i++) {
                    for (int j = 0; j < d; j++) {
                        values[i * d + j] /= lengths[j];
                    }
                }
                writer.write(out, first, rows, values);
            }
            List<Slab> columns = new ArrayList<>(block.columns());
            columns.set(0, out);
            return new Block(block.firstRow(), block.rows(), columns, block.ids(), block.offenders());
        };
    }
}
