package lowrank.weights;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;

/**
 * The tensors of a base and of a model that was tuned from it, put together by their names.
 *
 * @param selected matrices to extract adapters of
 * @param others tensors of one shape in both that are left to the ledger
 * @param reshaped tensors of the tuned model that have another shape in the base, such as those of a vocabulary that grew
 * @param added tensors that the base does not have
 * @param gone tensors of the base that the tuned model does not have
 * @param reasons why tensors are not among the selected, by name
 */
public record ModelPairs(
        List<TensorPair> selected,
        List<TensorPair> others,
        List<StoredTensor> reshaped,
        List<StoredTensor> added,
        List<StoredTensor> gone,
        Map<String, String> reasons) {

    public ModelPairs {
        selected = List.copyOf(selected);
        others = List.copyOf(others);
        reshaped = List.copyOf(reshaped);
        added = List.copyOf(added);
        gone = List.copyOf(gone);
        reasons = Map.copyOf(reasons);
    }

    /**
     * Puts two models together.
     *
     * @throws DataException if a matrix that is selected is in one of them alone, or has two shapes
     */
    public static ModelPairs of(Checkpoint base, Checkpoint tuned, Selection.Rule rule) {
        Selection selection = Selection.of(tuned, rule);
        Map<String, StoredTensor> ofBase = named(base);
        Map<String, Weight> chosen = new LinkedHashMap<>();
        for (Weight weight : selection.weights()) {
            if (weight.view() != Weight.View.UNFOLDED_IN) {
                chosen.put(weight.name(), weight);
            }
        }
        requireAll(chosen, base, tuned, rule);
        List<TensorPair> selected = new ArrayList<>();
        List<TensorPair> others = new ArrayList<>();
        List<StoredTensor> reshaped = new ArrayList<>();
        List<StoredTensor> added = new ArrayList<>();
        for (StoredTensor tensor : tuned.tensors()) {
            StoredTensor there = ofBase.remove(tensor.name());
            if (there == null) {
                added.add(tensor);
                continue;
            }
            Weight weight = chosen.getOrDefault(tensor.name(), matrix(tensor, rule));
            Weight before = weight == null ? null : matrix(there, rule, weight.view());
            boolean same = weight == null
                    ? there.shape().equals(tensor.shape())
                    : before != null && before.out() == weight.out() && before.in() == weight.in();
            if (!same) {
                reshaped.add(tensor);
            } else if (chosen.containsKey(tensor.name())) {
                selected.add(new TensorPair(there, tensor, before, weight));
            } else {
                others.add(new TensorPair(there, tensor, before, weight));
            }
        }
        for (StoredTensor tensor : reshaped) {
            if (chosen.containsKey(tensor.name())) {
                throw new DataException(tensor.name() + " is " + tensor.shape() + " in " + tuned.path()
                        + " and of another shape in " + base.path()
                        + "; exclude it (read.exclude), and write.side-file = true keeps it whole");
            }
        }
        Map<String, String> reasons = new HashMap<>();
        selection.skipped().forEach(skipped -> reasons.put(skipped.tensor().name(), skipped.reason()));
        return new ModelPairs(selected, others, reshaped, added, List.copyOf(ofBase.values()), reasons);
    }

    private static Map<String, StoredTensor> named(Checkpoint checkpoint) {
        return checkpoint.tensors().stream()
                .collect(Collectors.toMap(StoredTensor::name, tensor -> tensor, (a, b) -> a, LinkedHashMap::new));
    }

    /** An adapter for a part of the matrices that were asked for would pass for the whole. */
    private static void requireAll(Map<String, Weight> chosen, Checkpoint base, Checkpoint tuned, Selection.Rule rule) {
        Map<String, StoredTensor> ofBase = named(base);
        for (String name : chosen.keySet()) {
            if (!ofBase.containsKey(name)) {
                throw new DataException(tuned.path() + " holds " + name + ", which " + base.path()
                        + " does not; exclude it (read.exclude), or name the base that it was tuned from");
            }
        }
        Map<String, StoredTensor> ofTuned = named(tuned);
        for (StoredTensor tensor : base.tensors()) {
            if (!ofTuned.containsKey(tensor.name()) && Selection.reason(tensor, rule) == null) {
                throw new DataException(base.path() + " holds " + tensor.name() + ", which " + tuned.path()
                        + " does not; exclude it (read.exclude), or name the base that it was tuned from");
            }
        }
    }

    /** A tensor of two dimensions as a matrix, or null. */
    private static Weight matrix(StoredTensor tensor, Selection.Rule rule) {
        boolean fits = tensor.shape().size() == 2
                && tensor.shape().stream().allMatch(size -> size > 0 && size <= Integer.MAX_VALUE);
        return fits && tensor.isWeight() ? Weight.of(tensor, Selection.view(tensor, rule)) : null;
    }

    private static Weight matrix(StoredTensor tensor, Selection.Rule rule, Weight.View like) {
        if (like == Weight.View.UNFOLDED_OUT) {
            return tensor.shape().size() == 4 && tensor.isWeight() && tensor.count() > 0
                    ? Weight.of(tensor, like)
                    : null;
        }
        return matrix(tensor, rule);
    }

    /** Matrices of the base of the shape of a tuned one, each put beside it: which of them does it resemble? */
    public static List<TensorPair> candidates(Checkpoint base, TensorPair pair, Selection.Rule rule) {
        List<TensorPair> pairs = new ArrayList<>();
        for (StoredTensor tensor : base.tensors()) {
            Weight weight = matrix(tensor, rule, pair.tuned().view());
            if (weight != null
                    && weight.out() == pair.tuned().out()
                    && weight.in() == pair.tuned().in()
                    && !tensor.name().equals(pair.name())) {
                pairs.add(new TensorPair(tensor, pair.tunedTensor(), weight, pair.tuned()));
            }
        }
        return pairs;
    }
}
