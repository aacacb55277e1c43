package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Scan;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * Causal attention by positive features: o_t = phi(q_t)'S_t / phi(q_t)'z_t, S_t = sum of phi(k_s) v_s' over s <= t. Inside a block, tiles of
 * c = {@value KeySums#ROWS} rows: O = phi(Q_c) S + tril(phi(Q_c) phi(K_c)') V_c with S of all rows before the tile.
 *
 * <p><b>Nothing leaks.</b> No row changes a bit of an output before it: features are shifted by constants of the draw, and the entries of
 * phi(Q_c) phi(K_c)' beyond the diagonal become zeros before anything is added up.
 *
 * <p><b>Cost</b>: 4 m (d + dv) + 2 c (m + dv) flops per row, and 2 m (d + dv) more in the read that sums; where keys are aligned 2 d^2 in
 * each.
 *
 * @param keys what makes features of keys
 * @param frequencies what queries are multiplied by
 * @param offsets what the products of queries with frequencies gain, those of the features of keys among them
 * @param shifts of the features of keys
 * @param precision of the blocks
 */
record FeatureScan(KeyFeatures keys, Matrix frequencies, double[] offsets, double[] shifts, Precision precision)
        implements Scan<FeatureSums> {

    /** Of queries and keys that are aligned by what no row of theirs decides. */
    static FeatureScan of(FeatureDraws draws, Alignment alignment, int width, Precision precision) {
        Matrix w = draws.frequencies(width);
        double[] shifts = shifts(alignment.leaning(w), precision);
        double[] less = alignment.queryOffsets(w);
        double[] offsets = new double[shifts.length];
        Arrays.setAll(offsets, f -> shifts[f] - less[f]);
        return new FeatureScan(alignment.ofKeys(draws, width), alignment.ofQueries(w), offsets, shifts, precision);
    }

    /**
     * Shifts of the features of keys that look at no row. The logarithm of feature f, w'x - |x|^2 / 2 with u = w + n for aligned keys, is at
     * most |u|^2 / 2, whatever x is. Less |u|^2 / 2 - T, or unshifted where that is positive, features are at most exp(T), far enough from
     * overflow for long sums of them; those of |x - u|^2 / 2 > T + 745 become zeros (103 for floats). With T = 300 (40 for floats) no key
     * overflows while |u|^2, of keys as they are about the width of a query, is below 600 (80); where it is more, a key that does is refused
     * by name.
     *
     * @param u a column each
     */
    private static double[] shifts(Matrix u, Precision precision) {
        double most = precision == Precision.DOUBLE ? 300 : 40;
        double[] norms = u.columnNorms();
        return Arrays.stream(norms)
                .map(norm -> Math.min(norm * norm / 2 - most, 0))
                .toArray();
    }

    @Override
    public Pass<FeatureSums> sum() {
        return new FeaturePass(keys, shifts);
    }

    @Override
    public Schema schema(Schema input) {
        return input.with(new Column("values", Heads.valueWidth(input), precision));
    }

    @Override
    public double flops(long rows, Schema input) {
        double m = keys.draws().total();
        double d = Heads.width(input);
        double dv = Heads.valueWidth(input);
        double mapped = keys.map() == null ? 0 : 2 * d * d;
        return rows
                * (4 * m * (d + dv)
                        + mapped
                        + 2 * KeySums.ROWS * (m + keys.draws().repeats() * dv));
    }

    @Override
    public Mapper<FeatureSums> open(Arena arena, Schema input, Layout layout) {
        return new Working(arena, input, layout);
    }

    private final class Working implements Mapper<FeatureSums> {
        private static final int ROWS = KeySums.ROWS;

        private final Blas blas = Backend.current();
        private final FeatureDraws draws = keys.draws();
        private final int total = draws.total();
        private final int width;
        private final int valueWidth;
        private final KeySums sums;
        private final Shown shown;
        private final FeatureLane lane;
        private final long right;
        private final Slab running;
        private final Slab queries;
        private final Slab weighted;
        private final long scores;
        private final long outputs;
        private final RowReader scoreReader = new RowReader(ROWS, precision);
        private final RowReader valueReader;
        private final RowWriter writer = new RowWriter(precision);
        private final double[] before;
        private final double[] weightsBefore = new double[total];
        private final double[] weights = new double[total];
        private final double[] prefix;
        private final double[] rowSums;
        private final double[] out;

        Working(Arena arena, Schema input, Layout layout) {
            lane = FeatureLane.of(precision, total, arena);
            width = Heads.width(input);
            valueWidth = Heads.valueWidth(input);
            sums = new KeySums(arena, input, keys, shifts);
            shown = new Shown(input);
            right = RightProduct.store(frequencies, precision, arena);
            running = slab(arena, total, valueWidth);
            queries = slab(arena, ROWS, total);
            weighted = slab(arena, ROWS, valueWidth);
            scores = arena.allocate((long) ROWS * ROWS, precision);
            outputs = arena.allocate((long) layout.blockRows() * valueWidth, precision);
            valueReader = new RowReader(valueWidth, precision);
            before = new double[total * valueWidth];
            prefix = new double[total * valueWidth];
            rowSums = new double[ROWS * draws.repeats()];
            out = new double[ROWS * valueWidth];
        }

        private Slab slab(Arena arena, int rows, int columns) {
            return new Slab(arena.allocate((long) rows * columns, precision), rows, columns, precision);
        }

        @Override
        public Block map(Block block, FeatureSums sum) {
            if (sum == null) {
                Arrays.fill(before, 0);
                Arrays.fill(weightsBefore, 0);
            } else {
                System.arraycopy(sum.weighted(), 0, before, 0, before.length);
                System.arraycopy(sum.weights(), 0, weightsBefore, 0, total);
            }
            shown.read(Heads.mask(block), block.rows());
            Slab result = new Slab(outputs, block.rows(), valueWidth, precision);
            for (int first = 0; first < block.rows(); first += ROWS) {
                int count = Math.min(ROWS, block.rows() - first);
                Arrays.fill(out, 0, count * valueWidth, 0);
                tile(block, first, count);
                writer.write(result, first, count, out);
            }
            return block.with(result);
        }

        @Override
        public FeatureSums node(Block block, Fold<FeatureSums> fold) {
            return sums.take();
        }

        private void tile(Block block, int first, int count) {
            bringUp();
            long keyTile = sums.add(block, first, count, shown);
            if (keyTile == 0) {
                return;
            }
            blas.gemm(
                    precision,
                    true,
                    false,
                    total,
                    count,
                    width,
                    1,
                    right,
                    width,
                    block.first().row(first),
                    width,
                    0,
                    queries.address(),
                    total);
            for (int done = 0; done < count; done += lane.most()) {
                int some = Math.min(lane.most(), count - done);
                lane.queries(queries.row(done), some, draws.size(), offsets, weights, rowSums, done * draws.repeats());
            }
            for (int r = 0; r < draws.repeats(); r++) {
                draw(block, first, count, keyTile, r);
            }
        }

        /** S and z of all rows before the tile. */
        private void bringUp() {
            System.arraycopy(before, 0, prefix, 0, prefix.length);
            sums.addTo(prefix);
            writer.write(running, 0, total, prefix);
            double[] here = sums.weights();
            for (int f = 0; f < total; f++) {
                weights[f] = weightsBefore[f] + here[f];
            }
        }

        private void draw(Block block, int first, int count, long keyTile, int draw) {
            int m = draws.size();
            long skipped = (long) draw * m * precision.bytes();
            long q = queries.address() + skipped;
            blas.gemm(
                    precision,
                    false,
                    false,
                    valueWidth,
                    count,
                    m,
                    1,
                    running.row(draw * m),
                    valueWidth,
                    q,
                    total,
                    0,
                    weighted.address(),
                    valueWidth);
            blas.gemm(precision, true, false, count, count, m, 1, keyTile + skipped, total, q, total, 0, scores, count);
            Slab square = new Slab(scores, count, count, precision);
            for (int i = 0; i < count; i++) {
                rowSums[i * draws.repeats() + draw] += seen(square, i);
            }
            blas.gemm(
                    precision,
                    false,
                    false,
                    valueWidth,
                    count,
                    count,
                    1,
                    block.columns().get(Heads.VALUE).row(first),
                    valueWidth,
                    scores,
                    count,
                    1,
                    weighted.address(),
                    valueWidth);
            add(block.firstRow() + first, first, count, draw);
        }

        /** The sum of the weights of the keys of the tile up to the query itself; those behind it become zeros. */
        private double seen(Slab square, int query) {
            double[] row = scoreReader.read(square, query, 1);
            double sum = 0;
            for (int j = 0; j <= query; j++) {
                sum += row[j];
            }
            int behind = square.width() - query - 1;
            if (behind > 0) {
                OffHeap.zero(
                        square.row(query) + (long) (query + 1) * precision.bytes(), (long) behind * precision.bytes());
            }
            return sum;
        }

        private void add(long position, int first, int count, int draw) {
            for (int done = 0; done < count; done += valueReader.panelRows()) {
                int some = Math.min(valueReader.panelRows(), count - done);
                double[] values = valueReader.read(weighted, done, some);
                for (int i = done; i < done + some; i++) {
                    if (shown.row(first + i)) {
                        double factor = 1 / sum(position, i, draw);
                        for (int j = 0; j < valueWidth; j++) {
                            // A negative zero, which a product of later rows with 0 would turn round, becomes 0.
                            out[i * valueWidth + j] += values[(i - done) * valueWidth + j] * factor + 0.0;
                        }
                    }
                }
            }
        }

        private double sum(long position, int row, int draw) {
            double sum = rowSums[row * draws.repeats() + draw];
            // A product below the smallest normal number is off by up to 2^-24 of it. Features are at most
            // 2^16, so that from here on their sum is right to rounding.
            double least = (precision == Precision.FLOAT ? Float.MIN_NORMAL : Double.MIN_NORMAL) * (1 << 16);
            if (!(sum >= least && sum < Double.POSITIVE_INFINITY)) {
                throw new NumericalException("no feature of the query in row " + (position + row)
                        + " (from 0) and of a key that it sees is within the range of "
                        + precision.name().toLowerCase(java.util.Locale.ROOT)
                        + " numbers: they are too long; use blocks.precision = double, or attention.method = exact");
            }
            return sum * draws.repeats();
        }
    }
}
