package lowrank.factor;

import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * The SVD of Y = A X from its triangle R, A the packed rows: s and V = X Z from R = W S Z^T, and U by one of two routes.
 *
 * <p>U = A T with T = X Z_k R_B^-1, R_B the triangle of R Z_k, is orthonormal to about 1e-16 s_1 / s_k. Where that is not enough, Y
 * P R_11^-1 by substitution with the pivoted triangle of R is well conditioned whatever the spectrum, and a Cholesky QR of it gives
 * the rest (Fukaya, Kannan, Nakatsukasa, Yamamoto and Yanagisawa, 2020, "Shifted Cholesky QR"; Melnichenko and others, 2023,
 * "CholeskyQR with randomization and pivoting", with R in place of the sketch), for one pass more, two when it is not.
 *
 * @param rows the input
 * @param packing input -> rows of A
 * @param unit what values of A are to be divided by
 * @param basis X, or null where Y = A
 * @param r the triangle of Y
 * @param small its SVD
 * @param pivoted its pivoted QR
 * @param resolved how many of its directions are above rounding
 */
record FromTriangle(
        RowBlocks rows,
        Packing packing,
        double unit,
        Matrix basis,
        Matrix r,
        Dense.SmallSvd small,
        Dense.PivotedR pivoted,
        int resolved) {
    /** Up to this s_1 / s_k, U = A T is orthonormal to 1e-13: its defect grows as about 1e-16 s_1 / s_k. */
    static final double DIRECT_RATIO = 300;

    /** Diagonal entries of the pivoted triangle below this part of the first are rounding. */
    static final double RANK_CUT = 1e-14;

    /** Above this condition of Y, one Cholesky QR does not orthonormalise it. */
    private static final double WELL_CONDITIONED = 100;

    /** A direction of which the rows have less than this part of what the triangle says is rounding of the triangle. */
    private static final double SOUND = 0.1;

    /** U (null when it is not wanted), s and V, in units of the packed rows. */
    record Factors(LeftFactor u, double[] s, Matrix v) {}

    static FromTriangle of(RowBlocks rows, Packing packing, double unit, Matrix basis, Matrix r, double rankCut) {
        Dense.PivotedR pivoted = Dense.qrPivoted(r);
        return new FromTriangle(
                rows, packing, unit, basis, r, Dense.svd(r), pivoted, resolvedRank(pivoted.r(), rankCut));
    }

    /** Rank by the diagonal of a pivoted triangle. */
    private static int resolvedRank(Matrix r, double cut) {
        double first = r.cols() == 0 ? 0 : Math.abs(r.get(0, 0));
        int resolved = 0;
        while (resolved < r.rows() && Math.abs(r.get(resolved, resolved)) > cut * first) {
            resolved++;
        }
        return resolved;
    }

    /** Whether U = A T is accurate for the first k values. */
    boolean isDirect(int k, boolean leftVectors) {
        return !leftVectors || k == 0 || small.s()[0] / small.s()[k - 1] <= DIRECT_RATIO;
    }

    /**
     * The first k triplets, at most as many as are resolved; fewer where the rows turn out to have nothing in a direction that the
     * triangle has, which then was rounding: many equal rows round all alike, and products in float see less than the triangle.
     */
    Factors factors(int k, boolean leftVectors) {
        return isDirect(k, leftVectors) ? direct(k, leftVectors) : substituted(k);
    }

    /** X Z. */
    private Matrix inColumns(Matrix z) {
        return basis == null ? z : basis.times(z);
    }

    private Factors direct(int k, boolean leftVectors) {
        Matrix z = small.v().columns(k);
        Matrix v = inColumns(z);
        double[] signs = Signs.of(v);
        z = z.scaleColumns(signs);
        LeftFactor u = null;
        if (leftVectors) {
            Matrix rb = k == 0 ? Matrix.zeros(0, 0) : Dense.qr(r.times(z)).r();
            // The QR leaves signs of its own: U = Y Z S^-1 has R_B with a positive diagonal.
            double[] diagonal = new double[k];
            for (int j = 0; j < k; j++) {
                diagonal[j] = Math.signum(rb.get(j, j));
            }
            Matrix t =
                    k == 0 ? Matrix.zeros(z.rows(), 0) : Dense.solveRight(z, rb).scaleColumns(diagonal);
            u = LeftFactor.of(rows, packing, unit)
                    .then(new Times("values", Packing.none(packing.width()), inColumns(t)));
        }
        return new Factors(u, java.util.Arrays.copyOf(small.s(), k), v.scaleColumns(signs));
    }

    /**
     * Y P = Q' L' [R_11 R_12] with Q' L' = Y P_1 R_11^-1: a pass sums L'^T L', the SVD of L' [R_11 R_12] P^T gives W, s and Z, and
     * U = Q' W.
     */
    private Factors substituted(int k) {
        int n = r.cols();
        Matrix r11 = leading();
        LeftFactor a = LeftFactor.of(rows, packing, unit);
        LeftFactor sketch = basis == null ? a : a.then(new Times("sketch", Packing.none(packing.width()), basis));
        LeftFactor y = sketch.then(new Whiten(Packing.none(n).select(pivoted.pivots(), resolved), r11));
        Matrix gram = y.table().pass(new GramPass("Y")).symmetric();
        int sound = soundOrder(gram);
        if (sound < resolved) {
            return resolvedTo(sound).factors(Math.min(k, sound), true);
        }
        Matrix correction = Dense.cholesky(gram);
        if (!isWellConditioned(correction)) {
            Matrix inverse = Dense.solveRight(Matrix.identity(resolved), correction);
            RowBlocks better = y.table().map(new Times("whitened", Packing.none(resolved), inverse));
            gram = better.pass(new GramPass("Y again")).symmetric();
            sound = soundOrder(gram);
            if (sound < resolved) {
                return resolvedTo(sound).factors(Math.min(k, sound), true);
            }
            correction = Dense.cholesky(gram).times(correction);
        }
        Matrix permuted = correction.times(trapezoid());
        Matrix factor = Matrix.zeros(resolved, n);
        for (int j = 0; j < n; j++) {
            System.arraycopy(
                    permuted.values(), j * resolved, factor.values(), pivoted.pivots()[j] * resolved, resolved);
        }
        Dense.SmallSvd exact = Dense.svd(factor);
        Matrix v = inColumns(exact.v().columns(k));
        double[] signs = Signs.of(v);
        Matrix inverse = Dense.solveRight(Matrix.identity(resolved), correction);
        Matrix t = inverse.times(exact.u().columns(k)).scaleColumns(signs);
        LeftFactor u = y.then(new Times("values", Packing.none(resolved), t));
        return new Factors(u, java.util.Arrays.copyOf(exact.s(), k), v.scaleColumns(signs));
    }

    /** How many leading columns of Y have the lengths, beyond those before them, that the triangle says. */
    private static int soundOrder(Matrix gram) {
        int definite = Dense.definiteOrder(gram);
        Matrix leading = Matrix.zeros(definite, definite);
        for (int j = 0; j < definite; j++) {
            System.arraycopy(gram.values(), j * gram.rows(), leading.values(), j * definite, definite);
        }
        Matrix triangle = Dense.cholesky(leading);
        int sound = 0;
        while (sound < definite && triangle.get(sound, sound) > SOUND) {
            sound++;
        }
        return sound;
    }

    /** With the leading columns of Y only. */
    private FromTriangle resolvedTo(int order) {
        if (order == 0) {
            throw new NumericalException(
                    "the rows of the second pass have nothing in common with the triangle of the first;"
                            + " check whether the input changed, and try factor.algorithm = block-krylov");
        }
        return new FromTriangle(rows, packing, unit, basis, r, small, pivoted, order);
    }

    /** R_11. */
    Matrix leading() {
        Matrix r11 = Matrix.zeros(resolved, resolved);
        for (int j = 0; j < resolved; j++) {
            System.arraycopy(pivoted.r().values(), j * pivoted.r().rows(), r11.values(), j * resolved, resolved);
        }
        return r11;
    }

    /** [R_11 R_12]. */
    private Matrix trapezoid() {
        Matrix top = Matrix.zeros(resolved, r.cols());
        for (int j = 0; j < r.cols(); j++) {
            System.arraycopy(pivoted.r().values(), j * pivoted.r().rows(), top.values(), j * resolved, resolved);
        }
        return top;
    }

    /** Whether a triangle is so well conditioned that its Cholesky QR is done with. */
    static boolean isWellConditioned(Matrix triangle) {
        double[] s = Dense.svd(triangle).s();
        return s[0] <= WELL_CONDITIONED * s[s.length - 1];
    }
}
