package lowrank.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Kernel;
import lowrank.kernel.Kernels;
import lowrank.kernel.PlannedNystrom;
import lowrank.kernel.RandomFeatures;
import lowrank.kernel.SideBySide;

/**
 * A {@link KernelModel} as its manifest describes it, without its tables: what it tells and what that will take is known before any of
 * them is read.
 *
 * @param map name of the feature map
 * @param inputs values of a row
 * @param sizes features of each draw
 * @param landmarks of each draw; empty for random features
 * @param seeds of each draw
 * @param clip the largest magnitude of prepared values; infinite for no limit
 * @param precision of the blocks
 * @param fit what was learnt, or null
 */
public record ModelShape(
        Kernel kernel,
        String map,
        int inputs,
        List<Integer> sizes,
        List<Integer> landmarks,
        List<Long> seeds,
        double clip,
        Precision precision,
        Fit fit) {
    static final String NYSTROM = "nystrom";

    /**
     * What was learnt.
     *
     * @param targets columns of the coefficients: targets, or classes
     * @param names of the targets; empty for classes
     * @param classes of the label, or null for numbers
     * @param variance whether the model holds what variances of predictions are made with
     */
    public record Fit(int targets, List<String> names, Classes classes, boolean variance) {}

    /** What the manifest of a kernel job says. */
    public static ModelShape of(Manifest manifest) {
        JsonNode json = manifest.model();
        Map<String, Double> parameters = new LinkedHashMap<>();
        json.get("kernel").fields().forEachRemaining(entry -> {
            if (entry.getValue().isNumber()) {
                parameters.put(entry.getKey(), entry.getValue().asDouble());
            }
        });
        JsonNode features = json.get("features");
        List<Integer> sizes = new ArrayList<>();
        features.get("sizes").forEach(size -> sizes.add(size.asInt()));
        List<Integer> landmarks = new ArrayList<>();
        features.path("landmarks").forEach(count -> landmarks.add(count.asInt()));
        List<Long> seeds = new ArrayList<>();
        features.get("seeds").forEach(seed -> seeds.add(seed.asLong()));
        return new ModelShape(
                Kernels.of(json.at("/kernel/name").asText(), parameters),
                features.get("map").asText(),
                features.get("inputs").asInt(),
                sizes,
                landmarks,
                seeds,
                json.path("clip").asDouble(Double.POSITIVE_INFINITY),
                Precision.valueOf(json.path("precision").asText()),
                json.has("fit") ? fit(json.get("fit")) : null);
    }

    private static Fit fit(JsonNode json) {
        List<String> names = new ArrayList<>();
        json.path("targets").forEach(name -> names.add(name.asText()));
        Classes classes = json.has("classes") ? classes(json.get("classes")) : null;
        return new Fit(
                classes == null ? json.get("noise").size() : classes.size(),
                names,
                classes,
                json.has(ModelTables.VARIANCE));
    }

    private static Classes classes(JsonNode json) {
        double[] numbers = new double[json.get("numbers").size()];
        Arrays.setAll(numbers, i -> json.get("numbers").get(i).asDouble());
        List<String> texts = new ArrayList<>();
        json.get("texts").forEach(text -> texts.add(text.asText()));
        return new Classes(Classes.Type.valueOf(json.get("type").asText()), numbers, texts);
    }

    /** Whether k(x, x) - |z(x)|^2 tells how new a row is: of landmarks alone. */
    public boolean knowsNovelty() {
        return map.equals(NYSTROM);
    }

    /** Features of a row, of all draws. */
    public int size() {
        return sizes.stream().mapToInt(Integer::intValue).sum();
    }

    /** The feature map, which knows its costs; with landmarks it cannot be opened. */
    public FeatureMap planned() {
        List<FeatureMap> maps = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            maps.add(knowsNovelty() ? new PlannedNystrom(kernel, landmarks.get(i), inputs, sizes.get(i)) : random(i));
        }
        return together(maps);
    }

    /** The map of a draw of random features. */
    FeatureMap random(int draw) {
        return RandomFeatures.of(map, kernel, inputs, sizes.get(draw), seeds.get(draw));
    }

    /** The maps of all draws as one. */
    static FeatureMap together(List<FeatureMap> maps) {
        return maps.size() == 1 ? maps.get(0) : new SideBySide(maps);
    }

    /** Doubles of the landmarks and what whitens them; random features are made again of their seeds. */
    public long mapValues() {
        long values = 0;
        for (int i = 0; i < landmarks.size(); i++) {
            values += (long) landmarks.get(i) * (inputs + sizes.get(i));
        }
        return values;
    }

    /** What {@code features.size} was, as far as the result tells: of a draw, its landmarks or its features. */
    public int featuresSize() {
        return landmarks.isEmpty() ? sizes.get(0) : landmarks.get(0);
    }

    /** The model that another {@code features.size} would have made, of as many draws. */
    public ModelShape resized(int features) {
        List<Integer> all = sizes.stream().map(size -> features).toList();
        return new ModelShape(
                kernel, map, inputs, all, landmarks.isEmpty() ? landmarks : all, seeds, clip, precision, fit);
    }
}
