package lowrank.store.report;

import java.util.List;

/** A whole and its parts: one bar, the parts named where there is room, and all of them in a table. */
public final class PartsFigure {
    private static final double WIDTH = 900;
    private static final double LETTER = 6.6;

    /**
     * A part.
     *
     * @param kind {@code held}, {@code missed} or {@code outside}: how it is drawn
     * @param share of the whole
     * @param words what else is to be said of it
     */
    public record Part(String name, String kind, double share, String words) {}

    private PartsFigure() {}

    static void write(Html html, String id, String title, String meaning, List<Part> parts) {
        html.open("section", "id", id).element("h2", title).open("figure");
        String description = parts.stream()
                .map(part -> part.name + " " + Numbers.percent(part.share))
                .reduce((a, b) -> a + ", " + b)
                .orElse("Nothing");
        html.picture(id, "map", WIDTH, 62, WIDTH, title, description);
        double x = 0;
        for (Part part : parts) {
            if (!(part.share > 0)) {
                continue;
            }
            double width = part.share * WIDTH;
            html.empty(
                    "rect",
                    "class",
                    "part " + part.kind,
                    "x",
                    Numbers.px(x),
                    "y",
                    "24",
                    "width",
                    Numbers.px(Math.max(0.5, width - 1.5)),
                    "height",
                    "26");
            String percent = Numbers.percent(part.share);
            if (width > LETTER * part.name.length()) {
                html.word("tick", x, 16, part.name);
            }
            if (width > LETTER * (percent.length() + 2)) {
                html.word(part.kind.equals("held") ? "count on" : "count", x + width / 2, 41.5, percent);
            }
            x += width;
        }
        html.close().element("figcaption", meaning).close();
        new Table(
                        List.of("", "share", ""),
                        parts.stream()
                                .map(part -> List.of(part.name, Numbers.percent(part.share), part.words))
                                .toList())
                .write(html);
        html.close();
    }
}
