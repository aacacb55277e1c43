package lowrank.store.report;

import java.util.List;
import java.util.stream.DoubleStream;
import lowrank.store.report.AttentionHeads.Head;

/**
 * Heads of attention, the worst first, a line each: the error as a dot with its interval, and two marks that it is to be compared with,
 * what the mean of all values leaves and what the nearest matrix of low rank leaves.
 */
final class AttentionFigure {
    /** More heads are not drawn one by one. */
    private static final int DRAWN = 40;

    private static final double ROW = 19;
    private static final double LETTER = 6.7;
    private static final double METHOD = 72;
    private static final double BOTTOM = 46;
    private static final double LEGEND = 20;

    /** Errors this much smaller than the largest share the end of the axis. */
    private static final double SMALLEST = 1e-4;

    /** Largest over smallest error, from which on equal ratios are equally long. */
    private static final double SPREAD = 12;

    private final Html html;
    private final AttentionHeads heads;
    private final List<Head> order;
    private final List<Head> drawn;

    private AttentionFigure(Html html, AttentionHeads heads) {
        this.html = html;
        this.heads = heads;
        order = heads.worstFirst();
        drawn = order.subList(0, Math.min(DRAWN, order.size()));
    }

    /**
     * Writes the picture with its words and a table of the methods; of exact heads the table alone.
     *
     * @param confidence of the intervals
     */
    static void write(Html html, AttentionHeads heads, double confidence) {
        new AttentionFigure(html, heads).write(confidence);
    }

    private void write(double confidence) {
        html.open("section", "id", "heads");
        if (drawn.isEmpty()) {
            html.element("h2", "Heads")
                    .element(
                            "p",
                            heads.all().size() == 1
                                    ? "The head is exact: its outputs differ from softmax attention by rounding alone."
                                    : "All " + Numbers.whole(heads.all().size())
                                            + " heads are exact: their outputs differ from softmax attention by rounding"
                                            + " alone.");
            methods();
            html.close();
            return;
        }
        html.element("h2", "How far outputs are from exact ones, head by head");
        html.open("div", "class", "pair roomy").open("figure");
        plot("wide", 660, 24, METHOD);
        plot("narrow", 360, 10, METHOD);
        html.element("figcaption", caption(confidence)).close();
        html.open("div", "class", "beside");
        methods();
        html.close().close();
        html.open("details").element("summary", "The same in numbers");
        numbers();
        html.close().close();
    }

    private boolean oneRank() {
        return order.stream().mapToInt(Head::rank).distinct().count() == 1;
    }

    private String caption(double confidence) {
        StringBuilder text =
                new StringBuilder("A dot is the error of a head, ||O' - O|| / ||O||, on the queries that were"
                        + " sampled; the line through it holds that of all its queries with a probability of "
                        + Numbers.percent(confidence).replace(".00%", "%")
                        + ". The tall mark is what uniform attention leaves, that"
                        + " is the mean of all values that a query sees; the short one what the nearest attention matrix of "
                        + (oneRank()
                                ? "rank " + Numbers.whole(order.get(0).rank())
                                : "the method's rank, of 32 at most,")
                        + " leaves.");
        if (heads.worseThanUniform() > 0) {
            text.append(" Open dots lie beyond the tall mark: there the mean is nearer to exact outputs.");
        }
        int more = order.size() - drawn.size();
        if (more > 0) {
            text.append(" The ")
                    .append(Numbers.whole(drawn.size()))
                    .append(" largest errors are drawn; ")
                    .append(Numbers.whole(more))
                    .append(" heads have smaller ones.");
        }
        if (heads.exact() > 0) {
            text.append(heads.exact() == 1 ? " One head is" : " " + Numbers.whole(heads.exact()) + " heads are")
                    .append(" exact and not drawn.");
        }
        return text.toString();
    }

    private Axis axis(double from, double to) {
        double most = drawn.stream()
                .flatMapToDouble(head -> DoubleStream.of(head.error(), head.upper(), head.uniform()))
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        double least = drawn.stream()
                .flatMapToDouble(head -> DoubleStream.of(head.error(), head.lower(), head.uniform(), head.bestRank()))
                .filter(value -> value >= SMALLEST * most)
                .min()
                .orElse(SMALLEST);
        return most > SPREAD * least
                ? Axis.decades(least, most, from, to)
                : new Axis(false, 0, most > 0 ? 1.06 * most : 1, from, to);
    }

    private void plot(String size, double width, int letters, double method) {
        int longest = drawn.stream()
                .mapToInt(head -> cut(head.name(), letters).length())
                .max()
                .orElse(0);
        double left = 10 + LETTER * longest;
        Axis x = axis(left, width - method - 8);
        boolean narrow = letters < 20;
        double top = (narrow ? 3 : 1) * LEGEND + 24;
        double bottom = top + ROW * drawn.size() + 8;
        html.picture("heads-" + size, size, width, bottom + BOTTOM, 0, "Errors of heads", description());
        legend(narrow);
        for (Axis.Tick tick : x.logarithmic() ? x.ticks(narrow ? 3 : 6) : x.fineTicks(narrow ? 4 : 8)) {
            html.line("grid", x.at(tick.value()), top, x.at(tick.value()), bottom);
            html.word("tick middle", x.at(tick.value()), bottom + 16, tick.label());
        }
        html.line("base", left, bottom, width - method - 8, bottom);
        html.word("axis", 0, top - 2, cut(title(), 2 * letters));
        html.word(
                "axis middle",
                (left + width - method) / 2,
                bottom + 36,
                "relative error" + (x.logarithmic() ? " (log scale)" : ""));
        for (int i = 0; i < drawn.size(); i++) {
            head(drawn.get(i), x, top + 16 + ROW * i, left, width - method, letters);
        }
        html.close();
    }

    private String title() {
        return String.join(", ", heads.keys());
    }

    private void head(Head head, Axis x, double y, double left, double right, int letters) {
        html.word("tick end", left - 8, y + 4, cut(head.name(), letters));
        html.word("tick", right, y + 4, head.method());
        uniform(x.at(head.uniform()), y);
        best(x.at(head.bestRank()), y);
        html.line("span", x.at(head.lower()), y, x.at(head.upper()), y);
        dot(head.isWorseThanUniform(), x.at(head.error()), y);
    }

    private void uniform(double x, double y) {
        html.line("uniform", x, y - 7, x, y + 7);
    }

    private void best(double x, double y) {
        html.line("best", x, y - 4, x, y + 4);
    }

    private void dot(boolean worse, double x, double y) {
        html.empty(
                "circle",
                "class",
                worse ? "dot worse" : "dot kept",
                "cx",
                Numbers.px(x),
                "cy",
                Numbers.px(y),
                "r",
                "3.6");
    }

    /** What the marks are; one below the other where there is little room. */
    private void legend(boolean narrow) {
        double x = 4;
        double y = 12;
        html.line("span", x, y - 4, x + 22, y - 4);
        dot(false, x + 11, y - 4);
        html.word("tick", x + 30, y, "error, with its interval");
        x = narrow ? 4 : 190;
        y = narrow ? y + LEGEND : y;
        uniform(x + 11, y - 4);
        html.word("tick", x + 22, y, "uniform attention");
        x = narrow ? 4 : 340;
        y = narrow ? y + LEGEND : y;
        best(x + 11, y - 4);
        html.word("tick", x + 22, y, oneRank() ? "best of rank " + order.get(0).rank() : "best of low rank");
        if (heads.worseThanUniform() > 0) {
            x = narrow ? 190 : 480;
            y = narrow ? 12 : y;
            dot(true, x + 11, y - 4);
            html.word("tick", x + 22, y, "worse than uniform");
        }
    }

    private String description() {
        Head worst = drawn.get(0);
        Head last = order.get(order.size() - 1);
        return "From " + Numbers.of(worst.error()) + " (" + heads.words(worst) + ", by " + worst.method() + ") to "
                + Numbers.of(last.error()) + " (" + heads.words(last) + ", by " + last.method() + "); "
                + Numbers.whole(heads.worseThanUniform()) + " of " + Numbers.whole(order.size())
                + " heads are worse than uniform attention.";
    }

    private static String cut(String name, int letters) {
        return name.length() <= letters ? name : name.substring(0, letters - 1) + "…";
    }

    private void methods() {
        new Table(
                        List.of("method", "heads", "tokens", "median error", "worst"),
                        heads.byMethod().stream()
                                .map(of -> List.of(
                                        of.all().get(0).method(),
                                        Numbers.whole(of.all().size()),
                                        Numbers.whole(of.rows()),
                                        of.worstFirst().isEmpty() ? "exact" : Numbers.of(of.median(Head::error)),
                                        of.worstFirst().isEmpty()
                                                ? "exact"
                                                : Numbers.of(
                                                        of.worstFirst().get(0).error())))
                                .toList())
                .write(html);
    }

    private void numbers() {
        new Table(
                        List.of(
                                title().isEmpty() ? "" : title(),
                                "method",
                                "error",
                                "at least",
                                "at most",
                                "uniform",
                                oneRank() ? "rank " + order.get(0).rank() : "low rank"),
                        drawn.stream()
                                .map(head -> List.of(
                                        head.name(),
                                        head.method(),
                                        Numbers.of(head.error()),
                                        Numbers.of(head.lower()),
                                        Numbers.of(head.upper()),
                                        Numbers.of(head.uniform()),
                                        Numbers.of(head.bestRank())))
                                .toList())
                .write(html);
    }
}
