package lowrank.regress;

import lowrank.blas.Arena;
import lowrank.blocks.Block;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Entries;
import lowrank.linalg.Matrix;

/**
 * Predictions in the first column of a table against what is known in another: residuals are formed row by row, so small ones do not
 * cancel.
 *
 * @param target the column of targets, or of labels
 * @param weight the column of weights, or -1
 * @param codes of the classes, ascending, or null for numbers
 */
public record ScorePass(int target, int weight, double[] codes) implements Pass<Scores> {

    @Override
    public String label() {
        return "scores";
    }

    @Override
    public long nodeBytes(Schema schema) {
        return codes == null ? numberBytes(schema.first().width()) : labelBytes(codes.length);
    }

    /** Bytes of a node for so many targets. */
    public static long numberBytes(int targets) {
        return 24L * targets;
    }

    /** Bytes of a node for so many classes: their confusion, where they are compared one by one. */
    public static long labelBytes(int classes) {
        return classes <= Scores.Labels.MOST ? 8L * classes * classes : 0;
    }

    @Override
    public Fold<Scores> open(Arena arena, Schema schema, Layout layout) {
        return codes == null ? new NumbersFold(schema) : new LabelsFold(schema);
    }

    /** Reads weights beside values. */
    private final class Weighing {
        private final RowReader reader;

        Weighing(Schema schema) {
            reader = weight < 0 ? null : new RowReader(schema.columns().get(weight));
        }

        double of(Block block, int row) {
            return reader == null ? 1 : reader.read(block.columns().get(weight), row, 1)[0];
        }
    }

    private final class NumbersFold implements Fold<Scores> {
        private final RowReader predicted;
        private final RowReader known;
        private final Weighing weights;
        private final int t;
        private double[] rss;
        private double[] means;
        private double[] squares;
        private double sum;

        NumbersFold(Schema schema) {
            predicted = new RowReader(schema.first());
            known = new RowReader(schema.columns().get(target));
            weights = new Weighing(schema);
            t = schema.first().width();
            reset();
        }

        private void reset() {
            rss = new double[t];
            means = new double[t];
            squares = new double[t];
            sum = 0;
        }

        @Override
        public void add(Block block) {
            Slab y = block.columns().get(target);
            for (int i = 0; i < block.rows(); i++) {
                double w = weights.of(block, i);
                if (w > 0) {
                    add(predicted.read(block.first(), i, 1), known.read(y, i, 1), w);
                }
            }
        }

        private void add(double[] f, double[] y, double w) {
            sum += w;
            for (int k = 0; k < t; k++) {
                double e = y[k] - f[k];
                rss[k] += w * e * e;
                // West's update of a weighted mean and the squares about it.
                double step = y[k] - means[k];
                means[k] += step * w / sum;
                squares[k] += w * step * (y[k] - means[k]);
            }
        }

        @Override
        public Scores takeLeaf() {
            Scores leaf = new Scores.Numbers(sum, rss, means, squares);
            reset();
            return leaf;
        }

        @Override
        public Scores merge(Scores one, Scores other) {
            Scores.Numbers left = (Scores.Numbers) one;
            Scores.Numbers right = (Scores.Numbers) other;
            double total = left.weight() + right.weight();
            double[] mean = left.means().clone();
            double[] square = Entries.sum(left.squares(), right.squares());
            for (int k = 0; k < t && right.weight() > 0; k++) {
                double step = right.means()[k] - mean[k];
                mean[k] += step * (right.weight() / total);
                square[k] += step * step * (left.weight() / total) * right.weight();
            }
            return new Scores.Numbers(total, Entries.sum(left.rss(), right.rss()), mean, square);
        }
    }

    private final class LabelsFold implements Fold<Scores> {
        private final RowReader predicted;
        private final RowReader known;
        private final Weighing weights;
        private final int order = codes.length <= Scores.Labels.MOST ? codes.length : 0;
        private Matrix confusion = Matrix.zeros(order, order);
        private double sum;
        private double wrong;
        private double unknown;

        LabelsFold(Schema schema) {
            predicted = new RowReader(schema.first());
            known = new RowReader(schema.columns().get(target));
            weights = new Weighing(schema);
        }

        @Override
        public void add(Block block) {
            Slab labels = block.columns().get(target);
            for (int i = 0; i < block.rows(); i++) {
                double w = weights.of(block, i);
                double label = known.read(labels, i, 1)[0];
                double guess = predicted.read(block.first(), i, 1)[0];
                sum += w;
                wrong += label == guess ? 0 : w;
                int at = OneVsAll.index(codes, label);
                if (at < 0) {
                    unknown += w;
                } else if (order > 0) {
                    int put = OneVsAll.index(codes, guess);
                    confusion.set(at, put, confusion.get(at, put) + w);
                }
            }
        }

        @Override
        public Scores takeLeaf() {
            Scores leaf = new Scores.Labels(sum, wrong, unknown, order > 0 ? confusion : null);
            confusion = Matrix.zeros(order, order);
            sum = 0;
            wrong = 0;
            unknown = 0;
            return leaf;
        }

        @Override
        public Scores merge(Scores one, Scores other) {
            Scores.Labels left = (Scores.Labels) one;
            Scores.Labels right = (Scores.Labels) other;
            return new Scores.Labels(
                    left.weight() + right.weight(),
                    left.wrong() + right.wrong(),
                    left.unknown() + right.unknown(),
                    order > 0 ? left.confusion().plus(right.confusion()) : null);
        }
    }
}
