package lowrank.attention;

import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.FloatExp;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blas.VectorMath;

/**
 * The scores of some queries as they become exponentials: on the heap, where loops over them vectorise.
 *
 * <p>Exponentials are of scores less a shift per query, which keeps them within range: the largest of the first {@value #FIRST} scores that
 * the query has seen, and the largest of all where the sum of a tile tells that later ones are far above. What a query's exponentials are
 * depends on its own scores alone, and on none of keys that it does not see.
 */
sealed interface ScoreLane {
    /** Scores that a shift is found from: few, since the search for a maximum takes a fifth of a tile's time. */
    int FIRST = 32;

    /** Of each key, in the sum of a tile whose shift is near enough: no more than twice what the largest score as shift would allow. */
    double MOST = 2;

    /**
     * Which scores count.
     *
     * @param last of each query the last key that it sees, or null where all see all
     */
    record Seen(ScoreTile.Keys keys, long[] last) {
        /** How many keys, from the first on, a query sees. */
        int by(int query) {
            return last == null ? keys.count() : keys.upTo(last[query]);
        }
    }

    /** The queries of one call, at most, with so many keys each. */
    int most(int keys);

    /**
     * The scores at an address, those of a query side by side, become exp(score - shift), 0 of keys that are not seen or hidden.
     *
     * @param rows queries
     * @param shift of each query, minus infinity before its first key, from index {@code first} on: found, or raised, where it has to be
     * @param sums of the exponentials, from index {@code to} on
     */
    default void take(long address, int rows, Seen seen, double[] shift, int first, double[] sums, int to) {
        int count = seen.keys().count();
        load(address, rows, seen, first);
        for (int i = 0; i < rows; i++) {
            if (shift[first + i] == Double.NEGATIVE_INFINITY) {
                shift[first + i] = largest(i * count, Math.min(FIRST, count));
            }
        }
        exponentials(rows, count, shift, first, sums, to);
        boolean all = true;
        for (int i = 0; i < rows; i++) {
            all &= isNear(shift[first + i], sums[to + i], count);
        }
        if (!all) {
            load(address, rows, seen, first);
            for (int i = 0; i < rows; i++) {
                if (!isNear(shift[first + i], sums[to + i], count)) {
                    shift[first + i] = Math.max(shift[first + i], largest(i * count, count));
                }
            }
            exponentials(rows, count, shift, first, sums, to);
        }
        store(address, rows * count);
    }

    private static boolean isNear(double shift, double sum, int count) {
        return shift == Double.NEGATIVE_INFINITY ? count <= FIRST : sum <= MOST * count;
    }

    /** Takes scores, minus infinity of keys that are not seen or hidden. */
    void load(long address, int rows, Seen seen, int first);

    /** The largest of some of what was loaded. */
    double largest(int from, int count);

    /** What was loaded becomes exponentials, which are summed query by query. */
    void exponentials(int rows, int count, double[] shift, int first, double[] sums, int to);

    /** Puts the exponentials where the scores were. */
    void store(long address, int count);

    /**
     * Room for tiles of so many keys.
     *
     * @param bias what the score of each key gains, or null for nothing
     */
    static ScoreLane of(Precision precision, int keys, double[] bias, Arena arena) {
        int room = Math.max(keys, OffHeap.TILE);
        if (precision == Precision.DOUBLE) {
            return new Doubles(new double[room], bias);
        }
        float[] rounded = bias == null ? null : new float[bias.length];
        for (int j = 0; bias != null && j < bias.length; j++) {
            rounded[j] = (float) bias[j];
        }
        return new Floats(new float[room], rounded, new FloatExp(arena, room));
    }

    /** Scores in double precision. */
    record Doubles(double[] x, double[] bias) implements ScoreLane {
        @Override
        public int most(int count) {
            return x.length / count;
        }

        @Override
        public void load(long address, int rows, Seen seen, int first) {
            int count = seen.keys().count();
            int row = seen.keys().row();
            Shown shown = seen.keys().shown();
            OffHeap.get(address, x, 0, rows * count);
            for (int i = 0; i < rows; i++) {
                int at = i * count;
                int some = seen.by(first + i);
                for (int j = 0; bias != null && j < some; j++) {
                    x[at + j] += bias[row + j];
                }
                for (int j = 0; shown != null && j < some; j++) {
                    x[at + j] = shown.row(row + j) ? x[at + j] : Double.NEGATIVE_INFINITY;
                }
                Arrays.fill(x, at + some, at + count, Double.NEGATIVE_INFINITY);
            }
        }

        @Override
        public double largest(int from, int count) {
            return ScoreLane.largest(x, from, count);
        }

        @Override
        public void exponentials(int rows, int count, double[] shift, int first, double[] sums, int to) {
            for (int i = 0; i < rows; i++) {
                // Where nothing has been seen all are minus infinity, and their exponentials are to be 0.
                double less = shift[first + i] == Double.NEGATIVE_INFINITY ? 0 : shift[first + i];
                for (int j = i * count; j < (i + 1) * count; j++) {
                    x[j] -= less;
                }
            }
            VectorMath.exp(x, 0, rows * count);
            for (int i = 0; i < rows; i++) {
                sums[to + i] = sum(x, i * count, count);
            }
        }

        @Override
        public void store(long address, int count) {
            OffHeap.put(address, x, 0, count);
        }
    }

    /** Scores in single precision, and their sums, as those of the products with values. */
    record Floats(float[] x, float[] bias, FloatExp exp) implements ScoreLane {
        @Override
        public int most(int count) {
            return x.length / count;
        }

        @Override
        public void load(long address, int rows, Seen seen, int first) {
            int count = seen.keys().count();
            int row = seen.keys().row();
            Shown shown = seen.keys().shown();
            OffHeap.get(address, x, 0, rows * count);
            for (int i = 0; i < rows; i++) {
                int at = i * count;
                int some = seen.by(first + i);
                for (int j = 0; bias != null && j < some; j++) {
                    x[at + j] += bias[row + j];
                }
                for (int j = 0; shown != null && j < some; j++) {
                    x[at + j] = shown.row(row + j) ? x[at + j] : Float.NEGATIVE_INFINITY;
                }
                Arrays.fill(x, at + some, at + count, Float.NEGATIVE_INFINITY);
            }
        }

        @Override
        public double largest(int from, int count) {
            return ScoreLane.largest(x, from, count);
        }

        @Override
        public void exponentials(int rows, int count, double[] shift, int first, double[] sums, int to) {
            for (int i = 0; i < rows; i++) {
                // Where nothing has been seen all are minus infinity, and their exponentials are to be 0.
                float less = shift[first + i] == Double.NEGATIVE_INFINITY ? 0 : (float) shift[first + i];
                for (int j = i * count; j < (i + 1) * count; j++) {
                    x[j] -= less;
                }
            }
            exp.of(x, rows * count);
            for (int i = 0; i < rows; i++) {
                sums[to + i] = sum(x, i * count, count);
            }
        }

        @Override
        public void store(long address, int count) {
            OffHeap.put(address, x, 0, count);
        }
    }

    /**
     * Of eight at a time, since each waits for itself; compared, not by Math.max, which minds the sign of zeros and takes three times as
     * long: scores are numbers.
     */
    private static double largest(double[] x, int from, int count) {
        double a = Double.NEGATIVE_INFINITY;
        double b = Double.NEGATIVE_INFINITY;
        double c = Double.NEGATIVE_INFINITY;
        double d = Double.NEGATIVE_INFINITY;
        double e = Double.NEGATIVE_INFINITY;
        double f = Double.NEGATIVE_INFINITY;
        double g = Double.NEGATIVE_INFINITY;
        double h = Double.NEGATIVE_INFINITY;
        int j = from;
        for (; j + 7 < from + count; j += 8) {
            a = x[j] > a ? x[j] : a;
            b = x[j + 1] > b ? x[j + 1] : b;
            c = x[j + 2] > c ? x[j + 2] : c;
            d = x[j + 3] > d ? x[j + 3] : d;
            e = x[j + 4] > e ? x[j + 4] : e;
            f = x[j + 5] > f ? x[j + 5] : f;
            g = x[j + 6] > g ? x[j + 6] : g;
            h = x[j + 7] > h ? x[j + 7] : h;
        }
        for (; j < from + count; j++) {
            a = x[j] > a ? x[j] : a;
        }
        return Math.max(Math.max(Math.max(a, b), Math.max(c, d)), Math.max(Math.max(e, f), Math.max(g, h)));
    }

    private static float largest(float[] x, int from, int count) {
        float a = Float.NEGATIVE_INFINITY;
        float b = Float.NEGATIVE_INFINITY;
        float c = Float.NEGATIVE_INFINITY;
        float d = Float.NEGATIVE_INFINITY;
        float e = Float.NEGATIVE_INFINITY;
        float f = Float.NEGATIVE_INFINITY;
        float g = Float.NEGATIVE_INFINITY;
        float h = Float.NEGATIVE_INFINITY;
        int j = from;
        for (; j + 7 < from + count; j += 8) {
            a = x[j] > a ? x[j] : a;
            b = x[j + 1] > b ? x[j + 1] : b;
            c = x[j + 2] > c ? x[j + 2] : c;
            d = x[j + 3] > d ? x[j + 3] : d;
            e = x[j + 4] > e ? x[j + 4] : e;
            f = x[j + 5] > f ? x[j + 5] : f;
            g = x[j + 6] > g ? x[j + 6] : g;
            h = x[j + 7] > h ? x[j + 7] : h;
        }
        for (; j < from + count; j++) {
            a = x[j] > a ? x[j] : a;
        }
        return Math.max(Math.max(Math.max(a, b), Math.max(c, d)), Math.max(Math.max(e, f), Math.max(g, h)));
    }

    /** Eight sums at a time. */
    private static double sum(double[] x, int from, int count) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        double e = 0;
        double f = 0;
        double g = 0;
        double h = 0;
        int j = from;
        for (; j + 7 < from + count; j += 8) {
            a += x[j];
            b += x[j + 1];
            c += x[j + 2];
            d += x[j + 3];
            e += x[j + 4];
            f += x[j + 5];
            g += x[j + 6];
            h += x[j + 7];
        }
        for (; j < from + count; j++) {
            a += x[j];
        }
        return ((a + b) + (c + d)) + ((e + f) + (g + h));
    }

    private static float sum(float[] x, int from, int count) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        float e = 0;
        float f = 0;
        float g = 0;
        float h = 0;
        int j = from;
        for (; j + 7 < from + count; j += 8) {
            a += x[j];
            b += x[j + 1];
            c += x[j + 2];
            d += x[j + 3];
            e += x[j + 4];
            f += x[j + 5];
            g += x[j + 6];
            h += x[j + 7];
        }
        for (; j < from + count; j++) {
            a += x[j];
        }
        return ((a + b) + (c + d)) + ((e + f) + (g + h));
    }
}
