package lowrank.factor;

import lowrank.blas.Precision;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.linalg.Triangle;

/**
 * A ~ U diag(s) V^T, where A is the input, centred and scaled as asked.
 *
 * <p>Invariants: s is descending and positive; V has orthonormal columns, the entry of largest magnitude in each is positive
 * (ties to the lowest row); U, when written, has orthonormal columns to {@link #ORTHOGONAL}.
 *
 * @param u the left singular vectors as rows of a table (rows x rank), computed when written; null when not asked for
 * @param s singular values
 * @param v right singular vectors, cols x rank
 * @param mean what was subtracted from each column, or zeros
 * @param scale what each column was divided by, or ones
 * @param evidence what is known of the error
 */
public record Svd(RowBlocks u, double[] s, Matrix v, double[] mean, double[] scale, Evidence evidence) {
    /** max |U^T U - I| that is not exceeded by what is written, in double. */
    public static final double ORTHOGONAL = 1e-13;

    /** A correction that leaves more than this multiple of what is promised has failed. */
    private static final double LOST = 10;

    public Svd {
        double largest = s.length == 0 ? 0 : s[0];
        if (!Double.isFinite(largest) || !Double.isFinite(evidence.frobeniusNorm())) {
            throw new NumericalException(
                    "the norm of the matrix is beyond the largest double (1.8e308); divide the input"
                            + " by a power of two");
        }
        if (s.length > 0 && largest < Double.MIN_NORMAL) {
            throw new NumericalException(
                    "all singular values are below the smallest normal double (2.2e-308), where they"
                            + " have few digits or none; multiply the input by a power of two");
        }
    }

    /** Number of singular values kept. */
    public int rank() {
        return s.length;
    }

    /**
     * What was written of U.
     *
     * @param output the parts
     * @param defect max |U^T U - I|, measured over all rows
     * @param corrected whether a second pass was needed to reach it
     */
    public record LeftVectors(RowBlocks.Output<Triangle> output, double defect, boolean corrected) {}

    /**
     * Writes U and measures U^T U over the same blocks. Where the defect exceeds {@link #ORTHOGONAL} (in float: its own
     * roundoff times the rows), one more pass writes U R^-1 with U^T U = R^T R.
     */
    public LeftVectors writeU(RowSink sink) {
        Pass<Triangle> gram = new GramPass("U");
        RowBlocks.Output<Triangle> output = u.write(sink, gram);
        double defect = defect(output.sum());
        if (defect <= threshold() || rank() == 0) {
            return new LeftVectors(output, defect, false);
        }
        Matrix r = Dense.cholesky(output.sum().symmetric());
        Matrix inverse = Dense.solveRight(Matrix.identity(rank()), r);
        RowBlocks better = u.map(new Times("values", Packing.none(rank()), inverse));
        RowBlocks.Output<Triangle> second = better.write(sink, gram);
        double left = defect(second.sum());
        if (!(left <= LOST * threshold())) {
            throw new NumericalException(
                    "U has lost its orthogonality (max |U'U - I| = " + left + " after a correction);"
                            + " ask for fewer values, or use factor.algorithm = tsqr with blocks.precision = double");
        }
        return new LeftVectors(second, left, true);
    }

    /** U as a table for a use that is not a file: measured in a pass of its own, and corrected as {@link #writeU} would. */
    public RowBlocks orthonormalU() {
        Triangle gram = u.pass(new GramPass("U"));
        if (defect(gram) <= threshold() || rank() == 0) {
            return u;
        }
        Matrix r = Dense.cholesky(gram.symmetric());
        return u.map(new Times("values", Packing.none(rank()), Dense.solveRight(Matrix.identity(rank()), r)));
    }

    private double threshold() {
        return u.schema().first().precision() == Precision.DOUBLE
                ? ORTHOGONAL
                : 8 * Math.sqrt((double) u.rows()) * Precision.FLOAT.roundoff();
    }

    private static double defect(Triangle gram) {
        double worst = 0;
        for (int j = 0; j < gram.order(); j++) {
            for (int i = 0; i <= j; i++) {
                worst = Math.max(worst, Math.abs(gram.get(i, j) - (i == j ? 1 : 0)));
            }
        }
        return worst;
    }
}
