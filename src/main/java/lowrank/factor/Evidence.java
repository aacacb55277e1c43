package lowrank.factor;

import java.util.List;

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
}
