package lowrank.store.report;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** The singular values on a logarithmic axis, with their bounds, and what is known beyond the rank. */
final class SpectrumFigure {
    /** Where axes end below: values that many times smaller than the first are rounding of rounding. */
    private static final double DEEPEST = 1e-18;

    private static final int FIRST_ROWS = 10;
    private static final int ALL_ROWS = 60;

    private SpectrumFigure() {}

    /** @param energy what squared singular values are called: variance where the matrix is centred */
    static void write(Html html, Spectrum s, String energy) {
        html.open("section", "id", "spectrum").element("h2", "Singular values");
        html.open("div", "class", "pair").open("figure");
        plot(html, s, "wide", 660, 360);
        plot(html, s, "narrow", 360, 300);
        html.element("figcaption", caption(s)).close().open("div", "class", "beside");
        table(
                html,
                s,
                energy,
                IntStream.range(0, Math.min(FIRST_ROWS, s.rank())).toArray());
        if (s.rank() > FIRST_ROWS) {
            html.open("details").element("summary", "More of the " + Numbers.whole(s.rank()) + " values");
            table(html, s, energy, more(s.rank()));
            html.close();
        }
        html.close().close().close();
    }

    private static double floor(Spectrum s) {
        return s.values()[0] * DEEPEST;
    }

    private static void plot(Html html, Spectrum s, String size, double width, double height) {
        double first = s.values()[0];
        double least = first;
        double most = first;
        for (int j = 0; j < s.known(); j++) {
            if (s.value(j) > floor(s)) {
                least = Math.min(least, s.value(j));
            }
        }
        for (int j = 0; j < s.rank(); j++) {
            most = Math.max(most, s.upper()[j]);
        }
        double[] vertical = Plot.vertical(height);
        Axis y = Axis.decades(least, most, vertical[0], vertical[1]);
        int k = s.rank();
        String[] description = {
            "Singular values",
            "The " + Numbers.whole(k) + " values kept fall from " + Numbers.of(first) + " to "
                    + Numbers.of(s.values()[k - 1]) + "."
                    + (s.beyond().length == 0
                            ? ""
                            : " " + Numbers.whole(s.beyond().length)
                                    + (s.whole()
                                            ? " more are known, down to "
                                            : " more were seen by the sketch, down to ")
                                    + Numbers.of(s.value(s.known() - 1)) + ".")
        };
        Plot plot = Plot.open(html, "spectrum-" + size, size, width, height, s.known(), y, description)
                .axes("singular value", y.ticks(6))
                .rank(k);
        boolean bars = false;
        for (int j = 0; j < k; j++) {
            // Shorter bars are inside their dots.
            double low = Math.max(s.lower()[j], y.low());
            if (y.at(low) - y.at(s.upper()[j]) > 3) {
                plot.bar(j, low, s.upper()[j]);
                bars = true;
            }
        }
        plot.dots("beyond", k, s.known(), j -> s.value(j) > floor(s) ? s.value(j) : 0)
                .dots("kept", 0, k, s::value)
                .label(0, first, 9, -5, false, Numbers.of(first));
        boolean before = plot.across(k - 1) > 0.85;
        if (k > 1 && plot.across(k - 1) - plot.across(0) > 0.2 && !(bars && before)) {
            plot.label(k - 1, s.value(k - 1), before ? -7 : 9, before ? 14 : -6, before, Numbers.of(s.value(k - 1)));
        }
        plot.close();
    }

    private static String caption(Spectrum s) {
        StringBuilder text =
                new StringBuilder("Each dot is a singular value, on an axis where equal ratios are equally long. ");
        text.append("Bars span the bounds that the certificate gives; ");
        text.append(
                s.widestBar() < 1e-3
                        ? "here they are narrower than the dots, " + Numbers.rough(s.widestBar())
                                + " of the first value at most."
                        : "the widest is " + Numbers.rough(s.widestBar()) + " of the first value on one side.");
        if (s.beyond().length > 0) {
            text.append(" Fainter: ")
                    .append(Numbers.whole(s.beyond().length))
                    .append(
                            s.whole()
                                    ? " values that are known but not kept."
                                    : " values that the sketch saw beyond the rank, lower bounds all.");
        }
        long hidden = IntStream.range(0, s.known())
                .filter(j -> s.value(j) <= floor(s))
                .count();
        if (hidden > 0) {
            text.append(" Not drawn: ").append(Numbers.whole(hidden)).append(" values of zero or next to it.");
        }
        return text.toString();
    }

    /** Which components the long table shows: all when they are few, else ever fewer, and the last. */
    private static int[] more(int rank) {
        TreeSet<Integer> rows = new TreeSet<>();
        double ratio = Math.pow((double) rank / FIRST_ROWS, 1.0 / (ALL_ROWS - FIRST_ROWS));
        double next = FIRST_ROWS;
        for (int j = FIRST_ROWS; j < rank; j++) {
            if (rank <= ALL_ROWS || j + 1 >= next || j == rank - 1) {
                rows.add(j);
                next = Math.max(next * ratio, j + 1.5);
            }
        }
        return rows.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void table(Html html, Spectrum s, String energy, int[] components) {
        double[] captured = s.captured();
        html.open("table", "class", "numbers").open("thead").open("tr");
        for (String head : List.of("", "value", energy, "together")) {
            html.element("th", head, "scope", "col");
        }
        html.close().close().open("tbody");
        for (int j : components) {
            html.open("tr")
                    .element("th", Numbers.whole(j + 1L), "scope", "row")
                    .element("td", Numbers.of(s.value(j)), "title", bounds(s, j))
                    .element("td", Numbers.percent(s.share(j)))
                    .element("td", Numbers.percent(captured[j]))
                    .close();
        }
        html.close().close();
    }

    private static String bounds(Spectrum s, int j) {
        return "between " + s.lower()[j] + " and " + s.upper()[j];
    }
}
