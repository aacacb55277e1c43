package lowrank.attention;

import java.io.Serializable;
import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * {@link Performer} where a query sees no key behind it: by sums before each block and tiles inside it ({@link FeatureScan}). Queries and
 * keys are taken as they are, since any statistic of all rows would let early outputs know later rows.
 *
 * @param draws the features, positive ones
 * @param scale of the products of queries and keys
 */
public record CausalPerformer(FeatureDraws draws, double scale) implements AttentionMethod<Serializable, Serializable> {
    public CausalPerformer {
        if (draws.kind() == FeatureKind.TRIGONOMETRIC) {
            throw new IllegalArgumentException(
                    "attention.map = trigonometric goes by the lengths of all queries and keys, which"
                            + " causal attention must not know; use positive or hyperbolic");
        }
    }

    @Override
    public String name() {
        return "performer";
    }

    @Override
    public Pass<Serializable> survey(Schema schema, Layout layout) {
        return Pass.nothing();
    }

    @Override
    public Pass<Serializable> sums(Serializable survey, Schema schema) {
        return Pass.nothing();
    }

    @Override
    public Approximation approximation(Serializable survey, Serializable sums, SampledQueries sample) {
        FeatureScan scan = FeatureScan.of(draws, scale, sample.queries().rows(), sample.precision());
        return new Approximation(name(), draws.size(), new Outputs.Scanned(scan), List.of());
    }
}
