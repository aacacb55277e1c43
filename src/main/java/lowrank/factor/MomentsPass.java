package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;

/**
 * {@link Moments} of packed rows. <b>Cost</b>: five operations per value; 3 n doubles to the driver. <b>Accuracy</b>: groups of
 * {@value #GROUP} rows are summed plainly, everything above with the rounding error carried along: sums of squares are right to
 * (GROUP + 2) eps whatever the number of rows.
 *
 * @param packing how rows are read
 * @param centred whether squares are about the mean
 */
record MomentsPass(Packing packing, boolean centred) implements Pass<Moments> {
    /** Rows that are summed plainly. */
    static final int GROUP = 64;

    static final String LABEL = "moments";

    @Override
    public String label() {
        return LABEL;
    }

    @Override
    public double flops(long rows, Schema schema) {
        return flops(rows, packing.width());
    }

    static double flops(long rows, int cols) {
        return 5.0 * rows * cols;
    }

    @Override
    public long nodeBytes(Schema schema) {
        return nodeBytes(packing.width());
    }

    static long nodeBytes(int cols) {
        return 8L * 3 * cols;
    }

    @Override
    public Fold<Moments> open(Arena arena, Schema schema, Layout layout) {
        return new MomentsFold(new RowReader(schema.first()));
    }

    /** Two sweeps over rows that are in the cache: the mean, then squares about it. */
    static Moments group(Packing packing, boolean centred, double[] values, int from, int width, int rows) {
        int n = packing.width();
        double[] mean = new double[n];
        if (centred) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < n; j++) {
                    mean[j] += packing.value(values, from + i * width, j);
                }
            }
            for (int j = 0; j < n; j++) {
                mean[j] /= rows;
            }
        }
        double[] square = new double[n];
        double[] largest = new double[n];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
                double value = packing.value(values, from + i * width, j);
                double d = value - mean[j];
                square[j] += d * d;
                largest[j] = Math.max(largest[j], Math.abs(value));
            }
        }
        double maxAbs = 0;
        for (double value : largest) {
            maxAbs = Math.max(maxAbs, value);
        }
        return new Moments(rows, mean, square, new double[n], maxAbs);
    }

    private final class MomentsFold implements Fold<Moments> {
        private final int n = packing.width();
        private final RowReader reader;
        private Moments leaf = Moments.none(n);

        MomentsFold(RowReader reader) {
            this.reader = reader;
        }

        @Override
        public void add(Block block) {
            int step = Math.min(GROUP, reader.panelRows());
            for (int first = 0; first < block.rows(); first += step) {
                int rows = Math.min(step, block.rows() - first);
                double[] values = reader.read(block.first(), first, rows);
                leaf = leaf.and(group(packing, centred, values, 0, block.first().width(), rows));
            }
        }

        @Override
        public Moments takeLeaf() {
            Moments node = leaf;
            leaf = Moments.none(n);
            return node;
        }

        @Override
        public Moments merge(Moments left, Moments right) {
            return left.and(right);
        }
    }
}
