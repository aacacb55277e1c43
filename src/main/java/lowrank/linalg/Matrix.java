package lowrank.linalg;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/**
 * A dense matrix of doubles on the heap, column by column: the small algebra of the driver. Values are not copied on
 * construction and are not to be changed afterwards, except by the one that made them.
 */
public record Matrix(int rows, int cols, double[] values) implements Serializable {
    public Matrix {
        if (values.length != Math.multiplyExact((long) rows, cols)) {
            throw new IllegalArgumentException("a " + rows + " x " + cols + " matrix needs " + (long) rows * cols
                    + " values, not " + values.length);
        }
    }

    /** A matrix of zeros. */
    public static Matrix zeros(int rows, int cols) {
        return new Matrix(rows, cols, new double[Math.multiplyExact(rows, cols)]);
    }

    /** The identity. */
    public static Matrix identity(int order) {
        Matrix eye = zeros(order, order);
        for (int i = 0; i < order; i++) {
            eye.values[i * (order + 1)] = 1;
        }
        return eye;
    }

    /** Reads a column-major matrix with columns {@code ld} apart. */
    public static Matrix load(long address, int rows, int cols, int ld) {
        Matrix m = zeros(rows, cols);
        for (int j = 0; j < cols; j++) {
            OffHeap.get(address + 8L * ld * j, m.values, j * rows, rows);
        }
        return m;
    }

    /** Entry (i, j). */
    public double get(int i, int j) {
        return values[j * rows + i];
    }

    /** Sets entry (i, j); only for the one that made this matrix. */
    public void set(int i, int j, double value) {
        values[j * rows + i] = value;
    }

    /** Writes the values, columns {@code rows} apart, into memory of the arena. */
    public long store(Arena arena) {
        long address = arena.doubles(values.length);
        for (int j = 0; j < cols; j++) {
            OffHeap.put(address + 8L * rows * j, values, j * rows, rows);
        }
        return address;
    }

    /** The transpose, as a new matrix. */
    public Matrix transpose() {
        Matrix t = zeros(cols, rows);
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < rows; i++) {
                t.values[i * cols + j] = values[j * rows + i];
            }
        }
        return t;
    }

    /** The first {@code count} columns. */
    public Matrix columns(int count) {
        if (count > cols) {
            throw new IllegalArgumentException("the first " + count + " columns of a matrix that has " + cols);
        }
        return new Matrix(rows, count, java.util.Arrays.copyOf(values, rows * count));
    }

    /** The columns chosen[0], ..., chosen[count - 1]. */
    public Matrix columns(int[] chosen, int count) {
        Matrix some = zeros(rows, count);
        for (int j = 0; j < count; j++) {
            System.arraycopy(values, chosen[j] * rows, some.values, j * rows, rows);
        }
        return some;
    }

    /** The rows from..to - 1. */
    public Matrix rows(int from, int to) {
        Matrix some = zeros(to - from, cols);
        for (int j = 0; j < cols; j++) {
            System.arraycopy(values, j * rows + from, some.values, j * some.rows, some.rows);
        }
        return some;
    }

    /** [this, other]: the columns of both. */
    public Matrix beside(Matrix other) {
        if (other.rows != rows) {
            throw new IllegalArgumentException("matrices side by side have " + rows + " and " + other.rows + " rows");
        }
        Matrix both = zeros(rows, Math.addExact(cols, other.cols));
        System.arraycopy(values, 0, both.values, 0, values.length);
        System.arraycopy(other.values, 0, both.values, values.length, other.values.length);
        return both;
    }

    /** Entry by entry this + other. */
    public Matrix plus(Matrix other) {
        return sum(1, other);
    }

    /** Entry by entry this - other. */
    public Matrix minus(Matrix other) {
        return sum(-1, other);
    }

    private Matrix sum(double sign, Matrix other) {
        if (other.rows != rows || other.cols != cols) {
            throw new IllegalArgumentException(
                    "shapes differ: " + rows + " x " + cols + " and " + other.rows + " x " + other.cols);
        }
        double[] sum = values.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += sign * other.values[i];
        }
        return new Matrix(rows, cols, sum);
    }

    /** The Euclidean norm of each column; for values whose squares are in range. */
    public double[] columnNorms() {
        double[] norms = new double[cols];
        for (int j = 0; j < cols; j++) {
            double sum = 0;
            for (int i = 0; i < rows; i++) {
                sum += values[j * rows + i] * values[j * rows + i];
            }
            norms[j] = Math.sqrt(sum);
        }
        return norms;
    }

    /** this * other. */
    public Matrix times(Matrix other) {
        return product(false, this, false, other);
    }

    /** this^T * other. */
    public Matrix transposeTimes(Matrix other) {
        return product(true, this, false, other);
    }

    /** this * other^T. */
    public Matrix timesTranspose(Matrix other) {
        return product(false, this, true, other);
    }

    private static Matrix product(boolean ta, Matrix a, boolean tb, Matrix b) {
        int m = ta ? a.cols : a.rows;
        int k = ta ? a.rows : a.cols;
        int n = tb ? b.rows : b.cols;
        if (k != (tb ? b.cols : b.rows)) {
            throw new IllegalArgumentException("inner dimensions differ: " + k + " and " + (tb ? b.cols : b.rows));
        }
        if (m == 0 || n == 0 || k == 0) {
            return zeros(m, n);
        }
        try (Arena arena = new Arena()) {
            long c = arena.doubles((long) m * n);
            Backend.current()
                    .gemm(
                            Precision.DOUBLE,
                            ta,
                            tb,
                            m,
                            n,
                            k,
                            1,
                            a.store(arena),
                            a.rows,
                            b.store(arena),
                            b.rows,
                            0,
                            c,
                            m);
            return load(c, m, n, m);
        }
    }

    /** Multiplies column j by factors[j]. */
    public Matrix scaleColumns(double[] factors) {
        Matrix scaled = new Matrix(rows, cols, values.clone());
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < rows; i++) {
                scaled.values[j * rows + i] *= factors[j];
            }
        }
        return scaled;
    }

    /** max |A^T A - I|, the defect of orthonormal columns. */
    public double orthogonalityDefect() {
        Matrix gram = transposeTimes(this);
        double worst = 0;
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < cols; i++) {
                worst = Math.max(worst, Math.abs(gram.get(i, j) - (i == j ? 1 : 0)));
            }
        }
        return worst;
    }
}
