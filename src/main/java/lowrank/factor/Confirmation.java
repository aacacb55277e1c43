package lowrank.factor;

import java.util.Locale;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * ||A - U S V^T|| as it was measured while U was written, by independent normal vectors w_i and U rounded as it is stored (in memory:
 * files are not read back): with R = A - U S V^T, E ||R w_i||^2 = ||R||_F^2.
 *
 * <p>The mean of p such squares is ||R||_F^2 times a weighted mean of chi-squares, so that Chernoff's bound holds on both sides: it is
 * below c < 1 or above c > 1 times ||R||_F^2 with a probability of at most (c e^(1-c))^(p/2) each, worst when R has rank one. And
 * ||R||_2 >= ||R w_i|| / ||w_i||, always.
 *
 * @param frobenius sqrt(mean_i ||R w_i||^2): its square is an unbiased estimate of ||R||_F^2
 * @param frobeniusAtLeast bound below ||R||_F
 * @param frobeniusAtMost bound above it
 * @param spectralAtLeast bound below ||R||_2
 * @param probes random vectors
 * @param failureProbability the probability that one of the bounds does not hold
 */
public record Confirmation(
        double frobenius,
        double frobeniusAtLeast,
        double frobeniusAtMost,
        double spectralAtLeast,
        int probes,
        double failureProbability) {

    /**
     * From the sums of a pass.
     *
     * @param squares ||R w_i||^2 in units
     * @param vectors w_i
     * @param unit R in units is unit R
     * @param rounding by how much sqrt(mean_i ||R w_i||^2) may be off in units: {@link Rounding#ofProbe}
     */
    static Confirmation of(double[] squares, Matrix vectors, double unit, double rounding, double failureProbability) {
        int p = squares.length;
        double[] lengths = vectors.columnNorms();
        double mean = 0;
        double spectral = 0;
        for (int i = 0; i < p; i++) {
            mean += squares[i] / p;
            spectral = Math.max(spectral, (Math.sqrt(squares[i]) - rounding) / lengths[i]);
        }
        double estimate = Math.sqrt(mean);
        // Half of what is allowed on each side.
        double share = failureProbability / 2;
        return new Confirmation(
                estimate / unit,
                Math.max(0, (estimate - rounding) / Math.sqrt(above(p, share))) / unit,
                (estimate + rounding) / Math.sqrt(Missed.quantile(p, share)) / unit,
                spectral / unit,
                p,
                failureProbability);
    }

    /** The c > 1 with (c e^(1-c))^(p/2) = probability, by bisection: ln c + 1 - c descends there. */
    private static double above(int p, double probability) {
        double wanted = 2.0 / p * Math.log(probability);
        double low = 1;
        // ln c <= c / 2, so that the left side is below 1 - c / 2.
        double high = 2 * (1 - wanted);
        for (int i = 0; i < 100; i++) {
            double middle = (low + high) / 2;
            if (Math.log(middle) + 1 - middle > wanted) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /**
     * Compares with what was known before U was written.
     *
     * @param computed type of U as computed
     * @param stored type of U as stored
     * @throws NumericalException when the two contradict each other
     */
    Confirmation require(Evidence evidence, Precision computed, Precision stored) {
        // Bounds are for U as computed.
        double rounding = stored.roundoff() > computed.roundoff() ? stored.roundoff() * evidence.frobeniusNorm() : 0;
        require("F", frobeniusAtLeast, evidence.frobeniusResidual() + rounding, evidence.frobeniusNorm());
        require("2", spectralAtLeast, evidence.spectralResidual() + rounding, evidence.spectralNorm());
        return this;
    }

    private void require(String norm, double measured, double bound, double of) {
        if (!(measured <= bound) || !Double.isFinite(frobenius)) {
            throw new NumericalException(String.format(
                    Locale.ROOT,
                    "U as it was written does not fit the input: ||A - U S V'||_%s is at least %.3g of ||A||_%s, measured"
                            + " with %d random vectors, and the certificate bounds it by %.3g; values were corrupted in"
                            + " memory or by a defect, so run again and look at the hosts with lowrank doctor",
                    norm,
                    measured / of,
                    norm,
                    probes,
                    bound / of));
        }
    }

    /** As parts of the norms of the matrix; a zero matrix is written exactly. */
    public Confirmation relativeTo(double frobeniusNorm, double spectralNorm) {
        double f = frobeniusNorm == 0 ? 1 : frobeniusNorm;
        return new Confirmation(
                frobenius / f,
                frobeniusAtLeast / f,
                frobeniusAtMost / f,
                spectralAtLeast / (spectralNorm == 0 ? 1 : spectralNorm),
                probes,
                failureProbability);
    }
}
