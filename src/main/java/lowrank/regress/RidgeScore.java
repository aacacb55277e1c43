package lowrank.regress;

import java.io.Serializable;

/**
 * What the normal equations tell of a ridge fit without seeing the rows again.
 *
 * @param lambda per row
 * @param df effective degrees of freedom, sum l/(l + n lambda), and 1 for the intercept
 * @param rss sum of w (y - f)^2 per target, by y'y - sum b^2 (l + 2 mu)/(l + mu)^2; never below rounding
 * @param noise the variance of what is not explained, of a row of mean weight: (RSS / n) r / (r - df) per target, r the rows with a weight
 *     above zero; RSS / n where df is not known
 * @param gcv (RSS / n) / (1 - df / r)^2 per target, for any unit of the weights; infinite where r - df is lost in rounding
 * @param rounding about how far rounding may put each RSS off; where RSS is not larger it says no more than "about zero", and a pass
 *     over the rows tells ({@link ScorePass})
 */
public record RidgeScore(double lambda, double df, double[] rss, double[] noise, double[] gcv, double[] rounding)
        implements Serializable {

    /** Whether cancellation leaves no digit of some target's RSS. */
    public boolean doubtful() {
        for (int k = 0; k < rss.length; k++) {
            if (rss[k] <= rounding[k]) {
                return true;
            }
        }
        return false;
    }

    /**
     * The score of a fit.
     *
     * @param equations that were solved
     * @param explained w'B + mu w'w per target, so that RSS = y'y - explained
     * @param norms |w| per target
     * @param size of the sums: l_max of the Gram matrix, with an intercept and n |mean(z)|^2
     */
    static RidgeScore of(Centred equations, double lambda, double df, double[] explained, double[] norms, double size) {
        int t = explained.length;
        double n = equations.weight();
        double u = equations.precision().roundoff();
        double[] rss = new double[t];
        double[] noise = new double[t];
        double[] gcv = new double[t];
        double[] rounding = new double[t];
        // An eigenvalue that is off by u l_max moves df by at most that times mu / (l + mu)^2.
        double penalised = equations.features() + (equations.intercept() ? 1 : 0) - df;
        double rows = equations.rows();
        double free = rows - df;
        boolean known = free > penalised * u * size / (n * lambda);
        for (int k = 0; k < t; k++) {
            double squares = equations.squares()[k];
            // y'y, 2 w'B and w'Gw, each with relative error u of its factors' norms.
            double product = Math.sqrt(size) * norms[k];
            rounding[k] = u * (Math.sqrt(squares) + product) * (Math.sqrt(squares) + product);
            rss[k] = Math.max(squares - explained[k], u * squares);
            noise[k] = rss[k] / n * (rows / Math.max(1, free));
            gcv[k] = known ? rss[k] / n * (rows / free) * (rows / free) : Double.POSITIVE_INFINITY;
        }
        return new RidgeScore(lambda, df, rss, noise, gcv, rounding);
    }
}
