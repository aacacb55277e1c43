package lowrank.store.report;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.regress.Scores;

/** How well each of several targets was told. */
final class TargetTable {
    private static final int SHOWN = 12;
    private static final int ALL = 400;

    private TargetTable() {}

    static void write(Html html, Scores.Numbers scores, List<String> names) {
        Integer[] order = IntStream.range(0, names.size()).boxed().toArray(Integer[]::new);
        boolean few = order.length <= SHOWN;
        html.open("section", "id", "targets").element("h2", "Targets");
        if (!few) {
            // A constant target has no R2: it comes last.
            java.util.Arrays.sort(order, Comparator.comparingDouble(k -> sortable(scores.r2(k))));
            html.element(
                    "p",
                    "The " + SHOWN + " of " + Numbers.whole(order.length) + " targets that were told worst,"
                            + " by R\u00b2.");
        }
        table(html, scores, names, order, Math.min(SHOWN, order.length));
        if (!few) {
            html.open("details")
                    .element(
                            "summary",
                            order.length <= ALL
                                    ? "All " + Numbers.whole(order.length) + " targets, the worst first"
                                    : "The " + ALL + " worst of " + Numbers.whole(order.length) + " targets");
            table(html, scores, names, order, Math.min(ALL, order.length));
            html.close();
        }
        html.element(
                        "p",
                        "RMSE: root of the mean squared error, in the units of the target. R\u00b2: the part of the"
                                + " target's variance that is told; 0 is no better than its mean.",
                        "class",
                        "under")
                .close();
    }

    private static double sortable(double r2) {
        return Double.isNaN(r2) ? Double.POSITIVE_INFINITY : r2;
    }

    private static void table(Html html, Scores.Numbers scores, List<String> names, Integer[] order, int count) {
        html.open("table", "class", "numbers targets").open("thead").open("tr");
        html.element("th", "target", "scope", "col")
                .element("th", "RMSE", "scope", "col")
                .element("th", "R\u00b2", "scope", "col")
                .element("th", "", "class", "line");
        html.close().close().open("tbody");
        for (int i = 0; i < count; i++) {
            int k = order[i];
            double r2 = scores.r2(k);
            html.open("tr").element("th", names.get(k), "scope", "row");
            html.element("td", Numbers.of(scores.rmse(k)))
                    .element("td", Double.isNaN(r2) ? "–" : Numbers.of(r2))
                    .open("td", "class", "line");
            Bar.write(html, Double.isNaN(r2) ? 0 : r2);
            html.close().close();
        }
        html.close().close();
    }
}
