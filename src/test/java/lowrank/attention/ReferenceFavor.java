package lowrank.attention;

import java.util.Arrays;
import java.util.SplittableRandom;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * FAVOR+ (Choromanski et al. 2021) with all n^2 weights in one matrix: A = phi(Q) phi(K)^T by entries, hidden ones zero, each row by its
 * sum. Rows x are divided by d^(1/4) first; phi(x) = exp(W^T x - |x|^2 / 2), W an orthogonal random d x m matrix.
 */
public final class ReferenceFavor {
    private ReferenceFavor() {}

    /**
     * What the features are made of.
     *
     * @param q queries, divided by d^(1/4)
     * @param k keys, divided likewise
     * @param logWeights of each key: exp(q.k) of before is exp(q.k + logWeight) times what its row shares
     */
    public record Aligned(Matrix q, Matrix k, double[] logWeights) {}

    /** The rows as they are, divided. */
    public static Aligned plain(Matrix q, Matrix k) {
        return new Aligned(divided(q), divided(k), new double[k.rows()]);
    }

    /**
     * Keys less their mean, queries less theirs (nu), which exp(nu.k) makes up for, and q M, k M^-1 with M^2 the geometric mean that makes
     * the covariances of both alike: M^2 = C_q^(-1/2) (C_q^(1/2) C_k C_q^(1/2))^(1/2) C_q^(-1/2). Products differ by what rows share.
     *
     * @param shown the rows that means and covariances are of; null: all
     */
    public static Aligned balanced(Matrix q, Matrix k, boolean[] shown) {
        Matrix keys = minus(divided(k), mean(divided(k), shown));
        Matrix nu = mean(divided(q), shown);
        Matrix queries = minus(divided(q), nu);
        Matrix cq = covariance(queries, shown);
        Matrix ck = covariance(keys, shown);
        Matrix root = power(cq, 0.5);
        Matrix inverse = power(cq, -0.5);
        Matrix squared = inverse.times(power(root.times(ck).times(root), 0.5)).times(inverse);
        return new Aligned(
                queries.times(power(squared, 0.5)),
                keys.times(power(squared, -0.5)),
                keys.timesTranspose(nu).values());
    }

    /** W, d x m: blocks of d orthogonal columns of uniform directions, with the lengths of independent normal vectors. */
    public static Matrix frequencies(int d, int m, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Matrix all = Matrix.zeros(d, 0);
        while (all.cols() < m) {
            Dense.SmallQr qr = Dense.qr(normal(d, random));
            double[] lengths = normal(d, random).columnNorms();
            for (int j = 0; j < d; j++) {
                lengths[j] *= Math.signum(qr.r().get(j, j));
            }
            all = all.beside(qr.q().scaleColumns(lengths));
        }
        return all.columns(m);
    }

    /** [W, -W]: the hyperbolic features. */
    public static Matrix withOpposites(Matrix w) {
        double[] signs = new double[w.cols()];
        Arrays.fill(signs, -1);
        return w.beside(w.scaleColumns(signs));
    }

    /** The outputs. */
    public static Matrix outputs(Aligned rows, Matrix v, Matrix w, boolean causal, boolean[] shown) {
        Matrix queries = logarithms(rows.q(), new double[rows.q().rows()], w);
        Matrix keys = logarithms(rows.k(), rows.logWeights(), w);
        // A factor of a whole row of weights, and one of all of them, cancel.
        double most = Arrays.stream(keys.values()).max().orElseThrow();
        Matrix left = Matrix.zeros(queries.rows(), w.cols());
        Matrix right = Matrix.zeros(keys.rows(), w.cols());
        for (int i = 0; i < left.rows(); i++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int f = 0; f < w.cols(); f++) {
                largest = Math.max(largest, queries.get(i, f));
            }
            for (int f = 0; f < w.cols(); f++) {
                left.set(i, f, Math.exp(queries.get(i, f) - largest));
                right.set(i, f, Math.exp(keys.get(i, f) - most));
            }
        }
        return normalised(left.timesTranspose(right), causal, shown).times(v);
    }

    /** W^T x - |x|^2 / 2 + the logarithm of the row's weight. */
    private static Matrix logarithms(Matrix x, double[] weights, Matrix w) {
        Matrix products = x.times(w);
        double[] norms = x.transpose().columnNorms();
        for (int i = 0; i < x.rows(); i++) {
            for (int f = 0; f < w.cols(); f++) {
                products.set(i, f, products.get(i, f) - norms[i] * norms[i] / 2 + weights[i]);
            }
        }
        return products;
    }

    private static Matrix normalised(Matrix a, boolean causal, boolean[] shown) {
        Matrix p = Matrix.zeros(a.rows(), a.cols());
        for (int i = 0; i < a.rows(); i++) {
            double sum = 0;
            for (int j = 0; j < a.cols(); j++) {
                if (!ReferenceAttention.hides(i, j, causal, shown)) {
                    p.set(i, j, a.get(i, j));
                    sum += a.get(i, j);
                }
            }
            for (int j = 0; j < a.cols() && sum > 0; j++) {
                p.set(i, j, p.get(i, j) / sum);
            }
        }
        return p;
    }

    private static Matrix divided(Matrix x) {
        double[] factors = new double[x.cols()];
        Arrays.fill(factors, Math.pow(x.cols(), -0.25));
        return x.scaleColumns(factors);
    }

    private static Matrix normal(int order, SplittableRandom random) {
        Matrix normal = Matrix.zeros(order, order);
        Arrays.setAll(normal.values(), i -> random.nextGaussian());
        return normal;
    }

    /** 1 x d. */
    private static Matrix mean(Matrix x, boolean[] shown) {
        Matrix ones = Matrix.zeros(1, x.rows());
        int count = 0;
        for (int i = 0; i < x.rows(); i++) {
            if (shown == null || shown[i]) {
                ones.set(0, i, 1);
                count++;
            }
        }
        double[] part = new double[x.cols()];
        Arrays.fill(part, 1.0 / count);
        return ones.times(x).scaleColumns(part);
    }

    private static Matrix minus(Matrix x, Matrix row) {
        Matrix less = Matrix.zeros(x.rows(), x.cols());
        for (int j = 0; j < x.cols(); j++) {
            for (int i = 0; i < x.rows(); i++) {
                less.set(i, j, x.get(i, j) - row.get(0, j));
            }
        }
        return less;
    }

    /** Mean of x x^T over the shown rows of a centred table. */
    private static Matrix covariance(Matrix x, boolean[] shown) {
        Matrix some = Matrix.zeros(x.rows(), x.cols());
        int count = 0;
        for (int i = 0; i < x.rows(); i++) {
            if (shown == null || shown[i]) {
                count++;
                for (int j = 0; j < x.cols(); j++) {
                    some.set(i, j, x.get(i, j));
                }
            }
        }
        double[] part = new double[x.cols()];
        Arrays.fill(part, 1.0 / count);
        return some.transposeTimes(some).scaleColumns(part);
    }

    /** A^p of a symmetric positive definite matrix. */
    private static Matrix power(Matrix a, double p) {
        Dense.SmallEigen eigen = Dense.eigen(a);
        double[] powers = Arrays.stream(eigen.w()).map(w -> Math.pow(w, p)).toArray();
        return eigen.v().scaleColumns(powers).timesTranspose(eigen.v());
    }
}
