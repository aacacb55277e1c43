package lowrank.weights;

import java.io.Serializable;

/**
 * What the singular values of a matrix say of its rank.
 *
 * @param norm Frobenius norm
 * @param numericalRank values above max(m, n) eps s_1, as NumPy counts
 * @param stableRank ||W||_F^2 / s_1^2
 * @param entropyRank exp(H(p)), p = s / sum s (Roy and Vetterli, 2007)
 * @param r90 the least number of values that hold 90 % of sum s^2
 * @param r99 the least number of values that hold 99 % of sum s^2
 */
public record WeightSpectrum(double norm, int numericalRank, double stableRank, double entropyRank, int r90, int r99)
        implements Serializable {

    /** Values that differ by less than this part are one for every rule: no result may hang on a rounding. */
    static final double TIE = 1e-12;

    /**
     * Measures a spectrum; of a matrix of zeros all ranks are 0.
     *
     * @param s all singular values, descending
     */
    public static WeightSpectrum of(double[] s, int rows, int cols) {
        double largest = s.length == 0 ? 0 : s[0];
        if (largest == 0) {
            return new WeightSpectrum(0, 0, 0, 0, 0, 0);
        }
        double sum = 0;
        double squares = 0;
        // From the smallest on, in units of the largest: nothing overflows, nothing is lost.
        for (int j = s.length - 1; j >= 0; j--) {
            double part = s[j] / largest;
            sum += part;
            squares += part * part;
        }
        double entropy = 0;
        int rank = 0;
        for (double value : s) {
            double p = value / largest / sum;
            entropy -= p > 0 ? p * Math.log(p) : 0;
            rank += value > Math.max(rows, cols) * Math.ulp(1.0) * largest ? 1 : 0;
        }
        return new WeightSpectrum(
                largest * Math.sqrt(squares), rank, squares, Math.exp(entropy), holding(s, 0.9), holding(s, 0.99));
    }

    /** The least number of values whose squares are at least this share of all. */
    static int holding(double[] s, double share) {
        if (s.length == 0 || s[0] == 0) {
            return 0;
        }
        double[] tails = tails(s);
        int k = 0;
        // What is left of the squares decides: of a share of 1 nothing may be left, however small.
        while (k < s.length && tails[k] > (1 - share) * tails[0] * (1 + TIE)) {
            k++;
        }
        return k;
    }

    /** tails[k] = the sum over j >= k of (s_j / s_0)^2, summed from the smallest on; tails[s.length] = 0. */
    static double[] tails(double[] s) {
        double[] tails = new double[s.length + 1];
        for (int j = s.length - 1; j >= 0; j--) {
            double part = s[0] == 0 ? 0 : s[j] / s[0];
            tails[j] = tails[j + 1] + part * part;
        }
        return tails;
    }
}
