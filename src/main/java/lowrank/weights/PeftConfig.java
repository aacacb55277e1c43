package lowrank.weights;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.JsonFile;

/**
 * What {@code adapter_config.json} says of an adapter that PEFT wrote.
 *
 * @param rank of modules that no pattern names
 * @param alpha of modules that no pattern names
 * @param rootScale whether a module's scale is alpha / sqrt(rank) in place of alpha / rank
 * @param settings what it says besides
 * @param initialisation how the adapter began, where that changed the base with it, or null
 */
record PeftConfig(
        int rank,
        double alpha,
        PeftPatterns rankKeys,
        Map<String, Double> ranks,
        PeftPatterns alphaKeys,
        Map<String, Double> alphas,
        boolean rootScale,
        AdapterFolder.Settings settings,
        String initialisation) {
    static final String FILE = "adapter_config.json";

    /** Settings under which an adapter is more than a product of two factors per module, and what each is called. */
    private static final Map<String, String> REFUSED = Map.of(
            "use_dora", "DoRA",
            "lora_bias", "a bias of its own in each module",
            "layer_replication", "layers that are repeated",
            "target_parameters", "parameters in place of modules",
            "use_qalora", "QA-LoRA",
            "use_bdlora", "BD-LoRA",
            "alora_invocation_tokens", "activated LoRA",
            "arrow_config", "Arrow routing");

    private static final List<String> CHANGED_BASE = List.of("pissa", "olora", "corda", "loftq", "lora_ga");

    /**
     * Reads it.
     *
     * @throws DataException if the adapter is of a kind that is not read, which is named
     */
    static PeftConfig of(JsonFile file) {
        String path = file.file().path();
        JsonNode root = file.root();
        String type = root.path("peft_type").asText("");
        if (!type.equals("LORA")) {
            throw new DataException(path + " describes an adapter of type "
                    + (type.isEmpty() ? "unknown" : JsonFile.shown(type))
                    + ", where LORA is read; convert it to LoRA in PEFT, or merge it there");
        }
        REFUSED.forEach((key, called) -> {
            if (isSet(root.path(key))) {
                throw new DataException(
                        path + " sets " + key + " (" + called + "), which is not read; merge the adapter in PEFT");
            }
        });
        Map<String, Double> ranks = numbers(path, root, "rank_pattern");
        Map<String, Double> alphas = numbers(path, root, "alpha_pattern");
        int rank = (int) number(path, root, "r", root.path("r"));
        if (rank < 1) {
            throw wrong(path, "r");
        }
        return new PeftConfig(
                rank,
                number(path, root, "lora_alpha", root.path("lora_alpha")),
                new PeftPatterns(ranks.keySet()),
                ranks,
                new PeftPatterns(alphas.keySet()),
                alphas,
                root.path("use_rslora").asBoolean(false),
                new AdapterFolder.Settings(
                        root.path("base_model_name_or_path").textValue(),
                        root.path("task_type").textValue(),
                        root.path("fan_in_fan_out").asBoolean(false),
                        root.path("bias").asText(AdapterFolder.NO_BIAS),
                        names(root.path("modules_to_save"))),
                initialisation(root.path("init_lora_weights")));
    }

    private static boolean isSet(JsonNode value) {
        return value.isBoolean()
                ? value.asBoolean()
                : value.isContainerNode()
                        ? !value.isEmpty()
                        : value.isValueNode() && !value.isNull() && !value.isMissingNode();
    }

    private static String initialisation(JsonNode value) {
        String word = value.isTextual() ? value.asText().toLowerCase(Locale.ROOT) : "";
        return CHANGED_BASE.stream().filter(word::startsWith).findFirst().orElse(null);
    }

    private static List<String> names(JsonNode list) {
        List<String> names = new ArrayList<>();
        list.elements().forEachRemaining(name -> names.add(name.asText()));
        return names;
    }

    private static Map<String, Double> numbers(String path, JsonNode root, String key) {
        JsonNode pattern = root.path(key);
        if (!pattern.isObject() && !pattern.isNull() && !pattern.isMissingNode()) {
            throw wrong(path, key);
        }
        Map<String, Double> numbers = new LinkedHashMap<>();
        pattern.fields().forEachRemaining(of -> numbers.put(of.getKey(), number(path, root, key, of.getValue())));
        return numbers;
    }

    private static double number(String path, JsonNode root, String key, JsonNode value) {
        boolean rank = !key.contains("alpha");
        if (!value.isNumber()
                || !Double.isFinite(value.asDouble())
                || rank && !(value.isIntegralNumber() && value.canConvertToInt() && value.asInt() > 0)) {
            throw wrong(path, key);
        }
        return value.asDouble();
    }

    private static DataException wrong(String path, String key) {
        return new DataException(path + " gives no usable number for " + key + "; write it again with PEFT");
    }

    /** The rank of a module, by PEFT's own rule. */
    int rank(String module) {
        return rankKeys.key(module).map(ranks::get).map(Double::intValue).orElse(rank);
    }

    /** What the product of a module's factors is multiplied with. */
    double scale(String module) {
        Optional<Double> own = alphaKeys.key(module).map(alphas::get);
        double rank = rank(module);
        return own.orElse(alpha) / (rootScale ? Math.sqrt(rank) : rank);
    }
}
