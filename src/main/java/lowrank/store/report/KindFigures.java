package lowrank.store.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Spectra and ranks of a model's matrices, a small picture for each kind: how singular values fall, and how many are needed, layer by layer.
 * Of a kind with many matrices the picture holds their range and their median, so its size does not depend on how many they are.
 */
public final class KindFigures {
    /** Kinds beyond so many, those of fewest numbers, are in the tables alone. */
    private static final int DRAWN = 9;

    /** Places along a spectrum. */
    private static final int PLACES = 60;

    /** Where axes of spectra end below. */
    private static final double DEEPEST = 1e-5;

    private static final double WIDTH = 330;
    private static final double HEIGHT = 230;

    /**
     * What is drawn of a matrix.
     *
     * @param s all singular values, descending
     * @param rank that is kept
     */
    public record Ranks(
            int rows, int cols, double[] s, double stableRank, int r90, int r99, double breakEven, int rank) {
        private double full() {
            return Math.min(rows, cols);
        }

        /** s at a place from 0 (the first) to 1 (the last), of the first; 0 of a matrix of zeros. */
        private double at(double place) {
            return s.length == 0 || !(s[0] > 0) ? 0 : s[(int) Math.round(place * (s.length - 1))] / s[0];
        }
    }

    private final Html html;
    private final MatrixGrid grid;
    private final List<Ranks> matrices;

    private KindFigures(Html html, MatrixGrid grid, List<Ranks> matrices) {
        this.html = html;
        this.grid = grid;
        this.matrices = matrices;
    }

    static void write(Html html, MatrixGrid grid, List<Ranks> matrices) {
        if (matrices.isEmpty()) {
            return;
        }
        KindFigures figures = new KindFigures(html, grid, matrices);
        List<MatrixGrid.Kind> kinds = grid.kinds().stream()
                .sorted(Comparator.comparingDouble(kind -> -figures.numbers(kind)))
                .limit(DRAWN)
                .sorted(Comparator.comparingInt(kind -> kind.members().get(0)))
                .toList();
        html.open("section", "id", "spectra").element("h2", "How singular values fall");
        html.open("div", "class", "panels");
        for (int i = 0; i < kinds.size(); i++) {
            figures.spectra("spectra-" + i, kinds.get(i));
        }
        html.close();
        html.element(
                        "p",
                        "Singular values of each kind of matrix, divided by the first, from the first (0%) to the last (100%)."
                                + " The line is the median of the kind, the surface holds all of them."
                                + figures.left(kinds.size()),
                        "class",
                        "under")
                .close();
        html.open("section", "id", "ranks").element("h2", "How many of them matter");
        html.open("div", "class", "keys");
        for (String[] key : new String[][] {
            {"r99", "99% of the squares"},
            {"r90", "90%"},
            {"stable", "stable rank"},
            {"even", "break-even"},
            {"rank", "kept"}
        }) {
            html.element("span", key[1], "class", "key " + key[0]);
        }
        html.close().open("div", "class", "panels");
        for (int i = 0; i < kinds.size(); i++) {
            figures.ranks("ranks-" + i, kinds.get(i));
        }
        html.close();
        html.element(
                        "p",
                        "Components, layer by layer: how many hold 99% and 90% of the sum of squares, and the stable rank. With as"
                                + " many as break-even, factors hold as many numbers as the matrix itself."
                                + (grid.shared() ? " Where a layer has several matrices of a kind, their median." : ""),
                        "class",
                        "under")
                .close();
    }

    private double numbers(MatrixGrid.Kind kind) {
        return kind.members().stream()
                .mapToDouble(i -> (double) matrices.get(i).rows * matrices.get(i).cols)
                .sum();
    }

    private String left(int drawn) {
        int left = grid.kinds().size() - drawn;
        return (left > 0 ? " " + left + " more kinds of smaller matrices are in the tables alone." : "") + grid.note();
    }

    private static String shape(Ranks of) {
        return Numbers.whole(of.rows) + "\u00a0×\u00a0" + Numbers.whole(of.cols);
    }

    private void caption(MatrixGrid.Kind kind) {
        html.element(
                "figcaption",
                kind.name() + ", " + Numbers.whole(kind.members().size())
                        + (kind.members().size() == 1 ? " matrix of " : " matrices of ")
                        + shape(matrices.get(kind.members().get(0))));
    }

    private void spectra(String id, MatrixGrid.Kind kind) {
        double[] places = IntStream.rangeClosed(0, PLACES)
                .mapToDouble(i -> 100.0 * i / PLACES)
                .toArray();
        double[] low = new double[places.length];
        double[] middle = new double[places.length];
        double[] high = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            double place = places[i] / 100;
            double[] values = kind.members().stream()
                    .mapToDouble(member -> matrices.get(member).at(place))
                    .sorted()
                    .toArray();
            low[i] = Math.max(DEEPEST, values[0]);
            middle[i] = Math.max(DEEPEST, values[(values.length - 1) / 2]);
            high[i] = Math.max(DEEPEST, values[values.length - 1]);
        }
        double[] vertical = Plot.vertical(HEIGHT);
        Axis y = Axis.decades(Arrays.stream(low).min().orElse(DEEPEST), 1, vertical[0], vertical[1]);
        String[] description = {
            "Singular values of " + kind.name(),
            "The median matrix falls to " + Numbers.rough(middle[PLACES / 2]) + " of its first value half way, and to "
                    + Numbers.rough(middle[PLACES]) + " at the end."
        };
        html.open("figure");
        Plot.along(html, id, "small", WIDTH, HEIGHT, places, 0, 100, y, description)
                .axes("of the first", y.ticks(4), "percent of all components")
                .band("kept", i -> low[i], i -> high[i])
                .curve("kept", 0, places.length, i -> middle[i], false)
                .close();
        caption(kind);
        html.close();
    }

    private void ranks(String id, MatrixGrid.Kind kind) {
        Map<Integer, List<Integer>> layers =
                kind.members().stream().collect(Collectors.groupingBy(grid::layer, TreeMap::new, Collectors.toList()));
        double[] places =
                layers.keySet().stream().mapToDouble(Integer::doubleValue).toArray();
        double full = kind.members().stream()
                .mapToDouble(member -> matrices.get(member).full())
                .max()
                .orElse(1);
        double[] vertical = Plot.vertical(HEIGHT);
        Axis y = new Axis(false, 0, 1.04 * full, vertical[0], vertical[1]);
        Ranks first = matrices.get(kind.members().get(0));
        double r99 = MatrixGrid.median(kind.members(), i -> (double) matrices.get(i).r99);
        double r90 = MatrixGrid.median(kind.members(), i -> (double) matrices.get(i).r90);
        String[] description = {
            "Ranks of " + kind.name(),
            "Of " + Numbers.whole((long) full) + " components the median matrix needs " + Numbers.whole((long) r90)
                    + " for 90% and " + Numbers.whole((long) r99) + " for 99% of its squares; break-even is "
                    + Numbers.of(first.breakEven) + "."
        };
        html.open("figure");
        Plot plot = Plot.along(
                        html, id, "small", WIDTH, HEIGHT, places, places[0], places[places.length - 1], y, description)
                .axes("components", y.ticks(5), places.length == 1 ? "" : "layer");
        line(plot, "even", layers, i -> matrices.get(i).breakEven);
        line(plot, "r99", layers, i -> matrices.get(i).r99);
        line(plot, "r90", layers, i -> matrices.get(i).r90);
        line(plot, "stable", layers, i -> matrices.get(i).stableRank);
        if (kind.members().stream()
                .anyMatch(i -> matrices.get(i).rank < matrices.get(i).full())) {
            line(plot, "rank", layers, i -> matrices.get(i).rank);
        }
        plot.close();
        caption(kind);
        html.close();
    }

    /** One layer is a dot, several are a line. */
    private static void line(Plot plot, String type, Map<Integer, List<Integer>> layers, ToDoubleFunction<Integer> of) {
        double[] values = layers.values().stream()
                .mapToDouble(members -> MatrixGrid.median(members, of))
                .toArray();
        if (values.length == 1) {
            plot.dots(type, 0, 1, i -> values[i]);
        } else {
            plot.curve(type, 0, values.length, i -> values[i], false);
        }
    }
}
