package lowrank.store.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** All pairs of heads of one kind of composition, the earlier one downwards, the later one across; and the strongest by name. */
final class CompositionFigure {
    /** Multiples of what random matrices score at which shades begin. */
    private static final double[] EDGES = {1.25, 1.5, 2, 2.5, 3, 4, 6, 10};

    private static final double LEFT = 40;
    private static final double TOP = 38;
    private static final double SIDE = 520;
    /** Pairs that are marked in the picture. */
    private static final int MARKED = 5;

    private final Html html;
    private final HeadPairs pairs;
    private final double cell;

    private CompositionFigure(Html html, HeadPairs pairs) {
        this.html = html;
        this.pairs = pairs;
        cell = SIDE / pairs.largest().length;
    }

    static void write(Html html, HeadPairs pairs) {
        if (pairs.strongest().isEmpty()) {
            return;
        }
        new CompositionFigure(html, pairs).write();
    }

    private void write() {
        String kind = pairs.kind().toLowerCase(Locale.ROOT);
        html.open("section", "id", "composition-" + kind)
                .element(
                        "h2",
                        switch (kind) {
                            case "q" -> "Composition by queries: what heads write that later heads ask with";
                            case "k" -> "Composition by keys: what heads write by which later heads find";
                            default -> "Composition by values: what heads write that later heads carry on";
                        });
        html.open("div", "class", "pair").open("figure");
        picture("composition-" + kind);
        html.element("figcaption", caption()).close().open("div", "class", "beside");
        table();
        html.close().close().close();
    }

    private String caption() {
        return (pairs.layersOfBin() == 0
                        ? "A cell for each of " + Numbers.whole(pairs.count())
                                + " pairs of heads; rules part the layers."
                        : "A cell for each two layers" + (pairs.layersOfBin() > 1 ? " (or groups of them)" : "")
                                + ": the strongest of their pairs of heads, of " + Numbers.whole(pairs.count())
                                + " in all.")
                + " Shades begin at " + Numbers.chosen(EDGES[0]) + " times what random matrices score, "
                + Numbers.of(pairs.random()) + "; " + Numbers.whole(pairs.twice())
                + (pairs.twice() == 1 ? " pair has" : " pairs have") + " more than twice that. Rings mark the first of"
                + " the table.";
    }

    private void picture(String id) {
        double width = LEFT + SIDE + 4;
        HeadPairs.Pair first = pairs.strongest().get(0);
        html.picture(
                id,
                "map",
                width,
                TOP + SIDE + 4,
                width,
                "Composition scores of kind " + pairs.kind(),
                "The strongest pair is " + first.from() + " to " + first.to() + " with " + Numbers.of(first.score())
                        + ", " + Numbers.rough(first.score() / pairs.random())
                        + " times what random matrices score.");
        frame();
        for (int level = 0; level < EDGES.length; level++) {
            shade(level);
        }
        rings();
        legend();
        html.close();
    }

    private static int level(double multiple) {
        int level = -1;
        while (level + 1 < EDGES.length && multiple >= EDGES[level + 1]) {
            level++;
        }
        return level;
    }

    /** Shades are spread over the levels that there are. */
    private double strength(int level) {
        int most = level(pairs.strongest().get(0).score() / pairs.random());
        return most <= 0 ? 1 : 0.18 + 0.82 * level / most;
    }

    private double at(double bins) {
        return bins * cell;
    }

    /** Rules between layers, above the diagonal alone, and the numbers of layers. */
    private void frame() {
        int[] layers = pairs.layers();
        double each = SIDE / layers.length;
        html.word("axis", 0, 12, "layer of the earlier head \u2193  of the later head \u2192");
        StringBuilder ground = new StringBuilder();
        double[][] values = pairs.largest();
        for (int i = 0; i < values.length; i++) {
            int from = 0;
            while (from < values.length && Double.isNaN(values[i][from])) {
                from++;
            }
            if (from < values.length) {
                run(ground, i, from, values.length);
            }
        }
        HeatMap.stroke(html, "ground", 1, cell, ground.toString());
        int step = (int) Math.ceil(20 / each);
        for (int i = 0; i < layers.length; i += step) {
            String name = String.valueOf(layers[i]);
            if (i < layers.length - 1) {
                html.word("tick end", LEFT - 6, TOP + (i + 0.5) * each + 4, name);
            }
            if (i > 0) {
                html.word("tick middle", LEFT + (i + 0.5) * each, TOP - 6, name);
                if (pairs.layersOfBin() == 0) {
                    html.line("rule", LEFT + i * each, TOP, LEFT + i * each, TOP + i * each);
                    html.line("rule", LEFT + i * each, TOP + i * each, LEFT + SIDE, TOP + i * each);
                }
            }
        }
    }

    private void shade(int level) {
        double[][] values = pairs.largest();
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values.length; j++) {
                int end = j;
                while (end < values.length && level(values[i][end] / pairs.random()) == level) {
                    end++;
                }
                if (end > j) {
                    run(path, i, j, end);
                    j = end;
                }
            }
        }
        if (path.length() > 0) {
            HeatMap.stroke(html, "above", strength(level), cell, path.toString());
        }
    }

    private void run(StringBuilder path, int row, int from, int to) {
        path.append('M')
                .append(Numbers.px(LEFT + at(from)))
                .append(' ')
                .append(Numbers.px(TOP + at(row + 0.5)))
                .append('h')
                .append(Numbers.px(at(to - from)));
    }

    private void rings() {
        List<HeadPairs.Pair> strongest = pairs.strongest();
        for (int i = 0; i < Math.min(MARKED, strongest.size()); i++) {
            int[] place = pairs.place(strongest.get(i));
            double x = LEFT + at(place[1] + 0.5);
            double y = TOP + at(place[0] + 0.5);
            html.empty(
                    "circle",
                    "class",
                    "ring",
                    "cx",
                    Numbers.px(x),
                    "cy",
                    Numbers.px(y),
                    "r",
                    Numbers.px(Math.max(5, 0.7 * cell)));
            html.word("ring-name", x + 8, y - 5, String.valueOf(i + 1));
        }
    }

    /** In the lower left, where no pairs are. */
    private void legend() {
        double most = pairs.strongest().get(0).score() / pairs.random();
        double x = LEFT;
        double y = TOP + SIDE - 34;
        html.word("axis", x, y - 12, "times random");
        for (int level = 0; level < EDGES.length && EDGES[level] <= most; level++) {
            String line = "M" + Numbers.px(x) + " " + Numbers.px(y) + "h33";
            HeatMap.stroke(html, "ground", 1, 10, line);
            HeatMap.stroke(html, "above", strength(level), 10, line);
            html.word("tick", x, y + 20, Numbers.chosen(EDGES[level]));
            x += 34;
        }
    }

    private void table() {
        List<HeadPairs.Pair> strongest = pairs.strongest();
        new Table(
                        List.of("", "from", "to", "score", "× random"),
                        IntStream.range(0, strongest.size())
                                .mapToObj(i -> List.of(
                                        String.valueOf(i + 1),
                                        strongest.get(i).from(),
                                        strongest.get(i).to(),
                                        Numbers.of(strongest.get(i).score()),
                                        Numbers.rough(strongest.get(i).score() / pairs.random())))
                                .toList())
                .write(html);
    }
}
