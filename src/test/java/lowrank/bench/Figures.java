package lowrank.bench;

import java.util.Arrays;
import java.util.Locale;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * How far some factors are off, measured in memory, whoever made them.
 *
 * @param error ||A - U S V^T||_2 / s_1, by LAPACK's SVD of the difference
 * @param left max |U^T U - I|
 * @param right max |V^T V - I|
 * @param rank values returned
 * @param failure what was thrown instead, or null
 */
record Figures(double error, double left, double right, int rank, String failure) {

    static Figures of(Matrix a, double norm, Matrix u, double[] s, Matrix v) {
        Matrix difference = a.minus(u.times(v.scaleColumns(s).transpose()));
        boolean finite = Arrays.stream(difference.values()).allMatch(Double::isFinite);
        double error = finite ? Dense.svd(difference).s()[0] / norm : Double.NaN;
        return new Figures(error, u.orthogonalityDefect(), v.orthogonalityDefect(), s.length, null);
    }

    static Figures failed(Throwable thrown) {
        return new Figures(0, 0, 0, 0, thrown.getClass().getSimpleName());
    }

    /** The worst of both, entry by entry; the least rank. */
    Figures worst(Figures other) {
        if (failure != null) {
            return this;
        }
        return other.failure != null
                ? other
                : new Figures(
                        Math.max(error, other.error),
                        Math.max(left, other.left),
                        Math.max(right, other.right),
                        Math.min(rank, other.rank),
                        null);
    }

    /** Four cells of a Markdown table. */
    String cells() {
        return failure != null ? failure + " | | | " : number(error) + number(left) + number(right) + rank + " | ";
    }

    static String number(double value) {
        return String.format(Locale.ROOT, "%.1e | ", value);
    }
}
