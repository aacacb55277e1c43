package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.FloatExp;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blas.VectorMath;

/**
 * Products of rows with frequencies as they become features: on the heap, some rows at a time, where loops over them vectorise. Rows lie
 * one after the other, and have {@code width} products each.
 */
sealed interface FeatureLane {
    /** Raises max[f] to the largest logarithm, product - less[from + row] - offsets[f]. */
    void largest(long address, int rows, double[] less, int from, double[] offsets, double[] max);

    /**
     * The values at the address = exp(product - less[from + row] - offsets[f]).
     *
     * @param sums to each of which the values of its feature are added
     */
    void exponentials(long address, int rows, double[] less, int from, double[] offsets, double[] sums);

    /**
     * Of each row and each {@code size} products of it, of one draw: the values at the address = exp(product + offsets[f] - their maximum).
     *
     * @param weights of each feature
     * @param sums of the values times the weights, row by row, those of its draws one after the other, from index {@code from} on
     */
    void queries(long address, int rows, int size, double[] offsets, double[] weights, double[] sums, int from);

    /** The rows of one call, at most. */
    int most();

    static FeatureLane of(Precision precision, int width, Arena arena) {
        int most = Math.max(1, OffHeap.TILE / width);
        return precision == Precision.DOUBLE
                ? new Doubles(width, most, new double[most * width])
                : new Floats(
                        width,
                        most,
                        new float[most * width],
                        new float[width],
                        new float[width],
                        new FloatExp(arena, most * width));
    }

    /** In double precision. */
    record Doubles(int width, int most, double[] x) implements FeatureLane {
        @Override
        public void largest(long address, int rows, double[] less, int from, double[] offsets, double[] max) {
            OffHeap.get(address, x, 0, rows * width);
            for (int i = 0; i < rows; i++) {
                double minus = less[from + i];
                int at = i * width;
                for (int f = 0; f < width; f++) {
                    max[f] = Math.max(max[f], x[at + f] - minus - offsets[f]);
                }
            }
        }

        @Override
        public void exponentials(long address, int rows, double[] less, int from, double[] offsets, double[] sums) {
            OffHeap.get(address, x, 0, rows * width);
            for (int i = 0; i < rows; i++) {
                double minus = less[from + i];
                int at = i * width;
                for (int f = 0; f < width; f++) {
                    x[at + f] = x[at + f] - minus - offsets[f];
                }
            }
            VectorMath.exp(x, 0, rows * width);
            for (int i = 0; i < rows; i++) {
                int at = i * width;
                for (int f = 0; f < width; f++) {
                    sums[f] += x[at + f];
                }
            }
            OffHeap.put(address, x, 0, rows * width);
        }

        @Override
        public void queries(
                long address, int rows, int size, double[] offsets, double[] weights, double[] sums, int from) {
            OffHeap.get(address, x, 0, rows * width);
            for (int at = 0; at < rows * width; at += size) {
                int feature = at % width;
                double max = Double.NEGATIVE_INFINITY;
                for (int f = 0; f < size; f++) {
                    x[at + f] += offsets[feature + f];
                    max = Math.max(max, x[at + f]);
                }
                for (int f = 0; f < size; f++) {
                    x[at + f] -= max;
                }
            }
            VectorMath.exp(x, 0, rows * width);
            for (int at = 0; at < rows * width; at += size) {
                sums[from + at / size] = FeatureLane.dot(x, at, weights, at % width, size);
            }
            OffHeap.put(address, x, 0, rows * width);
        }
    }

    /** x'y of values from different places, four sums at a time, since each waits for itself. */
    private static double dot(double[] x, int at, double[] y, int from, int count) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int j = 0;
        for (; j + 3 < count; j += 4) {
            a += x[at + j] * y[from + j];
            b += x[at + j + 1] * y[from + j + 1];
            c += x[at + j + 2] * y[from + j + 2];
            d += x[at + j + 3] * y[from + j + 3];
        }
        for (; j < count; j++) {
            a += x[at + j] * y[from + j];
        }
        return (a + b) + (c + d);
    }

    /** In single precision; the sums of the rows of a call are single too. */
    record Floats(int width, int most, float[] x, float[] offset, float[] sum, FloatExp exp) implements FeatureLane {
        private void round(double[] offsets) {
            for (int f = 0; f < width; f++) {
                offset[f] = (float) offsets[f];
            }
        }

        @Override
        public void largest(long address, int rows, double[] less, int from, double[] offsets, double[] max) {
            OffHeap.get(address, x, 0, rows * width);
            for (int i = 0; i < rows; i++) {
                double minus = less[from + i];
                int at = i * width;
                for (int f = 0; f < width; f++) {
                    max[f] = Math.max(max[f], x[at + f] - minus - offsets[f]);
                }
            }
        }

        @Override
        public void exponentials(long address, int rows, double[] less, int from, double[] offsets, double[] sums) {
            round(offsets);
            OffHeap.get(address, x, 0, rows * width);
            for (int i = 0; i < rows; i++) {
                float minus = (float) less[from + i];
                int at = i * width;
                for (int f = 0; f < width; f++) {
                    x[at + f] = x[at + f] - minus - offset[f];
                }
            }
            exp.of(x, rows * width);
            Arrays.fill(sum, 0);
            for (int i = 0; i < rows; i++) {
                int at = i * width;
                for (int f = 0; f < width; f++) {
                    sum[f] += x[at + f];
                }
            }
            for (int f = 0; f < width; f++) {
                sums[f] += sum[f];
            }
            OffHeap.put(address, x, 0, rows * width);
        }

        @Override
        public void queries(
                long address, int rows, int size, double[] offsets, double[] weights, double[] sums, int from) {
            round(offsets);
            OffHeap.get(address, x, 0, rows * width);
            for (int at = 0; at < rows * width; at += size) {
                int feature = at % width;
                float max = Float.NEGATIVE_INFINITY;
                for (int f = 0; f < size; f++) {
                    x[at + f] += offset[feature + f];
                    max = Math.max(max, x[at + f]);
                }
                for (int f = 0; f < size; f++) {
                    x[at + f] -= max;
                }
            }
            exp.of(x, rows * width);
            for (int at = 0; at < rows * width; at += size) {
                sums[from + at / size] = dot(x, at, weights, at % width, size);
            }
            OffHeap.put(address, x, 0, rows * width);
        }

        private static double dot(float[] x, int at, double[] y, int from, int count) {
            double a = 0;
            double b = 0;
            double c = 0;
            double d = 0;
            int j = 0;
            for (; j + 3 < count; j += 4) {
                a += x[at + j] * y[from + j];
                b += x[at + j + 1] * y[from + j + 1];
                c += x[at + j + 2] * y[from + j + 2];
                d += x[at + j + 3] * y[from + j + 3];
            }
            for (; j < count; j++) {
                a += x[at + j] * y[from + j];
            }
            return (a + b) + (c + d);
        }
    }
}
