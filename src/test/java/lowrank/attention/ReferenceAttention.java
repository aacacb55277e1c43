package lowrank.attention;

import java.util.Arrays;
import lowrank.linalg.Matrix;

/**
 * Attention as its formula has it, with all n^2 weights in one matrix: what the streaming and the approximate ones are compared with. A
 * mask hides rows, as keys and as queries; null hides none. The output of a hidden row is zeros.
 */
public final class ReferenceAttention {
    private ReferenceAttention() {}

    /** softmax(Q K^T / sqrt(d)) V. */
    public static Matrix exact(Matrix q, Matrix k, Matrix v) {
        return exact(q, k, v, false, null);
    }

    /** The same, of what each row sees. */
    public static Matrix exact(Matrix q, Matrix k, Matrix v, boolean causal, boolean[] shown) {
        return weights(q, k, causal, shown).times(v);
    }

    /** The mean of the values that a row sees: what attention gives where all products are alike. */
    public static Matrix uniform(Matrix v, boolean causal, boolean[] shown) {
        Matrix none = Matrix.zeros(v.rows(), 1);
        return exact(none, none, v, causal, shown);
    }

    /** P = softmax(Q K^T / sqrt(d)), n x n. */
    public static Matrix weights(Matrix q, Matrix k, boolean causal, boolean[] shown) {
        Matrix p = logits(q, k);
        for (int i = 0; i < p.rows(); i++) {
            for (int j = 0; j < p.cols(); j++) {
                if (hides(i, j, causal, shown)) {
                    p.set(i, j, Double.NEGATIVE_INFINITY);
                }
            }
        }
        return softmax(p);
    }

    /** softmax(X Y^T / sqrt(d)) of any two tables, row by row. */
    static Matrix weights(Matrix x, Matrix y) {
        return softmax(logits(x, y));
    }

    private static Matrix logits(Matrix x, Matrix y) {
        double[] scale = new double[y.rows()];
        Arrays.fill(scale, 1 / Math.sqrt(x.cols()));
        return x.timesTranspose(y).scaleColumns(scale);
    }

    /** Whether row i does not see row j. */
    static boolean hides(int i, int j, boolean causal, boolean[] shown) {
        return causal && j > i || shown != null && !(shown[i] && shown[j]);
    }

    /** Rows that see nothing become zeros. */
    private static Matrix softmax(Matrix logits) {
        Matrix p = Matrix.zeros(logits.rows(), logits.cols());
        for (int i = 0; i < p.rows(); i++) {
            double most = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < p.cols(); j++) {
                most = Math.max(most, logits.get(i, j));
            }
            if (most == Double.NEGATIVE_INFINITY) {
                continue;
            }
            double sum = 0;
            for (int j = 0; j < p.cols(); j++) {
                p.set(i, j, Math.exp(logits.get(i, j) - most));
                sum += p.get(i, j);
            }
            for (int j = 0; j < p.cols(); j++) {
                p.set(i, j, p.get(i, j) / sum);
            }
        }
        return p;
    }

    /** |A - B| / |B|, by Frobenius norms. */
    public static double error(Matrix approximation, Matrix exact) {
        return norm(approximation.minus(exact)) / norm(exact);
    }

    /** The Frobenius norm. */
    public static double norm(Matrix a) {
        return Math.sqrt(Arrays.stream(a.values()).map(value -> value * value).sum());
    }
}
