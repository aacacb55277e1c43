package lowrank.blas;

import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * A column-major matrix in memory, with what was written there kept beside it. The gaps between columns hold NaN, so that
 * reading or writing them does not go unnoticed.
 */
final class Operand {
    private final Precision precision;
    private final int rows;
    private final int cols;
    private final int ld;
    private final long address;
    private final double[][] original;

    /** Stores values whose columns are rows + gap apart, at an address that is {@code offset} bytes off the arena's. */
    Operand(Precision precision, double[][] values, int cols, int gap, int offset, Arena arena) {
        this.precision = precision;
        this.rows = values.length;
        this.cols = cols;
        this.ld = Math.max(1, rows + gap);
        address = arena.allocate((long) ld * Math.max(1, cols) * precision.bytes() + offset) + offset;
        original = new double[rows][cols];
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < ld; i++) {
                put(i, j, i < rows ? values[i][j] : Double.NaN);
                if (i < rows) {
                    original[i][j] = get(i, j);
                }
            }
        }
    }

    static Operand of(Precision precision, double[][] values, int gap, Arena arena) {
        return new Operand(precision, values, values.length == 0 ? 0 : values[0].length, gap, 0, arena);
    }

    /** Memory for a result: NaN everywhere. */
    static Operand result(Precision precision, int rows, int cols, int gap, Arena arena) {
        return of(precision, filled(rows, cols, () -> Double.NaN), gap, arena);
    }

    static double[][] filled(int rows, int cols, DoubleSupplier values) {
        double[][] a = new double[rows][cols];
        for (double[] row : a) {
            for (int j = 0; j < cols; j++) {
                row[j] = values.getAsDouble();
            }
        }
        return a;
    }

    /** Uniform numbers in (-1, 1). */
    static double[][] random(int rows, int cols, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return filled(rows, cols, () -> random.nextDouble() * 2 - 1);
    }

    /** An upper triangle with a dominant diagonal, and NaN below it. */
    static double[][] triangle(int order, long seed) {
        double[][] a = random(order, order, seed);
        for (int i = 0; i < order; i++) {
            a[i][i] += order + 1;
            for (int j = 0; j < i; j++) {
                a[i][j] = Double.NaN;
            }
        }
        return a;
    }

    private long at(int i, int j) {
        return address + ((long) j * ld + i) * precision.bytes();
    }

    private void put(int i, int j, double value) {
        if (precision == Precision.DOUBLE) {
            OffHeap.putDouble(at(i, j), value);
        } else {
            OffHeap.putFloat(at(i, j), (float) value);
        }
    }

    /** What is in memory now; i may reach into the gap. */
    double get(int i, int j) {
        return precision == Precision.DOUBLE ? OffHeap.getDouble(at(i, j)) : OffHeap.getFloat(at(i, j));
    }

    /** What is in memory now. */
    double[][] values() {
        double[][] now = new double[rows][cols];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < cols; j++) {
                now[i][j] = get(i, j);
            }
        }
        return now;
    }

    /** The upper triangle that is in memory now, with zeros below. */
    double[][] upper() {
        double[][] now = values();
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < Math.min(i, cols); j++) {
                now[i][j] = 0;
            }
        }
        return now;
    }

    /** Whether all gaps between columns still hold what was put there. */
    boolean gapsAreUntouched() {
        for (int j = 0; j < cols; j++) {
            for (int i = rows; i < ld; i++) {
                if (!Double.isNaN(get(i, j))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** What was written, rounded to the precision. */
    double[][] original() {
        return original;
    }

    long address() {
        return address;
    }

    int ld() {
        return ld;
    }
}
