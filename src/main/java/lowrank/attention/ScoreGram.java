package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * Inner products of rows of the attention matrix P = softmax(scale Q K'), from which the best approximation of these rows of any rank
 * follows: P P' = U L U', and U_r U_r' P is the nearest of rank r (Eckart and Young 1936).
 *
 * @param max largest score of each row
 * @param sum of the exponentials of each row less its maximum
 * @param products of these exponentials, symmetric, one column after the other
 */
record ScoreGram(double[] max, double[] sum, double[] products) implements Serializable {

    int rows() {
        return max.length;
    }

    ScoreGram and(ScoreGram other) {
        int n = max.length;
        double[] largest = new double[n];
        double[] mine = new double[n];
        double[] others = new double[n];
        for (int i = 0; i < n; i++) {
            largest[i] = Math.max(max[i], other.max[i]);
            mine[i] = SoftmaxSums.factor(max[i], largest[i]);
            others[i] = SoftmaxSums.factor(other.max[i], largest[i]);
        }
        double[] sums = new double[n];
        double[] both = new double[n * n];
        for (int j = 0; j < n; j++) {
            sums[j] = mine[j] * sum[j] + others[j] * other.sum[j];
            for (int i = 0; i < n; i++) {
                int at = j * n + i;
                both[at] = mine[i] * mine[j] * products[at] + others[i] * others[j] * other.products[at];
            }
        }
        return new ScoreGram(largest, sums, both);
    }

    /**
     * The error of outputs O = P V that the best approximation of P of that rank leaves: ||O - U_r U_r' O||_F.
     *
     * @param outputs exact, a row per row of P
     */
    double bestRank(int rank, Matrix outputs) {
        int n = max.length;
        Matrix p = Matrix.zeros(n, n);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) {
                p.set(i, j, products[j * n + i] / (sum[i] * sum[j]));
            }
        }
        Dense.SmallEigen eigen = Dense.eigen(p);
        int kept = Math.min(rank, n);
        int[] leading = new int[kept];
        Arrays.setAll(leading, j -> n - 1 - j);
        Matrix u = eigen.v().columns(leading, kept);
        return SampledQueries.norm(outputs.minus(u.times(u.transposeTimes(outputs))));
    }
}
