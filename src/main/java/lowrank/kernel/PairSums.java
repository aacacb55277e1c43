package lowrank.kernel;

import java.util.Arrays;
import lowrank.blas.OffHeap;
import lowrank.linalg.Matrix;

/**
 * Forms of one row with many landmarks, coordinate after coordinate, in loops over a tile of landmarks. Only +, -, * and / in a fixed
 * order for each pair: the same bits on every machine, and for a pair alone or among others.
 *
 * <p>Each coordinate of a tile is an array of its own: the JIT makes vector instructions of loops over whole arrays, and not of those
 * over parts of one (a quarter to a seventh of the time).
 */
final class PairSums {
    /** Values of a tile: what stays in the second-level cache while rows pass by. */
    private static final int TILE_VALUES = 1 << 16;

    private final Kernel.Form form;
    private final int width;
    private final int count;
    private final int tile;
    private final double[][][] tiles;

    /** The rows of a matrix as landmarks. */
    PairSums(Kernel.Form form, Matrix landmarks) {
        this.form = form;
        width = landmarks.cols();
        count = landmarks.rows();
        int size = OffHeap.TILE;
        while (size > 64 && (long) size * width > TILE_VALUES) {
            size /= 2;
        }
        tile = size;
        tiles = new double[(count + tile - 1) / tile][width][];
        for (int k = 0; k < tiles.length; k++) {
            for (int t = 0; t < width; t++) {
                int from = t * count + k * tile;
                tiles[k][t] = Arrays.copyOfRange(landmarks.values(), from, from + countOf(k));
            }
        }
    }

    /** Landmarks of a tile, all but the last: a power of two, at most {@link OffHeap#TILE}. */
    int tile() {
        return tile;
    }

    /** Landmarks of tile k. */
    int countOf(int k) {
        return Math.min(tile, count - k * tile);
    }

    /** sums[j] = form(x, y_j) for the landmarks of tile k; x is at index {@code at}. */
    void of(double[] x, int at, int k, double[] sums) {
        int n = countOf(k);
        Arrays.fill(sums, 0, n, 0);
        double[][] y = tiles[k];
        int t = 0;
        if (form == Kernel.Form.SQUARED_DISTANCE) {
            // Four coordinates a turn: a quarter of the loads and stores of the sums, in the same order.
            for (; t + 3 < width; t += 4) {
                int x0 = at + t;
                squares(x[x0], x[x0 + 1], x[x0 + 2], x[x0 + 3], y[t], y[t + 1], y[t + 2], y[t + 3], sums, n);
            }
        }
        for (; t < width; t++) {
            double value = x[at + t];
            switch (form) {
                case PRODUCT -> products(value, y[t], sums, n);
                case SQUARED_DISTANCE -> squares(value, y[t], sums, n);
                case ABSOLUTE_DISTANCE -> absolutes(value, y[t], sums, n);
                case HARMONIC -> {
                    // Where x is 0 the term is 0 for every y.
                    if (value > 0) {
                        harmonics(value, y[t], sums, n);
                    }
                }
                case CHI_SQUARED -> {
                    if (value > 0) {
                        chiSquares(value, y[t], sums, n);
                    } else {
                        // (0 - y)^2 / y, and 0 for y = 0.
                        additions(y[t], sums, n);
                    }
                }
            }
        }
    }

    /** |x - y_j|^2 of one pair, with the bits of {@link #of}. */
    double squared(double[] x, int at, int j) {
        double[][] y = tiles[j / tile];
        int place = j % tile;
        double sum = 0;
        for (int t = 0; t < width; t++) {
            double d = x[at + t] - y[t][place];
            sum += d * d;
        }
        return sum;
    }

    private static void products(double x, double[] y, double[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] += x * y[j];
        }
    }

    private static void squares(double x, double[] y, double[] sums, int n) {
        for (int j = 0; j < n; j++) {
            double d = x - y[j];
            sums[j] += d * d;
        }
    }

    private static void squares(
            double x0,
            double x1,
            double x2,
            double x3,
            double[] y0,
            double[] y1,
            double[] y2,
            double[] y3,
            double[] sums,
            int n) {
        for (int j = 0; j < n; j++) {
            double d0 = x0 - y0[j];
            double d1 = x1 - y1[j];
            double d2 = x2 - y2[j];
            double d3 = x3 - y3[j];
            sums[j] = sums[j] + d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
        }
    }

    private static void absolutes(double x, double[] y, double[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] += Math.abs(x - y[j]);
        }
    }

    /** For x > 0: y / (x + y) neither overflows nor is 0/0. */
    private static void harmonics(double x, double[] y, double[] sums, int n) {
        double twice = 2 * x;
        for (int j = 0; j < n; j++) {
            sums[j] += twice * (y[j] / (x + y[j]));
        }
    }

    private static void chiSquares(double x, double[] y, double[] sums, int n) {
        for (int j = 0; j < n; j++) {
            double d = x - y[j];
            sums[j] += d * (d / (x + y[j]));
        }
    }

    private static void additions(double[] y, double[] sums, int n) {
        for (int j = 0; j < n; j++) {
            sums[j] += y[j];
        }
    }
}
