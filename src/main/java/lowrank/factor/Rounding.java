package lowrank.factor;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;

/** Named multiples of the unit roundoff by which results of this package may differ from exact arithmetic. */
final class Rounding {
    private Rounding() {}

    /**
     * The error of singular values through {@link QrPass}, relative to s_1. Each Householder step adds about eps sqrt(n) in
     * norm (more where many rows are equal and round alike), and a row passes through one factorisation, the folds inside its leaf
     * and the levels of the tree.
     */
    static double ofTriangle(Layout layout, int cols) {
        int folds = layout.leafRows() / QrPass.unitRows(layout, cols);
        int levels = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, layout.leaves()));
        return 6 * Math.sqrt(cols) * (2 + folds + levels) * 2 * Precision.DOUBLE.roundoff();
    }

    /**
     * The error of a product of A with orthonormal columns, in the spectral norm: rows round by about eps ||a_i||, together eps
     * ||A||_F, and where a row lies along a column its partial sums grow, for eps sqrt(n) s_1.
     */
    static double ofProduct(Precision precision, int cols, double frobenius, double spectral) {
        return precision.roundoff() * (8 * frobenius + 4 * Math.sqrt(cols) * spectral);
    }

    /**
     * The error that rounding of a column of U makes in A^T u_j - s_j v_j: u_j = A t_j with ||t_j|| = 1 / s_j is off by product /
     * s_j, A^T lengthens that by up to s_1; on steep spectra U is formed by substitution, which is never that far off.
     */
    static double ofLeft(double product, double spectral, double value) {
        return product * Math.min(spectral / value, FromTriangle.DIRECT_RATIO);
    }

    /**
     * The error of A^T A, relative to its norm. The diagonal sums positive terms, so partial sums grow and round like the square
     * root of their number: the rows that are summed in the precision of the blocks.
     */
    static double ofGram(Precision precision, Layout layout, int cols) {
        int summed = precision == Precision.DOUBLE ? layout.leafRows() : layout.blockRows();
        int levels = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, layout.leaves()));
        return 2 * precision.roundoff() * (8 + levels + 2 * Math.sqrt(summed) + 4 * Math.sqrt(cols));
    }

    /**
     * The error of (A - U S V^T) w for normal w, in the root of the mean square: partial sums of a row grow to about ||a_i||, so each
     * addition rounds by no more than eps ||a_i||, and n of them by sqrt(n) of that where they come one after the other.
     */
    static double ofProbe(Precision precision, int cols, double frobenius) {
        return precision.roundoff() * (16 + 4 * Math.sqrt(cols)) * frobenius;
    }

    /** The error of LAPACK's singular values, relative to s_1: backward stable, with a modest polynomial in practice. */
    static double ofLapack(long rows, int cols) {
        return 2 * Precision.DOUBLE.roundoff() * (10 + 4 * Math.sqrt((double) Math.max(rows, cols)));
    }
}
