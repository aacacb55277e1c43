package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;

/**
 * {@link Moments} of packed rows. <b>Cost</b>: five operations per value; 4 n doubles to the driver. <b>Accuracy</b>: groups of
 * {@value MomentsSum#GROUP} rows are summed plainly, everything above with the rounding error carried along: sums of squares are
 * right to (GROUP + 2) eps whatever the number of rows.
 *
 * @param packing how rows are read
 * @param centred whether squares are about the mean
 */
record MomentsPass(Packing packing, boolean centred) implements Pass<Moments> {
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
        return 8L * 4 * cols;
    }

    @Override
    public Fold<Moments> open(Arena arena, Schema schema, Layout layout) {
        return new MomentsFold(new RowReader(schema.first()));
    }

    private final class MomentsFold implements Fold<Moments> {
        private final RowReader reader;
        private final MomentsSum sum = new MomentsSum(packing, centred);

        MomentsFold(RowReader reader) {
            this.reader = reader;
        }

        @Override
        public void add(Block block) {
            for (int first = 0; first < block.rows(); first += reader.panelRows()) {
                int rows = Math.min(reader.panelRows(), block.rows() - first);
                sum.add(reader.read(block.first(), first, rows), 0, rows);
            }
        }

        @Override
        public Moments takeLeaf() {
            return sum.take();
        }

        @Override
        public Moments merge(Moments left, Moments right) {
            return left.and(right);
        }
    }
}
