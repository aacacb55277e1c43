package lowrank.jobs;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.io.HadoopConf;
import lowrank.weights.Adapter;

/**
 * Adapters that a job adds up, checked.
 *
 * @param paths folders of adapters
 * @param weights how often each is added
 */
record AdaptersSpec(List<String> paths, List<Double> weights) {
    static final String PATHS = "read.adapters";
    static final String WEIGHTS = "read.weights";

    static AdaptersSpec of(Spec spec) {
        List<String> paths =
                spec.list(PATHS).stream().filter(path -> !path.isEmpty()).toList();
        List<Double> weights = new ArrayList<>();
        for (String weight : spec.list(WEIGHTS)) {
            weights.add(number(weight));
        }
        if (!weights.isEmpty() && weights.size() != paths.size()) {
            throw new SpecException(WEIGHTS + " has " + weights.size() + " numbers for " + paths.size()
                    + " adapters; give one for each, or none");
        }
        return new AdaptersSpec(
                paths, weights.isEmpty() ? Collections.nCopies(paths.size(), 1.0) : List.copyOf(weights));
    }

    private static double number(String text) {
        try {
            double number = Double.parseDouble(text);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new SpecException(WEIGHTS + " must be a list of numbers, not " + text);
    }

    static SpecException none() {
        return new SpecException(PATHS + " is empty; name the folders of one or more adapters");
    }

    /** Reads their settings and headers. */
    List<Adapter> open(HadoopConf conf) {
        return paths.stream().map(path -> Adapter.read(conf, path)).toList();
    }

    /** Adapters that were opened, as inputs of a job. */
    static Map<String, WeightsJob.Source> sources(List<Adapter> adapters) {
        Map<String, WeightsJob.Source> sources = new LinkedHashMap<>();
        for (int a = 0; a < adapters.size(); a++) {
            Adapter adapter = adapters.get(a);
            sources.put(
                    PATHS + ", number " + (a + 1),
                    new WeightsJob.Source(adapter.path(), adapter.files(), adapter.listing()));
        }
        return sources;
    }

    /** Such as {@code a, -1 times b}. */
    String describe() {
        return IntStream.range(0, paths.size())
                .mapToObj(a -> (weights.get(a) == 1 ? "" : KernelJob.shown(weights.get(a)) + " times ") + paths.get(a))
                .collect(Collectors.joining(", "));
    }
}
