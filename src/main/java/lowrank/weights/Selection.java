package lowrank.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;

/**
 * Which tensors of a checkpoint are matrices to work on.
 *
 * @param weights in the order of the checkpoint
 * @param skipped all other tensors
 */
public record Selection(List<Weight> weights, List<Skipped> skipped) {

    /**
     * A tensor that is left alone.
     *
     * @param reason in words
     */
    public record Skipped(StoredTensor tensor, String reason) {}

    /**
     * Patterns of names, see {@link Glob}.
     *
     * @param include at least one of these has to match
     * @param exclude none of these may
     * @param inOut matrices that are stored (in, out) where the format does not say
     * @param key of the spec that the patterns stand under, for errors
     */
    public record Rule(List<String> include, List<String> exclude, List<String> inOut, String key) {
        public Rule {
            include = List.copyOf(include);
            exclude = List.copyOf(exclude);
            inOut = List.copyOf(inOut);
        }
    }

    public Selection {
        weights = List.copyOf(weights);
        skipped = List.copyOf(skipped);
    }

    /**
     * Chooses the matrices, and both unfoldings of convolutions.
     *
     * @throws IllegalArgumentException if a pattern of {@code include} or {@code inOut} matches no tensor, or no matrix is left
     */
    public static Selection of(Checkpoint checkpoint, Rule rule) {
        List<Glob> include = rule.include.stream().map(Glob::new).toList();
        List<Glob> exclude = rule.exclude.stream().map(Glob::new).toList();
        requireSome(checkpoint, rule);
        List<Weight> weights = new ArrayList<>();
        List<Skipped> skipped = new ArrayList<>();
        for (StoredTensor tensor : checkpoint.tensors()) {
            String reason = reason(tensor, include, exclude);
            if (reason != null) {
                skipped.add(new Skipped(tensor, reason));
            } else if (tensor.shape().size() == 2) {
                weights.add(Weight.of(tensor, view(tensor, rule)));
            } else {
                weights.add(Weight.of(tensor, Weight.View.UNFOLDED_OUT));
                weights.add(Weight.of(tensor, Weight.View.UNFOLDED_IN));
            }
        }
        if (weights.isEmpty()) {
            throw new IllegalArgumentException(
                    "none of the " + checkpoint.tensors().size() + " tensors of "
                            + checkpoint.path() + " is a matrix that " + rule.key + ".include and " + rule.key
                            + ".exclude leave, such as " + example(checkpoint));
        }
        return new Selection(weights, skipped);
    }

    /** A pattern that chooses nothing is a mistake; of those to exclude, there are some for names that few models have. */
    private static void requireSome(Checkpoint checkpoint, Rule rule) {
        Map<String, List<String>> patterns = new LinkedHashMap<>();
        patterns.put("include", rule.include);
        patterns.put("in-out", rule.inOut);
        patterns.forEach((key, texts) -> texts.forEach(text -> {
            Glob glob = new Glob(text);
            if (checkpoint.tensors().stream().noneMatch(tensor -> glob.matches(tensor.name()))) {
                throw new IllegalArgumentException(rule.key + "." + key + " " + text + " matches none of the "
                        + checkpoint.tensors().size() + " tensors of " + checkpoint.path() + ", such as "
                        + example(checkpoint));
            }
        }));
    }

    private static String example(Checkpoint checkpoint) {
        return checkpoint.tensors().stream()
                .filter(tensor -> tensor.shape().size() == 2 && tensor.isWeight())
                .findFirst()
                .map(StoredTensor::name)
                .orElseGet(() -> checkpoint.tensors().isEmpty()
                        ? "(it holds none)"
                        : checkpoint.tensors().get(0).name());
    }

    /** How a stored matrix becomes out x in. */
    static Weight.View view(StoredTensor tensor, Rule rule) {
        boolean inOut = switch (tensor.role()) {
            case IN_OUT -> true;
            case OUT_IN, EMBEDDING -> false;
            case UNKNOWN -> rule.inOut.stream().anyMatch(text -> new Glob(text).matches(tensor.name()));
        };
        return inOut ? Weight.View.IN_OUT : Weight.View.OUT_IN;
    }

    /** Why a rule leaves a tensor alone, or null. */
    static String reason(StoredTensor tensor, Rule rule) {
        return reason(
                tensor,
                rule.include.stream().map(Glob::new).toList(),
                rule.exclude.stream().map(Glob::new).toList());
    }

    /** Why a tensor is no matrix to work on, or null. */
    private static String reason(StoredTensor tensor, List<Glob> include, List<Glob> exclude) {
        String name = tensor.name();
        if (include.stream().noneMatch(glob -> glob.matches(name))) {
            return "not included";
        }
        for (Glob glob : exclude) {
            if (glob.matches(name)) {
                return "excluded by " + glob.text();
            }
        }
        if (!tensor.isWeight()) {
            return "holds whole numbers";
        }
        int dimensions = tensor.shape().size();
        if (dimensions != 2 && dimensions != 4) {
            return dimensions + (dimensions == 1 ? " dimension" : " dimensions") + ", not a matrix";
        }
        if (tensor.count() == 0) {
            return "is empty";
        }
        boolean beyond = tensor.shape().stream().anyMatch(size -> size > Integer.MAX_VALUE)
                || tensor.shape().stream().skip(1).reduce(1L, Math::multiplyExact) > Integer.MAX_VALUE
                || dimensions == 4 && tensor.count() / tensor.shape().get(1) > Integer.MAX_VALUE;
        return beyond ? "has more rows or columns than an int counts" : null;
    }
}
