package lowrank.kernel;

import java.io.Serializable;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import lowrank.linalg.Matrix;

/**
 * Rows of a table with a random key each, by ascending key.
 *
 * @param keys ascending, in (0, 1)
 * @param rows positions in the table
 * @param values one row after the other
 */
public record Sample(int width, double[] keys, long[] rows, double[] values) implements Serializable {

    /** The values of a row, for sets of rows; 0 and -0 are the same. */
    private record Values(double[] values, int from, int width) {
        @Override
        public boolean equals(Object other) {
            if (!(other instanceof Values that) || width != that.width) {
                return false;
            }
            for (int t = 0; t < width; t++) {
                if (values[from + t] != that.values[that.from + t]) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            long hash = 1;
            for (int t = 0; t < width; t++) {
                hash = 31 * hash + Double.doubleToLongBits(values[from + t] + 0.0);
            }
            return Long.hashCode(hash);
        }
    }

    /** How many they are. */
    public int count() {
        return rows.length;
    }

    /** The rows with the smallest keys of those given, in order; of equal rows the first alone when {@code distinct}. */
    static Sample smallest(
            int width, double[] keys, long[] rows, double[] values, int given, int most, boolean distinct) {
        Integer[] order = new Integer[given];
        Arrays.setAll(order, i -> i);
        // Keys of 52 bits may collide: the position decides.
        Arrays.sort(
                order,
                (a, b) -> keys[a] != keys[b] ? Double.compare(keys[a], keys[b]) : Long.compare(rows[a], rows[b]));
        Set<Values> seen = new HashSet<>();
        int[] chosen = new int[Math.min(given, most)];
        int count = 0;
        for (int i = 0; i < given && count < most; i++) {
            if (!distinct || seen.add(new Values(values, order[i] * width, width))) {
                chosen[count++] = order[i];
            }
        }
        Sample sample = new Sample(width, new double[count], new long[count], new double[count * width]);
        for (int i = 0; i < count; i++) {
            sample.keys[i] = keys[chosen[i]];
            sample.rows[i] = rows[chosen[i]];
            System.arraycopy(values, chosen[i] * width, sample.values, i * width, width);
        }
        return sample;
    }

    /** The same of two samples. */
    Sample and(Sample other, int most, boolean distinct) {
        int both = count() + other.count();
        double[] allKeys = Arrays.copyOf(keys, both);
        long[] allRows = Arrays.copyOf(rows, both);
        double[] allValues = Arrays.copyOf(values, both * width);
        System.arraycopy(other.keys, 0, allKeys, count(), other.count());
        System.arraycopy(other.rows, 0, allRows, count(), other.count());
        System.arraycopy(other.values, 0, allValues, count() * width, other.values.length);
        return smallest(width, allKeys, allRows, allValues, both, most, distinct);
    }

    /** A row per row. */
    Matrix matrix() {
        return columns().transpose();
    }

    /** A column per row. */
    public Matrix columns() {
        return new Matrix(width, count(), values);
    }

    /** The rows of a matrix with keys of their own. */
    static Sample of(Matrix matrix, double[] keys, long[] rows) {
        return new Sample(matrix.cols(), keys, rows, matrix.transpose().values());
    }
}
