package lowrank.regress;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;

/**
 * Features to predictions, W'z + a: a column {@code value} (one target) or {@code values}; with classes {@code class}, the code with the
 * largest value, ties to the lowest, and {@code score}, that value. On request {@code variance}, one value per target, and {@code
 * novelty} = k(x, x) - |z|^2. All are doubles.
 *
 * <p><b>Cost</b>: 2 n D t flops, with variance 2 n D^2 more.
 *
 * @param model what is applied
 * @param codes of the classes, ascending, or null for numbers
 * @param variance or null
 * @param self the column of the input that {@link lowrank.kernel.SelfColumn} made, or -1: with it novelty is known, and enters the variance
 * @param novelty whether it is written
 * @param kept columns of the input that follow the predictions, such as what scores are measured against
 */
public record Predictor(
        LinearModel model, double[] codes, Variance variance, int self, boolean novelty, List<Integer> kept)
        implements BlockMap {

    /** Numbers alone. */
    public static Predictor values(LinearModel model) {
        return new Predictor(model, null, null, -1, false, List.of());
    }

    /** Classes alone. */
    public static Predictor classes(LinearModel model, double[] codes) {
        return new Predictor(model, codes, null, -1, false, List.of());
    }

    /** The same, with variances. */
    public Predictor with(Variance added) {
        return new Predictor(model, codes, added, self, novelty, kept);
    }

    /** The same on rows whose k(x, x) stands in a column. */
    public Predictor withSelf(int column) {
        return new Predictor(model, codes, variance, column, novelty, kept);
    }

    /** The same, with novelty. */
    public Predictor withNovelty() {
        return new Predictor(model, codes, variance, self, true, kept);
    }

    /** The same, followed by columns of the input. */
    public Predictor keeping(int... columns) {
        return new Predictor(
                model,
                codes,
                variance,
                self,
                novelty,
                IntStream.of(columns).boxed().toList());
    }

    /** Columns that are told, before those that are kept. */
    public int told() {
        return (codes == null ? 1 : 2) + (variance == null ? 0 : 1) + (novelty ? 1 : 0);
    }

    private int targets() {
        return model.intercepts().length;
    }

    @Override
    public Schema schema(Schema input) {
        int d = model.coefficients().rows();
        if (input.first().width() != d) {
            throw new IllegalArgumentException(
                    "the rows have " + input.first().width() + " features, the model takes " + d);
        }
        List<Column> columns = new ArrayList<>();
        if (codes == null) {
            columns.add(new Column(targets() == 1 ? "value" : "values", targets(), Precision.DOUBLE));
        } else {
            columns.add(new Column("class", 1, Precision.DOUBLE));
            columns.add(new Column("score", 1, Precision.DOUBLE));
        }
        if (variance != null) {
            columns.add(new Column("variance", targets(), Precision.DOUBLE));
        }
        if (novelty) {
            if (self < 0) {
                throw new IllegalArgumentException(
                        "novelty is measured against k(x, x), which the rows do not carry; leave it out of write.also");
            }
            columns.add(new Column("novelty", 1, Precision.DOUBLE));
        }
        kept.forEach(column -> columns.add(input.columns().get(column)));
        return new Schema(columns, input.ids());
    }

    @Override
    public double flops(long rows, Schema input) {
        double d = input.first().width();
        return 2 * rows * d * (targets() + (variance == null ? 0 : d));
    }

    /**
     * Bytes off the heap of a task: coefficients (and for variances a matrix of D x D), the products of a block with them, and what is
     * told; for plans.
     *
     * @param features D
     * @param targets columns of the coefficients
     * @param told values of a row that come out
     */
    public static long workBytes(
            Layout layout, int features, int targets, boolean variance, int told, Precision precision) {
        long width = targets + (variance ? features : 0);
        long products = RightProduct.entries(layout.blockRows(), targets)
                + (variance ? RightProduct.entries(layout.blockRows(), features) : 0);
        return precision.bytes() * (features * width + products) + 8L * layout.blockRows() * told;
    }

    @Override
    public Mapper open(Arena arena, Schema input, Layout layout) {
        return new Mapping(arena, input, layout);
    }

    private final class Mapping implements Mapper {
        private final int t = targets();
        private final RightProduct product;
        private final RowReader products;
        private final RightProduct root;
        private final RowReader form;
        private final RowReader features;
        private final RowReader selves = new RowReader(1, Precision.DOUBLE);
        private final RowBuffer values;
        private final RowBuffer scores;
        private final RowBuffer variances;
        private final RowBuffer novelties;

        Mapping(Arena arena, Schema input, Layout layout) {
            Precision precision = input.first().precision();
            product = new RightProduct(arena, model.coefficients(), precision, layout);
            products = new RowReader(t, precision);
            root = variance == null ? null : new RightProduct(arena, variance.root(), precision, layout);
            form = new RowReader(variance == null ? 0 : variance.root().cols(), precision);
            features = new RowReader(self < 0 ? 0 : input.first().width(), precision);
            int rows = layout.blockRows();
            values = new RowBuffer(arena, codes == null ? t : 1, Precision.DOUBLE, rows);
            scores = new RowBuffer(arena, 1, Precision.DOUBLE, rows);
            variances = new RowBuffer(arena, t, Precision.DOUBLE, rows);
            novelties = new RowBuffer(arena, 1, Precision.DOUBLE, rows);
        }

        @Override
        public Block map(Block block) {
            int rows = block.rows();
            Slab f = product.of(block.first());
            Slab r = root == null ? null : root.of(block.first());
            for (int i = 0; i < rows; i++) {
                predict(f, i);
                if (variance != null || novelty) {
                    double missed = self < 0 ? 0 : missed(block, i);
                    novelties.row()[0] = missed;
                    if (novelty) {
                        novelties.put(i);
                    }
                    if (variance != null) {
                        vary(r, i, missed);
                    }
                }
            }
            return new Block(block.firstRow(), rows, columns(block), block.ids(), block.offenders());
        }

        private List<Slab> columns(Block block) {
            List<Slab> columns = new ArrayList<>();
            columns.add(values.slab(block.rows()));
            if (codes != null) {
                columns.add(scores.slab(block.rows()));
            }
            if (variance != null) {
                columns.add(variances.slab(block.rows()));
            }
            if (novelty) {
                columns.add(novelties.slab(block.rows()));
            }
            kept.forEach(column -> columns.add(block.columns().get(column)));
            return columns;
        }

        private void predict(Slab f, int i) {
            double[] row = products.read(f, i, 1);
            int best = 0;
            for (int k = 0; k < t; k++) {
                row[k] += model.intercepts()[k];
                best = row[k] > row[best] ? k : best;
            }
            if (codes == null) {
                System.arraycopy(row, 0, values.row(), 0, t);
            } else {
                values.row()[0] = codes[best];
                scores.row()[0] = row[best];
                scores.put(i);
            }
            values.put(i);
        }

        /** k(x, x) - |z|^2, which rounding may put below zero. */
        private double missed(Block block, int i) {
            double square = 0;
            double[] z = features.read(block.first(), i, 1);
            for (int j = 0; j < block.first().width(); j++) {
                square += z[j] * z[j];
            }
            return Math.max(0, selves.read(block.columns().get(self), i, 1)[0] - square);
        }

        private void vary(Slab r, int i, double missed) {
            double[] row = form.read(r, i, 1);
            double square = 0;
            for (int j = 0; j < r.width(); j++) {
                double part = row[j] - variance.shift()[j];
                square += part * part;
            }
            double factor = variance.constant() + square + missed / variance.mu();
            for (int k = 0; k < t; k++) {
                variances.row()[k] = variance.noise()[k] * factor;
            }
            variances.put(i);
        }
    }
}
