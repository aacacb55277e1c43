package lowrank.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.ModelConfig;
import lowrank.io.checkpoint.StoredTensor;

/** Finds the layers of a checkpoint whose tensors make attention heads. */
public final class AttentionHeads {
    private static final int EXAMPLES = 5;

    private AttentionHeads() {}

    /**
     * The layers, by number.
     *
     * @param selection of the tensors that may be looked at
     * @param heads of a layer, or 0 for what the configuration says
     * @param keyValueHeads the same, or 0 for what the configuration says, else all
     * @throws IllegalArgumentException if no tensor fits the names, or the number of heads is not known
     * @throws DataException if a layer lacks a tensor, or has two, or shapes do not fit the heads
     */
    public static List<AttentionLayer> of(
            Checkpoint checkpoint,
            Selection selection,
            HeadNames names,
            ModelConfig config,
            int heads,
            int keyValueHeads) {
        List<Weight> weights = selection.weights();
        Map<Integer, Weight> q = find(weights, names.query(), names, checkpoint);
        Map<Integer, Weight> k = names.fused() ? q : find(weights, names.key(), names, checkpoint);
        Map<Integer, Weight> v = names.fused() ? q : find(weights, names.value(), names, checkpoint);
        Map<Integer, Weight> o = find(weights, names.output(), names, checkpoint);
        TreeSet<Integer> numbers = new TreeSet<>(q.keySet());
        numbers.addAll(k.keySet());
        numbers.addAll(v.keySet());
        numbers.addAll(o.keySet());
        if (numbers.isEmpty()) {
            throw new IllegalArgumentException("none of the " + weights.size() + " matrices of " + checkpoint.path()
                    + " is called as " + names.query()
                    + "; set heads.preset, or heads.query, heads.key, heads.value and"
                    + " heads.output, to what fits its names, such as "
                    + weights.stream().limit(EXAMPLES).map(Weight::name).collect(Collectors.joining(", ")));
        }
        int count = heads > 0 ? heads : config.heads();
        if (count == 0) {
            throw new IllegalArgumentException("how many heads a layer has is not known: "
                    + (config.path() == null
                            ? "there is no config.json beside " + checkpoint.path()
                            : config.path() + " does not say")
                    + "; set heads.count");
        }
        int shared = keyValueHeads > 0
                ? keyValueHeads
                : heads == 0 && config.keyValueHeads() > 0 ? config.keyValueHeads() : count;
        List<AttentionLayer> layers = new ArrayList<>();
        for (int number : numbers) {
            AttentionLayer layer = AttentionLayer.of(
                    number,
                    require(q, number, names.query(), checkpoint),
                    names.fused() ? null : require(k, number, names.key(), checkpoint),
                    names.fused() ? null : require(v, number, names.value(), checkpoint),
                    require(o, number, names.output(), checkpoint),
                    count,
                    shared);
            if (!layers.isEmpty() && layers.get(0).width() != layer.width()) {
                throw new DataException(checkpoint.path() + ": layer " + number + " is " + layer.width()
                        + " wide and layer " + layers.get(0).number() + " "
                        + layers.get(0).width()
                        + "; choose layers of one width by read.include");
            }
            if (heads == 0 && config.size() > 0 && config.size() != layer.size()) {
                throw new DataException(config.path() + " says heads of " + config.size() + " numbers, and "
                        + layer.query().name() + " has " + layer.size() + " for each; set heads.count");
            }
            layers.add(layer);
        }
        return layers;
    }

    private static Weight require(Map<Integer, Weight> found, int number, String pattern, Checkpoint checkpoint) {
        Weight weight = found.get(number);
        if (weight == null) {
            throw new DataException(checkpoint.path() + " has no matrix "
                    + pattern.replace("{layer}", String.valueOf(number)) + " though it has others of layer " + number
                    + "; exclude the layer by read.exclude, or mend the patterns of heads");
        }
        return weight;
    }

    private static Map<Integer, Weight> find(
            List<Weight> weights, String pattern, HeadNames names, Checkpoint checkpoint) {
        Map<Integer, Weight> found = new TreeMap<>();
        for (Weight weight : weights) {
            StoredTensor tensor = weight.tensor();
            int layer = tensor.shape().size() == 2 ? HeadNames.layer(pattern, tensor.name()) : -1;
            if (layer < 0) {
                continue;
            }
            Weight viewed = tensor.role() == StoredTensor.Role.UNKNOWN && weight.view() == Weight.View.OUT_IN
                    ? Weight.of(tensor, names.stored())
                    : weight;
            Weight other = found.put(layer, viewed);
            if (other != null) {
                throw new DataException(checkpoint.path() + " has two matrices that fit " + pattern + ": "
                        + other.name() + " and " + weight.name() + "; leave one out by read.exclude");
            }
        }
        return found;
    }
}
