package lowrank.store.report;

import java.util.Arrays;
import lowrank.factor.Svd;

/**
 * Singular values with what is known around them.
 *
 * @param values those kept, descending
 * @param lower bounds below them
 * @param upper bounds above them
 * @param beyond those known beyond the rank, descending; may be empty
 * @param norm the Frobenius norm of the matrix
 * @param whole whether {@code beyond} is the rest of the spectrum; otherwise a sketch saw these values, each a lower bound
 */
public record Spectrum(double[] values, double[] lower, double[] upper, double[] beyond, double norm, boolean whole) {

    /** What a factorisation knows. */
    public static Spectrum of(Svd svd) {
        double[] known = svd.evidence().values();
        int k = svd.rank();
        return new Spectrum(
                svd.s(),
                svd.evidence().lower(),
                svd.evidence().upper(),
                known.length > k ? Arrays.copyOfRange(known, k, known.length) : new double[0],
                svd.evidence().frobeniusNorm(),
                svd.evidence().missed().source().equals("spectrum"));
    }

    int rank() {
        return values.length;
    }

    /** Number of known values. */
    int known() {
        return values.length + beyond.length;
    }

    /** A known value, counted from 0. */
    double value(int j) {
        return j < values.length ? values[j] : beyond[j - values.length];
    }

    /** The part of the squared norm that one component holds. */
    double share(int j) {
        double part = norm == 0 ? 0 : value(j) / norm;
        return part * part;
    }

    /** The part of the squared norm that the first 1, 2, ... known components hold together. */
    double[] captured() {
        double[] captured = new double[known()];
        double sum = 0;
        for (int j = 0; j < captured.length; j++) {
            sum += share(j);
            captured[j] = Math.min(1, sum);
        }
        return captured;
    }

    /** The largest distance of a bound from its value, relative to the first value. */
    double widestBar() {
        double widest = 0;
        for (int j = 0; j < rank(); j++) {
            widest = Math.max(widest, Math.max(upper[j] - values[j], values[j] - lower[j]));
        }
        return rank() == 0 ? 0 : widest / values[0];
    }
}
