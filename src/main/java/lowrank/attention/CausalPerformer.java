package lowrank.attention;

import java.io.Serializable;
import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * {@link Performer} where a query sees no key behind it: by sums before each block and tiles inside it ({@link FeatureScan}). Queries and
 * keys are aligned by statistics of other rows, or taken as they are: any statistic of all rows would let early outputs know later ones.
 *
 * @param draws the features, positive ones
 * @param given what queries and keys are aligned by, or null where they are taken as they are
 * @param scale of the products of queries and keys
 */
public record CausalPerformer(FeatureDraws draws, HeadMoments given, double scale)
        implements AttentionMethod<Serializable, Serializable> {
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
        Alignment alignment = given == null ? Alignment.none(scale) : Alignment.balanced(given, scale);
        FeatureScan scan = FeatureScan.of(draws, alignment, sample.queries().rows(), sample.precision());
        return new Approximation(name(), draws.size(), new Outputs.Scanned(scan), List.of());
    }
}
