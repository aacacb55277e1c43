package lowrank.weights;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.JsonFile;

/**
 * How PEFT finds the rank and alpha of a module in {@code rank_pattern} and {@code alpha_pattern}: keys are regular expressions, tried
 * in their order; the first for which {@code (.*\.)?(KEY)$} fits the whole path of the module wins. So a key also fits every path that
 * ends with it behind a dot, and a dot in it any character.
 */
final class PeftPatterns {
    /** Looks at characters that one match may take: a pattern made to backtrack for ever is refused. */
    private static final int MOST_LOOKS = 1_000_000;

    private static final String SPECIAL = "\\^$*+?{}[]|()";

    private final Map<String, Pattern> patterns = new LinkedHashMap<>();

    /**
     * Patterns in the order of their keys.
     *
     * @throws DataException if a key is no regular expression that Java knows too
     */
    PeftPatterns(Collection<String> keys) {
        for (String key : keys) {
            try {
                // As Python: only \n ends a line.
                patterns.put(key, Pattern.compile("(.*\\.)?(" + key + ")$", Pattern.UNIX_LINES));
            } catch (PatternSyntaxException e) {
                throw new DataException(
                        "the pattern " + JsonFile.shown(key) + " is no regular expression that is understood; write"
                                + " the full paths of modules in its place");
            }
        }
    }

    /** The key that decides on a module. */
    Optional<String> key(String module) {
        for (Map.Entry<String, Pattern> pattern : patterns.entrySet()) {
            if (fits(pattern.getKey(), pattern.getValue(), module)) {
                return Optional.of(pattern.getKey());
            }
        }
        return Optional.empty();
    }

    private static boolean fits(String key, Pattern pattern, String module) {
        try {
            return pattern.matcher(new Counted(module, 0, module.length(), new int[1]))
                    .lookingAt();
        } catch (TooLong | StackOverflowError e) {
            throw new DataException("the pattern " + JsonFile.shown(key)
                    + " takes too long to match; write the full paths of modules" + " in its place");
        }
    }

    /**
     * A key for each module with which the rule finds just this module's: its full path, escaped only where another module would
     * otherwise be caught (older versions of PEFT look a plain path up as it is), the longest first.
     *
     * @return modules and their keys, in the order in which keys have to be written
     * @throws IllegalStateException if the rule finds another key for one of them
     */
    static Map<String, String> keys(Collection<String> modules) {
        List<String> ordered = new ArrayList<>(modules);
        ordered.sort(
                Comparator.comparingInt((String module) -> -module.length()).thenComparing(Comparator.naturalOrder()));
        Map<String, String> keys = new LinkedHashMap<>();
        ordered.forEach(module -> keys.put(module, isPlain(module) ? module : escaped(module)));
        boolean changed = true;
        while (changed) {
            changed = false;
            Map<String, String> owners = owners(keys);
            PeftPatterns patterns = new PeftPatterns(keys.values());
            for (String module : ordered) {
                String owner = owners.get(patterns.key(module).orElseThrow());
                if (!owner.equals(module) && !keys.get(owner).equals(escaped(owner))) {
                    keys.put(owner, escaped(owner));
                    changed = true;
                }
            }
        }
        PeftPatterns written = new PeftPatterns(keys.values());
        for (String module : ordered) {
            if (!written.key(module).equals(Optional.of(keys.get(module)))) {
                throw new IllegalStateException("the key of " + module + " is not the one that PEFT's rule finds");
            }
        }
        return keys;
    }

    private static Map<String, String> owners(Map<String, String> keys) {
        Map<String, String> owners = new LinkedHashMap<>();
        keys.forEach((module, key) -> owners.put(key, module));
        return owners;
    }

    private static boolean isPlain(String module) {
        return module.chars().noneMatch(c -> SPECIAL.indexOf(c) >= 0);
    }

    static String escaped(String module) {
        StringBuilder text = new StringBuilder();
        for (char c : module.toCharArray()) {
            text.append(c == '.' || SPECIAL.indexOf(c) >= 0 ? "\\" : "").append(c);
        }
        return text.toString();
    }

    private static final class TooLong extends RuntimeException {}

    /** Text that counts how often it is looked at. */
    private record Counted(String text, int from, int to, int[] looks) implements CharSequence {
        @Override
        public int length() {
            return to - from;
        }

        @Override
        public char charAt(int index) {
            if (++looks[0] > MOST_LOOKS) {
                throw new TooLong();
            }
            return text.charAt(from + index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Counted(text, from + start, from + end, looks);
        }

        @Override
        public String toString() {
            return text.substring(from, to);
        }
    }
}
