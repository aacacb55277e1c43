package lowrank.linalg;

/**
 * A^+ = V_r diag(1/s_r) U_r^T of any matrix A = U diag(s) V^T, with the singular values above a cut alone: what is below is dropped, never
 * lifted. Of a symmetric positive semidefinite matrix {@link PseudoInverse} is half the work.
 *
 * @param svd of A
 * @param rank r, the number of singular values kept
 */
public record TruncatedInverse(Dense.SmallSvd svd, int rank) {

    /**
     * Keeps the singular values above a part of the largest.
     *
     * @param relative in [0, 1)
     */
    public static TruncatedInverse of(Dense.SmallSvd svd, double relative) {
        if (!(relative >= 0 && relative < 1)) {
            throw new IllegalArgumentException("the relative cut of singular values is in [0, 1), not " + relative);
        }
        double[] s = svd.s();
        int rank = 0;
        while (rank < s.length && s[rank] > relative * s[0]) {
            rank++;
        }
        return new TruncatedInverse(svd, rank);
    }

    /** The condition number of what is kept: the largest singular value by the least; 1 where nothing is. */
    public double condition() {
        return rank == 0 ? 1 : svd.s()[0] / svd.s()[rank - 1];
    }

    /** A^+ B. */
    public Matrix times(Matrix b) {
        double[] inverse = new double[rank];
        for (int j = 0; j < rank; j++) {
            inverse[j] = 1 / svd.s()[j];
        }
        return svd.v()
                .columns(rank)
                .scaleColumns(inverse)
                .times(svd.u().columns(rank).transposeTimes(b));
    }
}
