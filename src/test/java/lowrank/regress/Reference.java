package lowrank.regress;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.linalg.Matrix;

/** Weighted ridge regression as a textbook would write it: explicit centring, elimination with pivots, nothing of what is tested. */
final class Reference {
    private Reference() {}

    /** Coefficients over an intercept: (D + 1) x t. */
    static Matrix ridge(Matrix z, Matrix y, double[] w, double mu, boolean intercept) {
        int n = z.rows();
        int d = z.cols();
        int t = y.cols();
        double total = 0;
        for (double weight : w) {
            total += weight;
        }
        double[] zMean = new double[d];
        double[] yMean = new double[t];
        if (intercept) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < d; j++) {
                    zMean[j] += w[i] * z.get(i, j) / total;
                }
                for (int k = 0; k < t; k++) {
                    yMean[k] += w[i] * y.get(i, k) / total;
                }
            }
        }
        double[][] a = new double[d][d + t];
        for (int i = 0; i < n; i++) {
            for (int p = 0; p < d; p++) {
                double zp = w[i] * (z.get(i, p) - zMean[p]);
                for (int q = 0; q < d; q++) {
                    a[p][q] += zp * (z.get(i, q) - zMean[q]);
                }
                for (int k = 0; k < t; k++) {
                    a[p][d + k] += zp * (y.get(i, k) - yMean[k]);
                }
            }
        }
        for (int p = 0; p < d; p++) {
            a[p][p] += mu;
        }
        eliminate(a, d);
        Matrix solution = Matrix.zeros(d + 1, t);
        for (int k = 0; k < t; k++) {
            double shift = yMean[k];
            for (int p = 0; p < d; p++) {
                solution.set(p, k, a[p][d + k]);
                shift -= zMean[p] * a[p][d + k];
            }
            solution.set(d, k, intercept ? shift : 0);
        }
        return solution;
    }

    private static void eliminate(double[][] a, int d) {
        for (int p = 0; p < d; p++) {
            int pivot = p;
            for (int q = p; q < d; q++) {
                pivot = Math.abs(a[q][p]) > Math.abs(a[pivot][p]) ? q : pivot;
            }
            double[] row = a[p];
            a[p] = a[pivot];
            a[pivot] = row;
            for (int q = 0; q < d; q++) {
                if (q != p) {
                    double factor = a[q][p] / a[p][p];
                    for (int c = p; c < a[p].length; c++) {
                        a[q][c] -= factor * a[p][c];
                    }
                }
            }
        }
        for (int p = 0; p < d; p++) {
            for (int c = d; c < a[p].length; c++) {
                a[p][c] /= a[p][p];
            }
        }
    }

    /** Z W + a. */
    static Matrix fitted(Matrix z, Matrix solution) {
        Matrix fitted = Matrix.zeros(z.rows(), solution.cols());
        int d = z.cols();
        for (int i = 0; i < z.rows(); i++) {
            for (int k = 0; k < solution.cols(); k++) {
                double value = solution.get(d, k);
                for (int p = 0; p < d; p++) {
                    value += z.get(i, p) * solution.get(p, k);
                }
                fitted.set(i, k, value);
            }
        }
        return fitted;
    }

    static Matrix fitted(Matrix z, LinearModel model) {
        int d = z.cols();
        Matrix solution = Matrix.zeros(d + 1, model.intercepts().length);
        for (int k = 0; k < solution.cols(); k++) {
            for (int p = 0; p < d; p++) {
                solution.set(p, k, model.coefficients().get(p, k));
            }
            solution.set(d, k, model.intercepts()[k]);
        }
        return fitted(z, solution);
    }

    /** Sum of w (y - f)^2 per target. */
    static double[] rss(Matrix y, Matrix fitted, double[] w) {
        double[] rss = new double[y.cols()];
        for (int k = 0; k < y.cols(); k++) {
            for (int i = 0; i < y.rows(); i++) {
                double e = y.get(i, k) - fitted.get(i, k);
                rss[k] += w[i] * e * e;
            }
        }
        return rss;
    }

    static double[] ones(int n) {
        return IntStream.range(0, n).mapToDouble(i -> 1).toArray();
    }

    static List<Integer> without(int n, int row) {
        List<Integer> rows = new ArrayList<>();
        IntStream.range(0, n).filter(i -> i != row).forEach(rows::add);
        return rows;
    }

    /** |a - b| / |b| in Frobenius' norm. */
    static double distance(Matrix a, Matrix b) {
        double rest = 0;
        double norm = 0;
        for (int i = 0; i < b.values().length; i++) {
            rest += (a.values()[i] - b.values()[i]) * (a.values()[i] - b.values()[i]);
            norm += b.values()[i] * b.values()[i];
        }
        return Math.sqrt(rest / norm);
    }
}
