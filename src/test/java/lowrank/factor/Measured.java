package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;

import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MemorySink;
import lowrank.blocks.Pass;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * The factors of a small matrix beside the matrix itself, everything on the heap and in a unit near its largest value.
 *
 * @param svd what was returned
 * @param u the left singular vectors as written
 * @param defectU max |U^T U - I| as {@link Svd#writeU} measured it
 * @param confirmation what was measured in that pass
 * @param exact the matrix that was to be factored, centred and scaled exactly, times unit
 * @param truth its singular values
 * @param error singular values of exact - U S V^T
 * @param unit a power of two, so that nothing over- or underflows
 * @param precision of the input
 */
record Measured(
        Svd svd,
        Matrix u,
        double defectU,
        Confirmation confirmation,
        Matrix exact,
        double[] truth,
        double[] error,
        double unit,
        Precision precision) {
    /** DESIGN section 6: max |U^T U - I| and max |V^T V - I| in double. */
    static final double ORTHOGONAL = 1e-13;

    /** What an exact Frobenius residual and the norm measured here may differ by, relatively. */
    private static final double SAME = 1e-12;

    /** Factors a source in {@code tasks} tasks and compares with its own rows. */
    static Measured of(SvdAlgorithm algorithm, BlockSource source, int tasks) {
        Svd svd = algorithm.factor(LocalBlocks.of(source, tasks));
        MemorySink sink = new MemorySink();
        Svd.LeftVectors left = svd.writeU(sink);
        Matrix u = svd.rank() == 0 ? Matrix.zeros((int) source.layout().rows(), 0) : sink.matrix();
        Exact reference = Exact.of(dense(source), svd);
        Matrix exact = reference.matrix();
        double unit = reference.unit();
        Matrix rebuilt = u.times(svd.v().scaleColumns(scaled(svd.s(), unit)).transpose());
        double[] error = Dense.svd(exact.minus(rebuilt)).s();
        return new Measured(
                svd,
                u,
                left.defect(),
                left.confirmation(),
                exact,
                Dense.svd(exact).s(),
                error,
                unit,
                source.schema().first().precision());
    }

    /** All rows of a source as a matrix. */
    static Matrix dense(BlockSource source) {
        MemorySink sink = new MemorySink();
        LocalBlocks.of(source).write(sink, Pass.nothing());
        return sink.matrix();
    }

    private static double[] scaled(double[] values, double unit) {
        return Magnitude.divided(values, 1 / unit);
    }

    int rank() {
        return svd.rank();
    }

    /** ||A - U S V^T||_2 / s_1. */
    double relativeError() {
        return truth[0] == 0 ? error[0] : error[0] / truth[0];
    }

    /** The spectral residual that is promised over the one that is. */
    double tightness() {
        return svd.evidence().spectralResidual() * unit / error[0];
    }

    /** The invariants of {@link Svd}: descending positive values, orthonormal columns, signs. */
    Measured requireFactors() {
        double[] s = svd.s();
        for (int j = 0; j < s.length; j++) {
            assertThat(s[j]).isPositive().isFinite();
            assertThat(j == 0 || s[j] <= s[j - 1]).as("values descend").isTrue();
        }
        assertThat(svd.v().orthogonalityDefect()).as("V").isLessThanOrEqualTo(ORTHOGONAL);
        double limit =
                precision == Precision.DOUBLE ? ORTHOGONAL : 8 * Math.sqrt(u.rows()) * Precision.FLOAT.roundoff();
        assertThat(defectU).as("U as measured").isLessThanOrEqualTo(limit);
        // The measurement itself rounds.
        assertThat(u.orthogonalityDefect()).as("U").isLessThanOrEqualTo(1.5 * limit);
        assertThat(Signs.of(svd.v())).as("signs").containsOnly(svd.rank() == 0 ? new double[0] : new double[] {1});
        assertThat(svd.mean()).doesNotContain(Double.NaN);
        assertThat(svd.scale()).doesNotContain(Double.NaN, 0.0);
        return this;
    }

    /** The truth is inside every bound. */
    Measured requireTruthInside() {
        Evidence e = svd.evidence();
        double frobenius = RankRule.tail(error, 0);
        assertThat(frobenius).as("Frobenius").isLessThanOrEqualTo(e.frobeniusResidual() * unit * (1 + SAME));
        assertThat(error[0]).as("spectral").isLessThanOrEqualTo(e.spectralResidual() * unit * (1 + SAME));
        double same = 64 * Precision.DOUBLE.roundoff() * RankRule.tail(truth, 0);
        assertThat(frobenius)
                .as("Frobenius as written")
                .isBetween(confirmation.frobeniusAtLeast() * unit - same, confirmation.frobeniusAtMost() * unit + same);
        assertThat(error[0])
                .as("spectral as written")
                .isGreaterThanOrEqualTo(confirmation.spectralAtLeast() * unit - same);
        double norm = RankRule.tail(truth, 0);
        double rounding = 128 * precision.roundoff() * norm;
        assertThat(e.frobeniusNorm() * unit).isBetween(norm - rounding, norm + rounding);
        Matrix left = exact.transposeTimes(u);
        double[] residual =
                left.minus(svd.v().scaleColumns(scaled(svd.s(), unit))).columnNorms();
        for (int j = 0; j < rank(); j++) {
            assertThat(truth[j]).as("value " + j).isBetween(e.lower()[j] * unit, e.upper()[j] * unit);
            assertThat(residual[j]).as("residual " + j).isLessThanOrEqualTo(e.residual()[j] * unit);
        }
        return this;
    }
}
