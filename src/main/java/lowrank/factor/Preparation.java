package lowrank.factor;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * What is done to the first column of a table before a job sees it: z-scores, then limits, min(max(z, -clip), clip), then less
 * a row that lies among the others: what is subtracted before rounding costs no digits. Other columns stay as they are. Computed in
 * double, rounded once to the type of the blocks.
 *
 * @param score what makes z-scores of values, or null: they stay as they are
 * @param clip the largest magnitude that stays; infinite for no limit
 * @param shift what is subtracted from each column at last, or null for nothing
 * @param precision type of the prepared values
 */
public record Preparation(ZScore score, double clip, double[] shift, Precision precision) implements BlockMap {

    /** Without a shift. */
    public Preparation(ZScore score, double clip, Precision precision) {
        this(score, clip, null, precision);
    }

    /** These steps, less the first row as they leave it (zeros where it is not finite: the pass will name the cell). */
    public Preparation lessFirstRow(RowBlocks rows) {
        // In double, so that columns of one value become zeros.
        double[] first = Reading.pivot(new Preparation(score, clip, Precision.DOUBLE).of(rows), true);
        return new Preparation(score, clip, first, precision);
    }

    /**
     * The factors of prepared rows as those of the rows before they were shifted and rounded: means with the shift, and in float bounds
     * with the rounding of the prepared values, |fl(x) - x| <= eps |x| + tiny each, of which all squares sum to ||A||_F^2 + m ||mean||^2.
     */
    public Svd undo(Svd svd, long rows) {
        Svd result = svd;
        if (precision == Precision.FLOAT) {
            double squares = svd.evidence().frobeniusNorm() * svd.evidence().frobeniusNorm();
            double tiny = 0;
            for (int j = 0; j < svd.mean().length; j++) {
                double offset = svd.mean()[j] / svd.scale()[j];
                double least = Float.MIN_VALUE / svd.scale()[j];
                squares += rows * offset * offset;
                tiny += rows * least * least;
            }
            double rounding = precision.roundoff() * Math.sqrt(squares) + Math.sqrt(tiny);
            result = new Svd(
                    svd.left(),
                    svd.s(),
                    svd.v(),
                    svd.mean(),
                    svd.scale(),
                    svd.evidence().roundedBy(rounding));
        }
        if (shift == null) {
            return result;
        }
        double[] mean = svd.mean().clone();
        for (int j = 0; j < mean.length; j++) {
            mean[j] += shift[j];
        }
        return new Svd(result.left(), result.s(), result.v(), mean, result.scale(), result.evidence());
    }

    /** The table with its first column prepared; the table itself where there is nothing to do. */
    public RowBlocks of(RowBlocks rows) {
        return score == null && clip == Double.POSITIVE_INFINITY && shift == null ? rows : rows.map(this);
    }

    @Override
    public Schema schema(Schema input) {
        List<Column> columns = new ArrayList<>(input.columns());
        columns.set(0, new Column(input.first().name(), input.first().width(), precision));
        return new Schema(columns, input.ids());
    }

    @Override
    public double flops(long rows, Schema input) {
        return flops(rows, input.first().width(), score != null, clip, shift != null);
    }

    /** Floating-point operations over a table: two per value for each of the steps. */
    public static double flops(long rows, int cols, boolean scores, double clip, boolean shifted) {
        int steps = (scores ? 1 : 0) + (clip < Double.POSITIVE_INFINITY ? 1 : 0) + (shifted ? 1 : 0);
        return 2.0 * rows * cols * steps;
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        return new Preparer(arena, input.first(), layout);
    }

    private final class Preparer implements Mapper {
        private final int n;
        private final RowReader reader;
        private final long buffer;
        private final RowWriter writer;

        Preparer(Arena arena, Column input, Layout layout) {
            n = input.width();
            reader = new RowReader(input);
            buffer = arena.allocate((long) layout.blockRows() * n, precision);
            writer = new RowWriter(precision);
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
                if (shift != null) {
                    for (int i = 0; i < rows; i++) {
                        subtract(values, i * n);
                    }
                }
                writer.write(out, first, rows, values);
                if (shift != null && precision == Precision.FLOAT) {
                    requireFloats(values, rows, block.firstRow() + first);
                }
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

        private void subtract(double[] values, int from) {
            for (int j = 0; j < n; j++) {
                values[from + j] -= shift[j];
            }
        }

        /** What is finite as a double and not as a float; what is not finite at all is named by the pass. */
        private void requireFloats(double[] values, int rows, long firstRow) {
            for (int i = 0; i < rows * n; i++) {
                if (Float.isInfinite((float) values[i]) && Double.isFinite(values[i])) {
                    throw new DataException("row " + (firstRow + i / n) + " column " + i % n
                            + " (from 0) is too far from the other rows for float; set blocks.precision = double");
                }
            }
        }
    }
}
