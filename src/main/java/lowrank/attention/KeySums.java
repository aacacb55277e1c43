package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.NumericalException;

/**
 * {@link FeatureSums} while keys come in, a tile of rows at a time whose features stay in a core's second-level cache between the two
 * products that make and use them. One thread's.
 *
 * <p><b>No feature overflows.</b> Features are times exp(-shift_f). Where shifts are found in the data, shift_f begins as the largest
 * logarithm of feature f in the first tile of a leaf, and is raised where a later tile exceeds it by a large factor: z_f is at least 1,
 * whatever the lengths of keys are. Where shifts are given, for causal attention, in which no key may change what came before it by as much
 * as its rounding, they are constants of the draw ({@link FeatureScan#shifts}).
 *
 * <p><b>Cost</b>: 2 m (d + dv) flops and m exponentials per key, 2 d^2 flops more where keys are aligned. Sums of floats stand in floats
 * within a block, everything above in doubles.
 */
final class KeySums {
    /** Rows of a tile. */
    static final int ROWS = 128;

    private final Blas blas = Backend.current();
    private final Arena arena;
    private final Schema schema;
    private final KeyFeatures features;
    private final double[] fixed;
    private final Precision precision;
    private final int width;
    private final int valueWidth;
    private final int total;
    private final double limit;
    private final double[] less = new double[ROWS];
    private final double[] tileWeights;
    private final double[] offsets;
    private FeatureLane lane;
    private Waves waves;
    private long products;
    private RowReader reader;
    private RowReader sumReader;
    private long right;
    private long map;
    private long mapped;
    private long tile;
    private long weighted;
    private boolean pending;
    private FeatureSums sums;

    /**
     * Sums of no keys.
     *
     * @param schema of the blocks
     * @param fixed shifts, or null where they are found in the data
     */
    KeySums(Arena arena, Schema schema, KeyFeatures features, double[] fixed) {
        this.arena = arena;
        this.schema = schema;
        this.features = features;
        this.fixed = fixed;
        precision = schema.columns().get(Heads.KEY).precision();
        width = Heads.width(schema);
        valueWidth = Heads.valueWidth(schema);
        total = features.draws().total();
        limit = precision == Precision.DOUBLE ? 1e150 : 1e15;
        tileWeights = new double[total];
        offsets = new double[total];
    }

    /** Bytes off the heap. */
    static long bytes(FeatureDraws draws, boolean aligned, long width, long valueWidth, Precision precision) {
        long maps = aligned ? width * (width + ROWS) : 0;
        long products = draws.kind() == FeatureKind.TRIGONOMETRIC ? (long) ROWS * draws.total() / 2 : 0;
        return precision.bytes() * (width * draws.total() + maps + draws.total() * (ROWS + valueWidth) + products);
    }

    private void open() {
        if (right == 0) {
            right = RightProduct.store(features.frequencies(), precision, arena);
            tile = arena.allocate((long) ROWS * total, precision);
            weighted = arena.allocate((long) total * valueWidth, precision);
            if (features.draws().kind() == FeatureKind.TRIGONOMETRIC) {
                waves = new Waves(features.draws(), precision);
                products = arena.allocate((long) ROWS * total / 2, precision);
            } else {
                lane = FeatureLane.of(precision, total, arena);
                products = tile;
            }
            reader = new RowReader(width, precision);
            sumReader = new RowReader(valueWidth, precision);
            if (features.map() != null) {
                map = RightProduct.store(features.map(), precision, arena);
                mapped = arena.allocate((long) ROWS * width, precision);
            }
        }
        if (sums == null) {
            sums = FeatureSums.none(total, valueWidth);
            if (fixed != null) {
                System.arraycopy(fixed, 0, sums.shift(), 0, total);
            }
        }
    }

    /** Adds the keys and values of a block. */
    void add(Block block, Shown shown) {
        for (int first = 0; first < block.rows(); first += ROWS) {
            add(block, first, Math.min(ROWS, block.rows() - first), shown);
        }
        unload();
    }

    /**
     * Adds some keys and values of a block, at most {@link #ROWS}.
     *
     * @return where their features are, row by row, or 0 where all are hidden
     */
    long add(Block block, int first, int count, Shown shown) {
        open();
        Slab keys = block.columns().get(Heads.KEY);
        if (!measure(keys, first, count, shown)) {
            return 0;
        }
        product(keys, first, count);
        boolean begin = sums.shift()[0] == Double.NEGATIVE_INFINITY;
        if (begin || waves != null && largestGain(count) > sums.shift()[0] + StrictMath.log(limit)) {
            raise(count, block.firstRow() + first);
        }
        make(count);
        if (fixed == null && !within(limit)) {
            product(keys, first, count);
            raise(count, block.firstRow() + first);
            product(keys, first, count);
            make(count);
        }
        if (!within(precision == Precision.DOUBLE ? Double.MAX_VALUE : Float.MAX_VALUE)) {
            throw beyond(block.firstRow() + first, count);
        }
        for (int f = 0; f < total; f++) {
            sums.weights()[f] += tileWeights[f];
        }
        // S = S + P'V, feature by feature: S' = S' + V'P, of which V' and P' are what lies there.
        blas.gemm(
                precision,
                false,
                true,
                valueWidth,
                total,
                count,
                1,
                block.columns().get(Heads.VALUE).row(first),
                valueWidth,
                tile,
                total,
                pending ? 1 : 0,
                weighted,
                valueWidth);
        pending = true;
        return tile;
    }

    private NumericalException beyond(long row, int count) {
        return new NumericalException("features of a key in rows " + row + " to " + (row + count - 1)
                + " (from 0) are beyond " + precision.name().toLowerCase(java.util.Locale.ROOT)
                + " numbers; use blocks.precision = double, or attention.method = exact");
    }

    private boolean within(double most) {
        boolean within = true;
        for (int f = 0; f < total; f++) {
            within &= tileWeights[f] <= most;
        }
        return within;
    }

    /** |x|^2 / 2 - n'x of each row, of waves -|x|^2 / 2 - n'x, infinity of hidden ones; false where all are hidden. */
    private boolean measure(Slab keys, int first, int count, Shown shown) {
        Slab rows = keys;
        int from = first;
        if (map != 0) {
            blas.gemm(
                    precision,
                    true,
                    false,
                    width,
                    count,
                    width,
                    1,
                    map,
                    width,
                    keys.row(first),
                    width,
                    0,
                    mapped,
                    width);
            rows = new Slab(mapped, count, width, precision);
            from = 0;
        }
        boolean any = false;
        for (int done = 0; done < count; done += reader.panelRows()) {
            int some = Math.min(reader.panelRows(), count - done);
            double[] values = reader.read(rows, from + done, some);
            for (int i = 0; i < some; i++) {
                boolean seen = shown.row(first + done + i);
                any |= seen;
                less[done + i] = seen ? size(values, i * width) : Double.POSITIVE_INFINITY;
            }
        }
        return any;
    }

    private double size(double[] row, int at) {
        double half = waves == null ? 0.5 : -0.5;
        double squares = 0;
        if (map == 0) {
            for (int j = 0; j < width; j++) {
                squares += row[at + j] * row[at + j];
            }
            return features.scale() * half * squares;
        }
        double[] centre = features.centre();
        double[] lean = features.lean();
        for (int j = 0; j < width; j++) {
            double x = row[at + j] - centre[j];
            squares += x * (half * x - lean[j]);
        }
        return squares;
    }

    private void product(Slab keys, int first, int count) {
        int each = features.frequencies().cols();
        blas.gemm(
                precision, true, false, each, count, width, 1, right, width, keys.row(first), width, 0, products, each);
    }

    /** The features of the tile, and the sums of each. */
    private void make(int count) {
        Arrays.fill(tileWeights, 0);
        if (waves != null) {
            Slab from = new Slab(products, count, total / 2, precision);
            Slab to = new Slab(tile, count, total, precision);
            for (int i = 0; i < count; i++) {
                double factor = StrictMath.exp(-less[i] - sums.shift()[0]);
                double[] row = waves.row(from, i, features.offsets(), factor, to);
                for (int f = 0; f < total; f++) {
                    tileWeights[f] += row[f];
                }
            }
            return;
        }
        for (int f = 0; f < total; f++) {
            offsets[f] = features.offsets()[f] + sums.shift()[f];
        }
        for (int done = 0; done < count; done += lane.most()) {
            int some = Math.min(lane.most(), count - done);
            lane.exponentials(row(done), some, less, done, offsets, tileWeights);
        }
    }

    /** The largest logarithm of what waves of a row of the tile are multiplied by. */
    private double largestGain(int count) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, -less[i]);
        }
        return largest;
    }

    private long row(int row) {
        return tile + (long) row * total * precision.bytes();
    }

    /** Raises the shifts to the largest logarithms of the products in the tile. */
    private void raise(int count, long position) {
        double[] largest = sums.shift().clone();
        if (waves != null) {
            Arrays.fill(largest, Math.max(largest[0], largestGain(count)));
        }
        for (int done = 0; waves == null && done < count; done += lane.most()) {
            int some = Math.min(lane.most(), count - done);
            lane.largest(row(done), some, less, done, features.offsets(), largest);
        }
        for (double x : largest) {
            if (!Double.isFinite(x)) {
                throw beyond(position, count);
            }
        }
        unload();
        sums.raise(largest);
    }

    /** Adds what stands off the heap to the doubles. */
    private void unload() {
        addTo(sums == null ? null : sums.weighted());
        pending = false;
    }

    /** z of the keys so far. */
    double[] weights() {
        open();
        return sums.weights();
    }

    /** Adds what stands off the heap: S of the tiles since the block began. */
    void addTo(double[] target) {
        if (!pending) {
            return;
        }
        Slab rows = new Slab(weighted, total, valueWidth, precision);
        for (int f = 0; f < total; f += sumReader.panelRows()) {
            int some = Math.min(sumReader.panelRows(), total - f);
            double[] values = sumReader.read(rows, f, some);
            int at = f * valueWidth;
            for (int j = 0; j < some * valueWidth; j++) {
                target[at + j] += values[j];
            }
        }
    }

    /** The sums; the next keys begin new ones. */
    FeatureSums take() {
        unload();
        FeatureSums taken = sums == null ? FeatureSums.none(total, valueWidth) : sums;
        sums = null;
        return taken;
    }
}
