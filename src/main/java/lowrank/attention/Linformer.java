package lowrank.attention;

import java.io.Serializable;
import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;

/**
 * Attention to m projected keys and values, O = softmax(scale Q (E K)' + log n_E) E V, where E takes the means of m segments of the rows
 * (Wang et al. 2020, "Linformer: Self-attention with linear complexity", with mean pooling as its projection). Learned projections belong
 * to a model that was trained with them; of given queries, keys and values none are known.
 *
 * <p><b>Cost</b>: one read for the means, then 2 n m (d + dv) flops.
 *
 * @param size m
 */
public record Linformer(int size, double scale) implements AttentionMethod<SegmentMeans, Serializable> {

    @Override
    public String name() {
        return "linformer";
    }

    @Override
    public Pass<SegmentMeans> survey(Schema schema, Layout layout) {
        return SegmentPass.of(size, true, layout);
    }

    @Override
    public Pass<Serializable> sums(SegmentMeans survey, Schema schema) {
        return Pass.nothing();
    }

    @Override
    public Approximation approximation(SegmentMeans survey, Serializable sums, SampledQueries sample) {
        SegmentMeans means = survey.shown();
        return new Approximation(
                name(),
                means.segments(),
                new Outputs.Mapped(new LandmarkOutputs(means.keys(), means.values(), means.logCounts(), scale)),
                List.of());
    }
}
