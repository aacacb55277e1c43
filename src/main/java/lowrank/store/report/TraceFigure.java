package lowrank.store.report;

import java.util.Arrays;

/** How much of the kernel's trace is left, landmark by landmark, as they were chosen. */
final class TraceFigure {
    private static final double DEEPEST = 1e-17;

    private TraceFigure() {}

    static void write(Html html, double[] left) {
        if (left.length < 2) {
            return;
        }
        html.open("section", "id", "landmarks").element("h2", "What the landmarks miss");
        html.open("div", "class", "pair").open("figure");
        plot(html, left, "wide", 660, 320);
        plot(html, left, "narrow", 360, 270);
        html.element(
                        "figcaption",
                        "The part of the kernel's trace that is left after the first landmarks, over the rows that they"
                                + " were chosen from, on an axis where equal ratios are equally long. A curve that still falls at its end"
                                + " says that more landmarks would help. Known while they were chosen, for the first "
                                + Numbers.whole(left.length) + ".")
                .close()
                .open("div", "class", "beside");
        table(html, left);
        html.close().close().close();
    }

    private static void plot(Html html, double[] left, String size, double width, double height) {
        double least = Arrays.stream(left).filter(l -> l > DEEPEST).min().orElse(1);
        double most = Arrays.stream(left).max().orElse(1);
        double[] vertical = Plot.vertical(height);
        Axis y = Axis.decades(least, Math.max(least, most), vertical[0], vertical[1]);
        int last = left.length - 1;
        String[] description = {
            "What the landmarks miss",
            "The first landmark leaves " + Numbers.percent(left[0]) + ", the first " + Numbers.whole(left.length)
                    + " leave " + Numbers.percent(left[last]) + "."
        };
        Plot.open(html, "landmarks-" + size, size, width, height, left.length, y, description)
                .axes("part of the trace left", y.ticks(6), left.length > 60 ? "landmarks (log scale)" : "landmarks")
                .curve("kept", 0, left.length, j -> Math.max(left[j], y.low()), true)
                .dots("kept", last, left.length, j -> Math.max(left[j], y.low()))
                .label(last, Math.max(left[last], y.low()), -10, 5, true, Numbers.percent(left[last]))
                .close();
    }

    /** Landmarks needed for ever smaller parts. */
    private static void table(Html html, double[] left) {
        html.open("table", "class", "numbers").open("thead").open("tr");
        html.element("th", "trace left", "scope", "col").element("th", "landmarks needed", "scope", "col");
        html.close().close().open("tbody");
        double share = 0.5;
        for (int row = 0; row < 8; row++) {
            int needed = 0;
            while (needed < left.length && left[needed] > share) {
                needed++;
            }
            boolean met = needed < left.length;
            html.open("tr", "class", met ? "in" : "faint")
                    .element("th", Numbers.chosen(100 * share) + "%", "scope", "row")
                    .element("td", met ? Numbers.whole(needed + 1L) : "more than " + Numbers.whole(left.length))
                    .close();
            if (!met) {
                break;
            }
            share = row == 0 ? 0.1 : share / 10;
        }
        html.close().close();
    }
}
