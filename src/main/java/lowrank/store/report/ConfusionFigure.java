package lowrank.store.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.linalg.Matrix;

/** Which classes are taken for which: a map where they are few, the worst pairs where they are many. */
record ConfusionFigure(Matrix confusion, List<String> names, double[] rows, double[] told) {
    /** More classes are not drawn cell by cell. */
    private static final int DRAWN = 30;

    /** Up to so many, cells hold their numbers. */
    private static final int NUMBERED = 12;

    private static final int PAIRS = 20;
    private static final int LONGEST = 14;

    static void write(Html html, Matrix confusion, List<String> names) {
        int n = names.size();
        double[] rows = new double[n];
        double[] told = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                rows[i] += confusion.get(i, j);
                told[j] += confusion.get(i, j);
            }
        }
        ConfusionFigure f = new ConfusionFigure(confusion, names, rows, told);
        html.open("section", "id", "confusion").element("h2", "Classes and what they were taken for");
        html.open("div", "class", "pair");
        if (n <= DRAWN) {
            html.open("figure");
            f.map(html);
            html.element(
                            "figcaption",
                            "A row per true class, a column per class that was told. A cell is the stronger, the larger a"
                                    + " part of its row it holds (by the square root, so that few are seen too): on the"
                                    + " diagonal the right ones, beside it the confusions.")
                    .close();
        } else {
            html.open("div");
            f.pairs(html);
            html.close();
        }
        html.open("div", "class", "beside");
        f.recalls(html);
        html.close().close().close();
    }

    private void map(Html html) {
        int n = names.size();
        boolean upright = names.stream().anyMatch(name -> name.length() > 3);
        int longest =
                Math.min(LONGEST, names.stream().mapToInt(String::length).max().orElse(1));
        double left = 22 + 7.2 * longest;
        double cell = Math.min(54, (650 - left) / n);
        double top = upright ? 30 + 6.6 * longest : 42;
        double width = left + cell * n + 6;
        double height = top + cell * n + 6;
        html.picture("confusion", "map", width, height, width, "Classes and what they were taken for", described());
        html.element("text", "told", "class", "axis", "x", Numbers.px(left), "y", "13");
        html.element("text", "true", "class", "axis", "x", "0", "y", Numbers.px(top - 8));
        for (int i = 0; i < n; i++) {
            double middle = (i + 0.5) * cell;
            html.element(
                    "text",
                    cut(names.get(i)),
                    "class",
                    "tick end",
                    "x",
                    Numbers.px(left - 8),
                    "y",
                    Numbers.px(top + middle),
                    "dy",
                    "0.32em");
            String x = Numbers.px(left + middle);
            String y = Numbers.px(top - 8);
            if (upright) {
                html.element(
                        "text",
                        cut(names.get(i)),
                        "class",
                        "tick",
                        "x",
                        x,
                        "y",
                        y,
                        "dy",
                        "0.32em",
                        "transform",
                        "rotate(-90 " + x + " " + y + ")");
            } else {
                html.element("text", cut(names.get(i)), "class", "tick middle", "x", x, "y", y);
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                cell(html, i, j, left + j * cell, top + i * cell, cell);
            }
        }
        html.close();
    }

    private void cell(Html html, int i, int j, double x, double y, double size) {
        double weight = confusion.get(i, j);
        double share = rows[i] > 0 ? weight / rows[i] : 0;
        html.open(
                "rect",
                "class",
                weight == 0 ? "cell" : i == j ? "cell right" : "cell wrong",
                "x",
                Numbers.px(x),
                "y",
                Numbers.px(y),
                "width",
                Numbers.px(size - 1),
                "height",
                Numbers.px(size - 1),
                "fill-opacity",
                weight == 0 ? "1" : Numbers.part(0.08 + 0.92 * Math.sqrt(share)));
        html.element(
                        "title",
                        count(weight) + " of class " + names.get(i) + " told as " + names.get(j) + ": "
                                + Numbers.percent(share))
                .close();
        if (names.size() <= NUMBERED && weight > 0) {
            html.element(
                    "text",
                    count(weight),
                    "class",
                    share > 0.3 ? "count on" : "count",
                    "x",
                    Numbers.px(x + size / 2 - 0.5),
                    "y",
                    Numbers.px(y + size / 2),
                    "dy",
                    "0.34em");
        }
    }

    private String described() {
        List<Pair> worst = worst(1);
        return worst.isEmpty()
                ? "No class is taken for another."
                : "Most often class " + names.get(worst.get(0).from()) + " is taken for "
                        + names.get(worst.get(0).to()) + ": "
                        + Numbers.percent(
                                worst.get(0).weight() / rows[worst.get(0).from()]) + " of its rows.";
    }

    private record Pair(int from, int to, double weight) {}

    private List<Pair> worst(int most) {
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            for (int j = 0; j < names.size(); j++) {
                if (i != j && confusion.get(i, j) > 0) {
                    pairs.add(new Pair(i, j, confusion.get(i, j)));
                }
            }
        }
        pairs.sort(Comparator.comparingDouble(Pair::weight).reversed());
        return pairs.subList(0, Math.min(most, pairs.size()));
    }

    private void pairs(Html html) {
        List<Pair> worst = worst(PAIRS);
        if (worst.isEmpty()) {
            html.element("p", described());
            return;
        }
        html.element(
                "p",
                "The " + worst.size() + " pairs that were confused most, of " + Numbers.whole(names.size())
                        + " classes.");
        html.open("table", "class", "numbers").open("thead").open("tr");
        for (String head : List.of("true", "told", "rows", "of the class")) {
            html.element("th", head, "scope", "col");
        }
        html.close().close().open("tbody");
        for (Pair pair : worst) {
            html.open("tr")
                    .element("th", names.get(pair.from()), "scope", "row")
                    .element("td", names.get(pair.to()))
                    .element("td", count(pair.weight()))
                    .element("td", Numbers.percent(pair.weight() / rows[pair.from()]))
                    .close();
        }
        html.close().close();
    }

    /** Recall and precision of each class; where they are many, of the worst. */
    private void recalls(Html html) {
        int[] shown = IntStream.range(0, names.size()).toArray();
        if (shown.length > DRAWN) {
            shown = IntStream.of(shown)
                    .filter(i -> rows[i] > 0)
                    .boxed()
                    .sorted(Comparator.comparingDouble(this::recall))
                    .limit(PAIRS)
                    .mapToInt(Integer::intValue)
                    .toArray();
            html.element("p", "The " + shown.length + " classes that were found least.");
        }
        html.open("table", "class", "numbers").open("thead").open("tr");
        for (String head : List.of("class", "rows", "recall", "precision")) {
            html.element("th", head, "scope", "col");
        }
        html.close().close().open("tbody");
        for (int i : shown) {
            html.open("tr")
                    .element("th", cut(names.get(i)), "scope", "row", "title", names.get(i))
                    .element("td", count(rows[i]))
                    .element("td", rows[i] > 0 ? Numbers.percent(recall(i)) : "–")
                    .element("td", told[i] > 0 ? Numbers.percent(confusion.get(i, i) / told[i]) : "–")
                    .close();
        }
        html.close().close();
        html.element(
                "p",
                "Recall: of the rows of a class, the part that was told so. Precision: of the rows that were told so,"
                        + " the part that was right.",
                "class",
                "under");
    }

    private double recall(int i) {
        return confusion.get(i, i) / rows[i];
    }

    private static String cut(String name) {
        return name.length() <= LONGEST ? name : name.substring(0, LONGEST - 1) + "…";
    }

    private static String count(double weight) {
        return weight == Math.rint(weight) ? Numbers.whole((long) weight) : Numbers.of(weight);
    }
}
