package lowrank.store.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/** The frame that pictures over components, or over another quantity, share: axes with marks, dots, lines and words in it. */
final class Plot {
    private static final double LEFT = 60;
    private static final double RIGHT = 14;
    private static final double TOP = 34;
    private static final double BOTTOM = 44;
    /** Beyond so many components, equal ratios are equally long: the first ones are those to look at. */
    private static final int LINEAR = 60;

    private static final double CLOSEST = 0.7;

    private final Html html;
    private final Axis x;
    /** What the places are on the horizontal axis; null for components, which are counted from 1. */
    private final double[] places;

    private final Axis y;
    private final double width;
    private final double height;

    private Plot(Html html, Axis x, double[] places, Axis y, double width, double height) {
        this.html = html;
        this.x = x;
        this.places = places;
        this.y = y;
        this.width = width;
        this.height = height;
    }

    /** Pixels of the vertical axis of a picture: bottom, top. */
    static double[] vertical(double height) {
        return new double[] {height - BOTTOM, TOP};
    }

    /**
     * Opens a picture.
     *
     * @param components how many there are from left to right
     * @param description what one would see, for those who do not
     */
    static Plot open(
            Html html,
            String id,
            String size,
            double width,
            double height,
            int components,
            Axis y,
            String[] description) {
        Axis x = new Axis(components > LINEAR, 1, components, LEFT + 10, width - RIGHT - 4);
        return open(html, id, size, width, height, x, null, y, description);
    }

    /**
     * Opens a picture over positive quantities on a logarithmic axis.
     *
     * @param places the quantities, in any order
     */
    static Plot over(
            Html html,
            String id,
            String size,
            double width,
            double height,
            double[] places,
            Axis y,
            String[] description) {
        double least = Arrays.stream(places).min().orElse(1);
        double most = Arrays.stream(places).max().orElse(1);
        Axis x = Axis.decades(least, most, LEFT, width - RIGHT);
        return open(html, id, size, width, height, x, places, y, description);
    }

    /**
     * Opens a picture over quantities, ascending, on an axis where equal differences are equally long.
     *
     * @param least where the axis begins
     * @param most where it ends
     */
    static Plot along(
            Html html,
            String id,
            String size,
            double width,
            double height,
            double[] places,
            double least,
            double most,
            Axis y,
            String[] description) {
        double room = most > least ? 0 : 0.5;
        Axis x = new Axis(false, least - room, most + room, LEFT, width - RIGHT);
        return open(html, id, size, width, height, x, places, y, description);
    }

    private static Plot open(
            Html html,
            String id,
            String size,
            double width,
            double height,
            Axis x,
            double[] places,
            Axis y,
            String[] description) {
        html.picture(id, size, width, height, 0, description[0], description[1]);
        return new Plot(html, x, places, y, width, height);
    }

    /** Marks and lines of both axes. */
    Plot axes(String vertical, List<Axis.Tick> ticks) {
        return axes(vertical, ticks, x.logarithmic() ? "component (log scale)" : "component");
    }

    /** Marks and lines of both axes. */
    Plot axes(String vertical, List<Axis.Tick> ticks, String horizontal) {
        html.element("text", vertical, "class", "axis", "x", "0", "y", "14");
        for (Axis.Tick tick : ticks) {
            String at = Numbers.px(y.at(tick.value()));
            html.line("grid", LEFT, y.at(tick.value()), width - RIGHT, y.at(tick.value()));
            html.element("text", tick.label(), "class", "tick end", "x", Numbers.px(LEFT - 8), "y", at, "dy", "0.32em");
        }
        html.line("base", LEFT, height - BOTTOM, width - RIGHT, height - BOTTOM);
        for (Axis.Tick tick : places == null ? componentTicks() : x.ticks(width < 500 ? 4 : 8)) {
            double at = x.at(tick.value());
            html.line("base", at, height - BOTTOM, at, height - BOTTOM + 5);
            word("tick middle", at, height - BOTTOM + 19, tick.label());
        }
        word("axis end", width - RIGHT, height - 4, horizontal);
        return this;
    }

    private List<Axis.Tick> componentTicks() {
        List<Axis.Tick> ticks = new ArrayList<>(x.ticks(width < 500 ? 5 : 10));
        if (ticks.isEmpty() || ticks.get(0).value() > 1) {
            ticks.removeIf(tick -> x.at(tick.value()) - x.at(1) < 18);
            ticks.add(0, new Axis.Tick(1, "1"));
        }
        // The last component closes the axis; marks that it would overprint go.
        ticks.removeIf(tick -> tick.value() > 1 && x.at(x.high()) - x.at(tick.value()) < 34);
        if (x.high() > 1) {
            ticks.add(new Axis.Tick(x.high(), Numbers.whole((long) x.high())));
        }
        return ticks;
    }

    /** The line between what was kept and what was not. */
    Plot rank(int rank) {
        if (rank >= x.high()) {
            return this;
        }
        double at = (x.at(rank) + x.at(rank + 1)) / 2;
        html.line("cut", at, TOP - 16, at, height - BOTTOM);
        word("cut end", at - 6, TOP - 8, at < 120 ? "" : "kept");
        word("cut", at + 6, TOP - 8, width - at < 74 ? "" : "not kept");
        return this;
    }

    /** A line across at a place, and a word at its upper end. */
    Plot mark(int j, String text) {
        double at = at(j);
        html.line("cut", at, TOP - 6, at, height - BOTTOM);
        boolean before = at > width / 2;
        word(before ? "cut end" : "cut", at + (before ? -6 : 6), TOP + 2, text);
        return this;
    }

    /** A line from left to right at a value inside the vertical axis, and a word at its left end, where falling curves are not. */
    Plot level(double value, String text) {
        if (value > y.low() && value < y.high()) {
            html.line("cut", LEFT, y.at(value), width - RIGHT, y.at(value));
            word("cut", LEFT + 8, y.at(value) - 6, text);
        }
        return this;
    }

    /** A line through all places that are known; parts above the picture are not drawn. */
    Plot series(String type, IntToDoubleFunction value) {
        StringBuilder path = new StringBuilder();
        boolean drawn = false;
        for (int j = 0; j < places.length; j++) {
            boolean inside = value.applyAsDouble(j) <= y.high();
            if (inside) {
                if (!drawn && j > 0) {
                    point(path, 'M', crossing(value, j, j - 1), TOP);
                }
                point(path, drawn || j > 0 && path.length() > 0 ? 'L' : 'M', at(j), y.at(value.applyAsDouble(j)));
            } else if (drawn) {
                point(path, 'L', crossing(value, j - 1, j), TOP);
            }
            drawn = inside;
        }
        if (path.length() > 0) {
            html.empty("path", "class", "curve " + type, "d", path.toString());
        }
        return this;
    }

    /** Where a line from a place inside to one above leaves the picture. */
    private double crossing(IntToDoubleFunction value, int inside, int above) {
        double share = y.share(value.applyAsDouble(inside));
        double beyond = y.share(value.applyAsDouble(above));
        double part = beyond > share && beyond < Double.POSITIVE_INFINITY ? (1 - share) / (beyond - share) : 0;
        return at(inside) + part * (at(above) - at(inside));
    }

    private static void point(StringBuilder path, char how, double x, double y) {
        path.append(how).append(Numbers.px(x)).append(' ').append(Numbers.px(y));
    }

    private double at(int j) {
        return x.at(places == null ? j + 1 : places[j]);
    }

    /** Dots for the components in [from, to); those that would lie on another are left out. */
    Plot dots(String type, int from, int to, IntToDoubleFunction value) {
        StringBuilder path = new StringBuilder();
        double lastX = Double.NEGATIVE_INFINITY;
        double lastY = 0;
        for (int j = from; j < to; j++) {
            if (!(value.applyAsDouble(j) > 0)) {
                continue;
            }
            double atX = at(j);
            double atY = y.at(value.applyAsDouble(j));
            if (Math.hypot(atX - lastX, atY - lastY) >= CLOSEST) {
                path.append('M')
                        .append(Numbers.px(atX))
                        .append(' ')
                        .append(Numbers.px(atY))
                        .append("h0");
                lastX = atX;
                lastY = atY;
            }
        }
        if (path.length() > 0) {
            String few = to - from <= 100 ? " large" : "";
            html.empty("path", "class", "dots " + type + few, "d", path.toString());
        }
        return this;
    }

    /** A line through the components in [from, to); with a surface below it where {@code filled}. */
    Plot curve(String type, int from, int to, IntToDoubleFunction value, boolean filled) {
        if (to - from < 2) {
            return this;
        }
        StringBuilder path = new StringBuilder();
        double last = Double.NEGATIVE_INFINITY;
        for (int j = from; j < to; j++) {
            double atX = at(j);
            if (atX - last >= CLOSEST || j == to - 1) {
                path.append(path.length() == 0 ? 'M' : 'L')
                        .append(Numbers.px(atX))
                        .append(' ')
                        .append(Numbers.px(y.at(value.applyAsDouble(j))));
                last = atX;
            }
        }
        if (filled) {
            String bottom = Numbers.px(height - BOTTOM);
            String area = path + "V" + bottom + "H" + Numbers.px(at(from)) + "Z";
            html.empty("path", "class", "area " + type, "d", area);
        }
        html.empty("path", "class", "curve " + type, "d", path.toString());
        return this;
    }

    /** A dot at a place of its own. */
    Plot dot(String type, double across, double value) {
        html.empty(
                "circle",
                "class",
                "dot " + type,
                "cx",
                Numbers.px(x.at(across)),
                "cy",
                Numbers.px(y.at(value)),
                "r",
                "2.8");
        return this;
    }

    /** A surface between two lines through all places. */
    Plot band(String type, IntToDoubleFunction low, IntToDoubleFunction high) {
        StringBuilder path = new StringBuilder();
        for (int j = 0; j < places.length; j++) {
            point(path, j == 0 ? 'M' : 'L', at(j), y.at(high.applyAsDouble(j)));
        }
        for (int j = places.length - 1; j >= 0; j--) {
            point(path, 'L', at(j), y.at(low.applyAsDouble(j)));
        }
        html.empty("path", "class", "band " + type, "d", path.append('Z').toString());
        return this;
    }

    /** An error bar from {@code low} to {@code high} at a component. */
    Plot bar(int j, double low, double high) {
        html.line("bar", at(j), y.at(low), at(j), y.at(high));
        return this;
    }

    /** A word beside a point. */
    Plot label(int j, double value, double dx, double dy, boolean before, String text) {
        word(before ? "label end" : "label", at(j) + dx, y.at(value) + dy, text);
        return this;
    }

    /** How far to the right a component stands, from 0 to 1. */
    double across(int j) {
        return (at(j) - LEFT) / (width - LEFT - RIGHT);
    }

    void close() {
        html.close();
    }

    private void word(String type, double atX, double atY, String text) {
        if (!text.isEmpty()) {
            html.word(type, atX, atY, text);
        }
    }
}
