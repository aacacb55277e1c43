package lowrank.ml;

import lowrank.linalg.Matrix;

/** Orthonormal columns where the data determine none: MLlib always returns as many components as were asked for. */
final class Complement {
    private Complement() {}

    /** The columns of {@code v}, then others orthonormal to them, up to {@code k}. */
    static Matrix complete(Matrix v, int k) {
        Matrix all = Matrix.zeros(v.rows(), k);
        int kept = Math.min(k, v.cols());
        System.arraycopy(v.values(), 0, all.values(), 0, kept * v.rows());
        for (int j = kept; j < k; j++) {
            double[] next = new double[v.rows()];
            next[farthest(all, j)] = 1;
            // Twice is enough (Kahan): the first round leaves a unit vector's worth of rounding at most.
            project(all, j, next);
            project(all, j, next);
            double norm = 0;
            for (double value : next) {
                norm = Math.hypot(norm, value);
            }
            for (int i = 0; i < next.length; i++) {
                all.set(i, j, next[i] / norm);
            }
        }
        return all;
    }

    /** The unit vector of which the first columns explain least. */
    private static int farthest(Matrix all, int count) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < all.rows(); i++) {
            double sum = 0;
            for (int j = 0; j < count; j++) {
                sum += all.get(i, j) * all.get(i, j);
            }
            if (sum < least) {
                least = sum;
                best = i;
            }
        }
        return best;
    }

    private static void project(Matrix all, int count, double[] vector) {
        for (int j = 0; j < count; j++) {
            double dot = 0;
            for (int i = 0; i < vector.length; i++) {
                dot += all.get(i, j) * vector[i];
            }
            for (int i = 0; i < vector.length; i++) {
                vector[i] -= dot * all.get(i, j);
            }
        }
    }
}
