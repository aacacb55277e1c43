package lowrank.attention;

import java.util.ArrayList;
import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.certify.Measure;

/**
 * Two methods side by side in the same reads; the one with the smaller error on sampled queries, which do not measure it afterwards, makes
 * the outputs, the first where both are equal. Errors have the same bits on any cluster, hence so has the choice.
 */
public record BetterOf<A, B, C, D>(AttentionMethod<A, B> first, AttentionMethod<C, D> second)
        implements AttentionMethod<Pass.Both<A, C>, Pass.Both<B, D>> {

    @Override
    public String name() {
        return first.name() + " or " + second.name();
    }

    @Override
    public boolean chooses() {
        return true;
    }

    @Override
    public Pass<Pass.Both<A, C>> survey(Schema schema, Layout layout) {
        return Pass.both(first.survey(schema, layout), second.survey(schema, layout));
    }

    @Override
    public Pass<Pass.Both<B, D>> sums(Pass.Both<A, C> survey, Schema schema) {
        return Pass.both(first.sums(survey.first(), schema), second.sums(survey.second(), schema));
    }

    @Override
    public Approximation approximation(Pass.Both<A, C> survey, Pass.Both<B, D> sums, SampledQueries sample) {
        Approximation one = first.approximation(survey.first(), sums.first(), sample);
        Approximation other = second.approximation(survey.second(), sums.second(), sample);
        double error = sample.error(one.outputs());
        double otherError = sample.error(other.outputs());
        boolean better = otherError < error;
        Approximation chosen = better ? other : one;
        List<Measure> measures = new ArrayList<>(chosen.measures());
        measures.add(Measure.exact(
                "relative error of " + (better ? one : other).method(),
                better ? error : otherError,
                "what the method that was not taken leaves on the sampled queries that chose"));
        return new Approximation(chosen.method(), chosen.rank(), chosen.outputs(), List.copyOf(measures));
    }
}
