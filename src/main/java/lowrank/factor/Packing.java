package lowrank.factor;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.Slab;

/**
 * How the rows of the input become the rows of the matrix that is factored: x_j -> (x_c(j) - shift_j - rest_j) * factor_j.
 * Subtraction comes first, in double, on the values as they were read: corrections after a product would cancel. A mean is
 * subtracted in two parts, rounded to a double and what that rounding left: it alone would put every row off by up to eps mean,
 * which is eps mean / deviation of the matrix.
 *
 * @param columns which input column stands at j, or null for all in their order
 * @param shift what is subtracted, per column of the result
 * @param rest what is subtracted after that, per column of the result, or null for nothing
 * @param factor what is multiplied, per column of the result
 */
record Packing(int[] columns, double[] shift, double[] rest, double[] factor) implements Serializable {

    /** All columns in their order, less one number each. */
    Packing(double[] shift, double[] factor) {
        this(null, shift, null, factor);
    }

    /** Less the means: first row + offset, to twice the digits of a double. */
    static Packing centred(double[] pivot, double[] offset, double[] factor) {
        double[] mean = new double[pivot.length];
        double[] rest = new double[pivot.length];
        for (int j = 0; j < mean.length; j++) {
            mean[j] = pivot[j] + offset[j];
            // What the sum rounded away, exactly (Knuth).
            double part = mean[j] - pivot[j];
            rest[j] = (pivot[j] - (mean[j] - part)) + (offset[j] - part);
        }
        return new Packing(null, mean, rest, factor);
    }

    /** All columns as they are. */
    static Packing none(int cols) {
        double[] ones = new double[cols];
        java.util.Arrays.fill(ones, 1);
        return new Packing(new double[cols], ones);
    }

    /** Columns of the result. */
    int width() {
        return shift.length;
    }

    /** Whether rows stay as they are, so that blocks need no copy. */
    boolean isIdentity() {
        if (columns != null || rest != null) {
            return false;
        }
        for (int j = 0; j < shift.length; j++) {
            if (shift[j] != 0 || factor[j] != 1) {
                return false;
            }
        }
        return true;
    }

    /** The first {@code count} of these columns in another order. */
    Packing select(int[] order, int count) {
        int[] chosen = new int[count];
        double[] s = new double[count];
        double[] r = rest == null ? null : new double[count];
        double[] f = new double[count];
        for (int j = 0; j < count; j++) {
            chosen[j] = columns == null ? order[j] : columns[order[j]];
            s[j] = shift[order[j]];
            f[j] = factor[order[j]];
            if (r != null) {
                r[j] = rest[order[j]];
            }
        }
        return new Packing(chosen, s, r, f);
    }

    /** The result's value from an input row that starts at {@code row} in {@code values}. */
    double value(double[] values, int row, int j) {
        double difference = values[row + (columns == null ? j : columns[j])] - shift[j];
        return (rest == null ? difference : difference - rest[j]) * factor[j];
    }

    Packer open(Arena arena, Column input, Layout layout) {
        return new Packer(arena, input, layout);
    }

    /** The working half: packs blocks into its own memory, or passes them through. */
    final class Packer {
        private final boolean identity = isIdentity();
        private final Precision precision;
        private final RowReader reader;
        private final long buffer;
        private final double[] after = rest == null ? new double[width()] : rest;
        private final double[] packed;
        private final float[] floats;

        private Packer(Arena arena, Column input, Layout layout) {
            precision = input.precision();
            reader = new RowReader(input);
            buffer = identity ? 0 : arena.allocate((long) layout.blockRows() * width(), precision);
            packed = new double[identity ? 0 : reader.panelRows() * width()];
            floats = new float[precision == Precision.FLOAT ? packed.length : 0];
        }

        /** The rows of a block, packed. */
        Slab pack(Block block) {
            Slab in = block.first();
            if (identity) {
                return in;
            }
            Slab out = new Slab(buffer, block.rows(), width(), precision);
            int n = in.width();
            int w = width();
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int rows = Math.min(reader.panelRows(), block.rows() - first);
                double[] values = reader.read(in, first, rows);
                for (int i = 0; i < rows; i++) {
                    packRow(values, i * n, i * w, w);
                }
                put(out.row(first), rows * w);
            }
            return out;
        }

        private void packRow(double[] values, int from, int to, int w) {
            if (columns == null) {
                for (int j = 0; j < w; j++) {
                    packed[to + j] = (values[from + j] - shift[j] - after[j]) * factor[j];
                }
            } else {
                for (int j = 0; j < w; j++) {
                    packed[to + j] = (values[from + columns[j]] - shift[j] - after[j]) * factor[j];
                }
            }
        }

        private void put(long address, int count) {
            if (precision == Precision.DOUBLE) {
                OffHeap.put(address, packed, 0, count);
            } else {
                for (int i = 0; i < count; i++) {
                    floats[i] = (float) packed[i];
                }
                OffHeap.put(address, floats, 0, count);
            }
        }
    }
}
