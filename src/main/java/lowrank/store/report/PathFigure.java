package lowrank.store.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lowrank.regress.LambdaPath;

/**
 * How the error and the effective degrees of freedom go with the penalty, and which penalty was chosen.
 *
 * @param lambda ascending
 * @param shown the scores in one picture, what chose first
 * @param apart a score that is in other units, or null
 * @param chosen place of the penalty that was taken
 * @param unit what the scores are
 */
record PathFigure(double[] lambda, List<Series> shown, Series apart, double[] df, int chosen, String unit) {
    /** Beyond so many times the least value that matters, scores are not drawn. */
    private static final double TALLEST = 5;

    /** Where the largest value is so many times the least, the axis is logarithmic. */
    private static final double LOGARITHMIC = 5;

    private static final int ROWS = 9;

    /**
     * A score of every penalty.
     *
     * @param type of the line in the style sheet
     */
    record Series(String name, String type, double[] values) {}

    static PathFigure of(LambdaPath path, double chosen, String select, boolean classes) {
        int[] order = IntStream.range(0, path.lambda().length)
                .boxed()
                .sorted((a, b) -> Double.compare(path.lambda()[a], path.lambda()[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] lambda = sorted(path.lambda(), order, x -> x);
        // Squares of the units of a target say little; targets of classes are +1 and -1 and have no unit.
        DoubleUnaryOperator root = classes ? x -> x : Math::sqrt;
        Series gcv = new Series("GCV", "gcv", sorted(path.gcv(), order, root));
        Series loo = new Series("leave-one-out", "loo", sorted(path.looError(), order, root));
        boolean rate = classes && select.equals("kfold");
        Series folds = new Series("k-fold", "folds", sorted(path.cvError(), order, rate ? x -> x : root));
        Series first = select.equals("kfold") ? folds : select.equals("loo") ? loo : gcv;
        List<Series> shown = new ArrayList<>(List.of(new Series(first.name(), "chose", first.values())));
        if (!rate) {
            Stream.of(gcv, loo, folds)
                    .filter(s -> s != first && isKnown(s.values()))
                    .forEach(shown::add);
        }
        return new PathFigure(
                lambda,
                shown,
                rate && isKnown(gcv.values()) ? gcv : null,
                sorted(path.df(), order, x -> x),
                Math.max(0, Arrays.binarySearch(lambda, chosen)),
                rate ? "error rate" : classes ? "mean square error" : "root mean square error");
    }

    private static double[] sorted(double[] values, int[] order, DoubleUnaryOperator as) {
        return Arrays.stream(order)
                .mapToDouble(i -> as.applyAsDouble(values[i]))
                .toArray();
    }

    private static boolean isKnown(double[] values) {
        return Arrays.stream(values).anyMatch(Double::isFinite);
    }

    private boolean isRate() {
        return unit.equals("error rate");
    }

    static void write(Html html, PathFigure f) {
        if (f.lambda.length < 2 || !Double.isFinite(f.best())) {
            return;
        }
        html.open("section", "id", "path").element("h2", "Choice of the penalty");
        html.open("div", "class", "pair").open("figure");
        f.scores(html, "wide", 660, 360);
        f.scores(html, "narrow", 360, 300);
        f.keys(html);
        html.element("figcaption", f.caption()).close().open("div", "class", "beside");
        html.open("figure");
        f.small(html, "df", "effective degrees of freedom", f.df);
        html.close();
        if (f.apart != null) {
            html.open("figure");
            f.small(html, "apart", "GCV, mean square of \u00b11", f.apart.values());
            html.close();
        }
        f.table(html, f.around());
        if (f.lambda.length > ROWS) {
            html.open("details").element("summary", "All " + Numbers.whole(f.lambda.length) + " penalties");
            f.table(html, IntStream.range(0, f.lambda.length).toArray());
            html.close();
        }
        html.close().close().close();
    }

    private double best() {
        return shown.get(0).values()[chosen];
    }

    /** The scores' axis: it ends where scores are too bad to matter, so that the lowest ones can be told apart. */
    private Axis axis(double height) {
        double[] vertical = Plot.vertical(height);
        double cap = best() > 0 ? TALLEST * best() : Double.POSITIVE_INFINITY;
        double[] drawn = shown.stream()
                .flatMapToDouble(s -> Arrays.stream(s.values()))
                .filter(x -> Double.isFinite(x) && x >= 0)
                .toArray();
        double least = Arrays.stream(drawn).min().orElse(0);
        double most = Math.max(least, Math.min(cap, Arrays.stream(drawn).max().orElse(1)));
        return least > 0 && most > LOGARITHMIC * least
                ? Axis.decades(least, most, vertical[0], vertical[1])
                : Axis.plain(0, least, most, vertical[0], vertical[1]);
    }

    private void scores(Html html, String size, double width, double height) {
        Axis y = axis(height);
        String[] description = {
            "Choice of the penalty",
            "Of " + Numbers.whole(lambda.length) + " penalties from " + Numbers.of(lambda[0]) + " to "
                    + Numbers.of(lambda[lambda.length - 1]) + ", " + Numbers.of(lambda[chosen]) + " was chosen, with a "
                    + unit + " of " + score(best()) + "."
        };
        List<Axis.Tick> ticks = y.logarithmic() ? y.ticks(6) : y.fineTicks(6);
        if (isRate()) {
            ticks = ticks.stream()
                    .map(t -> new Axis.Tick(t.value(), Numbers.chosen(100 * t.value()) + "%"))
                    .toList();
        }
        Plot plot = Plot.over(html, "path-" + size, size, width, height, lambda, y, description)
                .axes(unit, ticks, "lambda (log scale)")
                .mark(chosen, "chosen: " + Numbers.of(lambda[chosen]));
        for (int i = shown.size() - 1; i >= 0; i--) {
            double[] values = shown.get(i).values();
            plot.series(shown.get(i).type(), j -> values[j]);
        }
        double[] first = shown.get(0).values();
        boolean before = plot.across(chosen) > 0.5;
        plot.dots("kept", 0, lambda.length, j -> j != chosen && first[j] <= y.high() ? first[j] : 0)
                .dots("kept chosen", chosen, chosen + 1, j -> first[j])
                .label(chosen, best(), before ? -9 : 9, -10, before, score(best()))
                .close();
    }

    private String score(double value) {
        return isRate() ? Numbers.percent(value) : Numbers.of(value);
    }

    private void keys(Html html) {
        if (shown.size() < 2) {
            return;
        }
        html.open("p", "class", "keys");
        for (Series s : shown) {
            html.element("span", s.name(), "class", "key " + s.type());
        }
        html.close();
    }

    private String caption() {
        Series first = shown.get(0);
        String what = switch (first.name()) {
            case "k-fold" ->
                isRate()
                        ? "The part of the rows of held-out folds that are put into a wrong class"
                        : "The error on held-out folds";
            case "leave-one-out" -> "The error on rows left out one by one";
            default -> "Generalised cross-validation, an estimate of the error on new rows";
        };
        StringBuilder text = new StringBuilder(what).append(", for every penalty lambda per row");
        text.append(unit.startsWith("mean") ? " (of targets +1 and \u22121). " : ". ");
        text.append("To the left the fit follows the rows ever more closely, to the right it is ever smoother. ");
        double cap = axis(300).high();
        long hidden = Arrays.stream(first.values()).filter(x -> !(x <= cap)).count();
        if (hidden > 0) {
            text.append("Not drawn: ")
                    .append(hidden == 1 ? "1 penalty" : Numbers.whole(hidden) + " penalties")
                    .append(" with a far larger error. ");
        }
        if (chosen == 0 || chosen == lambda.length - 1) {
            text.append("The choice is at an end of the path: a ")
                    .append(chosen == 0 ? "smaller" : "larger")
                    .append(" penalty might do better. ");
        }
        return text.toString().strip();
    }

    private void small(Html html, String id, String title, double[] values) {
        double[] finite =
                Arrays.stream(values).filter(x -> Double.isFinite(x) && x >= 0).toArray();
        if (finite.length < 2 || !Double.isFinite(values[chosen])) {
            return;
        }
        double[] vertical = Plot.vertical(190);
        double least = Arrays.stream(finite).min().orElse(0);
        double most = Arrays.stream(finite).max().orElse(1);
        Axis y = Axis.plain(0, id.equals("df") ? 0 : least, most, vertical[0], vertical[1]);
        String[] description = {title, "At the chosen penalty: " + Numbers.of(values[chosen]) + "."};
        Plot plot = Plot.over(html, id, "small", 272, 190, lambda, y, description)
                .axes(title, y.fineTicks(4), "lambda")
                .mark(chosen, "")
                .series("chose", j -> values[j]);
        boolean before = plot.across(chosen) > 0.6;
        plot.dots("kept chosen", chosen, chosen + 1, j -> values[j])
                .label(
                        chosen,
                        values[chosen],
                        before ? -8 : 8,
                        before && id.equals("df") ? 14 : -6,
                        before,
                        Numbers.of(values[chosen]))
                .close();
    }

    /** The penalties around the one that was chosen. */
    private int[] around() {
        int from = Math.max(0, Math.min(chosen - ROWS / 2, lambda.length - ROWS));
        return IntStream.range(from, Math.min(lambda.length, from + ROWS)).toArray();
    }

    private void table(Html html, int[] places) {
        html.open("table", "class", "numbers").open("thead").open("tr").element("th", "lambda", "scope", "col");
        for (Series s : shown) {
            html.element("th", s.name(), "scope", "col");
        }
        html.element("th", "df", "scope", "col").close().close().open("tbody");
        for (int i : places) {
            html.open("tr", "class", i == chosen ? "chosen" : "faint")
                    .element("th", Numbers.rough(lambda[i]), "scope", "row", "title", String.valueOf(lambda[i]));
            for (Series s : shown) {
                html.element("td", score(s.values()[i]));
            }
            html.element("td", Numbers.of(df[i])).close();
        }
        html.close().close();
    }
}
