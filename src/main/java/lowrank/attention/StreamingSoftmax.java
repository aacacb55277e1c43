package lowrank.attention;

import java.util.Arrays;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.NumericalException;

/**
 * Exact attention of some queries, a block of keys at a time: of each query a shift m near the largest score, l = sum_j exp(s_j - m) and
 * sum_j exp(s_j - m) v_j, which give its output without that scores of all keys are ever held (Milakov and Gimelshein 2018, "Online
 * normalizer calculation for softmax"; Rabe and Staats 2021). One thread's.
 *
 * <p><b>Cost</b>: 2 (d + dv) flops and one exponential per query and key.
 */
final class StreamingSoftmax {
    private final Blas blas = Backend.current();
    private final Precision precision;
    private final int width;
    private final int valueWidth;
    private final ScoreTile tile;
    private final Shown shown;
    private final long weighted;
    private final RowReader reader;
    private final RowWriter writer;
    private final double[] shift;
    private final double[] sum;
    private final double[] outputs;
    private final RowProducts products;
    private Slab queries;
    private long[] last;

    /**
     * Room for so many queries.
     *
     * @param schema of the blocks of keys and values
     */
    StreamingSoftmax(Arena arena, int most, double scale, Schema schema) {
        this(arena, most, scale, schema, 0);
    }

    /**
     * Room for so many queries.
     *
     * @param compared the first queries, at most {@link ScoreTile#QUERIES}, inner products of whose rows of P are summed too
     */
    StreamingSoftmax(Arena arena, int most, double scale, Schema schema, int compared) {
        precision = schema.columns().get(Heads.KEY).precision();
        width = Heads.width(schema);
        valueWidth = Heads.valueWidth(schema);
        tile = new ScoreTile(arena, width, scale, precision);
        shown = new Shown(schema);
        weighted = arena.allocate((long) most * valueWidth, precision);
        reader = new RowReader(valueWidth, precision);
        writer = new RowWriter(precision);
        shift = new double[most];
        sum = new double[most];
        outputs = new double[reader.panelRows() * valueWidth];
        products = compared == 0 ? null : new RowProducts(arena, compared, precision);
    }

    /** What the scores of keys gain from now on, by their row. */
    void bias(double[] bias) {
        tile.bias(bias);
    }

    /** Bytes off the heap. */
    static long bytes(int most, int valueWidth, Precision precision) {
        return ScoreTile.bytes(precision) + (long) most * valueWidth * precision.bytes();
    }

    /**
     * Begins with other queries: nothing has been seen.
     *
     * @param queries in the precision of the keys
     * @param last of each query the position of the last key that it sees, or null where all see all
     */
    void start(Slab queries, long[] last) {
        this.queries = queries;
        this.last = last;
        Arrays.fill(shift, 0, queries.rows(), Double.NEGATIVE_INFINITY);
        Arrays.fill(sum, 0, queries.rows(), 0);
        OffHeap.zero(weighted, (long) queries.rows() * valueWidth * precision.bytes());
        if (products != null) {
            products.start();
        }
    }

    /** Adds the keys and values of a block. */
    void add(Block block) {
        shown.read(Heads.mask(block), block.rows());
        add(
                block.columns().get(Heads.KEY),
                block.columns().get(Heads.VALUE),
                block.firstRow(),
                shown.all() ? null : shown);
    }

    /**
     * Adds keys and values.
     *
     * @param position of the first
     * @param shown which are shown, or null for all
     */
    void add(Slab keys, Slab values, long position, Shown shown) {
        for (int k = 0; k < keys.rows(); k += ScoreTile.KEYS) {
            int count = Math.min(ScoreTile.KEYS, keys.rows() - k);
            ScoreTile.Keys some = new ScoreTile.Keys(keys.row(k), count, position + k, shown, k);
            for (int q = 0; q < queries.rows(); q += ScoreTile.QUERIES) {
                int asked = Math.min(ScoreTile.QUERIES, queries.rows() - q);
                if (isSeen(some, q, asked)) {
                    add(some, values.row(k), q, asked);
                }
            }
        }
    }

    private boolean isSeen(ScoreTile.Keys keys, int first, int count) {
        if (last == null) {
            return true;
        }
        for (int i = first; i < first + count; i++) {
            if (keys.upTo(last[i]) > 0) {
                return true;
            }
        }
        return false;
    }

    private void add(ScoreTile.Keys keys, long values, int first, int count) {
        tile.take(queries.row(first), count, keys, last, shift, sum, first);
        Slab rows = new Slab(weighted(first), count, valueWidth, precision);
        if (tile.rescaled()) {
            rescale(rows, tile.factors());
        }
        if (products != null && first == 0) {
            products.add(tile, keys.count());
        }
        // O = O + P V, row by row: O' = O' + V' P'.
        blas.gemm(
                precision,
                false,
                false,
                valueWidth,
                count,
                keys.count(),
                1,
                values,
                valueWidth,
                tile.weights(),
                keys.count(),
                1,
                rows.address(),
                valueWidth);
    }

    private long weighted(int query) {
        return weighted + (long) query * valueWidth * precision.bytes();
    }

    private void rescale(Slab rows, double[] factors) {
        for (int first = 0; first < rows.rows(); first += reader.panelRows()) {
            int some = Math.min(reader.panelRows(), rows.rows() - first);
            double[] values = reader.read(rows, first, some);
            for (int i = 0; i < some; i++) {
                for (int j = 0; j < valueWidth; j++) {
                    values[i * valueWidth + j] *= factors[first + i];
                }
            }
            writer.write(rows, first, some, values);
        }
    }

    /** What has been summed, to be merged with the sums over other keys. */
    SoftmaxSums sums() {
        int n = queries.rows();
        double[] all = new double[n * valueWidth];
        Slab rows = new Slab(weighted, n, valueWidth, precision);
        for (int first = 0; first < n; first += reader.panelRows()) {
            int some = Math.min(reader.panelRows(), n - first);
            double[] values = reader.read(rows, first, some);
            requireFinite(values, some * valueWidth);
            System.arraycopy(values, 0, all, first * valueWidth, some * valueWidth);
        }
        return new SoftmaxSums(
                valueWidth,
                Arrays.copyOf(shift, n),
                Arrays.copyOf(sum, n),
                all,
                products == null ? new double[0] : products.values());
    }

    /** The outputs, sum_j exp(s_j - m) v_j / l, into a slab; zeros of queries that saw no key or that {@code of} hides. */
    void outputs(Slab target, Shown of) {
        Slab rows = new Slab(weighted, target.rows(), valueWidth, precision);
        for (int first = 0; first < target.rows(); first += reader.panelRows()) {
            int some = Math.min(reader.panelRows(), target.rows() - first);
            double[] values = reader.read(rows, first, some);
            for (int i = 0; i < some; i++) {
                boolean any = sum[first + i] > 0 && of.row(first + i);
                double factor = any ? 1 / sum[first + i] : 0;
                for (int j = 0; j < valueWidth; j++) {
                    outputs[i * valueWidth + j] = values[i * valueWidth + j] * factor;
                }
            }
            writer.write(target, first, some, outputs);
        }
    }

    private void requireFinite(double[] values, int count) {
        double zero = 0;
        for (int j = 0; j < count; j++) {
            zero += 0 * values[j];
        }
        if (zero != 0) {
            throw new NumericalException("sums of values are beyond "
                    + precision.name().toLowerCase(Locale.ROOT) + " numbers; "
                    + (precision == Precision.FLOAT ? "use blocks.precision = double, or " : "") + "scale the values");
        }
    }
}
