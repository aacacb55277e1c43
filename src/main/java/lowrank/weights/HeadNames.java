package lowrank.weights;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of the tensors of attention heads: patterns with {@code {layer}} for the number of the layer and {@code *} for any characters.
 * One pattern for query, key and value names a fused tensor, whose outputs are those of the three, one after the other.
 *
 * @param stored how the tensors lie in files whose format does not say
 */
public record HeadNames(String query, String key, String value, String output, Weight.View stored) {
    /** Stands for the number of a layer. */
    private static final String LAYER = "{layer}";

    public HeadNames {
        for (String pattern : new String[] {query, key, value, output}) {
            if (pattern.indexOf(LAYER) < 0 || pattern.indexOf(LAYER) != pattern.lastIndexOf(LAYER)) {
                throw new IllegalArgumentException("the pattern " + pattern
                        + " of tensors of heads must hold {layer} once, where the number of the layer stands");
            }
        }
        boolean one = query.equals(key) && key.equals(value);
        if (!one && (query.equals(key) || key.equals(value) || query.equals(value))) {
            throw new IllegalArgumentException(
                    "two of heads.query, heads.key and heads.value are the same; give three patterns, or one for a fused tensor");
        }
    }

    /** Names of a family of models, as PyTorch's modules are called, behind any prefix: bert, gpt2 or llama. */
    public static HeadNames preset(String family) {
        return switch (family) {
            case "bert" ->
                new HeadNames(
                        "*layer.{layer}.attention.self.query.weight",
                        "*layer.{layer}.attention.self.key.weight",
                        "*layer.{layer}.attention.self.value.weight",
                        "*layer.{layer}.attention.output.dense.weight",
                        Weight.View.OUT_IN);
            case "gpt2" ->
                new HeadNames(
                        "*h.{layer}.attn.c_attn.weight",
                        "*h.{layer}.attn.c_attn.weight",
                        "*h.{layer}.attn.c_attn.weight",
                        "*h.{layer}.attn.c_proj.weight",
                        Weight.View.IN_OUT);
            case "llama" ->
                new HeadNames(
                        "*layers.{layer}.self_attn.q_proj.weight",
                        "*layers.{layer}.self_attn.k_proj.weight",
                        "*layers.{layer}.self_attn.v_proj.weight",
                        "*layers.{layer}.self_attn.o_proj.weight",
                        Weight.View.OUT_IN);
            default -> throw new IllegalArgumentException("no family of models is called " + family);
        };
    }

    /** Whether query, key and value are one tensor. */
    boolean fused() {
        return query.equals(key);
    }

    /** The number of the layer if a name fits a pattern, else -1. */
    static int layer(String pattern, String name) {
        int at = pattern.indexOf(LAYER);
        Matcher matcher = Pattern.compile(
                        regex(pattern.substring(0, at)) + "(\\d{1,6})" + regex(pattern.substring(at + LAYER.length())))
                .matcher(name);
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    private static String regex(String part) {
        StringBuilder regex = new StringBuilder();
        for (char c : part.toCharArray()) {
            regex.append(c == '*' ? ".*" : Pattern.quote(String.valueOf(c)));
        }
        return regex.toString();
    }
}
