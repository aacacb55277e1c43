package lowrank.attention;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.blocks.BlockMap;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * FAVOR+ (Choromanski et al. 2021, "Rethinking attention with Performers"): random features with E phi(q)'phi(k) = exp(scale q'k), so that
 * output i is phi(q_i)'S / phi(q_i)'z with S = sum_j phi(k_j) v_j' and z = sum_j phi(k_j): linear in the number of rows. Row sums are
 * divided by as they are, without a small number beside them, which would pull outputs towards nothing or towards the mean.
 *
 * <p>With positive features, phi_f(q) = exp(w_f'y - |y|^2 / 2), the output is a softmax again, over features instead of keys:
 * o = sum_f p_f S_f / z_f, p = softmax(w_f'y + log z_f), whose scores are shifted by their own maximum ({@link LandmarkOutputs}). Nothing
 * overflows, no row sum vanishes, and no output leaves the range of the values, whatever the lengths of queries and keys.
 *
 * <p>With trigonometric features outputs are phi(q)'S / phi(q)'z as they stand ({@link WaveOutputs}); they are refused where they are noise.
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

    /** Of a weight, relative to its square. */
    private static final double MOST_VARIANCE = 0.25;

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
        Alignment alignment = alignment(survey);
        if (draws.kind() == FeatureKind.TRIGONOMETRIC) {
            requireShort(alignment.squaredDistance(survey));
        }
        return new FeaturePass(alignment.ofKeys(draws, Heads.width(schema)), null);
    }

    /**
     * Refuses waves where they are noise. With the mean D of |x - y|^2 and m features the variance of a weight at that distance, relative to
     * its square, is (1 - exp(-D))^2 exp(D) / m; beyond a quarter the noise of a weight is half of it, and sums of weights come near zero.
     */
    private void requireShort(double distance) {
        double variance = StrictMath.pow(1 - StrictMath.exp(-distance), 2) * StrictMath.exp(distance) / draws.size();
        if (!(variance <= MOST_VARIANCE)) {
            throw new NumericalException(String.format(
                    Locale.ROOT,
                    "attention.map = trigonometric is noise for queries and keys this long: the mean of |q - k|^2, scaled, is %.3g, at"
                            + " which the variance of a weight is %.3g of its square, more than %s; use attention.map = positive%s",
                    distance,
                    variance,
                    MOST_VARIANCE,
                    variance * draws.size() / MOST_VARIANCE < 1 << 16
                            ? ", or attention.features = "
                                    + 2 * (long) Math.ceil(variance * draws.size() / MOST_VARIANCE / 2)
                            : ""));
        }
    }

    @Override
    public Approximation approximation(HeadMoments survey, FeatureSums sums, SampledQueries sample) {
        Alignment alignment = alignment(survey);
        Matrix w = draws.frequencies(survey.query().mean().length);
        Matrix frequencies = alignment.ofQueries(w);
        double[] offsets = alignment.queryOffsets(w);
        if (draws.kind() == FeatureKind.TRIGONOMETRIC) {
            Matrix weighted = new Matrix(sums.width(), draws.total(), sums.weighted());
            return of(new WaveOutputs(draws, frequencies, offsets, weighted, sums.weights()), alignment, survey);
        }
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
        return of(AveragedOutputs.of(maps), alignment, survey);
    }

    private Approximation of(BlockMap map, Alignment alignment, HeadMoments survey) {
        return new Approximation(name(), draws.size(), new Outputs.Mapped(map), alignment.measures(survey));
    }
}
