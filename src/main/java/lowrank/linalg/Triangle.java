package lowrank.linalg;

import java.io.Serializable;
import lowrank.blas.OffHeap;

/** An upper triangle, packed by columns: column j holds its j + 1 entries. Half the bytes of a square on the wire. */
public record Triangle(int order, double[] values) implements Serializable {
    public Triangle {
        if (values.length != entries(order)) {
            throw new IllegalArgumentException(
                    "a triangle of order " + order + " needs " + entries(order) + " values, not " + values.length);
        }
    }

    /** Entries of a packed triangle. */
    public static int entries(int order) {
        return Math.toIntExact((long) order * (order + 1) / 2);
    }

    /** Packs the upper triangle of a column-major square. */
    public static Triangle load(long address, int order, int ld) {
        double[] values = new double[entries(order)];
        int from = 0;
        for (int j = 0; j < order; j++) {
            OffHeap.get(address + 8L * ld * j, values, from, j + 1);
            from += j + 1;
        }
        return new Triangle(order, values);
    }

    /** Unpacks into the upper triangle of a column-major square; what is below is set to zero. */
    public void store(long address, int ld) {
        int from = 0;
        for (int j = 0; j < order; j++) {
            OffHeap.put(address + 8L * ld * j, values, from, j + 1);
            OffHeap.zero(address + 8L * ld * j + 8L * (j + 1), 8L * (order - j - 1));
            from += j + 1;
        }
    }

    /** Entry (i, j) of the upper triangle, i <= j. */
    public double get(int i, int j) {
        return values[(int) ((long) j * (j + 1) / 2) + i];
    }

    /** The square matrix with zeros below the diagonal. */
    public Matrix square() {
        Matrix m = Matrix.zeros(order, order);
        int from = 0;
        for (int j = 0; j < order; j++) {
            System.arraycopy(values, from, m.values(), j * order, j + 1);
            from += j + 1;
        }
        return m;
    }

    /** The symmetric matrix whose upper triangle this is. */
    public Matrix symmetric() {
        Matrix m = square();
        for (int j = 0; j < order; j++) {
            for (int i = 0; i < j; i++) {
                m.set(j, i, m.get(i, j));
            }
        }
        return m;
    }

    /** Entry by entry this + other. */
    public Triangle plus(Triangle other) {
        if (other.order != order) {
            throw new IllegalArgumentException("orders differ: " + order + " and " + other.order);
        }
        double[] sum = values.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += other.values[i];
        }
        return new Triangle(order, sum);
    }

    /** The same into the values of this one; only for the one that made this triangle. */
    public void add(Triangle other) {
        if (other.order != order) {
            throw new IllegalArgumentException("orders differ: " + order + " and " + other.order);
        }
        for (int i = 0; i < values.length; i++) {
            values[i] += other.values[i];
        }
    }

    /** Entry by entry this - other. */
    public Triangle minus(Triangle other) {
        if (other.order != order) {
            throw new IllegalArgumentException("orders differ: " + order + " and " + other.order);
        }
        double[] difference = values.clone();
        for (int i = 0; i < difference.length; i++) {
            difference[i] -= other.values[i];
        }
        return new Triangle(order, difference);
    }
}
