package lowrank.factor;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * What is done to the first column of a table before a job sees it: z-scores, then limits, min(max(z, -clip), clip). Other columns
 * stay as they are. Computed in double, rounded once to the type of the blocks.
 *
 * @param score what makes z-scores of values, or null: they stay as they are
 * @param clip the largest magnitude that stays; infinite for no limit
 * @param precision type of the prepared values
 */
public record Preparation(ZScore score, double clip, Precision precision) implements BlockMap {

    /** The table with its first column prepared; the table itself where there is nothing to do. */
    public RowBlocks of(RowBlocks rows) {
        return score == null && clip == Double.POSITIVE_INFINITY ? rows : rows.map(this);
    }

    @Override
    public Schema schema(Schema input) {
        List<Column> columns = new ArrayList<>(input.columns());
        columns.set(0, new Column(input.first().name(), input.first().width(), precision));
        return new Schema(columns, input.ids());
    }

    @Override
    public double flops(long rows, Schema input) {
        return flops(rows, input.first().width(), score != null, clip);
    }

    /** Floating-point operations over a table: two per value for each of the steps. */
    public static double flops(long rows, int cols, boolean scores, double clip) {
        return 2.0 * rows * cols * ((scores ? 1 : 0) + (clip < Double.POSITIVE_INFINITY ? 1 : 0));
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        return new Preparer(arena, input.first(), layout);
    }

    private final class Preparer implements Mapper {
        private final int n;
        private final RowReader reader;
        private final long buffer;
        private final float[] floats;

        Preparer(Arena arena, Column input, Layout layout) {
            n = input.width();
            reader = new RowReader(input);
            buffer = arena.allocate((long) layout.blockRows() * n, precision);
            floats = new float[precision == Precision.FLOAT ? reader.panelRows() * n : 0];
        }

        @Override
        public Block map(Block block) {
            Slab out = new Slab(buffer, block.rows(), n, precision);
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int rows = Math.min(reader.panelRows(), block.rows() - first);
                double[] values = reader.read(block.first(), first, rows);
                if (score != null) {
                    for (int i = 0; i < rows; i++) {
                        standardise(values, i * n);
                    }
                }
                if (clip < Double.POSITIVE_INFINITY) {
                    for (int i = 0; i < rows * n; i++) {
                        values[i] = Math.max(-clip, Math.min(clip, values[i]));
                    }
                }
                put(out.row(first), values, rows * n);
            }
            List<Slab> columns = new ArrayList<>(block.columns());
            columns.set(0, out);
            return new Block(block.firstRow(), block.rows(), columns, block.ids(), block.offenders());
        }

        private void standardise(double[] values, int from) {
            double[] mean = score.mean();
            double[] scale = score.scale();
            for (int j = 0; j < n; j++) {
                values[from + j] = (values[from + j] - mean[j]) / scale[j];
            }
        }

        private void put(long address, double[] values, int count) {
            if (precision == Precision.DOUBLE) {
                OffHeap.put(address, values, 0, count);
            } else {
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) values[i];
                }
                OffHeap.put(address, floats, 0, count);
            }
        }
    }
}
