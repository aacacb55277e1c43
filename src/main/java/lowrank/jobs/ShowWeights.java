package lowrank.jobs;

import java.io.PrintStream;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lowrank.io.HadoopConf;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;

/** What a job on weights found, in the terminal. */
final class ShowWeights {
    private static final int MATRICES = 10;

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
        if (m.factors().containsKey("matrices")) {
            matrices(RowTable.read(conf, result, "matrices"), out);
        }
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
                .limit(MATRICES)
                .toList();
        int widest = Math.max(
                "matrix".length(),
                order.stream().mapToInt(i -> names[i].length()).max().orElse(0));
        StringBuilder head =
                new StringBuilder(String.format(Locale.ROOT, "  %-" + widest + "s  %14s", "matrix", "shape"));
        SHOWN.forEach((column, word) -> head.append(table.has(column) ? String.format("  %9s", word) : ""));
        line(out, "%s", head);
        for (int i : order) {
            StringBuilder row = new StringBuilder(
                    String.format(Locale.ROOT, "  %-" + widest + "s  %14s", names[i], rows[i] + " x " + cols[i]));
            for (String column : SHOWN.keySet()) {
                if (table.has(column)) {
                    row.append(String.format("  %9s", cell(table, column, i)));
                }
            }
            line(out, "%s", row);
        }
        if (order.size() < names.length) {
            line(out, "  ... %,d more in matrices/", names.length - order.size());
        }
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
