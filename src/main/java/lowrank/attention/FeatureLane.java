package lowrank.attention;

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

    /** The rows of one call, at most. */
    int most();

    static FeatureLane of(Precision precision, int width) {
        int most = Math.max(1, OffHeap.TILE / width);
        return precision == Precision.DOUBLE
                ? new Doubles(width, most, new double[most * width])
                : new Floats(width, most, new float[most * width], new float[width], new float[width]);
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
    }

    /** In single precision; the sums of the rows of a call are single too. */
    record Floats(int width, int most, float[] x, float[] offset, float[] sum) implements FeatureLane {
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
            VectorMath.exp(x, 0, rows * width);
            java.util.Arrays.fill(sum, 0);
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
    }
}
