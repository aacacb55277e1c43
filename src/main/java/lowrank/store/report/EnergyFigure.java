package lowrank.store.report;

/** How much of the squared norm the first components hold together, and how many a given share needs. */
final class EnergyFigure {
    private static final double[] SHARES = {0.5, 0.8, 0.9, 0.95, 0.99, 0.999};

    private EnergyFigure() {}

    /** @param energy what it is called: variance where the matrix is centred */
    static void write(Html html, Spectrum s, String energy) {
        double[] captured = s.captured();
        html.open("section", "id", "energy").element("h2", "Captured " + energy);
        html.open("div", "class", "pair").open("figure");
        plot(html, s, captured, energy, "wide", 660, 300);
        plot(html, s, captured, energy, "narrow", 360, 260);
        html.element(
                        "figcaption",
                        "The part of the " + energy
                                + " (the sum of the squared singular values) that the first components"
                                + " hold together."
                                + fainter(s))
                .close()
                .open("div", "class", "beside");
        shares(html, s, captured, energy);
        html.close().close().close();
    }

    private static void plot(
            Html html, Spectrum s, double[] captured, String energy, String size, double width, double height) {
        double[] vertical = Plot.vertical(height);
        Axis y = new Axis(false, 0, 1, vertical[0], vertical[1]);
        int k = s.rank();
        double kept = captured[k - 1];
        String[] description = {
            "Captured " + energy,
            "The first component holds " + Numbers.percent(captured[0]) + ", all " + Numbers.whole(k) + " kept hold "
                    + Numbers.percent(kept) + "."
        };
        Plot plot = Plot.open(html, "energy-" + size, size, width, height, s.known(), y, description)
                .axes("share of the " + energy, java.util.List.of(tick(0), tick(0.25), tick(0.5), tick(0.75), tick(1)))
                .rank(k)
                .curve("beyond", k - 1, s.known(), j -> captured[j], false)
                .curve("kept", 0, k, j -> captured[j], true)
                .dots("kept", k - 1, k, j -> captured[j]);
        boolean before = plot.across(k - 1) > 0.4;
        // Above the curve on its left, below it on its right: where there is room; and never across the upper edge.
        boolean above = before && kept < 0.9;
        plot.label(k - 1, kept, before ? -8 : 9, above ? -8 : 18, before, Numbers.percent(kept))
                .close();
    }

    private static String fainter(Spectrum s) {
        if (s.beyond().length == 0) {
            return "";
        }
        return " Fainter: what more components would add" + (s.whole() ? "." : " at least.");
    }

    private static Axis.Tick tick(double share) {
        return new Axis.Tick(share, Math.round(100 * share) + "%");
    }

    private static void shares(Html html, Spectrum s, double[] captured, String energy) {
        html.open("table", "class", "numbers").open("thead").open("tr");
        html.element("th", energy, "scope", "col").element("th", "components needed", "scope", "col");
        html.close().close().open("tbody");
        for (double share : SHARES) {
            int needed = 0;
            while (needed < captured.length && captured[needed] < share) {
                needed++;
            }
            html.open("tr", "class", needed < s.rank() ? "in" : "faint")
                    .element("th", Numbers.chosen(100 * share) + "%", "scope", "row")
                    .element("td", needed(s, needed))
                    .close();
        }
        html.close().close();
    }

    /** How many components, in words; a sketch sees lower bounds, so that no more than it says are needed. */
    private static String needed(Spectrum s, int before) {
        if (before == s.known()) {
            return s.whole() ? "more than " + Numbers.whole(s.known()) : "not known";
        }
        return (s.whole() || before < s.rank() ? "" : "at most ") + Numbers.whole(before + 1L);
    }
}
