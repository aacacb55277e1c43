package lowrank.store.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Attention heads of a model, layer by layer: whether they copy, how many directions they use, how strong they are. */
public final class HeadFigures {
    private static final int NAMED = 5;
    private static final double LARGE = 660;
    private static final double SMALL = 480;
    /** More heads are not drawn one by one. */
    private static final int DRAWN = 40_000;

    /**
     * What is drawn of a head's matrix.
     *
     * @param matrix QK or OV
     * @param full as many singular values as there can be
     */
    public record Head(int layer, int head, String matrix, double copyScore, double stableRank, int full, double norm) {
        /** Its name, both numbers counted from 0 as in the tables. */
        public String name() {
            return HeadPairs.name(layer, head);
        }

        /** Heads of a matrix whose score is known, the one that copies most first. */
        public static List<Head> byCopyScore(List<Head> heads, String matrix) {
            return heads.stream()
                    .filter(head -> head.matrix.equals(matrix) && !Double.isNaN(head.copyScore))
                    .sorted(Comparator.comparingDouble((Head head) -> -head.copyScore)
                            .thenComparingInt(Head::layer)
                            .thenComparingInt(Head::head))
                    .toList();
        }
    }

    private final Html html;
    private final List<Head> heads;
    private final int[] layers;
    private final int[] numbers;

    private HeadFigures(Html html, List<Head> heads) {
        this.html = html;
        this.heads = heads;
        layers = distinct(heads, Head::layer);
        numbers = distinct(heads, Head::head);
    }

    private static int[] distinct(List<Head> heads, Function<Head, Integer> of) {
        return new TreeSet<>(heads.stream().map(of).toList())
                .stream().mapToInt(Integer::intValue).toArray();
    }

    static void write(Html html, List<Head> heads) {
        if (heads.isEmpty()) {
            return;
        }
        HeadFigures figures = new HeadFigures(html, heads);
        figures.copying(
                "OV",
                "What heads write: copying scores of W_OV",
                "The sum of the eigenvalues' real parts over the sum of their sizes. Near 1 a head writes the directions again that"
                        + " it reads where it attends to; near -1 it writes them turned round.");
        figures.copying(
                "QK",
                "What heads look for: the same score of W_QK",
                "Near 1 a place asks for places that hold its own directions, near -1 for those that hold them turned round;"
                        + " near 0 it asks for other ones.");
        html.open("section", "id", "head-ranks").element("h2", "Directions and strength");
        html.open("div", "class", "panels maps");
        figures.small("OV", "stable rank of W_OV", Head::stableRank);
        figures.small("QK", "stable rank of W_QK", Head::stableRank);
        figures.small("OV", "norm of W_OV", Head::norm);
        figures.small("QK", "norm of W_QK", Head::norm);
        html.close();
        html.element(
                        "p",
                        "Stable rank: the squared Frobenius norm over the square of the first singular value, of at most "
                                + Numbers.whole(heads.stream()
                                        .mapToInt(Head::full)
                                        .max()
                                        .orElse(0))
                                + ". Each picture has a scale of its own, from 0 to the largest.",
                        "class",
                        "under")
                .close();
    }

    private void copying(String matrix, String title, String meaning) {
        List<Head> order = Head.byCopyScore(heads, matrix);
        if (order.isEmpty()) {
            return;
        }
        Head first = order.get(0);
        Head last = order.get(order.size() - 1);
        String id = "copying-" + matrix.toLowerCase(Locale.ROOT);
        html.open("section", "id", id).element("h2", title);
        html.open("div", "class", "pair").open("figure");
        map(
                id + "-map",
                title,
                "From " + Numbers.of(last.copyScore) + " (" + last.name() + ") to " + Numbers.of(first.copyScore) + " ("
                        + first.name() + ").",
                matrix,
                Head::copyScore,
                Shades.ofScores(),
                "-1: turns round",
                "1: keeps",
                LARGE);
        html.element("figcaption", meaning + (negativeAreDashed() ? " Negative ones hold a dash." : ""))
                .close()
                .open("div", "class", "beside");
        int some = Math.min(NAMED, order.size());
        ranked("highest", order.subList(0, some));
        List<Head> lowest = new ArrayList<>(order.subList(order.size() - some, order.size()));
        Collections.reverse(lowest);
        ranked("lowest", lowest);
        long positive = order.stream().filter(head -> head.copyScore > 0).count();
        html.element(
                        "p",
                        Numbers.whole(positive) + " of " + Numbers.whole(order.size()) + " scores are above 0.",
                        "class",
                        "under")
                .close()
                .close()
                .close();
    }

    private boolean negativeAreDashed() {
        return numbers.length > 20;
    }

    private void ranked(String word, List<Head> order) {
        new Table(
                        List.of(word, "score", "stable rank"),
                        order.stream()
                                .map(head ->
                                        List.of(head.name(), Numbers.of(head.copyScore), Numbers.of(head.stableRank)))
                                .toList())
                .write(html);
    }

    private void small(String matrix, String title, ToDoubleFunction<Head> of) {
        double[] values = heads.stream()
                .filter(head -> head.matrix.equals(matrix))
                .mapToDouble(of)
                .toArray();
        if (values.length == 0) {
            return;
        }
        double least = Arrays.stream(values).min().orElse(0);
        double most = Arrays.stream(values).max().orElse(0);
        Shades shades = Shades.upTo(Arrays.stream(values));
        html.open("figure");
        String id = (title.replaceAll("[^A-Za-z0-9]+", "-")).toLowerCase(Locale.ROOT);
        map(
                id,
                title,
                "From " + Numbers.of(least) + " to " + Numbers.of(most) + ".",
                matrix,
                of,
                shades,
                Numbers.rough(shades.low()),
                Numbers.rough(shades.high()),
                SMALL);
        html.element(
                        "figcaption",
                        Sentence.of(title) + " From " + Numbers.of(least) + " to " + Numbers.of(most) + "."
                                + (shades.logarithmic() ? " Shades go by ratios." : ""))
                .close();
    }

    private void map(
            String id,
            String title,
            String description,
            String matrix,
            ToDoubleFunction<Head> of,
            Shades shades,
            String least,
            String most,
            double width) {
        if ((long) layers.length * numbers.length > DRAWN) {
            return;
        }
        double[][] values = new double[layers.length][numbers.length];
        for (double[] row : values) {
            Arrays.fill(row, Double.NaN);
        }
        for (Head head : heads) {
            if (head.matrix.equals(matrix)) {
                values[Arrays.binarySearch(layers, head.layer)][Arrays.binarySearch(numbers, head.head)] =
                        of.applyAsDouble(head);
            }
        }
        new HeatMap(
                        id,
                        title,
                        description,
                        "layer",
                        names(layers),
                        "head",
                        names(numbers),
                        values,
                        shades,
                        shades.signed() ? Numbers::score : Numbers::rough,
                        least,
                        most)
                .write(html, width);
    }

    private static List<String> names(int[] values) {
        return IntStream.of(values).mapToObj(String::valueOf).toList();
    }
}
