package lowrank.regress;

import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.linalg.Triangle;

/**
 * Normal equations with an unpenalised intercept taken out: with s = Z'w, G_c = Z'WZ - s s'/n and B_c = Z'WY - s (Y'w)'/n, so that (G_c +
 * n lambda I) w = B_c and the intercept is mean(y) - mean(z)'w. Without an intercept the sums as they are.
 *
 * @param gram G_c, D x D
 * @param cross B_c, D x t
 * @param squares sum of w (y - mean(y))^2, t
 * @param featureMeans D; zeros without an intercept
 * @param targetMeans t, counted from the origin; zeros without an intercept
 * @param origin what targets were counted from
 * @param weight n, the sum of the weights
 * @param rows how many have a weight above zero
 * @param intercept whether there is one
 * @param precision in which the products were formed
 */
record Centred(
        Triangle gram,
        Matrix cross,
        double[] squares,
        double[] featureMeans,
        double[] targetMeans,
        double[] origin,
        double weight,
        long rows,
        boolean intercept,
        Precision precision) {

    /**
     * Takes the intercept out.
     *
     * @param origin of the targets in the sums, t
     * @throws NumericalException when the sums overflow
     */
    static Centred of(NormalSums sums, double[] origin, boolean intercept) {
        int d = sums.features();
        int t = sums.targets();
        double n = sums.weight();
        double[] featureMeans = new double[d];
        double[] targetMeans = new double[t];
        double[] squares = sums.targetSquares().clone();
        Matrix cross = sums.cross().columns(t);
        double[] g = sums.gram().values();
        if (intercept) {
            g = g.clone();
            double[] s = sums.featureSums();
            for (int i = 0; i < d; i++) {
                featureMeans[i] = s[i] / n;
            }
            for (int j = 0, at = 0; j < d; at += ++j) {
                for (int i = 0; i <= j; i++) {
                    g[at + i] -= s[i] * featureMeans[j];
                }
            }
            for (int k = 0; k < t; k++) {
                targetMeans[k] = sums.targetSums()[k] / n;
                squares[k] = Math.max(0, squares[k] - sums.targetSums()[k] * targetMeans[k]);
                for (int i = 0; i < d; i++) {
                    cross.set(i, k, cross.get(i, k) - s[i] * targetMeans[k]);
                }
            }
        } else if (java.util.Arrays.stream(origin).anyMatch(o -> o != 0)) {
            throw new IllegalArgumentException("without an intercept targets are counted from 0");
        }
        requireFinite(g, "the Gram matrix of the features overflows: scale the input (read.scale = standard)");
        requireFinite(
                cross.values(),
                "the products of features and targets overflow: scale the input (read.scale = standard) or the target");
        return new Centred(
                new Triangle(d, g),
                cross,
                squares,
                featureMeans,
                targetMeans,
                origin,
                n,
                sums.rows(),
                intercept,
                sums.precision());
    }

    static void requireFinite(double[] values, String sentence) {
        for (double value : values) {
            if (!Double.isFinite(value)) {
                throw new NumericalException(sentence);
            }
        }
    }

    /** n |mean(z)|^2: what rounding of the sums is relative to, besides the eigenvalues of G_c. */
    double offset() {
        double square = 0;
        for (double mean : featureMeans) {
            square += mean * mean;
        }
        return weight * square;
    }

    int features() {
        return gram.order();
    }

    int targets() {
        return squares.length;
    }

    /** The intercepts that belong to coefficients. */
    double[] intercepts(Matrix coefficients) {
        double[] intercepts = new double[targets()];
        if (intercept) {
            for (int k = 0; k < intercepts.length; k++) {
                double shift = 0;
                for (int i = 0; i < features(); i++) {
                    shift += featureMeans[i] * coefficients.get(i, k);
                }
                intercepts[k] = origin[k] + (targetMeans[k] - shift);
            }
        }
        return intercepts;
    }
}
