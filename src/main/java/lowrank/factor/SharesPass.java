package lowrank.factor;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;

/**
 * How much of each row is missed by what stands in its first column, z, as the column {@link #beside} tells: the norm r of what is left,
 * of |z|^2 + r^2 (as from {@link Projection}); or the whole square w, of which z holds |z|^2.
 *
 * @param beside index of the column of r, or of w
 * @param whole whether it is w
 */
public record SharesPass(int beside, boolean whole) implements Pass<Shares> {
    /** Nothing: it rides on a read that has a name. */
    @Override
    public String label() {
        return "";
    }

    @Override
    public Fold<Shares> open(Arena arena, Schema schema, Layout layout) {
        return new SharesFold(schema);
    }

    private final class SharesFold implements Fold<Shares> {
        private final int width;
        private final RowReader values;
        private final RowReader numbers;
        private long[] counts = new long[Shares.CLASSES];
        private double missed;
        private double all;

        SharesFold(Schema schema) {
            width = schema.first().width();
            values = new RowReader(schema.first());
            numbers = new RowReader(schema.columns().get(beside));
        }

        @Override
        public void add(Block block) {
            for (int first = 0; first < block.rows(); first += values.panelRows()) {
                int rows = Math.min(values.panelRows(), block.rows() - first);
                double[] z = values.read(block.first(), first, rows);
                for (int i = 0; i < rows; i++) {
                    double number = numbers.read(block.columns().get(beside), first + i, 1)[0];
                    add(norm(z, i * width), number);
                }
            }
        }

        private void add(double z, double number) {
            double part;
            if (whole) {
                double left = Math.max(0, number - z * z);
                part = left == 0 ? 0 : left / number;
                missed += left;
                all += number;
            } else {
                double norm = Math.hypot(z, number);
                double ratio = norm == 0 ? 0 : number / norm;
                part = ratio * ratio;
                missed += number * number;
                all += norm * norm;
            }
            counts[Shares.classOf(part)]++;
        }

        /** |z|, safe from overflow of its squares. */
        private double norm(double[] values, int from) {
            double largest = 0;
            for (int j = from; j < from + width; j++) {
                largest = Math.max(largest, Math.abs(values[j]));
            }
            double sum = 0;
            for (int j = from; j < from + width && largest > 0; j++) {
                double part = values[j] / largest;
                sum += part * part;
            }
            return largest * Math.sqrt(sum);
        }

        @Override
        public Shares takeLeaf() {
            Shares leaf = new Shares(missed, all, counts);
            counts = new long[Shares.CLASSES];
            missed = 0;
            all = 0;
            return leaf;
        }

        @Override
        public Shares merge(Shares left, Shares right) {
            return left.plus(right);
        }
    }
}
