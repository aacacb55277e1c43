package lowrank.attention;

import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * A way to approximate attention in two reads of a head and one that writes: the first looks at queries and keys as they are, the second
 * sums over keys and values, then each query has its output.
 *
 * @param <A> what the first read finds
 * @param <B> what the second sums
 */
public interface AttentionMethod<A, B> {
    /** The word of {@code attention.method}. */
    String name();

    /** What the first read finds; {@link Pass#nothing} where that is not needed. */
    Pass<A> survey(Schema schema, Layout layout);

    /** What the second read sums. */
    Pass<B> sums(A survey, Schema schema);

    /** Whether it chooses by the errors of sampled queries. These are then kept from measuring what they chose. */
    default boolean chooses() {
        return false;
    }

    /**
     * The approximation.
     *
     * @param sample measures outputs on sampled queries, for choices that go by the error
     */
    Approximation approximation(A survey, B sums, SampledQueries sample);
}
