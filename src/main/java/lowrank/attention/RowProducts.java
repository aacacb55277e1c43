package lowrank.attention;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;

/**
 * Inner products of the exponentials of some queries, P P', a tile of keys after the other: n^2 flops per key. One thread's.
 *
 * <p>What is held is the upper triangle, one column after the other.
 */
final class RowProducts {
    private final Blas blas = Backend.current();
    private final int n;
    private final Precision precision;
    private final Slab products;
    private final RowReader reader;
    private final RowWriter writer;
    private final double[] scaled;

    /** Of the first {@code n} queries of a tile. */
    RowProducts(Arena arena, int n, Precision precision) {
        this.n = n;
        this.precision = precision;
        products = new Slab(arena.allocate((long) n * n, precision), n, n, precision);
        reader = new RowReader(n, precision);
        writer = new RowWriter(precision);
        scaled = new double[n];
    }

    static long bytes(int n, Precision precision) {
        return (long) n * n * precision.bytes();
    }

    void start() {
        OffHeap.zero(products.address(), products.bytes());
    }

    /** Adds a tile of so many keys. */
    void add(ScoreTile tile, int keys) {
        if (tile.rescaled()) {
            rescale(tile.factors());
        }
        blas.syrk(precision, true, n, keys, 1, tile.weights(), keys, 1, products.address(), n);
    }

    /** Column j times factor j, row i times factor i. */
    private void rescale(double[] factors) {
        for (int j = 0; j < n; j++) {
            double[] column = reader.read(products, j, 1);
            for (int i = 0; i <= j; i++) {
                scaled[i] = column[i] * factors[i] * factors[j];
            }
            writer.put(products.row(j), scaled, 0, j + 1);
        }
    }

    /** All n^2 of them. */
    double[] values() {
        double[] all = new double[n * n];
        for (int j = 0; j < n; j++) {
            double[] column = reader.read(products, j, 1);
            for (int i = 0; i <= j; i++) {
                all[j * n + i] = column[i];
                all[i * n + j] = column[i];
            }
        }
        return all;
    }
}
