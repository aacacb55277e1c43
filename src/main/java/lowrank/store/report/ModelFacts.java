package lowrank.store.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.store.Manifest;

/** What the manifest of a kernel job says of its model, in words. */
public final class ModelFacts {
    /** Names of targets and classes beyond so many are counted, not listed. */
    private static final int NAMES = 12;

    private ModelFacts() {}

    /**
     * Facts by their names, in the order in which they are shown.
     *
     * @param number how numbers are written
     */
    public static Map<String, String> of(Manifest m, DoubleFunction<String> number) {
        Map<String, String> facts = new LinkedHashMap<>();
        JsonNode model = m.model();
        facts.put("kernel", kernel(model, number));
        facts.put(
                "features",
                features(model) + " of " + counted(model.at("/features/inputs").asLong(), "column") + draws(model));
        List<String> seeds = new ArrayList<>();
        model.at("/features/seeds").forEach(seed -> seeds.add(seed.asText()));
        facts.put(seeds.size() > 1 ? "seeds" : "seed", listed(seeds, seeds.size()));
        facts.put("precision", model.path("precision").asText().toLowerCase(Locale.ROOT));
        boolean standard =
                m.spec() != null && m.spec().at("/read/scale").asText().equals("standard");
        String clip = model.has("clip") ? number.apply(model.get("clip").asDouble()) : null;
        if (standard || clip != null) {
            facts.put(
                    "rows",
                    (standard ? "z-scores" : "")
                            + (standard && clip != null ? ", " : "")
                            + (clip == null ? "" : "limited to " + clip + " in magnitude"));
        }
        JsonNode fit = model.path("fit");
        if (fit.isObject()) {
            facts.put("lambda", number.apply(fit.path("lambda").asDouble()));
            List<String> names = names(model);
            facts.put(isClasses(model) ? "classes" : "targets", listed(names, targets(model)));
            if (!isClasses(model) && fit.path("noise").size() == 1) {
                facts.put(
                        "noise",
                        number.apply(Math.sqrt(fit.path("noise").get(0).asDouble()))
                                + ", standard deviation of what is not explained");
            }
        }
        return facts;
    }

    private static String draws(JsonNode model) {
        int draws = model.at("/features/sizes").size();
        return draws > 1 ? ", " + draws + " draws side by side" : "";
    }

    private static String listed(List<String> names, int count) {
        if (names.isEmpty()) {
            return String.valueOf(count);
        }
        String shown = names.stream().limit(NAMES).collect(Collectors.joining(", "));
        String all = names.size() > NAMES ? shown + ", and " + counted(names.size() - NAMES, "more") : shown;
        return names.size() == 1 ? all : names.size() + ": " + all;
    }

    static boolean isClasses(JsonNode model) {
        return model.path("fit").has("classes");
    }

    /** How many columns the coefficients have: targets, or classes. */
    static int targets(JsonNode model) {
        return isClasses(model)
                ? model.at("/fit/classes/numbers").size()
                : model.at("/fit/noise").size();
    }

    /** Targets, or classes in words; empty where a manifest does not name its targets. */
    static List<String> names(JsonNode model) {
        List<String> names = new ArrayList<>();
        if (!isClasses(model)) {
            model.at("/fit/targets").forEach(name -> names.add(name.asText()));
            return names;
        }
        JsonNode classes = model.at("/fit/classes");
        JsonNode texts = classes.path("texts");
        boolean whole = !classes.path("type").asText().equals("DOUBLE");
        IntStream.range(0, classes.path("numbers").size()).forEach(i -> {
            double value = classes.path("numbers").get(i).asDouble();
            names.add(
                    texts.size() > i
                            ? texts.get(i).asText()
                            : whole ? String.valueOf((long) value) : String.valueOf(value));
        });
        return names;
    }

    /** {@code Gaussian kernel, bandwidth 2,040}. */
    static String kernel(JsonNode model, DoubleFunction<String> number) {
        StringBuilder text = new StringBuilder(kernelName(model)).append(" kernel");
        model.path("kernel").fields().forEachRemaining(entry -> {
            if (entry.getValue().isNumber()) {
                text.append(", ")
                        .append(entry.getKey())
                        .append(' ')
                        .append(number.apply(entry.getValue().asDouble()));
            }
        });
        return text.toString();
    }

    /** {@code Gaussian}. */
    static String kernelName(JsonNode model) {
        String name = model.at("/kernel/name").asText();
        return switch (name) {
            case "gaussian" -> "Gaussian";
            case "laplacian" -> "Laplacian";
            case "cauchy" -> "Cauchy";
            case "matern" -> "Matérn";
            default -> name.replace('-', ' ');
        };
    }

    /** {@code 1,000 Nyström features}. */
    static String features(JsonNode model) {
        String map = model.at("/features/map").asText();
        String count = Numbers.whole(size(model));
        return map.equals("nystrom") ? count + " Nyström features" : count + " random features (" + map + ")";
    }

    /** Features of all draws together. */
    public static long size(JsonNode model) {
        long size = 0;
        for (JsonNode part : model.at("/features/sizes")) {
            size += part.asLong();
        }
        return size;
    }

    static String counted(long count, String thing) {
        return Numbers.whole(count) + " " + thing + (count == 1 || thing.equals("more") ? "" : "s");
    }
}
