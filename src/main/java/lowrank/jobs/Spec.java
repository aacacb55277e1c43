package lowrank.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import lowrank.blas.Precision;

/**
 * A job spec with all its layers put together. Every key stands in {@code reference.conf}; an unknown one is an error that
 * names the nearest.
 */
final class Spec {
    /** What {@code factor.rank = auto} is of matrices. */
    static final int AUTO_RANK = 50;

    private static final String REFERENCE = "lowrank/reference.conf";

    private final Config config;
    private final Config reference;

    private Spec(Config config, Config reference) {
        this.config = config;
        this.reference = reference;
    }

    /** Every key with its default. */
    static Config reference() {
        return ConfigFactory.parseResources(Spec.class.getClassLoader(), REFERENCE);
    }

    /**
     * Puts the layers together; the last wins.
     *
     * @param layers named texts in HOCON: site defaults, the spec file, keys of Spark, keys of the command line
     */
    static Spec of(Map<String, String> layers) {
        Config reference = reference();
        TreeSet<String> known = new TreeSet<>();
        collect("", reference.root(), known);
        Config merged = reference;
        for (Map.Entry<String, String> layer : layers.entrySet()) {
            Config config = parse(layer.getKey(), layer.getValue());
            requireKnown(layer.getKey(), config.root(), known);
            merged = config.withFallback(merged);
        }
        try {
            return new Spec(merged.resolve(ConfigResolveOptions.defaults()), reference);
        } catch (ConfigException.UnresolvedSubstitution e) {
            throw new SpecException("the spec refers to a variable that is not set: " + firstLine(e)
                    + "; export it or give the key with --set");
        }
    }

    /** Where {@code include} begins a line or a section, and a value follows. */
    private static final Pattern INCLUDE = Pattern.compile("(?m)(^\\s*|[{,]\\s*)include(\\s*[=:])");

    private static Config parse(String name, String text) {
        try {
            // HOCON takes the word for a statement, which no spec may hold: with a value it is a key.
            return ConfigFactory.parseString(
                    INCLUDE.matcher(text).replaceAll("$1\"include\"$2"),
                    ConfigParseOptions.defaults().setIncluder(new NoInclude()));
        } catch (ConfigException e) {
            throw new SpecException(name + " is not a spec: " + firstLine(e));
        }
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** The paths of all leaves. */
    private static void collect(String prefix, ConfigObject object, TreeSet<String> paths) {
        object.forEach((key, value) -> {
            String path = prefix + key;
            if (value instanceof ConfigObject inner) {
                collect(path + ".", inner, paths);
            } else {
                paths.add(path);
            }
        });
    }

    private static void requireKnown(String layer, ConfigObject object, TreeSet<String> known) {
        TreeSet<String> paths = new TreeSet<>();
        collect("", object, paths);
        for (String path : paths) {
            if (!known.contains(path)) {
                throw new SpecException(
                        layer + ": unknown key " + path + "; the nearest known key is " + nearest(path, known));
            }
        }
    }

    /** The known key at the least edit distance. */
    static String nearest(String key, TreeSet<String> known) {
        String best = known.first();
        int least = Integer.MAX_VALUE;
        for (String candidate : known) {
            int distance = distance(key, candidate);
            // A last name that agrees is a key in the wrong section: nearer than any misspelling of another name.
            if (candidate.endsWith("." + key.substring(key.lastIndexOf('.') + 1))) {
                distance = Math.min(distance, 1);
            }
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return best;
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substitution, 1 + Math.min(row[j - 1], above));
                diagonal = above;
            }
        }
        return row[b.length()];
    }

    private ConfigValue value(String key) {
        return value(config, key);
    }

    private static ConfigValue value(Config config, String key) {
        ConfigObject object = config.root();
        String[] names = key.split("\\.");
        for (int i = 0; i < names.length - 1; i++) {
            object = (ConfigObject) object.get(names[i]);
        }
        return object.get(names[names.length - 1]);
    }

    /** Text, or empty when the key is null. */
    Optional<String> text(String key) {
        ConfigValue value = value(key);
        if (value.valueType() == ConfigValueType.NULL) {
            return Optional.empty();
        }
        if (value.valueType() == ConfigValueType.OBJECT || value.valueType() == ConfigValueType.LIST) {
            throw wrong(key, "one value");
        }
        // As it was written: 2026.10 is not 2026.1 where it is a name.
        return Optional.of(config.getString(key));
    }

    /** Whether a key has another value than in {@code reference.conf}. */
    boolean differsFromDefault(String key) {
        return !String.valueOf(value(key).unwrapped())
                .equals(String.valueOf(value(reference, key).unwrapped()));
    }

    /** The keys of a section that have another value than in {@code reference.conf}. */
    List<String> changed(String section) {
        TreeSet<String> keys = new TreeSet<>();
        collect("", reference.root(), keys);
        return keys.stream()
                .filter(key -> key.startsWith(section + ".") && differsFromDefault(key))
                .toList();
    }

    private static SpecException wrong(String key, String expected) {
        return new SpecException(key + " must be " + expected);
    }

    /** Text that must be there. */
    String required(String key) {
        return text(key)
                .filter(text -> !text.isBlank())
                .orElseThrow(
                        () -> new SpecException(key + " is not set; add it to the spec or give --set " + key + "=..."));
    }

    /** One of some words. */
    String oneOf(String key, String... words) {
        String text = text(key).orElse("null");
        if (!List.of(words).contains(text)) {
            throw wrong(key, String.join(" or ", words) + ", not " + text);
        }
        return text;
    }

    /** What runs. */
    String job() {
        return oneOf(
                "job",
                "svd",
                "pca",
                "nystrom",
                "features",
                "regress",
                "predict",
                "compress",
                "lora-extract",
                "lora-merge",
                "lora-resize",
                "circuits",
                "attention");
    }

    /** {@code double} or {@code float}. */
    Precision precision(String key) {
        return Precision.valueOf(oneOf(key, "double", "float").toUpperCase(Locale.ROOT));
    }

    /**
     * Refuses keys that a job has no use for: one that did nothing would deceive.
     *
     * @param names of keys, or of sections
     */
    void requireIdle(String... names) {
        requireIdleWith("job", names);
    }

    /**
     * Refuses keys that the value of another key leaves without use.
     *
     * @param names of keys, or of sections
     */
    void requireIdleWith(String key, String... names) {
        for (String name : names) {
            List<String> changed = value(reference, name).valueType() == ConfigValueType.OBJECT
                    ? changed(name)
                    : differsFromDefault(name) ? List.of(name) : List.of();
            if (!changed.isEmpty()) {
                throw new SpecException(
                        changed.get(0) + " does not apply to " + key + " = " + required(key) + "; remove it");
            }
        }
    }

    /** Refuses every key that is set, but for these keys and sections. */
    void requireNoOthers(List<String> used) {
        TreeSet<String> keys = new TreeSet<>();
        collect("", reference.root(), keys);
        keys.stream()
                .filter(key -> used.stream().noneMatch(name -> key.equals(name) || key.startsWith(name + ".")))
                .forEach(this::requireIdle);
    }

    /** True or false. */
    boolean flag(String key) {
        return oneOf(key, "true", "false").equals("true");
    }

    /** A positive number, or NaN when the key is null. */
    double positive(String key) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return Double.NaN;
        }
        try {
            double number = Double.parseDouble(text.get());
            if (number > 0 && number < Double.POSITIVE_INFINITY) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key, "a positive number, not " + text.get());
    }

    /** Any finite number. */
    double number(String key) {
        String text = text(key).orElse("null");
        try {
            double number = Double.parseDouble(text);
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key, "a number, not " + text);
    }

    /** A whole number of at least {@code least}; {@code word} stands for {@code instead}. */
    int whole(String key, int least, String word, int instead) {
        String text = text(key).orElse("null");
        if (text.equals(word)) {
            return instead;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key, "a whole number of at least " + least + (word == null ? "" : " or " + word) + ", not " + text);
    }

    /**
     * {@code factor.rank}.
     *
     * @param auto what {@code auto} stands for
     * @param full what {@code full} stands for
     */
    int rank(int auto, int full) {
        boolean given = differsFromDefault("factor.rank");
        return given ? whole("factor.rank", 1, "full", full) : auto;
    }

    /** A whole number that seeds random numbers: any long. */
    long seed(String key) {
        String text = text(key).orElse("null");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw wrong(key, "a whole number between " + Long.MIN_VALUE + " and " + Long.MAX_VALUE + ", not " + text);
        }
    }

    /** A list of texts; text with commas counts as one, where they do not stand in brackets or quotes. */
    List<String> list(String key) {
        ConfigValue value = value(key);
        List<String> texts = new ArrayList<>();
        if (value instanceof ConfigList list) {
            for (ConfigValue item : list) {
                if (!isText(item)) {
                    throw wrong(key, "a list of single values");
                }
                texts.add(item.atKey("item").getString("item"));
            }
        } else if (isText(value)) {
            items(config.getString(key)).forEach(item -> texts.add(item.trim()));
        } else if (value.valueType() != ConfigValueType.NULL) {
            throw wrong(key, "a list");
        }
        return texts;
    }

    /** Whether a value is one text, number or truth value. */
    private static boolean isText(ConfigValue value) {
        return switch (value.valueType()) {
            case STRING, NUMBER, BOOLEAN -> true;
            case LIST, OBJECT, NULL -> false;
        };
    }

    /** What stands between commas outside of brackets and quotes: {@code round(x, 2) desc, y} is two items. */
    private static List<String> items(String text) {
        List<String> items = new ArrayList<>();
        int depth = 0;
        int from = 0;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '\'' || c == '"' || c == '`') {
                quote = c;
            } else if (c == '(' || c == '[' || c == '{') {
                depth++;
            } else if (c == ')' || c == ']' || c == '}') {
                depth--;
            } else if (c == ',' && depth <= 0) {
                items.add(text.substring(from, i));
                from = i + 1;
            }
        }
        items.add(text.substring(from));
        return items;
    }

    /** A list of some of the known words; empty text is an empty list. */
    List<String> words(String key, String... known) {
        List<String> words =
                list(key).stream().filter(word -> !word.isEmpty()).distinct().toList();
        for (String word : words) {
            if (!List.of(known).contains(word)) {
                throw wrong(key, "a list of " + String.join(", ", known) + ", not " + word);
            }
        }
        return words;
    }

    /** The effective spec as JSON. */
    String json() {
        return config.root().render(ConfigRenderOptions.concise());
    }

    /** Layers from what the command line names, in order. */
    static Map<String, String> layers(String site, String fileName, String file, List<String> spark, List<String> set) {
        Map<String, String> layers = new LinkedHashMap<>();
        if (site != null) {
            layers.put("conf/lowrank.conf", site);
        }
        layers.put(fileName, file);
        spark.forEach(key -> layers.merge("spark.lowrank.*", key, (a, b) -> a + "\n" + b));
        for (String pair : set) {
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw new SpecException("--set takes key=value, not " + pair);
            }
            String key = pair.substring(0, equals).trim();
            layers.merge(
                    "--set", key + " = " + literal(pair.substring(equals + 1).trim()), (a, b) -> a + "\n" + b);
        }
        return layers;
    }

    /** A value from a command line as HOCON: lists, objects, numbers and words as they are, anything else quoted. */
    static String literal(String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        boolean plain = value.startsWith("[")
                || value.startsWith("{")
                || value.startsWith("\"")
                || lower.matches("[a-z][a-z0-9_-]*|[-+]?[0-9]*\\.?[0-9]+(e[-+]?[0-9]+)?");
        return plain ? value : ConfigUtil.quoteString(value);
    }
}
