package lowrank.factor;

import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;

/**
 * What an algorithm knows of the error of its factors, in absolute units of the (centred, scaled) matrix.
 *
 * @param algorithm the algorithm and its route, in words
 * @param frobeniusNorm ||A||_F
 * @param spectralNorm s_1
 * @param frobeniusResidual ||A - U S V^T||_F, or a bound on it where {@code missed} is known by probes
 * @param spectralResidual a bound on ||A - U S V^T||_2
 * @param lower bounds below the singular values
 * @param upper bounds above them
 * @param residual ||A^T u_j - s_j v_j||_2, or a bound on it
 * @param numericalRank singular values above max(rows, cols) eps s_1, as NumPy's matrix_rank counts; of those that are known
 * @param values all singular values that are known, for demands and reports; at least the ones returned
 * @param missed what these values leave out
 * @param notes what a user should know
 */
public record Evidence(
        String algorithm,
        double frobeniusNorm,
        double spectralNorm,
        double frobeniusResidual,
        double spectralResidual,
        double[] lower,
        double[] upper,
        double[] residual,
        int numericalRank,
        double[] values,
        Missed missed,
        List<String> notes) {

    /** The probability that a bound does not hold: 0 when they are deterministic. */
    public double failureProbability() {
        return missed.failureProbability();
    }

    /** The same of a matrix that differs from this one by at most so much in the Frobenius norm: all bounds move by no more (Weyl). */
    Evidence roundedBy(double rounding) {
        return new Evidence(
                algorithm,
                frobeniusNorm,
                spectralNorm,
                frobeniusResidual + rounding,
                spectralResidual + rounding,
                Arrays.stream(lower).map(x -> Math.max(0, x - rounding)).toArray(),
                Arrays.stream(upper).map(x -> x + rounding).toArray(),
                Arrays.stream(residual).map(x -> x + rounding).toArray(),
                numericalRank,
                values,
                missed,
                notes);
    }

    /**
     * The least rank whose residuals are at most these parts of the norms of the matrix, NaN where nothing is demanded; -1 when no
     * rank up to the number of known values is enough, as far as bounds tell.
     */
    public int leastRank(double frobenius, double spectral) {
        return values.length == 0 ? 0 : new RankRule.Tolerance(frobenius, spectral).least(values, missed);
    }

    /**
     * Of factors by an algorithm that knows all values.
     *
     * @param all the spectrum
     * @param s the part that is kept
     * @param rounding by how much values may be off
     * @param product by how much A T may be off for T with orthonormal columns, {@link Rounding#ofLeft} per column of U
     */
    static Evidence ofSpectrum(
            String algorithm,
            double[] all,
            double[] s,
            double rounding,
            double product,
            RowBlocks rows,
            List<String> notes) {
        int k = s.length;
        double[] lower = new double[k];
        double[] upper = new double[k];
        double[] residual = new double[k];
        for (int j = 0; j < k; j++) {
            lower[j] = Math.max(0, s[j] - rounding);
            upper[j] = s[j] + rounding;
            residual[j] = rounding + Rounding.ofLeft(product, all[0], s[j]);
        }
        double norm = RankRule.tail(all, 0);
        double tail = Missed.tail(all, k, Precision.DOUBLE.roundoff(), norm, rounding);
        return new Evidence(
                algorithm,
                norm,
                all.length == 0 ? 0 : all[0],
                Math.max(Math.hypot(tail, Math.sqrt(k) * product), rounding),
                (k < all.length ? all[k] : 0) + rounding + product,
                lower,
                upper,
                residual,
                numericalRank(all, rows),
                all,
                Missed.NOTHING,
                notes);
    }

    /** How many values are above max(rows, cols) eps s_1. */
    static int numericalRank(double[] values, RowBlocks rows) {
        double norm = values.length == 0 ? 0 : values[0];
        double cut = Math.max(rows.rows(), rows.cols()) * Math.ulp(1.0) * norm;
        return (int) Arrays.stream(values).filter(x -> x > cut).count();
    }
}
