package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * What some queries have seen of some keys.
 *
 * @param width values of an output, dv
 * @param shift m of each query, its largest score or not far below ({@link ScoreLane}); minus infinity where it saw no key
 * @param sum l = sum_j exp(s_j - m)
 * @param weighted sum_j exp(s_j - m) v_j, query by query
 * @param products sum_j exp(s_ij - m_i) exp(s_hj - m_h) of the first queries i and h, all pairs; empty where they are not compared
 */
record SoftmaxSums(int width, double[] shift, double[] sum, double[] weighted, double[] products)
        implements Serializable {

    /** Of both sets of keys: with m the larger maximum, l = exp(m_1 - m) l_1 + exp(m_2 - m) l_2, and so the weighted sums. */
    SoftmaxSums and(SoftmaxSums other) {
        int n = shift.length;
        SoftmaxSums both = new SoftmaxSums(
                width, new double[n], new double[n], new double[n * width], new double[products.length]);
        double[] mine = new double[n];
        double[] others = new double[n];
        for (int i = 0; i < n; i++) {
            double largest = Math.max(shift[i], other.shift[i]);
            mine[i] = factor(shift[i], largest);
            others[i] = factor(other.shift[i], largest);
            both.shift[i] = largest;
            both.sum[i] = mine[i] * sum[i] + others[i] * other.sum[i];
            for (int j = i * width; j < (i + 1) * width; j++) {
                both.weighted[j] = mine[i] * weighted[j] + others[i] * other.weighted[j];
            }
        }
        int compared = compared();
        for (int j = 0; j < compared; j++) {
            for (int i = 0; i < compared; i++) {
                int at = j * compared + i;
                both.products[at] = mine[i] * mine[j] * products[at] + others[i] * others[j] * other.products[at];
            }
        }
        return both;
    }

    /** How many queries are compared. */
    int compared() {
        return (int) Math.round(Math.sqrt(products.length));
    }

    /** Of some of the queries. */
    SoftmaxSums part(int from, int to) {
        int all = compared();
        int kept = Math.max(0, Math.min(to, all) - from);
        double[] some = new double[kept * kept];
        for (int j = 0; j < kept; j++) {
            System.arraycopy(products, (from + j) * all + from, some, j * kept, kept);
        }
        return new SoftmaxSums(
                width,
                Arrays.copyOfRange(shift, from, to),
                Arrays.copyOfRange(sum, from, to),
                Arrays.copyOfRange(weighted, from * width, to * width),
                some);
    }

    static double factor(double shift, double largest) {
        return shift == largest ? 1 : StrictMath.exp(shift - largest);
    }

    /** The outputs of the queries, a row each; zeros where no key was seen. */
    Matrix outputs() {
        Matrix outputs = Matrix.zeros(shift.length, width);
        for (int i = 0; i < shift.length; i++) {
            for (int j = 0; j < width && sum[i] > 0; j++) {
                outputs.set(i, j, weighted[i * width + j] / sum[i]);
            }
        }
        return outputs;
    }

    /**
     * The relative error of the outputs of the compared queries, P V, that the nearest matrix to their rows P of a rank leaves: P P' = U L U',
     * U_r U_r' P is the nearest (Eckart and Young 1936), and O - U_r U_r' O is what is left of O = P V.
     */
    double bestRank(int rank) {
        int n = compared();
        Matrix p = Matrix.zeros(n, n);
        Matrix first = Matrix.zeros(n, width);
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) {
                p.set(i, j, products[j * n + i] / (sum[i] * sum[j]));
            }
            for (int c = 0; c < width; c++) {
                first.set(j, c, weighted[j * width + c] / sum[j]);
            }
        }
        Dense.SmallEigen eigen = Dense.eigen(p);
        int kept = Math.min(rank, n);
        int[] leading = new int[kept];
        Arrays.setAll(leading, j -> n - 1 - j);
        Matrix u = eigen.v().columns(leading, kept);
        return SampledQueries.relative(u.times(u.transposeTimes(first)), first);
    }
}
