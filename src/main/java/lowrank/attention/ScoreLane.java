package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blas.VectorMath;

/** The scores of one query as they become exponentials: on the heap, where loops over them vectorise. */
sealed interface ScoreLane {
    /**
     * Takes the scores of the first {@code seen} keys at an address; those of hidden ones become minus infinity.
     *
     * @return the largest, or minus infinity
     */
    double load(long address, int seen, ScoreTile.Keys keys);

    /**
     * The values at the address = exp(score - max) of the loaded scores, 0 of the others up to {@code count}.
     *
     * @return their sum
     */
    double store(long address, int seen, int count, double max);

    static ScoreLane of(Precision precision, int most) {
        return precision == Precision.DOUBLE ? new Doubles(new double[most]) : new Floats(new float[most]);
    }

    /** Scores in double precision. */
    record Doubles(double[] x) implements ScoreLane {
        @Override
        public double load(long address, int seen, ScoreTile.Keys keys) {
            OffHeap.get(address, x, 0, seen);
            for (int j = 0; keys.bias() != null && j < seen; j++) {
                x[j] += keys.bias()[keys.row() + j];
            }
            for (int j = 0; keys.shown() != null && j < seen; j++) {
                x[j] = keys.shown().row(keys.row() + j) ? x[j] : Double.NEGATIVE_INFINITY;
            }
            return largest(x, seen);
        }

        @Override
        public double store(long address, int seen, int count, double max) {
            for (int j = 0; j < seen; j++) {
                x[j] -= max;
            }
            VectorMath.exp(x, 0, seen);
            Arrays.fill(x, seen, count, 0);
            OffHeap.put(address, x, 0, count);
            // Four sums at a time, since each waits for itself.
            double a = 0;
            double b = 0;
            double c = 0;
            double d = 0;
            int j = 0;
            for (; j + 3 < seen; j += 4) {
                a += x[j];
                b += x[j + 1];
                c += x[j + 2];
                d += x[j + 3];
            }
            for (; j < seen; j++) {
                a += x[j];
            }
            return (a + b) + (c + d);
        }
    }

    /** Scores in single precision; their sums are double. */
    record Floats(float[] x) implements ScoreLane {
        @Override
        public double load(long address, int seen, ScoreTile.Keys keys) {
            OffHeap.get(address, x, 0, seen);
            for (int j = 0; keys.bias() != null && j < seen; j++) {
                x[j] += (float) keys.bias()[keys.row() + j];
            }
            for (int j = 0; keys.shown() != null && j < seen; j++) {
                x[j] = keys.shown().row(keys.row() + j) ? x[j] : Float.NEGATIVE_INFINITY;
            }
            return largest(x, seen);
        }

        @Override
        public double store(long address, int seen, int count, double max) {
            float less = (float) max;
            for (int j = 0; j < seen; j++) {
                x[j] -= less;
            }
            VectorMath.exp(x, 0, seen);
            Arrays.fill(x, seen, count, 0);
            OffHeap.put(address, x, 0, count);
            double a = 0;
            double b = 0;
            double c = 0;
            double d = 0;
            int j = 0;
            for (; j + 3 < seen; j += 4) {
                a += x[j];
                b += x[j + 1];
                c += x[j + 2];
                d += x[j + 3];
            }
            for (; j < seen; j++) {
                a += x[j];
            }
            return (a + b) + (c + d);
        }
    }

    /** Compared, not by Math.max, which minds the sign of zeros and takes three times as long; scores are numbers. */
    private static double largest(double[] x, int count) {
        double a = Double.NEGATIVE_INFINITY;
        double b = a;
        int j = 0;
        for (; j + 1 < count; j += 2) {
            a = x[j] > a ? x[j] : a;
            b = x[j + 1] > b ? x[j + 1] : b;
        }
        return Math.max(j < count ? Math.max(a, x[j]) : a, b);
    }

    private static float largest(float[] x, int count) {
        float a = Float.NEGATIVE_INFINITY;
        float b = a;
        int j = 0;
        for (; j + 1 < count; j += 2) {
            a = x[j] > a ? x[j] : a;
            b = x[j + 1] > b ? x[j + 1] : b;
        }
        return Math.max(j < count ? Math.max(a, x[j]) : a, b);
    }
}
