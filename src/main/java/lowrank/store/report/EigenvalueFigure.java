package lowrank.store.report;

import java.util.Arrays;

/** The spectrum of the features' Gram matrix beside the penalty: what lies well above it is learnt, what lies below is not. */
final class EigenvalueFigure {
    /** Where the axis ends below: what is smaller is rounding. */
    private static final double DEEPEST = 1e-17;

    private EigenvalueFigure() {}

    static void write(Html html, double[] descending, double penalty) {
        if (descending.length < 2 || !(descending[0] > 0)) {
            return;
        }
        html.open("section", "id", "eigenvalues").element("h2", "Spectrum of the features");
        html.open("div", "class", "pair").open("figure");
        plot(html, descending, penalty, "wide", 660, 300);
        plot(html, descending, penalty, "narrow", 360, 260);
        long above = Arrays.stream(descending).filter(l -> l > penalty).count();
        html.element(
                        "figcaption",
                        "Eigenvalues of the features' Gram matrix, on an axis where equal ratios are equally long. A"
                                + " direction with eigenvalue l keeps l / (l + n lambda) of its weight: "
                                + Numbers.whole(above) + " of " + Numbers.whole(descending.length)
                                + " lie above n lambda = " + Numbers.of(penalty) + " and keep more than half.")
                .close()
                .open("div", "class", "beside");
        kept(html, descending, penalty);
        html.close().close().close();
    }

    /** How many directions keep how much of their weight. */
    private static void kept(Html html, double[] values, double penalty) {
        html.open("table", "class", "numbers").open("thead").open("tr");
        html.element("th", "weight kept", "scope", "col").element("th", "directions", "scope", "col");
        html.close().close().open("tbody");
        for (double share : new double[] {0.99, 0.9, 0.5, 0.1, 0.01}) {
            long count =
                    Arrays.stream(values).filter(l -> l / (l + penalty) > share).count();
            html.open("tr")
                    .element("th", "over " + Numbers.chosen(100 * share) + "%", "scope", "row")
                    .element("td", Numbers.whole(count))
                    .close();
        }
        html.close().close();
    }

    private static void plot(Html html, double[] values, double penalty, String size, double width, double height) {
        double floor = values[0] * DEEPEST;
        double least = Arrays.stream(values).filter(l -> l > floor).min().orElse(values[0]);
        double[] vertical = Plot.vertical(height);
        Axis y = Axis.decades(Math.min(least, Math.max(penalty, floor)), values[0], vertical[0], vertical[1]);
        String[] description = {
            "Spectrum of the features",
            "Eigenvalues fall from " + Numbers.of(values[0]) + " to " + Numbers.of(least) + "; n lambda is "
                    + Numbers.of(penalty) + "."
        };
        Plot.open(html, "eigenvalues-" + size, size, width, height, values.length, y, description)
                .axes("eigenvalue", y.ticks(6))
                .level(penalty, "n\u00a0lambda")
                .dots("beyond", 0, values.length, j -> values[j] > floor && values[j] <= penalty ? values[j] : 0)
                .dots("kept", 0, values.length, j -> values[j] > Math.max(penalty, floor) ? values[j] : 0)
                .close();
    }
}
