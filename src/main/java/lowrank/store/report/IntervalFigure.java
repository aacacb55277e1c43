package lowrank.store.report;

import lowrank.certify.Measure;

/** A measured number and the interval around it that holds the truth. */
final class IntervalFigure {
    private static final double LEFT = 14;
    private static final double LINE = 46;

    private IntervalFigure() {}

    static void write(Html html, Measure measure) {
        if (Double.isNaN(measure.value()) || measure.lower() == null && measure.upper() == null) {
            return;
        }
        html.open("section", "id", "interval")
                .element(
                        "h2",
                        Character.toUpperCase(measure.name().charAt(0))
                                + measure.name().substring(1));
        html.open("div", "class", "pair").open("figure");
        plot(html, measure, "wide", 660);
        plot(html, measure, "narrow", 360);
        html.element(
                        "figcaption",
                        "The dot is what was measured, " + Numbers.of(measure.value())
                                + "; the truth lies on the line"
                                + (measure.failureProbability() == 0
                                        ? ""
                                        : ", but for a probability of " + Numbers.chosen(measure.failureProbability()))
                                + ". " + (measure.upper() == null ? "No upper end is known. " : "")
                                + Sentence.of(measure.meaning()))
                .close()
                .close()
                .close();
    }

    private static void plot(Html html, Measure measure, String size, double width) {
        double low = measure.lower() == null ? 0 : measure.lower();
        double most = Math.max(measure.value(), measure.upper() == null ? 2 * measure.value() : measure.upper());
        Axis x = new Axis(false, 0, most > 0 ? 1.08 * most : 1, LEFT, width - LEFT);
        double end = measure.upper() == null ? width - LEFT : x.at(measure.upper());
        String id = "interval-" + size;
        String description = "Measured " + Numbers.of(measure.value()) + ", at least " + Numbers.of(low)
                + (measure.upper() == null ? "" : ", at most " + Numbers.of(measure.upper())) + ".";
        html.picture(id, size, width, 96, 0, measure.name(), description);
        html.line("base", LEFT, 66, width - LEFT, 66);
        for (Axis.Tick tick : x.fineTicks(width < 500 ? 4 : 8)) {
            html.line("base", x.at(tick.value()), 66, x.at(tick.value()), 71);
            html.element("text", tick.label(), "class", "tick middle", "x", Numbers.px(x.at(tick.value())), "y", "85");
        }
        html.line("span", x.at(low), LINE, end, LINE);
        for (double cap : new double[] {x.at(low), measure.upper() == null ? Double.NaN : end}) {
            if (!Double.isNaN(cap)) {
                html.line("span", cap, LINE - 6, cap, LINE + 6);
            }
        }
        double at = x.at(measure.value());
        html.empty("path", "class", "dots kept large", "d", "M" + Numbers.px(at) + " " + Numbers.px(LINE) + "h0");
        boolean before = at > width - 90;
        html.element(
                "text",
                Numbers.of(measure.value()),
                "class",
                before ? "label end" : at < 60 ? "label" : "label middle",
                "x",
                Numbers.px(at),
                "y",
                "28");
        html.close();
    }
}
