package lowrank.certify;

import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import lowrank.blas.Precision;
import lowrank.blocks.RowBlocks;
import lowrank.factor.Svd;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Nystrom;
import lowrank.kernel.SampledError;
import lowrank.kernel.TracePass;
import lowrank.kernel.Uniform;
import lowrank.linalg.Matrix;

/** What is known of the features of a kernel. */
public final class KernelMeasures {
    /** Rows that the error of a kernel is measured on. */
    public static final int SAMPLED = 1000;

    /** Probability that the bounds of that error do not hold. */
    private static final double FAILURE = 1e-3;

    private KernelMeasures() {}

    /**
     * How far the inner products of features are from the kernel: a pass draws {@value #SAMPLED} rows.
     *
     * @param rows as the map takes them
     * @param precision in which features are made
     * @param seed of the draws of the map
     */
    public static Measure kernelError(RowBlocks rows, FeatureMap map, Precision precision, long seed) {
        // Another seed than any draw's: with theirs the sample would be landmarks.
        Matrix sample = Uniform.sample(rows, SAMPLED, ~seed);
        if (sample.rows() < 2) {
            return Measure.exact("kernel error", Double.NaN, "needs at least 2 rows");
        }
        SampledError error = SampledError.of(sample, map, precision, rows.rows(), FAILURE);
        return new Measure(
                "kernel error",
                error.frobenius(),
                error.lower(),
                Double.isInfinite(error.upper()) ? null : error.upper(),
                error.failureProbability(),
                "|ZZ' - K| / |K| in Frobenius' norm over pairs of " + error.rows()
                        + " sampled rows; the bounds are for all rows");
    }

    /** What landmarks miss, within what rounding may have done to the traces. */
    public static Measure traceResidual(TracePass.Trace trace, FeatureMap map, Precision precision) {
        double rounding = TracePass.rounding(map, precision);
        return new Measure(
                "trace residual",
                trace.relative(),
                Math.max(0, trace.relative() - rounding),
                trace.relative() + rounding,
                0,
                "tr(K - ZZ') / tr K over all rows; it bounds the spectral and Frobenius errors too");
    }

    /** Features of landmarks. */
    public static Measure keptRank(FeatureMap map) {
        return Measure.exact("kept rank", map.size(), "directions of the landmarks' kernel matrix above rounding");
    }

    /** Of the landmarks' kernel matrix, the worst draw's. */
    public static Measure condition(FeatureMap map) {
        double condition = 0;
        for (FeatureMap draw : map.draws()) {
            condition =
                    Math.max(condition, draw instanceof Nystrom one ? one.core().condition() : 0);
        }
        return Measure.exact("condition", condition, "largest by least eigenvalue among the directions kept");
    }

    /** Of kernel principal components. */
    public static Measure coordinates(Svd svd) {
        double kept = 0;
        for (double s : svd.s()) {
            kept += s * s;
        }
        double norm = svd.evidence().frobeniusNorm();
        return Measure.exact(
                "variance of coordinates",
                norm == 0 ? 1 : kept / (norm * norm),
                "part of the centred approximation's trace that the coordinates hold");
    }

    /** The mean of something over draws, between its least and its largest. */
    public static Measure overDraws(String name, double[] values) {
        DoubleSummaryStatistics all = Arrays.stream(values).summaryStatistics();
        return new Measure(
                name,
                all.getAverage(),
                all.getMin(),
                all.getMax(),
                0,
                "mean, least and largest over " + values.length + " draws");
    }
}
