package lowrank.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code reference.conf} says: every key in its order, with default and meaning. Specs to start from and docs come from here. */
record SpecKeys(List<Entry> entries) {
    /** The command that writes the table of the docs. */
    static final String REGENERATE = "scripts/lowrank init --keys > docs/spec.md";

    private static final String WHERE = "docs/spec.md";

    /**
     * A key, or a section of keys.
     *
     * @param name the last part of the path
     * @param value the default as it would be written; null for a section
     * @param children the keys of a section, in order
     */
    record Entry(String path, String name, String value, List<String> meaning, List<Entry> children) {
        boolean isSection() {
            return value == null;
        }
    }

    /** The keys of this version. */
    static SpecKeys reference() {
        Config config = Spec.reference();
        return new SpecKeys(entries("", config.root()));
    }

    private static List<Entry> entries(String prefix, ConfigObject object) {
        List<Map.Entry<String, ConfigValue>> inOrder = new ArrayList<>(object.entrySet());
        inOrder.sort(Comparator.comparingInt(e -> e.getValue().origin().lineNumber()));
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, ConfigValue> entry : inOrder) {
            ConfigValue value = entry.getValue();
            String path = prefix + entry.getKey();
            List<String> meaning =
                    value.origin().comments().stream().map(String::strip).toList();
            boolean section = value instanceof ConfigObject;
            entries.add(new Entry(
                    path,
                    entry.getKey(),
                    section ? null : written(value),
                    meaning,
                    section ? entries(path + ".", (ConfigObject) value) : List.of()));
        }
        return entries;
    }

    /** A default as it stands in a spec: words without quotes. */
    private static String written(ConfigValue value) {
        return value.render(ConfigRenderOptions.concise())
                .replaceAll("\"([a-z][a-z0-9_-]*)\"", "$1")
                .replaceAll("(?<!\"),(?!\")", ", ");
    }

    /**
     * A spec with all keys, of which only those that a beginner sets are in force.
     *
     * @param given the keys in force, with their values
     */
    String template(String title, Map<String, String> given) {
        StringBuilder out = new StringBuilder();
        for (String line : List.of(
                title,
                "Run it:   scripts/lowrank run THIS_FILE",
                "Lines that begin with # and a key show its default: remove the # to change it. Explained: " + WHERE)) {
            out.append("# ").append(line).append('\n');
        }
        for (Entry entry : entries) {
            out.append('\n');
            template(out, "", "", entry, given);
        }
        return out.toString();
    }

    private static void template(
            StringBuilder out, String indent, String prefix, Entry entry, Map<String, String> given) {
        entry.meaning()
                .forEach(line -> out.append(indent).append("# ").append(line).append('\n'));
        // HOCON takes the word for a statement unless it is quoted.
        String name = prefix + (entry.name().equals("include") ? "\"include\"" : entry.name());
        if (!entry.isSection()) {
            String value = given.get(entry.path());
            out.append(indent)
                    .append(value == null ? "#" : "")
                    .append(name)
                    .append(" = ")
                    .append(value == null ? entry.value() : value)
                    .append('\n');
        } else if (indent.isEmpty()) {
            out.append(name).append(" {\n");
            entry.children().forEach(child -> template(out, "  ", "", child, given));
            out.append("}\n");
        } else {
            // One line per key, so that each can be switched on by itself.
            entry.children().forEach(child -> template(out, indent, name + ".", child, given));
        }
    }

    /** The table of all keys, in Markdown. */
    String markdown() {
        StringBuilder out = new StringBuilder("# Keys of a job spec\n\n")
                .append(
                        "A spec is a file in HOCON. Layers, the last wins: the defaults below, `conf/lowrank.conf`, the spec,\n")
                .append(
                        "`spark.lowrank.*` of spark-submit, `--set key=value`. An unknown key is an error that names the nearest one.\n")
                .append("`scripts/lowrank init svd` prints a spec to start from. This page is written by `")
                .append(REGENERATE)
                .append("`.\n");
        table(out, entries.stream().filter(entry -> !entry.isSection()).toList());
        for (Entry entry : entries) {
            if (entry.isSection()) {
                out.append("\n## ")
                        .append(entry.name())
                        .append("\n\n")
                        .append(sentence(entry))
                        .append('\n');
                table(out, flat(entry));
            }
        }
        return out.toString();
    }

    private static String sentence(Entry entry) {
        return String.join(" ", entry.meaning());
    }

    /** The keys below a section; what a section inside it says follows what each of its keys says. */
    private static List<Entry> flat(Entry section) {
        List<Entry> keys = new ArrayList<>();
        for (Entry child : section.children()) {
            if (child.isSection()) {
                for (Entry key : flat(child)) {
                    List<String> meaning = new ArrayList<>(key.meaning());
                    meaning.addAll(child.meaning());
                    keys.add(new Entry(key.path(), key.name(), key.value(), meaning, List.of()));
                }
            } else {
                keys.add(child);
            }
        }
        return keys;
    }

    private static void table(StringBuilder out, List<Entry> keys) {
        out.append("\n| key | default | meaning |\n|---|---|---|\n");
        out.append(keys.stream()
                .map(key -> "| `" + key.path() + "` | `" + cell(key.value()) + "` | " + cell(sentence(key)) + " |\n")
                .collect(Collectors.joining()));
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
