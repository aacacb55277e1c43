package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.certify.Baseline;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;

/**
 * How far approximated outputs are from exact ones, measured on sampled queries: r = sqrt(sum |o'_i - o_i|^2 / sum |o_i|^2).
 *
 * <p>The interval is for r over all shown queries. It is the bootstrap-t's of r^2 (Efron 1982; Hall 1988): the sample is drawn from itself,
 * with replacement, {@value #RESAMPLES} times, with random numbers at fixed addresses, and the distance of each draw's r^2 in standard errors
 * of that draw stands for ours. Where few queries hold most of the error, that reaches farther up than percentiles do. Where the sample
 * holds all queries, r is known. A few queries with errors far beyond all others, none of which is in the sample, are not seen by any
 * interval.
 *
 * @param rows sampled queries
 * @param relative r of the sample
 * @param lower r over all queries is at least this, with a probability of {@value #CONFIDENCE} at both ends together
 * @param upper and at most this
 * @param worstPosition position of the sampled query with the largest error relative to its own output
 * @param worst that error
 * @param uniform r of uniform attention, the mean of all values that a query sees
 * @param baselineRank rank of the best approximation
 * @param bestRank r of the best approximation of that rank of (some of) the sampled rows
 */
public record AttentionError(
        int rows,
        double relative,
        double lower,
        double upper,
        long worstPosition,
        double worst,
        double uniform,
        int baselineRank,
        double bestRank)
        implements Serializable {
    /** Of the interval. */
    public static final double CONFIDENCE = 0.95;

    private static final int RESAMPLES = 2000;
    private static final int STREAM = 60;

    /** Whether the outputs are farther from exact ones than the mean of all values is. */
    public boolean worseThanUniform() {
        return Baseline.isNearer(uniform, relative);
    }

    /**
     * Measures outputs.
     *
     * @param outputs of the sampled queries, a row each
     * @param rank of the method, or 0 for exact attention
     */
    public static AttentionError of(SampledQueries sample, Matrix outputs, int rank) {
        int s = outputs.rows();
        double[] errors = new double[s];
        double[] sizes = new double[s];
        for (int j = 0; j < outputs.cols(); j++) {
            for (int i = 0; i < s; i++) {
                double exact = sample.exact().get(i, j);
                double off = outputs.get(i, j) - exact;
                errors[i] += off * off;
                sizes[i] += exact * exact;
            }
        }
        int worst = 0;
        for (int i = 0; i < s; i++) {
            worst = ratio(errors[i], sizes[i]) > ratio(errors[worst], sizes[worst]) ? i : worst;
        }
        int baseline = rank > 0 ? Math.min(rank, Sampling.BASELINE_RANK) : Sampling.BASELINE_RANK;
        double relative =
                ratio(Arrays.stream(errors).sum(), Arrays.stream(sizes).sum());
        double[] interval = sample.complete() ? new double[] {relative, relative} : interval(errors, sizes);
        return new AttentionError(
                s,
                relative,
                interval[0],
                interval[1],
                sample.positions()[worst],
                ratio(errors[worst], sizes[worst]),
                SampledQueries.relative(sample.uniform(), sample.exact()),
                baseline,
                sample.bestRank(baseline));
    }

    private static double ratio(double error, double size) {
        return error == 0 ? 0 : Math.sqrt(error / size);
    }

    private static double[] interval(double[] errors, double[] sizes) {
        int s = errors.length;
        int[] all = new int[s];
        Arrays.setAll(all, i -> i);
        Ratio own = Ratio.of(errors, sizes, all);
        Philox random = new Philox(s, STREAM);
        double[] distances = new double[RESAMPLES];
        int[] chosen = new int[s];
        for (int r = 0; r < RESAMPLES; r++) {
            for (int i = 0; i < s; i++) {
                chosen[i] = (int) (random.uniformAt(r, i) * s);
            }
            Ratio drawn = Ratio.of(errors, sizes, chosen);
            // A draw of one query alone, again and again, has no standard error, and says nothing.
            distances[r] = drawn.deviation > 0 ? (drawn.value - own.value) / drawn.deviation : 0;
        }
        Arrays.sort(distances);
        int tail = (int) Math.round((1 - CONFIDENCE) / 2 * RESAMPLES);
        double lower = own.value - distances[RESAMPLES - 1 - tail] * own.deviation;
        double upper = own.value - distances[tail] * own.deviation;
        return new double[] {Math.sqrt(Math.max(0, lower)), Math.sqrt(upper)};
    }

    /** r^2 = sum e / sum o of some queries, and its standard error by linearisation, sqrt(sum (e - r^2 o)^2) / sum o. */
    private record Ratio(double value, double deviation) {
        static Ratio of(double[] errors, double[] sizes, int[] chosen) {
            double error = 0;
            double size = 0;
            for (int i : chosen) {
                error += errors[i];
                size += sizes[i];
            }
            if (error == 0) {
                return new Ratio(0, 0);
            }
            double value = error / size;
            double squares = 0;
            for (int i : chosen) {
                double off = (errors[i] - value * sizes[i]) / size;
                squares += off * off;
            }
            return new Ratio(value, Math.sqrt(squares));
        }
    }
}
