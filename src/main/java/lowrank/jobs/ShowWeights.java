package lowrank.jobs;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lowrank.io.HadoopConf;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.store.report.HeadFigures;
import lowrank.store.report.HeadPairs;
import lowrank.weights.HeadSpectrum;

/** What a job on weights found, in the terminal. */
final class ShowWeights {
    /** Matrices at the upper end of the order, and at its lower one. */
    private static final int MATRICES = 10;

    private static final int LAST = 3;

    /** Heads, and pairs of them, that are named. */
    private static final int HEADS = 5;

    /** Pairs that fit the memory of a terminal's process: 50 MB. */
    private static final int PAIRS = 2_000_000;

    private ShowWeights() {}

    static String headline(Manifest m) {
        Manifest.Weights weights = m.weights();
        return String.format(
                Locale.ROOT,
                "%s of %,d matrices, %,d numbers, by %s",
                m.job(),
                weights.matrices(),
                weights.parameters(),
                m.algorithm());
    }

    /** The matrices that lost most, or where nothing was lost those of the lowest ranks for their size. */
    static void print(HadoopConf conf, OutputFolder.Result result, PrintStream out) {
        Manifest m = result.manifest();
        m.weights()
                .skipped()
                .forEach((reason, count) ->
                        line(out, "  left    %,d %s: %s", count, count == 1 ? "tensor" : "tensors", reason));
        if (m.factors().containsKey("heads")) {
            heads(CircuitsReport.heads(RowTable.read(conf, result, "heads")), out);
            compositions(conf, result, out);
        }
        if (m.factors().containsKey("matrices")) {
            matrices(RowTable.read(conf, result, "matrices"), out);
        }
    }

    /** Heads that copy most and least, by both of their matrices. */
    private static void heads(List<HeadFigures.Head> heads, PrintStream out) {
        for (String matrix : List.of(HeadSpectrum.OV, HeadSpectrum.QK)) {
            List<HeadFigures.Head> order = HeadFigures.Head.byCopyScore(heads, matrix);
            int some = Math.min(HEADS, order.size());
            List<HeadFigures.Head> least = new ArrayList<>(order.subList(order.size() - some, order.size()));
            Collections.reverse(least);
            line(out, "  %s      highest score  %s", matrix, named(order.subList(0, some)));
            line(out, "          lowest         %s", named(least));
        }
    }

    private static String named(List<HeadFigures.Head> heads) {
        return heads.stream()
                .map(head -> String.format(Locale.ROOT, "%s %.4f", head.name(), head.copyScore()))
                .collect(Collectors.joining(", "));
    }

    /** The strongest pairs of each kind; tables that are too long for it are not read. */
    private static void compositions(HadoopConf conf, OutputFolder.Result result, PrintStream out) {
        Manifest.Factor factor = result.manifest().factors().get("composition");
        if (factor.rows() > PAIRS) {
            line(
                    out,
                    "  pairs   %,d in composition/, too many to sort here; the strongest are in report.html",
                    factor.rows());
            return;
        }
        RowTable.Columns table = RowTable.read(conf, result, "composition");
        int[][] places = new int[4][];
        String[] columns = {"from_layer", "from_head", "to_layer", "to_head"};
        for (int i = 0; i < columns.length; i++) {
            places[i] = table.whole(columns[i]);
        }
        int[] layers = IntStream.concat(IntStream.of(places[0]), IntStream.of(places[2]))
                .distinct()
                .sorted()
                .toArray();
        int heads = 1
                + IntStream.concat(IntStream.of(places[1]), IntStream.of(places[3]))
                        .max()
                        .orElse(0);
        Map<String, HeadPairs> pairs = new LinkedHashMap<>();
        String[] kinds = table.texts("kind");
        double[] scores = table.numbers("score");
        for (int i = 0; i < scores.length; i++) {
            pairs.computeIfAbsent(kinds[i], kind -> new HeadPairs(kind, layers, heads, 1, HEADS))
                    .add(places[0][i], places[1][i], places[2][i], places[3][i], scores[i]);
        }
        pairs.forEach((kind, of) -> line(
                out,
                "  %s       strongest      %s",
                kind,
                of.strongest().stream()
                        .map(pair -> String.format(Locale.ROOT, "%s to %s %.4f", pair.from(), pair.to(), pair.score()))
                        .collect(Collectors.joining(", "))));
    }

    /** Columns of numbers that are shown where they are there, with the words above them. */
    private static final Map<String, String> SHOWN = shown();

    private static Map<String, String> shown() {
        Map<String, String> shown = new LinkedHashMap<>();
        shown.put("rank", "rank");
        shown.put("stable_rank", "stable");
        shown.put("entropy_rank", "entropy");
        shown.put("r90", "r90");
        shown.put("r99", "r99");
        shown.put("max_ulp", "ulp");
        shown.put("relative_error", "error");
        return shown;
    }

    private static void matrices(RowTable.Columns table, PrintStream out) {
        String[] names = table.texts("name");
        int[] rows = table.whole("rows");
        int[] cols = table.whole("cols");
        double[] error = table.numbers("relative_error");
        double[] stable = table.has("stable_rank") ? table.numbers("stable_rank") : new double[names.length];
        List<Integer> order = IntStream.range(0, names.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -error[i])
                        .thenComparingDouble(i -> stable[i] / Math.min(rows[i], cols[i]))
                        .thenComparingInt(i -> i))
                .toList();
        List<Integer> first = order.subList(0, Math.min(MATRICES, order.size()));
        List<Integer> last = order.subList(Math.max(first.size(), order.size() - LAST), order.size());
        int widest = Math.max(
                "matrix".length(),
                Stream.concat(first.stream(), last.stream())
                        .mapToInt(i -> names[i].length())
                        .max()
                        .orElse(0));
        StringBuilder head =
                new StringBuilder(String.format(Locale.ROOT, "  %-" + widest + "s  %14s", "matrix", "shape"));
        SHOWN.forEach((column, word) -> head.append(table.has(column) ? String.format("  %9s", word) : ""));
        line(out, "%s", head);
        first.forEach(i -> matrix(table, i, widest, out));
        int more = names.length - first.size() - last.size();
        if (more > 0) {
            line(out, "  ... %,d more in matrices/", more);
        }
        last.forEach(i -> matrix(table, i, widest, out));
    }

    private static void matrix(RowTable.Columns table, int i, int widest, PrintStream out) {
        StringBuilder row = new StringBuilder(String.format(
                Locale.ROOT,
                "  %-" + widest + "s  %14s",
                table.texts("name")[i],
                table.whole("rows")[i] + " x " + table.whole("cols")[i]));
        for (String column : SHOWN.keySet()) {
            if (table.has(column)) {
                row.append(String.format("  %9s", cell(table, column, i)));
            }
        }
        line(out, "%s", row);
    }

    private static String cell(RowTable.Columns table, String column, int row) {
        return table.isWhole(column) ? String.valueOf(table.whole(column)[row]) : number(table.numbers(column)[row]);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }

    private static void line(PrintStream out, String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
