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

    /** Flops per row of random features: 2 m d for a query and for a key, 2 m dv to sum and to apply. */
    public double performer(int features) {
        return 2 * pair() * features;
    }

    /** Flops per row of Nyström attention: landmarks over all keys, and all queries over landmarks. */
    public double nystrom(int landmarks) {
        return 2 * pair() * landmarks;
    }

    /** Flops per row of attention to means. */
    public double linformer(int segments) {
        return pair() * segments;
    }

    /** Flops per row of covariances of queries and keys. */
    public double survey() {
        return 2.0 * width * width;
    }

    /** Flops per row of exact outputs of sampled queries, and of the inner products of their rows of P. */
    public double sampling(int queries) {
        int compared = Math.min(queries, ScoreTile.QUERIES);
        return pair() * queries + (double) compared * compared;
    }

    /**
     * The rows from which on an approximation takes fewer operations than exact attention: flops per row / (2 (d + dv)), twice as many
     * where it is causal.
     *
     * @param flopsPerRow of the approximation and of what measures its error
     */
    public long crossover(double flopsPerRow) {
        return (long) Math.ceil(flopsPerRow / pair() * (causal ? 2 : 1));
    }
}
