package lowrank.attention;

import lowrank.models.HeadAttention;
import lowrank.models.RealHeads;

/**
 * A method as an encoder asks for it: each head fitted and mapped in memory.
 *
 * @param method of a head, by its number and the scale of its products
 * @param sampled queries whose errors the method may go by
 * @param seed of their draw
 */
record MethodAttention(Method method, int sampled, long seed) {
    /** What approximates a head. */
    interface Method {
        AttentionMethod<?, ?> of(int head, double scale);
    }

    HeadAttention heads() {
        return (layer, head, q, k, v) -> {
            double scale = Heads.scale(q.cols());
            TestHead rows = new TestHead(q, k, v, null);
            HeadFit fit = HeadFit.of(
                    rows.rows(),
                    method.of(RealHeads.HEADS_PER_LAYER * layer + head, scale),
                    new Sampling(sampled, seed, false, scale));
            return AllRows.of(fit.approximation().outputs().of(rows.rows()));
        };
    }
}
