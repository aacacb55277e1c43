package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;
import lowrank.random.Draws;

/**
 * Frequencies of p = 2^k >= inputs at a time as diag(radius chi) H D1 H D2 H D3 / p^(3/2): H the Hadamard matrix, D diagonals of random
 * signs, rows of a row of zeros beyond its inputs (Yu et al. 2016, "Orthogonal random features", SORF). Lengths are chi_p here, not
 * their constant sqrt(p), so that what is left of the bias, O(1/sqrt(p)), is that of directions alone.
 *
 * <p>3 count log2(p) additions per row, and 4 numbers per frequency are kept.
 */
final class StructuredProjection implements Projection {
    private static final long serialVersionUID = 1;
    private static final int RADII = 21;
    private static final int LENGTHS = 22;
    private static final int SIGNS = 23;

    private final ShiftInvariant law;
    private final int inputs;
    private final int count;
    private final long seed;

    /** Three diagonals of signs and the lengths, made once per executor. */
    private transient double[][] diagonals;

    StructuredProjection(ShiftInvariant law, int inputs, int count, long seed) {
        this.law = law;
        this.inputs = inputs;
        this.count = count;
        this.seed = seed;
    }

    @Override
    public int inputs() {
        return inputs;
    }

    @Override
    public int count() {
        return count;
    }

    private int order() {
        return Hadamard.order(inputs);
    }

    @Override
    public double flops(long rows) {
        int order = order();
        double groups = Math.ceil(count / (double) order);
        return 3.0 * rows * groups * order * (1 + Integer.numberOfTrailingZeros(order));
    }

    @Override
    public long bytes(Layout layout, Column input) {
        return (long) layout.blockRows() * count * input.precision().bytes();
    }

    private synchronized double[][] diagonals() {
        if (diagonals == null) {
            int order = order();
            int all = (count + order - 1) / order * order;
            double[][] made = new double[4][all];
            Draws signs = new Draws(seed, SIGNS);
            Draws lengths = new Draws(seed, LENGTHS);
            Draws radii = new Draws(seed, RADII);
            double norm = order * StrictMath.sqrt(order);
            for (int f = 0; f < all; f++) {
                for (int k = 0; k < 3; k++) {
                    made[k][f] = signs.sign(f, k);
                }
                made[3][f] = law.radius(radii, f) * lengths.chi(f, order) / norm;
            }
            diagonals = made;
        }
        return diagonals;
    }

    @Override
    public Working open(Arena arena, Column input, Layout layout) {
        return new Rows(diagonals(), arena.allocate((long) layout.blockRows() * count, input.precision()), input);
    }

    private final class Rows implements Working {
        private final double[][] diagonals;
        private final long products;
        private final RowReader reader;
        private final RowWriter writer;
        private final double[] work = new double[order()];

        Rows(double[][] diagonals, long products, Column input) {
            this.diagonals = diagonals;
            this.products = products;
            reader = new RowReader(input);
            writer = new RowWriter(input.precision());
        }

        @Override
        public Slab of(Slab rows) {
            Slab out = new Slab(products, rows.rows(), count, rows.precision());
            for (int first = 0; first < rows.rows(); first += reader.panelRows()) {
                int some = Math.min(reader.panelRows(), rows.rows() - first);
                double[] values = reader.read(rows, first, some);
                for (int i = 0; i < some; i++) {
                    row(values, i * inputs, out.row(first + i), rows.precision().bytes());
                }
            }
            return out;
        }

        private void row(double[] values, int from, long target, int bytes) {
            int order = work.length;
            for (int first = 0; first < count; first += order) {
                for (int j = 0; j < inputs; j++) {
                    work[j] = values[from + j] * diagonals[0][first + j];
                }
                java.util.Arrays.fill(work, inputs, order, 0);
                Hadamard.transform(work, order);
                times(diagonals[1], first);
                Hadamard.transform(work, order);
                times(diagonals[2], first);
                Hadamard.transform(work, order);
                times(diagonals[3], first);
                writer.put(target + (long) first * bytes, work, 0, Math.min(order, count - first));
            }
        }

        private void times(double[] diagonal, int first) {
            for (int j = 0; j < work.length; j++) {
                work[j] *= diagonal[first + j];
            }
        }
    }
}
