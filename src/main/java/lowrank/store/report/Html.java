package lowrank.store.report;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes HTML and the SVG inside it, such that an XML parser reads it too: every text and every attribute is escaped, every
 * element closed.
 */
final class Html {
    private final StringBuilder out = new StringBuilder(1 << 16);
    private final Deque<String> open = new ArrayDeque<>();

    /**
     * Opens an element.
     *
     * @param attributes names and values in turn
     */
    Html open(String tag, String... attributes) {
        start(tag, attributes);
        out.append('>');
        open.push(tag);
        return this;
    }

    /** Closes the element that was opened last. */
    Html close() {
        out.append("</").append(open.pop()).append(">\n");
        return this;
    }

    /** An element without content. */
    Html empty(String tag, String... attributes) {
        start(tag, attributes);
        out.append("/>");
        return this;
    }

    /** An element that holds a text. */
    Html element(String tag, String text, String... attributes) {
        return open(tag, attributes).text(text).close();
    }

    /** Text. */
    Html text(String text) {
        escape(text);
        return this;
    }

    /** A style sheet of ours, as it is. */
    Html style(String css) {
        out.append("<style>\n").append(css).append("</style>\n");
        return this;
    }

    private void start(String tag, String... attributes) {
        if (attributes.length % 2 != 0) {
            throw new IllegalArgumentException("an attribute of " + tag + " has no value");
        }
        out.append('<').append(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1]);
            out.append('"');
        }
    }

    private void escape(String text) {
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(isText(c) ? c : 0xFFFD);
            }
        });
    }

    /** Whether XML allows the character: no control characters, no lone surrogates. */
    private static boolean isText(int c) {
        return c == '\t' || c == '\n' || c >= ' ' && !(c >= 0xD800 && c <= 0xDFFF) && c != 0xFFFE && c != 0xFFFF;
    }

    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException(open.peek() + " is not closed");
        }
        return out.toString();
    }

    /**
     * Opens a picture with its title and its description.
     *
     * @param id unique on the page
     * @param type classes besides that of pictures
     * @param widest pixels that it may be stretched to; 0 for as many as there are
     * @param description what one would see, for those who do not
     */
    Html picture(String id, String type, double width, double height, double widest, String title, String description) {
        String viewBox = "0 0 " + Numbers.px(width) + " " + Numbers.px(height);
        String named = id + "-t " + id + "-d";
        String classes = "plot " + type;
        if (widest > 0) {
            String style = "max-width: " + Numbers.px(widest) + "px";
            open("svg", "class", classes, "style", style, "viewBox", viewBox, "role", "img", "aria-labelledby", named);
        } else {
            open("svg", "class", classes, "viewBox", viewBox, "role", "img", "aria-labelledby", named);
        }
        return element("title", title, "id", id + "-t").element("desc", description, "id", id + "-d");
    }

    /** A word of a picture. */
    Html word(String type, double x, double y, String text) {
        return element("text", text, "class", type, "x", Numbers.px(x), "y", Numbers.px(y));
    }

    /** A line of a picture. */
    Html line(String type, double x1, double y1, double x2, double y2) {
        return empty(
                "line",
                "class",
                type,
                "x1",
                Numbers.px(x1),
                "y1",
                Numbers.px(y1),
                "x2",
                Numbers.px(x2),
                "y2",
                Numbers.px(y2));
    }
}
