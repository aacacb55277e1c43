package lowrank.jobs;

/**
 * Kernel ridge regression as a textbook would write it, with weights and a constant without penalty, by elimination on the whole kernel
 * matrix; nothing of what is tested.
 *
 * <p>With p = w / sum w, K_c = (I - 1 p') K (I - p 1') and y_c = y - p'y: (W K_c + n lambda I) b = W y_c, and f(x) = p'y + (k(x, X) - p'K)
 * (b - p sum b).
 */
final class DenseKernelRidge {
    /** k(x, y). */
    interface Kernel {
        double of(double[] x, double[] y);
    }

    private final double[][] points;
    private final Kernel kernel;
    private final double[][] coefficients;
    private final double[] offsets;

    /** Fits targets, one array per row. */
    DenseKernelRidge(double[][] points, double[][] targets, double[] weights, double lambda, Kernel kernel) {
        this.points = points;
        this.kernel = kernel;
        int n = points.length;
        int t = targets[0].length;
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        double[][] k = new double[n][n];
        double[] mean = new double[n];
        double both = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                k[i][j] = kernel.of(points[i], points[j]);
                mean[j] += weights[i] / total * k[i][j];
            }
        }
        for (int j = 0; j < n; j++) {
            both += weights[j] / total * mean[j];
        }
        double[] level = new double[t];
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < t; c++) {
                level[c] += weights[i] / total * targets[i][c];
            }
        }
        double[][] system = new double[n][n + t];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                system[i][j] = weights[i] * (k[i][j] - mean[i] - mean[j] + both);
            }
            system[i][i] += total * lambda;
            for (int c = 0; c < t; c++) {
                system[i][n + c] = weights[i] * (targets[i][c] - level[c]);
            }
        }
        eliminate(system, n);
        coefficients = new double[n][t];
        offsets = level;
        for (int c = 0; c < t; c++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += system[i][n + c];
            }
            for (int i = 0; i < n; i++) {
                coefficients[i][c] = system[i][n + c] - weights[i] / total * sum;
                offsets[c] -= mean[i] * coefficients[i][c];
            }
        }
    }

    /** f(x). */
    double[] of(double[] x) {
        double[] f = offsets.clone();
        for (int i = 0; i < points.length; i++) {
            double k = kernel.of(x, points[i]);
            for (int c = 0; c < f.length; c++) {
                f[c] += k * coefficients[i][c];
            }
        }
        return f;
    }

    private static void eliminate(double[][] a, int n) {
        for (int p = 0; p < n; p++) {
            int pivot = p;
            for (int q = p; q < n; q++) {
                pivot = Math.abs(a[q][p]) > Math.abs(a[pivot][p]) ? q : pivot;
            }
            double[] row = a[p];
            a[p] = a[pivot];
            a[pivot] = row;
            for (int q = 0; q < n; q++) {
                double factor = q == p ? 0 : a[q][p] / a[p][p];
                if (factor != 0) {
                    for (int c = p; c < a[p].length; c++) {
                        a[q][c] -= factor * a[p][c];
                    }
                }
            }
        }
        for (int p = 0; p < n; p++) {
            for (int c = n; c < a[p].length; c++) {
                a[p][c] /= a[p][p];
            }
        }
    }
}
