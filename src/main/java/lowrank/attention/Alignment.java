package lowrank.attention;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lowrank.certify.Measure;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * Queries y = A_q (q - nu) and keys x = A_k (k - mu) with scale q'k = y'x + n'x + what depends on the query alone, n = A_q nu. The random
 * features of exp(y'x) have variances that grow with the exponential of |x + y|^2, so x and y are to be short; exp(n'x) is an exact weight
 * of each key, and the rest cancels in the softmax.
 *
 * <p>Balanced: nu and mu are the means, A_q = sqrt(scale) M, A_k = sqrt(scale) M^-1, and M^2 = C_q^-1/2 (C_q^1/2 C_k C_q^1/2)^1/2 C_q^-1/2 is
 * the geometric mean of the covariance of the keys and the inverse of that of the queries: M C_q M = M^-1 C_k M^-1, and
 * E|y|^2 + E|x|^2 is the least that any M reaches (Pusz and Woronowicz 1975). Any nu, mu and M leave the mean of the features' products as
 * it is, so covariances need not be exact: their small eigenvalues are raised to {@value #FLOOR} of the mean one.
 *
 * @param queryMap A_q', or null where both maps are the square root of the scale and nu and mu are 0
 * @param queryCentre nu
 * @param keyMap A_k'
 * @param keyCentre mu
 * @param lean n
 */
record Alignment(
        double scale, Matrix queryMap, double[] queryCentre, Matrix keyMap, double[] keyCentre, double[] lean) {
    private static final double FLOOR = 1e-6;

    /** Where one side does not vary at all, it is taken to vary so much that scores vary by the root of this. */
    private static final double STILL = 1e-20;

    Alignment {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "attention.scale must be a positive number for attention.method = performer, not " + scale);
        }
    }

    /** Queries and keys as they are. */
    static Alignment none(double scale) {
        return new Alignment(scale, null, null, null, null, null);
    }

    static Alignment balanced(HeadMoments moments, double scale) {
        int d = moments.query().mean().length;
        Matrix q = moments.query().covariance(moments.count());
        Matrix k = moments.key().covariance(moments.count());
        double ofQueries = scale * trace(q);
        double ofKeys = scale * trace(k);
        Matrix squared = Matrix.identity(d);
        if (ofQueries > 0 || ofKeys > 0) {
            Dense.SmallEigen query = raised(q, STILL / scale / ofKeys);
            Dense.SmallEigen key = raised(k, STILL / scale / ofQueries);
            Matrix half = function(query, Math::sqrt);
            Matrix inverse = function(query, x -> 1 / Math.sqrt(x));
            Dense.SmallEigen inner =
                    Dense.eigen(symmetric(half.times(function(key, x -> x)).times(half)));
            squared = inverse.times(function(inner, x -> Math.sqrt(Math.max(x, 0))))
                    .times(inverse);
        }
        Dense.SmallEigen eigen = Dense.eigen(symmetric(squared));
        double least = FLOOR * FLOOR * eigen.w()[d - 1];
        double root = Math.sqrt(scale);
        Matrix queryMap = function(eigen, x -> root * Math.sqrt(Math.max(x, least)));
        Matrix keyMap = function(eigen, x -> root / Math.sqrt(Math.max(x, least)));
        double[] nu = moments.query().mean();
        return new Alignment(scale, queryMap, nu, keyMap, moments.key().mean(), times(queryMap, nu));
    }

    boolean isNone() {
        return queryMap == null;
    }

    /** W as it is multiplied with queries as they are: A_q'W. */
    Matrix ofQueries(Matrix frequencies) {
        return isNone() ? scaled(frequencies, Math.sqrt(scale)) : queryMap.times(frequencies);
    }

    /** w_f'A_q nu of each frequency. */
    double[] queryOffsets(Matrix frequencies) {
        return isNone() ? new double[frequencies.cols()] : products(frequencies, lean);
    }

    /** w_f + n of each frequency: the aligned key whose feature f is the largest that there can be. */
    Matrix leaning(Matrix frequencies) {
        if (isNone()) {
            return frequencies;
        }
        Matrix leaning = new Matrix(
                frequencies.rows(), frequencies.cols(), frequencies.values().clone());
        for (int f = 0; f < leaning.cols(); f++) {
            for (int i = 0; i < leaning.rows(); i++) {
                leaning.set(i, f, leaning.get(i, f) + lean[i]);
            }
        }
        return leaning;
    }

    /** What makes features of keys. */
    KeyFeatures ofKeys(FeatureDraws draws, int width) {
        Matrix w = draws.frequencies(width);
        if (isNone()) {
            return new KeyFeatures(draws, scaled(w, Math.sqrt(scale)), new double[w.cols()], null, null, null, scale);
        }
        double[] centre = times(keyMap, keyCentre);
        return new KeyFeatures(draws, keyMap.times(w), products(w, centre), keyMap, centre, lean, scale);
    }

    /** Mean of scale (|q|^2 + |k|^2), and of |y|^2 + |x|^2. */
    List<Measure> measures(HeadMoments moments) {
        return List.of(
                Measure.exact(
                        "squared norms",
                        scale * (ofRows(moments.query(), moments) + ofRows(moments.key(), moments)),
                        "mean of |q|^2 + |k|^2, scaled; variances of weights grow with its exponential"),
                Measure.exact(
                        "aligned squared norms",
                        squaredNorms(moments),
                        "the same of queries and keys as features see them"));
    }

    /** E|y|^2 + E|x|^2. */
    double squaredNorms(HeadMoments moments) {
        if (isNone()) {
            return scale * (ofRows(moments.query(), moments) + ofRows(moments.key(), moments));
        }
        Matrix q = moments.query().covariance(moments.count());
        Matrix k = moments.key().covariance(moments.count());
        return trace(queryMap.times(q).times(queryMap)) + trace(keyMap.times(k).times(keyMap));
    }

    /** Mean of |x - y|^2 over pairs of any query and any key. */
    double squaredDistance(HeadMoments moments) {
        double distance = squaredNorms(moments);
        for (int j = 0; isNone() && j < moments.key().mean().length; j++) {
            distance -= 2 * scale * moments.query().mean()[j] * moments.key().mean()[j];
        }
        return distance;
    }

    private static double ofRows(HeadMoments.Side side, HeadMoments moments) {
        double squares = trace(side.covariance(moments.count()));
        for (double x : side.mean()) {
            squares += x * x;
        }
        return squares;
    }

    /** C with eigenvalues of at least a part of their mean, and at least {@code still} spread over all of them. */
    private static Dense.SmallEigen raised(Matrix c, double still) {
        Dense.SmallEigen eigen = Dense.eigen(symmetric(c));
        double least = Math.max(FLOOR * trace(c), Double.isFinite(still) ? still : 0) / c.rows();
        return new Dense.SmallEigen(
                Arrays.stream(eigen.w()).map(x -> Math.max(x, least)).toArray(), eigen.v());
    }

    private static Matrix function(Dense.SmallEigen eigen, DoubleUnaryOperator f) {
        double[] values = Arrays.stream(eigen.w()).map(f).toArray();
        return symmetric(eigen.v().scaleColumns(values).timesTranspose(eigen.v()));
    }

    /** (A + A') / 2, which products leave not quite symmetric. */
    private static Matrix symmetric(Matrix a) {
        return scaled(a.plus(a.transpose()), 0.5);
    }

    private static Matrix scaled(Matrix a, double factor) {
        double[] factors = new double[a.cols()];
        Arrays.fill(factors, factor);
        return a.scaleColumns(factors);
    }

    private static double trace(Matrix a) {
        double trace = 0;
        for (int j = 0; j < a.cols(); j++) {
            trace += a.get(j, j);
        }
        return trace;
    }

    private static double[] times(Matrix a, double[] x) {
        return a.times(new Matrix(x.length, 1, x)).values();
    }

    /** w_f'x of each column. */
    private static double[] products(Matrix w, double[] x) {
        return w.transposeTimes(new Matrix(x.length, 1, x)).values();
    }
}
