package lowrank.linalg;

import java.io.Serializable;
import lowrank.blas.Precision;

/**
 * K^+ = W W^T of a symmetric positive semidefinite matrix K = U diag(w) U^T, with W = U_r diag(w_r)^(-1/2) of the eigenvalues above
 * a relative cut. What is below is rounding and is dropped, never lifted: K^+ inverts K on the span of the kept vectors.
 *
 * <p><b>Cost</b>: one symmetric eigendecomposition, about 9 m^3 flops.
 *
 * @param whitening W, m x r: W^T K W = I
 * @param kept the eigenvalues kept, descending
 * @param cut the least that was kept would have had to exceed this
 * @param largestDropped the largest eigenvalue not kept, or 0 where all are
 * @param smallest the smallest eigenvalue of all, which rounding may make negative
 */
public record PseudoInverse(Matrix whitening, double[] kept, double cut, double largestDropped, double smallest)
        implements Serializable {

    /** A matrix is taken for indefinite when an eigenvalue is below minus so many cuts, */
    private static final double INDEFINITE = 10;

    /** and below minus this part of the largest: kernels that are made of angles know nearly parallel rows to about 1e-8 only. */
    private static final double ROUGH = 1e-7;

    /** Of a matrix whose entries are right to the roundoff of this precision: the cut is m times that roundoff. */
    public static PseudoInverse of(Matrix k, Precision precision) {
        return of(k, k.rows() * precision.roundoff());
    }

    /**
     * With a cut of its own.
     *
     * @param k symmetric; its upper triangle is read
     * @param relative eigenvalues at most this part of the largest magnitude are dropped
     */
    public static PseudoInverse of(Matrix k, double relative) {
        if (!(relative >= 0 && relative < 1)) {
            throw new IllegalArgumentException("the relative cut of eigenvalues is in [0, 1), not " + relative);
        }
        int m = k.rows();
        Dense.SmallEigen eigen = Dense.eigen(k);
        double[] w = eigen.w();
        double smallest = m == 0 ? 0 : w[0];
        double largest = m == 0 ? 0 : Math.max(Math.abs(w[0]), Math.abs(w[m - 1]));
        double cut = relative * largest;
        if (smallest < -INDEFINITE * cut && smallest < -ROUGH * largest) {
            throw new NumericalException("a matrix of order " + m
                    + " that must be positive semidefinite has eigenvalues from " + smallest + " to " + w[m - 1]
                    + ": what it was made with is not a positive semidefinite kernel");
        }
        int rank = 0;
        while (rank < m && w[m - 1 - rank] > cut) {
            rank++;
        }
        double[] kept = new double[rank];
        Matrix whitening = Matrix.zeros(m, rank);
        for (int j = 0; j < rank; j++) {
            kept[j] = w[m - 1 - j];
            double factor = 1 / Math.sqrt(kept[j]);
            for (int i = 0; i < m; i++) {
                whitening.set(i, j, factor * eigen.v().get(i, m - 1 - j));
            }
        }
        return new PseudoInverse(whitening, kept, cut, rank == m ? 0 : w[m - 1 - rank], smallest);
    }

    /** Of a whitening matrix that {@link #of} made, as it was stored: what was dropped is not known any more. */
    public static PseudoInverse ofWhitening(Matrix whitening) {
        double[] kept = whitening.columnNorms();
        for (int j = 0; j < kept.length; j++) {
            kept[j] = 1 / (kept[j] * kept[j]);
        }
        return new PseudoInverse(whitening, kept, 0, 0, 0);
    }

    /** m. */
    public int order() {
        return whitening.rows();
    }

    /** r, the number of eigenvalues kept. */
    public int rank() {
        return kept.length;
    }

    /** The condition number of what is kept: largest by least eigenvalue; 1 where nothing is. */
    public double condition() {
        return kept.length == 0 ? 1 : kept[0] / kept[kept.length - 1];
    }

    /** K^+ B. */
    public Matrix times(Matrix b) {
        return whitening.times(whitening.transposeTimes(b));
    }
}
