package lowrank.store.report;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import lowrank.store.report.AttentionHeads.Head;

/** The errors of all heads whose two keys are whole numbers, such as layer and head: the first downwards, the second across. */
final class AttentionMap {
    private static final double WIDTH = 660;
    /** More heads are not drawn one by one. */
    private static final int DRAWN = 40_000;

    private static final String WHOLE = "-?[0-9]{1,18}";

    private AttentionMap() {}

    static void write(Html html, AttentionHeads heads) {
        boolean grid = heads.keys().size() == 2
                && heads.all().size() > 1
                && heads.exact() < heads.all().size()
                && heads.all().stream().allMatch(head -> head.keys().stream().allMatch(key -> key.matches(WHOLE)));
        if (!grid) {
            return;
        }
        long[] down = distinct(heads, head -> head.keys().get(0));
        long[] across = distinct(heads, head -> head.keys().get(1));
        if ((long) down.length * across.length > DRAWN) {
            return;
        }
        double[][] values = new double[down.length][across.length];
        boolean[][] worse = new boolean[down.length][across.length];
        Arrays.stream(values).forEach(row -> Arrays.fill(row, Double.NaN));
        for (Head head : heads.all()) {
            int i = Arrays.binarySearch(down, Long.parseLong(head.keys().get(0)));
            int j = Arrays.binarySearch(across, Long.parseLong(head.keys().get(1)));
            values[i][j] = head.isExact() ? 0 : head.error();
            worse[i][j] = head.isWorseThanUniform();
        }
        Shades shades = Shades.upTo(Arrays.stream(values).flatMapToDouble(Arrays::stream));
        html.open("section", "id", "head-map").element("h2", "Errors by " + String.join(" and ", heads.keys()));
        html.open("figure");
        new HeatMap(
                        "head-errors",
                        "Errors of heads",
                        Numbers.whole(heads.worseThanUniform()) + " of "
                                + Numbers.whole(heads.all().size())
                                + " heads are worse than uniform attention, " + Numbers.whole(heads.exact())
                                + " are exact.",
                        heads.keys().get(0),
                        names(down),
                        heads.keys().get(1),
                        names(across),
                        values,
                        shades,
                        value -> value == 0 ? "exact" : Numbers.rough(value),
                        Numbers.rough(shades.low()),
                        Numbers.rough(shades.high()),
                        worse)
                .write(html, WIDTH);
        html.element("figcaption", caption(heads, shades)).close().close();
    }

    private static String caption(AttentionHeads heads, Shades shades) {
        return "Relative errors of the outputs."
                + (heads.worseThanUniform() > 0
                        ? " Framed are those that the mean of all values would beat: "
                                + Numbers.whole(heads.worseThanUniform()) + " of "
                                + Numbers.whole(heads.all().size()) + "."
                        : " None is farther from exact outputs than the mean of all values.")
                + (heads.exact() > 0 ? " Empty ones are exact." : "")
                + (shades.logarithmic() ? " Shades go by ratios." : "");
    }

    private static long[] distinct(AttentionHeads heads, Function<Head, String> key) {
        return heads.all().stream()
                .mapToLong(head -> Long.parseLong(key.apply(head)))
                .sorted()
                .distinct()
                .toArray();
    }

    private static List<String> names(long[] values) {
        return LongStream.of(values).mapToObj(String::valueOf).toList();
    }
}
