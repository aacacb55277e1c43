package lowrank.kernel;

import java.util.Arrays;

/**
 * Forms of one row with many, coordinate after coordinate, in loops over the many that the JIT turns into vector instructions. Only
 * +, -, * and / in a fixed order for each pair: the same bits on every machine, and for a pair alone or among others.
 */
final class PairSums {
    private PairSums() {}

    /**
     * sums[j] = form(x, y_j) for j = 0, ..., count - 1.
     *
     * @param x holds the row from index {@code at} on, {@code width} values
     * @param y the many, coordinate t of y_j at t * stride + from + j
     */
    static void of(
            Kernel.Form form,
            double[] x,
            int at,
            int width,
            double[] y,
            int stride,
            int from,
            int count,
            double[] sums) {
        Arrays.fill(sums, 0, count, 0);
        switch (form) {
            case PRODUCT -> products(x, at, width, y, stride, from, count, sums);
            case SQUARED_DISTANCE -> squares(x, at, width, y, stride, from, count, sums);
            case ABSOLUTE_DISTANCE -> absolutes(x, at, width, y, stride, from, count, sums);
            case HARMONIC -> harmonics(x, at, width, y, stride, from, count, sums);
            case CHI_SQUARED -> chiSquares(x, at, width, y, stride, from, count, sums);
        }
    }

    private static void products(
            double[] x, int at, int width, double[] y, int stride, int from, int count, double[] sums) {
        for (int t = 0; t < width; t++) {
            double x0 = x[at + t];
            int y0 = t * stride + from;
            for (int j = 0; j < count; j++) {
                sums[j] += x0 * y[y0 + j];
            }
        }
    }

    private static void squares(
            double[] x, int at, int width, double[] y, int stride, int from, int count, double[] sums) {
        int t = 0;
        // Four coordinates a turn: a quarter of the loads and stores of the sums, in the same order.
        for (; t + 3 < width; t += 4) {
            double x0 = x[at + t];
            double x1 = x[at + t + 1];
            double x2 = x[at + t + 2];
            double x3 = x[at + t + 3];
            int y0 = t * stride + from;
            int y1 = y0 + stride;
            int y2 = y1 + stride;
            int y3 = y2 + stride;
            for (int j = 0; j < count; j++) {
                double d0 = x0 - y[y0 + j];
                double d1 = x1 - y[y1 + j];
                double d2 = x2 - y[y2 + j];
                double d3 = x3 - y[y3 + j];
                sums[j] = sums[j] + d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
            }
        }
        for (; t < width; t++) {
            double x0 = x[at + t];
            int y0 = t * stride + from;
            for (int j = 0; j < count; j++) {
                double d0 = x0 - y[y0 + j];
                sums[j] += d0 * d0;
            }
        }
    }

    private static void absolutes(
            double[] x, int at, int width, double[] y, int stride, int from, int count, double[] sums) {
        int t = 0;
        for (; t + 3 < width; t += 4) {
            double x0 = x[at + t];
            double x1 = x[at + t + 1];
            double x2 = x[at + t + 2];
            double x3 = x[at + t + 3];
            int y0 = t * stride + from;
            int y1 = y0 + stride;
            int y2 = y1 + stride;
            int y3 = y2 + stride;
            for (int j = 0; j < count; j++) {
                sums[j] = sums[j]
                        + Math.abs(x0 - y[y0 + j])
                        + Math.abs(x1 - y[y1 + j])
                        + Math.abs(x2 - y[y2 + j])
                        + Math.abs(x3 - y[y3 + j]);
            }
        }
        for (; t < width; t++) {
            double x0 = x[at + t];
            int y0 = t * stride + from;
            for (int j = 0; j < count; j++) {
                sums[j] += Math.abs(x0 - y[y0 + j]);
            }
        }
    }

    /** Where x is 0 the term is 0 for every y; elsewhere x + y > 0, and y / (x + y) neither overflows nor is 0/0. */
    private static void harmonics(
            double[] x, int at, int width, double[] y, int stride, int from, int count, double[] sums) {
        for (int t = 0; t < width; t++) {
            double x0 = x[at + t];
            int y0 = t * stride + from;
            if (x0 > 0) {
                for (int j = 0; j < count; j++) {
                    double y1 = y[y0 + j];
                    sums[j] += 2 * x0 * (y1 / (x0 + y1));
                }
            }
        }
    }

    /** Where x is 0 the term is y, also for y = 0. */
    private static void chiSquares(
            double[] x, int at, int width, double[] y, int stride, int from, int count, double[] sums) {
        for (int t = 0; t < width; t++) {
            double x0 = x[at + t];
            int y0 = t * stride + from;
            if (x0 > 0) {
                for (int j = 0; j < count; j++) {
                    double y1 = y[y0 + j];
                    double d = x0 - y1;
                    sums[j] += d * (d / (x0 + y1));
                }
            } else {
                for (int j = 0; j < count; j++) {
                    sums[j] += y[y0 + j];
                }
            }
        }
    }

    /** |x - y_j|^2 of one pair, with the bits of {@link #of}. */
    static double squared(double[] x, int at, int width, double[] y, int stride, int j) {
        double sum = 0;
        for (int t = 0, k = j; t < width; t++, k += stride) {
            double d = x[at + t] - y[k];
            sum += d * d;
        }
        return sum;
    }
}
