package lowrank.factor;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
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
 * @param left the left singular vectors, computed when written; null when not asked for
 * @param s singular values
 * @param v right singular vectors, cols x rank
 * @param mean what was subtracted from each column, or zeros
 * @param scale what each column was divided by, or ones
 * @param evidence what is known of the error
 */
public record Svd(LeftFactor left, double[] s, Matrix v, double[] mean, double[] scale, Evidence evidence) {
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

    /** U as a table, or null when it is not asked for. */
    public RowBlocks u() {
        return left == null ? null : left.table();
    }

    /**
     * What was written of U.
     *
     * @param parts the parts, in the order of the rows
     * @param defect max |U^T U - I|, measured over all rows
     * @param corrected whether a second pass was needed to reach it
     * @param confirmation ||A - U S V^T||, measured over all rows
     */
    public record LeftVectors(
            List<RowSink.Written> parts, double defect, boolean corrected, Confirmation confirmation) {}

    /** Writes U in the type that it is computed in, confirmed with the default probes. */
    public LeftVectors writeU(RowSink sink) {
        return writeU(sink, Probing.of(Sketch.of(0), precision()));
    }

    /**
     * Writes U, and measures U^T U and (A - U S V^T) W over the same blocks. Where the defect exceeds {@link #ORTHOGONAL} (in float:
     * its own roundoff times the rows), one more pass writes U R^-1 with U^T U = R^T R.
     *
     * @throws NumericalException when what was written contradicts the evidence
     */
    public LeftVectors writeU(RowSink sink, Probing probing) {
        Writing writing = write(left, sink, probing);
        boolean corrected = !isOrthonormal(writing.gram);
        if (corrected) {
            writing = write(left.then(correction(writing.gram)), sink, probing);
        }
        double defect = defect(writing.gram);
        if (corrected && !(defect <= LOST * threshold())) {
            throw new NumericalException(
                    "U has lost its orthogonality (max |U'U - I| = " + defect + " after a correction);"
                            + " ask for fewer values, or use factor.algorithm = tsqr with blocks.precision = double");
        }
        return new LeftVectors(
                writing.parts,
                defect,
                corrected,
                writing.confirmation.require(evidence, precision(), probing.stored()));
    }

    private record Writing(List<RowSink.Written> parts, Triangle gram, Confirmation confirmation) {}

    private Writing write(LeftFactor u, RowSink sink, Probing probing) {
        Matrix vectors = probing.vectors(v.rows());
        Matrix images = v.scaleColumns(Magnitude.divided(s, 1 / u.unit())).transposeTimes(vectors);
        RowBlocks.Output<Pass.Both<Triangle, double[]>> output = u.withResidual(probing.stored(), vectors, images)
                .write(new FirstColumn(sink), Pass.both(new GramPass("U"), new SquaresPass("", 1)));
        Precision coarsest = Stream.of(u.rows().schema().first().precision(), precision(), probing.stored())
                .max(Comparator.comparingDouble(Precision::roundoff))
                .orElseThrow();
        double rounding = Rounding.ofProbe(coarsest, v.rows(), evidence.frobeniusNorm() * u.unit());
        return new Writing(
                output.parts(),
                output.sum().first(),
                Confirmation.of(output.sum().second(), vectors, u.unit(), rounding, probing.failureProbability()));
    }

    /** U as a table for a use that is not a file: measured in a pass of its own, and corrected as {@link #writeU} would. */
    public RowBlocks orthonormalU() {
        Triangle gram = u().pass(new GramPass("U"));
        return isOrthonormal(gram) ? u() : left.then(correction(gram)).table();
    }

    private boolean isOrthonormal(Triangle gram) {
        return defect(gram) <= threshold() || rank() == 0;
    }

    /** R^-1 with U^T U = R^T R. */
    private Times correction(Triangle gram) {
        Matrix r = Dense.cholesky(gram.symmetric());
        return new Times("values", Packing.none(rank()), Dense.solveRight(Matrix.identity(rank()), r));
    }

    private Precision precision() {
        return u().schema().first().precision();
    }

    private double threshold() {
        return precision() == Precision.DOUBLE
                ? ORTHOGONAL
                : 8 * Math.sqrt((double) left.rows().rows()) * Precision.FLOAT.roundoff();
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
