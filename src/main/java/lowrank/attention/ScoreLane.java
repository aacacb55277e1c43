package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blas.VectorMath;

/** The scores of one query as they become exponentials: on the heap, where loops over them vectorise. */
sealed interface ScoreLane {
    /**
     * Takes the scores of the first {@code seen} keys at an address, with what they gain; those of hidden ones become minus infinity.
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

    /**
     * Room for so many scores.
     *
     * @param bias what the score of each key gains, or null for nothing
     */
    static ScoreLane of(Precision precision, int most, double[] bias) {
        if (precision == Precision.DOUBLE) {
            return new Doubles(new double[most], bias);
        }
        float[] rounded = bias == null ? null : new float[bias.length];
        for (int j = 0; bias != null && j < bias.length; j++) {
            rounded[j] = (float) bias[j];
        }
        return new Floats(new float[most], rounded);
    }

    /** Scores in double precision. */
    record Doubles(double[] x, double[] bias) implements ScoreLane {
        @Override
        public double load(long address, int seen, ScoreTile.Keys keys) {
            OffHeap.get(address, x, 0, seen);
            int row = keys.row();
            for (int j = 0; bias != null && j < seen; j++) {
                x[j] += bias[row + j];
            }
            for (int j = 0; keys.shown() != null && j < seen; j++) {
                x[j] = keys.shown().row(row + j) ? x[j] : Double.NEGATIVE_INFINITY;
            }
            return largest(x, seen);
        }

        @Override
        public double store(long address, int seen, int count, double max) {
            double less = max;
            for (int j = 0; j < seen; j++) {
                x[j] -= less;
            }
            VectorMath.exp(x, 0, seen);
            Arrays.fill(x, seen, count, 0);
            OffHeap.put(address, x, 0, count);
            return sum(x, seen);
        }
    }

    /** Scores in single precision, and their sums, as those of the products with values. */
    record Floats(float[] x, float[] bias) implements ScoreLane {
        @Override
        public double load(long address, int seen, ScoreTile.Keys keys) {
            OffHeap.get(address, x, 0, seen);
            int row = keys.row();
            for (int j = 0; bias != null && j < seen; j++) {
                x[j] += bias[row + j];
            }
            for (int j = 0; keys.shown() != null && j < seen; j++) {
                x[j] = keys.shown().row(row + j) ? x[j] : Float.NEGATIVE_INFINITY;
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
            return sum(x, seen);
        }
    }

    /**
     * Of eight at a time, since each waits for itself; compared, not by Math.max, which minds the sign of zeros and takes three times as
     * long: scores are numbers.
     */
    private static double largest(double[] x, int count) {
        double a = Double.NEGATIVE_INFINITY;
        double b = Double.NEGATIVE_INFINITY;
        double c = Double.NEGATIVE_INFINITY;
        double d = Double.NEGATIVE_INFINITY;
        double e = Double.NEGATIVE_INFINITY;
        double f = Double.NEGATIVE_INFINITY;
        double g = Double.NEGATIVE_INFINITY;
        double h = Double.NEGATIVE_INFINITY;
        int j = 0;
        for (; j + 7 < count; j += 8) {
            a = x[j] > a ? x[j] : a;
            b = x[j + 1] > b ? x[j + 1] : b;
            c = x[j + 2] > c ? x[j + 2] : c;
            d = x[j + 3] > d ? x[j + 3] : d;
            e = x[j + 4] > e ? x[j + 4] : e;
            f = x[j + 5] > f ? x[j + 5] : f;
            g = x[j + 6] > g ? x[j + 6] : g;
            h = x[j + 7] > h ? x[j + 7] : h;
        }
        for (; j < count; j++) {
            a = x[j] > a ? x[j] : a;
        }
        return Math.max(Math.max(Math.max(a, b), Math.max(c, d)), Math.max(Math.max(e, f), Math.max(g, h)));
    }

    private static float largest(float[] x, int count) {
        float a = Float.NEGATIVE_INFINITY;
        float b = Float.NEGATIVE_INFINITY;
        float c = Float.NEGATIVE_INFINITY;
        float d = Float.NEGATIVE_INFINITY;
        float e = Float.NEGATIVE_INFINITY;
        float f = Float.NEGATIVE_INFINITY;
        float g = Float.NEGATIVE_INFINITY;
        float h = Float.NEGATIVE_INFINITY;
        int j = 0;
        for (; j + 7 < count; j += 8) {
            a = x[j] > a ? x[j] : a;
            b = x[j + 1] > b ? x[j + 1] : b;
            c = x[j + 2] > c ? x[j + 2] : c;
            d = x[j + 3] > d ? x[j + 3] : d;
            e = x[j + 4] > e ? x[j + 4] : e;
            f = x[j + 5] > f ? x[j + 5] : f;
            g = x[j + 6] > g ? x[j + 6] : g;
            h = x[j + 7] > h ? x[j + 7] : h;
        }
        for (; j < count; j++) {
            a = x[j] > a ? x[j] : a;
        }
        return Math.max(Math.max(Math.max(a, b), Math.max(c, d)), Math.max(Math.max(e, f), Math.max(g, h)));
    }

    /** Eight sums at a time. */
    private static double sum(double[] x, int count) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        double e = 0;
        double f = 0;
        double g = 0;
        double h = 0;
        int j = 0;
        for (; j + 7 < count; j += 8) {
            a += x[j];
            b += x[j + 1];
            c += x[j + 2];
            d += x[j + 3];
            e += x[j + 4];
            f += x[j + 5];
            g += x[j + 6];
            h += x[j + 7];
        }
        for (; j < count; j++) {
            a += x[j];
        }
        return ((a + b) + (c + d)) + ((e + f) + (g + h));
    }

    private static float sum(float[] x, int count) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        float e = 0;
        float f = 0;
        float g = 0;
        float h = 0;
        int j = 0;
        for (; j + 7 < count; j += 8) {
            a += x[j];
            b += x[j + 1];
            c += x[j + 2];
            d += x[j + 3];
            e += x[j + 4];
            f += x[j + 5];
            g += x[j + 6];
            h += x[j + 7];
        }
        for (; j < count; j++) {
            a += x[j];
        }
        return ((a + b) + (c + d)) + ((e + f) + (g + h));
    }
}
