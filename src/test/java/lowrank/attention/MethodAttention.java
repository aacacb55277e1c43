package lowrank.attention;

import java.util.function.DoubleFunction;
import lowrank.models.HeadAttention;

/**
 * A method as an encoder asks for it: each head fitted and mapped in memory.
 *
 * @param method of the scale of products
 * @param sampled queries whose errors the method may go by
 * @param seed of their draw
 */
record MethodAttention(DoubleFunction<AttentionMethod<?, ?>> method, int sampled, long seed) {
    HeadAttention heads() {
        return (layer, head, q, k, v) -> {
            double scale = Heads.scale(q.cols());
            TestHead rows = new TestHead(q, k, v, null);
            HeadFit fit = HeadFit.of(rows.rows(), method.apply(scale), new Sampling(sampled, seed, false, scale));
            return AllRows.of(fit.approximation().outputs().of(rows.rows()));
        };
    }
}
