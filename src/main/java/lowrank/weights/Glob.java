package lowrank.weights;

import java.util.regex.Pattern;

/**
 * A pattern of names: {@code *} stands for any characters, dots too, {@code ?} for one, anything else for itself.
 *
 * @param text as given
 */
record Glob(String text) {

    boolean matches(String name) {
        return Pattern.matches(regex(), name);
    }

    private String regex() {
        StringBuilder regex = new StringBuilder();
        for (char c : text.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return regex.toString();
    }
}
