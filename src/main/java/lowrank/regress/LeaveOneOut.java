package lowrank.regress;

import java.util.Locale;
import lowrank.blocks.RowBlocks;

/**
 * Exact leave-one-out errors for many lambdas in one more pass: row i, predicted by a fit on all others with the same mu = n lambda, is
 * off by e_i / (1 - h_i), where h_i = w_i (1/n + z_c' (G_c + mu I)^-1 z_c), the 1/n with an intercept only.
 *
 * <p>GCV replaces every h_i by their mean; the two are not the same.
 *
 * @param lambdas what was tried
 * @param errors mean of w (e / (1 - h))^2 per lambda and target; infinite where a row's leverage is 1 within rounding
 * @param fixed rows with such a leverage, per lambda: only they themselves determine what is fitted there
 */
public record LeaveOneOut(double[] lambdas, double[][] errors, long[] fixed) {

    /**
     * Measures in one pass.
     *
     * @param path of the same rows
     */
    static LeaveOneOut of(RidgePath path, RowBlocks rows, double[] lambdas) {
        int t = path.equations().targets();
        LeaveOneOutPass.Errors sums = rows.pass(LeaveOneOutPass.of(path, lambdas));
        double[][] errors = new double[lambdas.length][t];
        long[] fixed = new long[lambdas.length];
        for (int i = 0; i < lambdas.length; i++) {
            fixed[i] = sums.fixed()[i];
            for (int k = 0; k < t; k++) {
                errors[i][k] = fixed[i] > 0 ? Double.POSITIVE_INFINITY : sums.squares()[i * t + k] / path.weight();
            }
        }
        return new LeaveOneOut(lambdas, errors, fixed);
    }

    /** What is to be said of the smaller lambdas, or null. */
    public String note() {
        for (int i = 0; i < lambdas.length; i++) {
            if (fixed[i] > 0) {
                return String.format(
                        Locale.ROOT,
                        "leave-one-out says nothing at lambda = %.3g: %d rows have leverage 1 within rounding, so"
                                + " that without themselves nothing tells their value",
                        lambdas[i],
                        fixed[i]);
            }
        }
        return null;
    }
}
