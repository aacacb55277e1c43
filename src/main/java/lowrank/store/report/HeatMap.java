package lowrank.store.report;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * A grid of numbers as shades, one path for each shade, so that thousands of cells stay a small page. Where cells are large and few they
 * hold their numbers; elsewhere negative ones hold a dash.
 *
 * @param id unique on the page
 * @param title of the picture
 * @param description what one would see, for those who do not
 * @param down what the rows are
 * @param across what the columns are
 * @param values by row and column; NaN where there is nothing
 * @param number how a value is printed in its cell
 * @param least what the weakest end of the scale means
 * @param most what the strongest end means
 * @param marked cells that are framed, or null for none
 */
record HeatMap(
        String id,
        String title,
        String description,
        String down,
        List<String> rows,
        String across,
        List<String> cols,
        double[][] values,
        Shades shades,
        DoubleFunction<String> number,
        String least,
        String most,
        boolean[][] marked) {
    /** Without frames. */
    HeatMap(
            String id,
            String title,
            String description,
            String down,
            List<String> rows,
            String across,
            List<String> cols,
            double[][] values,
            Shades shades,
            DoubleFunction<String> number,
            String least,
            String most) {
        this(id, title, description, down, rows, across, cols, values, shades, number, least, most, null);
    }

    /** Cells beyond so many hold no numbers. */
    private static final int NUMBERED = 400;

    /** More letters of a name are cut off at its front. */
    private static final int LONGEST = 34;

    private static final double LETTER = 6.4;
    private static final double DIGIT = 5.8;
    private static final double TOP = 38;
    /** Room for half of the last column's name. */
    private static final double EDGE = 8;

    private static final double LEGEND = 44;
    private static final double SWATCH = 15;
    private static final double TALLEST = 26;
    private static final double HIGHEST = 900;

    void write(Html html, double width) {
        int longest = rows.stream().mapToInt(name -> cut(name).length()).max().orElse(1);
        double left = 16 + LETTER * longest;
        double wide = Math.min(52, (width - left - EDGE) / cols.size());
        boolean named = longest > 4;
        double tall = Math.min(HIGHEST / rows.size(), Math.min(TALLEST, named ? Math.max(wide, 15) : wide));
        double bottom = TOP + tall * rows.size();
        html.picture(id, "map", width, bottom + LEGEND, width, title, description);
        labels(html, left, wide, tall);
        boolean numbered = numbered(wide, tall);
        double gap = Math.min(wide, tall) >= 5 ? 1 : 0;
        cells(html, left, wide, tall, gap, numbered);
        if (marked != null) {
            frames(html, left, wide, tall, gap);
        }
        if (numbered) {
            numbers(html, left, wide, tall);
        }
        legend(html, left, bottom + 18, shades, least, most);
        html.close();
    }

    /** Whether all numbers have room in their cells. */
    private boolean numbered(double wide, double tall) {
        return tall >= 14
                && rows.size() * cols.size() <= NUMBERED
                && Arrays.stream(values)
                        .flatMapToDouble(Arrays::stream)
                        .filter(value -> !Double.isNaN(value))
                        .allMatch(value -> DIGIT * number.apply(value).length() + 2 <= wide);
    }

    private void labels(Html html, double left, double wide, double tall) {
        html.word(
                "axis",
                down.isEmpty() ? left : 0,
                12,
                down.isEmpty() ? across + " \u2192" : down + " \u2193  " + across + " \u2192");
        int step = (int) Math.ceil(13 / tall);
        for (int i = 0; i < rows.size(); i += step) {
            html.word("tick end", left - 8, TOP + (i + 0.5) * tall + 4, cut(rows.get(i)));
        }
        int longest = cols.stream().mapToInt(String::length).max().orElse(1);
        step = (int) Math.ceil((LETTER * longest + 6) / wide);
        for (int j = 0; j < cols.size(); j += step) {
            html.word("tick middle", left + (j + 0.5) * wide, TOP - 8, cols.get(j));
        }
    }

    private void cells(Html html, double left, double wide, double tall, double gap, boolean numbered) {
        path(html, "ground", 1, left, wide, tall, gap, (i, j) -> !Double.isNaN(values[i][j]));
        for (int level : shades.levels()) {
            String type = level < 0 ? "below" : "above";
            double strength = Shades.strength(level);
            path(html, type, strength, left, wide, tall, gap, (i, j) -> shades.level(values[i][j]) == level);
        }
        if (shades.signed() && !numbered && Math.min(wide, tall) >= 4) {
            dashes(html, left, wide, tall);
        }
    }

    private interface Chosen {
        boolean test(int row, int col);
    }

    /** One stroke for each run of cells. */
    private void path(
            Html html, String type, double strength, double left, double wide, double tall, double gap, Chosen chosen) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            for (int j = 0; j < cols.size(); j++) {
                if (!chosen.test(i, j)) {
                    continue;
                }
                int end = j + 1;
                // Without gaps cells run together.
                while (gap == 0 && end < cols.size() && chosen.test(i, end)) {
                    end++;
                }
                path.append('M')
                        .append(Numbers.px(left + j * wide))
                        .append(' ')
                        .append(Numbers.px(TOP + (i + 0.5) * tall))
                        .append('h')
                        .append(Numbers.px((end - j) * wide - gap));
                j = end - 1;
            }
        }
        if (path.length() > 0) {
            stroke(html, type, strength, tall - gap, path.toString());
        }
    }

    static void stroke(Html html, String type, double strength, double width, String path) {
        html.empty(
                "path",
                "class",
                "shade " + type,
                "stroke-opacity",
                Numbers.part(strength),
                "stroke-width",
                Numbers.px(width),
                "d",
                path);
    }

    private void dashes(Html html, double left, double wide, double tall) {
        StringBuilder weak = new StringBuilder();
        StringBuilder strong = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            for (int j = 0; j < cols.size(); j++) {
                int level = shades.level(values[i][j]);
                if (level < 0) {
                    (Shades.strength(level) > 0.55 ? strong : weak)
                            .append('M')
                            .append(Numbers.px(left + (j + 0.28) * wide))
                            .append(' ')
                            .append(Numbers.px(TOP + (i + 0.5) * tall))
                            .append('h')
                            .append(Numbers.px(0.4 * wide));
                }
            }
        }
        for (StringBuilder path : List.of(weak, strong)) {
            if (path.length() > 0) {
                html.empty("path", "class", path == weak ? "dash" : "dash on", "d", path.toString());
            }
        }
    }

    private void frames(Html html, double left, double wide, double tall, double gap) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            for (int j = 0; j < cols.size(); j++) {
                if (marked[i][j]) {
                    path.append('M')
                            .append(Numbers.px(left + j * wide))
                            .append(' ')
                            .append(Numbers.px(TOP + i * tall + gap / 2))
                            .append('h')
                            .append(Numbers.px(wide - gap))
                            .append('v')
                            .append(Numbers.px(tall - gap))
                            .append('h')
                            .append(Numbers.px(gap - wide))
                            .append('z');
                }
            }
        }
        if (path.length() > 0) {
            html.empty("path", "class", "frame", "d", path.toString());
        }
    }

    private void numbers(Html html, double left, double wide, double tall) {
        for (int i = 0; i < rows.size(); i++) {
            for (int j = 0; j < cols.size(); j++) {
                double value = values[i][j];
                if (!Double.isNaN(value)) {
                    boolean strong = Shades.strength(shades.level(value)) > 0.55;
                    html.word(
                            strong ? "count small on" : "count small",
                            left + (j + 0.5) * wide - 0.5,
                            TOP + (i + 0.5) * tall + 3.5,
                            number.apply(value));
                }
            }
        }
    }

    /** The shades in their order, with what they mean at both ends. */
    static void legend(Html html, double left, double at, Shades shades, String least, String most) {
        int[] levels = shades.levels();
        for (int i = 0; i < levels.length; i++) {
            double x = left + i * SWATCH;
            String line = "M" + Numbers.px(x) + " " + Numbers.px(at) + "h" + Numbers.px(SWATCH - 1);
            stroke(html, "ground", 1, 9, line);
            stroke(html, levels[i] < 0 ? "below" : "above", Shades.strength(levels[i]), 9, line);
            if (levels[i] < 0) {
                html.empty(
                        "path",
                        "class",
                        Shades.strength(levels[i]) > 0.55 ? "dash on" : "dash",
                        "d",
                        "M" + Numbers.px(x + 4) + " " + Numbers.px(at) + "h6");
            }
        }
        double end = left + levels.length * SWATCH;
        html.word("tick", left, at + 19, least);
        html.word("tick end", Math.max(end, left + LETTER * (least.length() + most.length() + 2)), at + 19, most);
    }

    private static String cut(String name) {
        return name.length() <= LONGEST ? name : "…" + name.substring(name.length() - LONGEST + 1);
    }
}
