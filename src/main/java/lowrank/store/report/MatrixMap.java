package lowrank.store.report;

import java.util.Arrays;

/** A number of each matrix of a model: kinds of matrices downwards, layers across. */
final class MatrixMap {
    private static final double WIDTH = 660;

    private MatrixMap() {}

    static void write(
            Html html, String id, String title, String meaning, MatrixGrid grid, double[] values, Table beside) {
        if (grid.count() == 0) {
            return;
        }
        html.open("section", "id", id).element("h2", title);
        html.open("div", "class", "pair").open("figure");
        Shades shades = Shades.upTo(Arrays.stream(values));
        new HeatMap(
                        id + "-map",
                        title,
                        described(values),
                        "",
                        grid.rows(),
                        "layer",
                        grid.cols(),
                        grid.largest(values),
                        shades,
                        Numbers::rough,
                        Numbers.rough(shades.low()),
                        Numbers.rough(shades.high()))
                .write(html, WIDTH);
        html.element("figcaption", meaning + grid.note() + (shades.logarithmic() ? " Shades go by ratios." : ""))
                .close();
        if (beside != null) {
            html.open("div", "class", "beside");
            beside.write(html);
            html.close();
        }
        html.close().close();
    }

    private static String described(double[] values) {
        double[] known = Arrays.stream(values).filter(v -> !Double.isNaN(v)).toArray();
        return known.length == 0
                ? "Nothing is known."
                : "From " + Numbers.of(Arrays.stream(known).min().getAsDouble()) + " to "
                        + Numbers.of(Arrays.stream(known).max().getAsDouble()) + ".";
    }
}
