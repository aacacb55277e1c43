package lowrank.store.report;

/** A share as a bar in a cell of a table. */
final class Bar {
    private Bar() {}

    static void write(Html html, double share) {
        html.open("svg", "viewBox", "0 0 1000 10", "preserveAspectRatio", "none", "aria-hidden", "true");
        html.empty("rect", "class", "track", "x", "0", "y", "0", "width", "1000", "height", "10");
        html.empty(
                "rect",
                "class",
                "time",
                "x",
                "0",
                "y",
                "0",
                "width",
                Numbers.px(1000 * Math.min(1, Math.max(0, share))),
                "height",
                "10");
        html.close();
    }
}
