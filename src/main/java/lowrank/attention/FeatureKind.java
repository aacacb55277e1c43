package lowrank.attention;

import java.util.Arrays;
import java.util.Locale;

/** Random features of exp(x'y), whose products have it as their mean: what {@code attention.map} chooses. */
public enum FeatureKind {
    /** exp(w'x - |x|^2 / 2): no output leaves the range of the values. */
    POSITIVE,
    /** The same with each frequency and its opposite, [exp(w'x), exp(-w'x)] exp(-|x|^2 / 2): half as many frequencies. */
    HYPERBOLIC,
    /** exp(|x|^2 / 2) [cos w'x, sin w'x]: better for short queries and keys, useless for long ones. */
    TRIGONOMETRIC;

    /** The word of a spec. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The kind of that word.
     *
     * @throws IllegalArgumentException naming the words
     */
    public static FeatureKind of(String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("attention.map = " + word
                        + " is not known; choose one of positive, hyperbolic, trigonometric"));
    }
}
