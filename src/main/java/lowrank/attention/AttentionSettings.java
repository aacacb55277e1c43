package lowrank.attention;

import java.io.Serializable;
import java.util.Locale;

/**
 * How heads are attended to: by one method, or where that is left open by the shape alone.
 *
 * @param draws random features of a Performer
 * @param balanced whether these are of aligned queries and keys: by their own means and covariances, causal ones by those of others
 * @param landmarks segments of Nyström attention and of attention to means
 * @param causal whether a query sees no key behind it
 * @param scale of the products of queries and keys; NaN for 1 / sqrt(d)
 * @param inverse of Nyström attention
 * @param sampled queries of each head that errors are measured with
 * @param seed of the sample
 */
public record AttentionSettings(
        Method method,
        FeatureDraws draws,
        boolean balanced,
        int landmarks,
        boolean causal,
        double scale,
        NystromAttention.Inverse inverse,
        int sampled,
        long seed)
        implements Serializable {

    /** The words of {@code attention.method}. */
    public enum Method {
        AUTO,
        EXACT,
        PERFORMER,
        NYSTROM,
        LINFORMER;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The factor of the products of queries of this width with keys. */
    public double scale(int width) {
        return Double.isNaN(scale) ? Heads.scale(width) : scale;
    }

    /** What errors are measured with. */
    public Sampling sampling(int width) {
        return new Sampling(sampled, seed, causal, scale(width));
    }

    public AttentionCost cost(int width, int valueWidth) {
        return new AttentionCost(width, valueWidth, causal);
    }

    /** Whether random features are made. */
    boolean performs() {
        return method == Method.PERFORMER || method == Method.AUTO;
    }

    /** Whether means of segments are. */
    boolean hasLandmarks() {
        return method == Method.LINFORMER || approximatesByNystrom();
    }

    /** Flops per row of what is not exact, with what measures its error. */
    public double flopsPerRow(AttentionCost cost) {
        // Where both are summed, that the cheaper one may make the outputs is not counted.
        return (performs() ? cost.performer(draws.total(), balanced) : 0)
                + (approximatesByNystrom() ? cost.nystrom(landmarks) : 0)
                + (method == Method.LINFORMER ? cost.linformer(landmarks) : 0)
                + (method == Method.EXACT ? 0 : cost.sampling(sampled));
    }

    /** Flops of what is not exact that do not grow with the rows. */
    public double flopsOnce(AttentionCost cost) {
        return approximatesByNystrom() ? cost.decomposition(landmarks) : 0;
    }

    /** Flops per row of the first read. */
    public double surveyFlops(AttentionCost cost) {
        return performs() && balanced && !causal ? cost.alignment() : 0;
    }

    /** Flops per row that make outputs, of the dearest method that may. */
    public double outputFlops(AttentionCost cost) {
        double features = performs() ? cost.featureOutputs(draws.total(), balanced) : 0;
        return Math.max(features, hasLandmarks() ? cost.linformer(landmarks) : 0);
    }

    private boolean approximatesByNystrom() {
        return method == Method.NYSTROM || method == Method.AUTO && !causal;
    }

    /** The rows from which on {@code auto} approximates: where exact attention takes more operations. */
    public long crossover(AttentionCost cost) {
        return cost.crossover(flopsPerRow(cost), flopsOnce(cost));
    }

    /** Whether a head of so many rows is exact. */
    public boolean isExact(long rows, AttentionCost cost) {
        return switch (method) {
            case EXACT -> true;
            case AUTO -> rows < crossover(cost);
            default -> false;
        };
    }

    /** Flops of a head of so many rows. */
    public double flops(long rows, AttentionCost cost) {
        return isExact(rows, cost) ? cost.exact(rows) : rows * flopsPerRow(cost) + flopsOnce(cost);
    }

    /**
     * What approximates a head whose queries have this width.
     *
     * @param index of the head among all: each has draws of its own, since one unlucky draw would spoil them all
     * @param given what causal features are aligned by, or null where they are of queries and keys as they are
     */
    public AttentionMethod<?, ?> approximation(int width, int index, HeadMoments given) {
        NystromAttention nystrom = new NystromAttention(landmarks, inverse, scale(width));
        return switch (method) {
            case PERFORMER -> performer(width, index, given);
            case NYSTROM -> nystrom;
            case LINFORMER -> new Linformer(landmarks, scale(width));
            case AUTO ->
                causal ? performer(width, index, given) : new BetterOf<>(performer(width, index, given), nystrom);
            case EXACT -> throw new IllegalStateException("exact attention approximates nothing");
        };
    }

    private AttentionMethod<?, ?> performer(int width, int index, HeadMoments given) {
        FeatureDraws own = draws.ofHead(index);
        return causal ? new CausalPerformer(own, given, scale(width)) : new Performer(own, balanced, scale(width));
    }

    /** Which heads have which method, in words. */
    public String reason(AttentionCost cost) {
        if (method != Method.AUTO) {
            return method.word() + ", as the spec says";
        }
        return String.format(
                Locale.ROOT,
                "exact below %,d rows, where that takes fewer operations; from there on %s",
                crossover(cost),
                causal ? "performer" : "performer or nystrom, whichever leaves less error on half the sampled queries");
    }
}
