package lowrank.attention;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;

/**
 * FAVOR+ (Choromanski et al. 2021, "Rethinking attention with Performers"): random features with E phi(q)'phi(k) = exp(scale q'k), so that
 * output i is phi(q_i)'S / phi(q_i)'z with S = sum_j phi(k_j) v_j' and z = sum_j phi(k_j): linear in the number of rows. Row sums are
 * divided by as they are, without a small number beside them, which would pull outputs towards nothing or towards the mean.
 *
 * <p>With positive features, phi_f(q) = exp(w_f'y - |y|^2 / 2), the output is a softmax again, over features instead of keys:
 * o = sum_f p_f S_f / z_f, p = softmax(w_f'y + log z_f), whose scores are shifted by their own maximum ({@link LandmarkOutputs}). Nothing
 * overflows, no row sum vanishes, and no output leaves the range of the values, whatever the lengths of queries and keys.
 *
 * <p><b>Cost</b>: a read that sums covariances (2 d^2 flops per row), one for S and z (2 m (d + dv) and, where aligned, 2 d^2), 2 m (d + dv)
 * flops for the outputs; m (dv + 2) doubles a task. <b>Accuracy</b>: the relative variance of a weight with independent frequencies is
 * (exp(|x + y|^2) - 1) / m for aligned keys x and queries y, which no sample shows where it is large: outputs are to be measured.
 *
 * @param draws the features
 * @param balanced whether they are of queries and keys as {@link Alignment} makes them, or as they are
 * @param scale of the products of queries and keys
 */
public record Performer(FeatureDraws draws, boolean balanced, double scale)
        implements AttentionMethod<HeadMoments, FeatureSums> {

    @Override
    public String name() {
        return "performer";
    }

    @Override
    public Pass<HeadMoments> survey(Schema schema, Layout layout) {
        return new HeadMomentsPass();
    }

    private Alignment alignment(HeadMoments moments) {
        return balanced ? Alignment.balanced(moments, scale) : Alignment.none(scale);
    }

    @Override
    public Pass<FeatureSums> sums(HeadMoments survey, Schema schema) {
        return new FeaturePass(alignment(survey).ofKeys(draws, Heads.width(schema)), null);
    }

    @Override
    public Approximation approximation(HeadMoments survey, FeatureSums sums, SampledQueries sample) {
        Alignment alignment = alignment(survey);
        Matrix w = draws.frequencies(survey.query().mean().length);
        Matrix frequencies = alignment.ofQueries(w);
        double[] offsets = alignment.queryOffsets(w);
        List<BlockMap> maps = new ArrayList<>();
        for (int r = 0; r < draws.repeats(); r++) {
            int first = r * draws.size();
            FeatureSums part = sums.part(first, draws.size());
            double[] bias = part.logWeights();
            Arrays.setAll(bias, f -> bias[f] - offsets[first + f]);
            int[] columns = new int[draws.size()];
            Arrays.setAll(columns, f -> first + f);
            maps.add(new LandmarkOutputs(frequencies.columns(columns, columns.length), part.means(), bias, 1));
        }
        return new Approximation(
                name(), draws.size(), new Outputs.Mapped(AveragedOutputs.of(maps)), alignment.measures(survey));
    }
}
