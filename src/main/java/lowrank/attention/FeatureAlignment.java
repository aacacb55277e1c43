package lowrank.attention;

import java.util.Arrays;
import java.util.Locale;

/** Whether features are of queries and keys as they are: what {@code attention.align} chooses. */
public enum FeatureAlignment {
    /** Balanced, or as they are where attention is causal. */
    AUTO,
    /** As they are. */
    NONE,
    /** Less their means, and scaled against each other so that both are short. */
    BALANCED;

    /**
     * The method of the word of a spec.
     *
     * @param word {@code auto}, {@code none} or {@code balanced}
     * @throws IllegalArgumentException naming the key, where the word is not known or does not go with the rest
     */
    public static AttentionMethod<?, ?> performer(String word, FeatureDraws draws, boolean causal, double scale) {
        FeatureAlignment alignment = Arrays.stream(values())
                .filter(a -> a.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "attention.align = " + word + " is not known; choose one of auto, none, balanced"));
        if (causal && alignment == BALANCED) {
            throw new IllegalArgumentException("attention.align = balanced goes by statistics of all rows, which causal"
                    + " attention must not know; use none");
        }
        return causal ? new CausalPerformer(draws, scale) : new Performer(draws, alignment != NONE, scale);
    }
}
