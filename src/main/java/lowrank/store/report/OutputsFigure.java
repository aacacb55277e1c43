package lowrank.store.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Each matrix as a dot: what outputs miss with factors chosen by the matrix, across, and with factors chosen by outputs, upwards. */
public final class OutputsFigure {
    /** More dots are not told apart; of more matrices every second, third, ... is drawn. */
    private static final int DOTS = 3_000;

    /**
     * What outputs miss for some rows that go in, by matrix; NaN where it is not known.
     *
     * @param name of the rows
     * @param plain with factors chosen by the matrix
     * @param whitened with factors chosen by outputs
     */
    public record Rows(String name, double[] plain, double[] whitened) {
        private int[] drawn() {
            int[] known = IntStream.range(0, plain.length)
                    .filter(i -> plain[i] > 0 && whitened[i] > 0)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> plain[i]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            int step = (known.length + DOTS - 1) / DOTS;
            return step <= 1
                    ? known
                    : IntStream.iterate(0, i -> i < known.length, i -> i + step)
                            .map(i -> known[i])
                            .toArray();
        }

        private long better() {
            return IntStream.range(0, plain.length)
                    .filter(i -> whitened[i] < plain[i])
                    .count();
        }

        private long known() {
            return IntStream.range(0, plain.length)
                    .filter(i -> !Double.isNaN(whitened[i]) && !Double.isNaN(plain[i]))
                    .count();
        }
    }

    private OutputsFigure() {}

    static void write(Html html, List<Rows> rows) {
        double[] all = rows.stream()
                .flatMapToDouble(r -> Arrays.stream(r.drawn())
                        .boxed()
                        .flatMapToDouble(i -> DoubleStream.of(r.plain[i], r.whitened[i])))
                .toArray();
        if (all.length == 0) {
            return;
        }
        double least = Arrays.stream(all).min().getAsDouble();
        double most = Arrays.stream(all).max().getAsDouble();
        html.open("section", "id", "outputs").element("h2", "What comes out: chosen by outputs, and by matrices");
        html.open("div", "class", "pair").open("figure");
        double[] vertical = Plot.vertical(420);
        Axis y = Axis.decades(least, most, vertical[0], vertical[1]);
        String words = rows.stream()
                .map(r -> Numbers.whole(r.better()) + " of " + Numbers.whole(r.known())
                        + " matrices miss less of their outputs when factors are chosen by outputs, on " + r.name)
                .reduce((a, b) -> a + "; " + b)
                .orElse("");
        String[] types = {"kept", "other"};
        Plot plot = Plot.over(html, "outputs-plot", "map", 660, 420, new double[] {least, most}, y, new String[] {
                    "Output errors of both choices", words + "."
                })
                .axes("missed, chosen by outputs", y.ticks(6), "missed, chosen by matrices")
                .series("even", j -> j == 0 ? least : most);
        for (int r = 0; r < rows.size(); r++) {
            int[] drawn = rows.get(r).drawn();
            Rows of = rows.get(r);
            for (int i : drawn) {
                plot.dot(types[Math.min(r, 1)], of.plain[i], of.whitened[i]);
            }
        }
        plot.close();
        html.element(
                        "figcaption",
                        "A dot is a matrix, below the line where choosing by outputs is better: " + words + "."
                                + (rows.size() > 1 ? " Open dots: " + rows.get(1).name + "." : ""))
                .close()
                .close()
                .close();
    }
}
