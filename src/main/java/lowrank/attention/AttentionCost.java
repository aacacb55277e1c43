package lowrank.attention;

/**
 * Operations of the ways to attend, by shape alone: exact ones grow with the square of the rows, others with the rows.
 *
 * @param width values of a query, d
 * @param valueWidth values of an output, dv
 * @param causal whether a query sees no key behind it
 */
public record AttentionCost(int width, int valueWidth, boolean causal) {
    /** Flops of a query, a key and a value that meet. */
    private double pair() {
        return 2.0 * (width + valueWidth);
    }

    /** 2 (d + dv) n^2, half of it where it is causal. */
    public double exact(long rows) {
        return pair() * rows * rows / (causal ? 2 : 1);
    }

    /** Flops per row of random features that are summed over keys: 2 m (d + dv). */
    private double featureSums(int features) {
        return pair() * features;
    }

    /** Flops per row of keys that are aligned: 2 d^2. */
    private double aligning(boolean aligned) {
        return aligned ? 2.0 * width * width : 0;
    }

    /**
     * Flops per row of outputs by random features: 2 m (d + dv). Causal ones make features of keys and sum them once more, and inside tiles
     * of rows multiply features with features, and what comes out with values.
     */
    public double featureOutputs(int features, boolean aligned) {
        return causal
                ? 2 * featureSums(features) + aligning(aligned) + 2.0 * KeySums.ROWS * (features + valueWidth)
                : featureSums(features);
    }

    /**
     * Flops per row of random features.
     *
     * @param aligned whether keys are mapped, and covariances are summed where attention is not causal
     */
    public double performer(int features, boolean aligned) {
        return featureSums(features)
                + aligning(aligned)
                + featureOutputs(features, aligned)
                + (aligned && !causal ? alignment() : 0);
    }

    /** Flops per row of covariances of queries and keys. */
    public double alignment() {
        return 2.0 * width * width;
    }

    /** Flops per row of Nyström attention: landmarks over all keys, and all queries over landmarks. */
    public double nystrom(int landmarks) {
        return 2 * pair() * landmarks;
    }

    /** Flops of the decomposition of the landmarks' attention to each other, once: 26 m^3. */
    public double decomposition(int landmarks) {
        return 26.0 * landmarks * landmarks * landmarks;
    }

    /** Flops per row of attention to means. */
    public double linformer(int segments) {
        return pair() * segments;
    }

    /** Flops per row of exact outputs of sampled queries, and of the inner products of their rows of P. */
    public double sampling(int queries) {
        int compared = Math.min(queries, ScoreTile.QUERIES);
        return pair() * queries + (double) compared * compared;
    }

    /**
     * The rows n from which on an approximation takes fewer operations than exact attention: e n^2 = p n + c, where e is 2 (d + dv), half of
     * it where it is causal.
     *
     * @param perRow p, of the approximation and of what measures its error
     * @param once c
     */
    public long crossover(double perRow, double once) {
        double e = exact(1);
        return (long) Math.ceil((perRow + Math.sqrt(perRow * perRow + 4 * e * once)) / (2 * e));
    }
}
