package lowrank.store.report;

import java.util.Arrays;
import lowrank.factor.Shares;

/** How many rows miss how much of their square: a histogram on a logarithmic axis, and the parts that most rows do not exceed. */
final class SharesFigure {
    private static final double LEFT = 60;
    private static final double RIGHT = 14;
    private static final double TOP = 34;
    private static final double BOTTOM = 44;
    private static final double[] PARTS = {0.5, 0.9, 0.99, 1};

    private SharesFigure() {}

    /** Nothing where no row misses anything. */
    static void write(Html html, Shares shares, String what) {
        int least = least(shares.counts());
        if (least < 0) {
            return;
        }
        html.open("section", "id", "missed").element("h2", "What is missed of each row");
        html.open("div", "class", "pair").open("figure");
        plot(html, shares, least, "wide", 660, 320);
        plot(html, shares, least, "narrow", 360, 270);
        html.element(
                        "figcaption",
                        "Rows by the part of " + what
                                + " that is missed, on an axis where equal ratios are equally long:"
                                + " each bar goes to twice the part where it begins. Rows far on the right are not like those"
                                + " that the model was made from."
                                + none(shares))
                .close()
                .open("div", "class", "beside");
        table(html, shares);
        html.close().close().close();
    }

    private static String none(Shares shares) {
        long none = shares.counts()[shares.counts().length - 1];
        return none == 0 ? "" : " Of " + ModelFacts.counted(none, "row") + " nothing is missed.";
    }

    /** The class of the least part that is more than rounding, or -1. */
    private static int least(long[] counts) {
        int least = counts.length - 2;
        while (least >= 0 && counts[least] == 0) {
            least--;
        }
        return least;
    }

    private static void plot(Html html, Shares shares, int least, String size, double width, double height) {
        long most = Arrays.stream(shares.counts(), 0, least + 1).max().orElse(1);
        double bottom = height - BOTTOM;
        Axis x = new Axis(true, Shares.most(least + 1), 1, LEFT + 4, width - RIGHT);
        Axis y = new Axis(false, 0, 1.05 * most, bottom, TOP);
        String id = "missed-" + size;
        html.open(
                "svg",
                "class",
                "plot " + size,
                "viewBox",
                "0 0 " + Numbers.px(width) + " " + Numbers.px(height),
                "role",
                "img",
                "aria-labelledby",
                id + "-t " + id + "-d");
        html.element("title", "What is missed of each row", "id", id + "-t")
                .element(
                        "desc",
                        "Half of the rows miss at most " + Numbers.percent(shares.atMost((shares.rows() + 1) / 2))
                                + ", all at most " + Numbers.percent(shares.atMost(shares.rows())) + ".",
                        "id",
                        id + "-d");
        html.element("text", "rows", "class", "axis", "x", "0", "y", "14");
        for (Axis.Tick tick : y.ticks(5)) {
            String at = Numbers.px(y.at(tick.value()));
            html.line("grid", LEFT, y.at(tick.value()), width - RIGHT, y.at(tick.value()));
            html.element("text", tick.label(), "class", "tick end", "x", Numbers.px(LEFT - 8), "y", at, "dy", "0.32em");
        }
        for (int k = 0; k <= least; k++) {
            if (shares.counts()[k] > 0) {
                bar(html, x.at(Shares.most(k + 1)), x.at(Shares.most(k)), y.at(shares.counts()[k]), bottom);
            }
        }
        html.line("base", LEFT, bottom, width - RIGHT, bottom);
        for (Axis.Tick tick : x.ticks(width < 500 ? 4 : 8)) {
            double at = x.at(tick.value());
            html.line("base", at, bottom, at, bottom + 5);
            html.element(
                    "text", tick.label(), "class", "tick middle", "x", Numbers.px(at), "y", Numbers.px(bottom + 19));
        }
        html.element(
                "text",
                "part missed (log scale)",
                "class",
                "axis end",
                "x",
                Numbers.px(width - RIGHT),
                "y",
                Numbers.px(height - 4));
        html.close();
    }

    private static void bar(Html html, double from, double to, double top, double bottom) {
        html.empty(
                "rect",
                "class",
                "cell right",
                "x",
                Numbers.px(from + 0.5),
                "y",
                // A single row is seen beside a million.
                Numbers.px(Math.min(top, bottom - 1)),
                "width",
                Numbers.px(Math.max(1, to - from - 1)),
                "height",
                Numbers.px(Math.max(1, bottom - top)));
    }

    private static void table(Html html, Shares shares) {
        html.open("table", "class", "numbers").open("thead").open("tr");
        html.element("th", "of the rows", "scope", "col").element("th", "miss at most", "scope", "col");
        html.close().close().open("tbody");
        for (double part : PARTS) {
            long rows = (long) Math.ceil(part * shares.rows());
            html.open("tr", "class", "in")
                    .element("th", part == 1 ? "all" : Numbers.chosen(100 * part) + "%", "scope", "row")
                    .element("td", Numbers.percent(shares.atMost(rows)))
                    .close();
        }
        html.close().close();
    }
}
