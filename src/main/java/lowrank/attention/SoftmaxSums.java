package lowrank.attention;

import java.io.Serializable;
import lowrank.linalg.Matrix;

/**
 * What some queries have seen of some keys.
 *
 * @param width values of an output, dv
 * @param max m, the largest score of each query; minus infinity where it saw no key
 * @param sum l = sum_j exp(s_j - m)
 * @param weighted sum_j exp(s_j - m) v_j, query by query
 */
record SoftmaxSums(int width, double[] max, double[] sum, double[] weighted) implements Serializable {

    /** Of both sets of keys: with m the larger maximum, l = exp(m_1 - m) l_1 + exp(m_2 - m) l_2, and so the weighted sums. */
    SoftmaxSums and(SoftmaxSums other) {
        int n = max.length;
        SoftmaxSums both = new SoftmaxSums(width, new double[n], new double[n], new double[n * width]);
        for (int i = 0; i < n; i++) {
            double largest = Math.max(max[i], other.max[i]);
            double mine = factor(max[i], largest);
            double others = factor(other.max[i], largest);
            both.max[i] = largest;
            both.sum[i] = mine * sum[i] + others * other.sum[i];
            for (int j = i * width; j < (i + 1) * width; j++) {
                both.weighted[j] = mine * weighted[j] + others * other.weighted[j];
            }
        }
        return both;
    }

    static double factor(double max, double largest) {
        return max == largest ? 1 : StrictMath.exp(max - largest);
    }

    /** The outputs of the queries, a row each; zeros where no key was seen. */
    Matrix outputs() {
        Matrix outputs = Matrix.zeros(max.length, width);
        for (int i = 0; i < max.length; i++) {
            for (int j = 0; j < width && sum[i] > 0; j++) {
                outputs.set(i, j, weighted[i * width + j] / sum[i]);
            }
        }
        return outputs;
    }
}
