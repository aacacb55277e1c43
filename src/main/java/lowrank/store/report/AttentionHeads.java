package lowrank.store.report;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import lowrank.certify.Baseline;

/**
 * Heads of attention, and how far the outputs of each are from exact ones.
 *
 * @param keys names of the columns that tell heads apart
 * @param all in the order of the table
 */
public record AttentionHeads(List<String> keys, List<Head> all) {
    /**
     * A head.
     *
     * @param keys its own, in words
     * @param error relative error of the outputs of the sampled queries; NaN where outputs are exact
     * @param lower the error of all queries is at least this
     * @param upper and at most this
     * @param uniform the error of the mean of all values in the place of the outputs
     * @param rank of the best approximation
     * @param bestRank the error that it leaves
     */
    public record Head(
            List<String> keys,
            long rows,
            String method,
            double error,
            double lower,
            double upper,
            double uniform,
            int rank,
            double bestRank) {
        /** Whether nothing but rounding was lost. */
        public boolean isExact() {
            return Double.isNaN(error);
        }

        /** Whether the mean of all values is nearer to the exact outputs. */
        public boolean isWorseThanUniform() {
            return !isExact() && Baseline.isNearer(uniform, error);
        }

        /** The keys alone. */
        public String name() {
            return keys.isEmpty() ? "all rows" : String.join(", ", keys);
        }
    }

    /** A head with the names of its keys: {@code layer = 0, head = 3}. */
    public String words(Head head) {
        if (keys.isEmpty()) {
            return "the whole table";
        }
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < keys.size(); i++) {
            words.append(i == 0 ? "" : ", ").append(keys.get(i)).append(" = ").append(head.keys.get(i));
        }
        return words.toString();
    }

    /** Heads that are not exact, the largest error first. */
    public List<Head> worstFirst() {
        return all.stream()
                .filter(head -> !head.isExact())
                .sorted(Comparator.comparingDouble((Head head) -> -head.error))
                .toList();
    }

    /** How many are exact. */
    public long exact() {
        return all.stream().filter(Head::isExact).count();
    }

    /** How many are farther from exact outputs than the mean of all values. */
    public long worseThanUniform() {
        return all.stream().filter(Head::isWorseThanUniform).count();
    }

    /** Rows of all heads. */
    public long rows() {
        return all.stream().mapToLong(Head::rows).sum();
    }

    /** The middle of a number of the heads that are not exact, or the mean of both; NaN where all are exact. */
    public double median(ToDoubleFunction<Head> of) {
        return median(
                all.stream().filter(head -> !head.isExact()).mapToDouble(of).toArray());
    }

    static double median(double[] values) {
        double[] sorted = java.util.Arrays.stream(values).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    /** The heads of each method, methods in alphabetical order. */
    public List<AttentionHeads> byMethod() {
        return all.stream()
                .collect(Collectors.groupingBy(Head::method, java.util.TreeMap::new, Collectors.toList()))
                .values()
                .stream()
                .map(heads -> new AttentionHeads(keys, heads))
                .toList();
    }
}
