package lowrank.blas;

/** Products and norms by plain loops. */
final class Naive {
    private Naive() {}

    static double[][] transpose(double[][] a, int cols) {
        double[][] t = new double[cols][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < cols; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    /** The transpose of a matrix that has a row. */
    static double[][] transpose(double[][] a) {
        return transpose(a, a[0].length);
    }

    static double[][] times(double[][] a, double[][] b) {
        int cols = b[0].length;
        double[][] c = new double[a.length][cols];
        for (int i = 0; i < a.length; i++) {
            for (int l = 0; l < b.length; l++) {
                for (int j = 0; j < cols; j++) {
                    c[i][j] += a[i][l] * b[l][j];
                }
            }
        }
        return c;
    }

    /** A^T A. */
    static double[][] gram(double[][] a) {
        return times(transpose(a), a);
    }

    /** alpha A + beta B. */
    static double[][] plus(double alpha, double[][] a, double beta, double[][] b) {
        double[][] c = new double[a.length][];
        for (int i = 0; i < a.length; i++) {
            c[i] = new double[a[i].length];
            for (int j = 0; j < c[i].length; j++) {
                c[i][j] = alpha * a[i][j] + beta * b[i][j];
            }
        }
        return c;
    }

    static double[][] abs(double[][] a) {
        double[][] c = new double[a.length][];
        for (int i = 0; i < a.length; i++) {
            c[i] = new double[a[i].length];
            for (int j = 0; j < c[i].length; j++) {
                c[i][j] = Math.abs(a[i][j]);
            }
        }
        return c;
    }

    static double[][] identity(int order) {
        return diagonal(Operand.filled(1, order, () -> 1)[0]);
    }

    static double[][] diagonal(double[] values) {
        double[][] a = new double[values.length][values.length];
        for (int i = 0; i < values.length; i++) {
            a[i][i] = values[i];
        }
        return a;
    }

    /** The symmetric matrix with this upper triangle. */
    static double[][] symmetric(double[][] upper) {
        double[][] a = new double[upper.length][upper.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = i; j < a.length; j++) {
                a[i][j] = upper[i][j];
                a[j][i] = upper[i][j];
            }
        }
        return a;
    }

    /** The largest sum of magnitudes of a column, as LAPACK's tests measure; NaN where an entry is. */
    static double norm(double[][] a) {
        double norm = 0;
        for (int j = 0; j < a[0].length; j++) {
            double sum = 0;
            for (double[] row : a) {
                sum += Math.abs(row[j]);
            }
            norm = Math.max(norm, sum);
        }
        return norm;
    }

    /** Norm of A - B. */
    static double distance(double[][] a, double[][] b) {
        return norm(plus(1, a, -1, b));
    }
}
