package lowrank.certify;

import java.util.ArrayList;
import java.util.List;
import lowrank.factor.Confirmation;
import lowrank.factor.Evidence;
import lowrank.factor.Svd;

/**
 * What is known of the error of factors, measured on the data they were made from.
 *
 * @param frobeniusNorm ||A||_F of the (centred, scaled) matrix
 * @param spectralNorm its largest singular value
 * @param frobeniusResidual ||A - U S V^T||_F / ||A||_F
 * @param spectralResidual bound on ||A - U S V^T||_2 / ||A||_2
 * @param failureProbability probability that a bound does not hold; 0 when they are deterministic
 * @param probes random vectors that the bounds are measured with; 0 when there are none
 * @param source how the Frobenius residual is known: from the whole {@code spectrum}, by {@code subtraction} from the norm, or as a
 *     bound by {@code probes}
 * @param written what was measured of U as it is stored, as parts of the norms; null when U was not written
 * @param orthogonalityU max |U^T U - I| over the values as computed, or null when U was not written
 * @param orthogonalityV max |V^T V - I|
 * @param numericalRank singular values above max(rows, cols) eps s_1
 * @param demands what the spec required, and whether it holds
 * @param notes what a user should know
 */
public record Certificate(
        double frobeniusNorm,
        double spectralNorm,
        double frobeniusResidual,
        double spectralResidual,
        double failureProbability,
        int probes,
        String source,
        Confirmation written,
        Double orthogonalityU,
        double orthogonalityV,
        int numericalRank,
        List<Demand> demands,
        List<String> notes) {

    /**
     * Decides what can be decided before U is written: everything but its orthogonality.
     */
    public static Certificate before(Svd svd, Demands limits) {
        return of(svd, null, null, limits);
    }

    /**
     * The certificate of factors that were written.
     *
     * @param left what was measured in the pass that wrote U
     */
    public static Certificate after(Svd svd, Svd.LeftVectors left, Demands limits) {
        Evidence e = svd.evidence();
        Confirmation written = left.confirmation().relativeTo(e.frobeniusNorm(), e.spectralNorm());
        return of(svd, written, left.defect(), limits);
    }

    private static Certificate of(Svd svd, Confirmation written, Double defectU, Demands limits) {
        Evidence e = svd.evidence();
        double frobenius = relative(e.frobeniusResidual(), e.frobeniusNorm());
        double spectral = relative(e.spectralResidual(), e.spectralNorm());
        double defectV = svd.v().orthogonalityDefect();
        List<Demand> demands = new ArrayList<>();
        if (!Double.isNaN(limits.frobenius())) {
            demands.add(new Demand("frobenius", limits.frobenius(), frobenius));
        }
        if (!Double.isNaN(limits.spectral())) {
            demands.add(new Demand("spectral", limits.spectral(), spectral));
        }
        if (!Double.isNaN(limits.orthogonality())) {
            double worst = defectU == null ? defectV : Math.max(defectU, defectV);
            demands.add(new Demand("orthogonality", limits.orthogonality(), worst));
        }
        return new Certificate(
                e.frobeniusNorm(),
                e.spectralNorm(),
                frobenius,
                spectral,
                e.failureProbability(),
                e.missed().probes(),
                e.missed().source(),
                written,
                defectU,
                defectV,
                e.numericalRank(),
                List.copyOf(demands),
                List.copyOf(e.notes()));
    }

    /** A residual as a part of a norm; a zero matrix is factored exactly. */
    private static double relative(double residual, double norm) {
        return norm == 0 ? 0 : residual / norm;
    }

    /** The demands that do not hold. */
    public List<Demand> failed() {
        return demands.stream().filter(d -> !d.met()).toList();
    }
}
