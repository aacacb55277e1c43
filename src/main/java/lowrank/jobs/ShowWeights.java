package lowrank.jobs;

import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
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

    private static void matrices(RowTable.Columns table, PrintStream out) {
        String[] names = table.texts("name");
        int[] rows = table.whole("rows");
        int[] cols = table.whole("cols");
        double[] error = table.numbers("relative_error");
        double[] stable = table.numbers("stable_rank");
        List<Integer> order = IntStream.range(0, names.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -error[i])
                        .thenComparingDouble(i -> stable[i] / Math.min(rows[i], cols[i]))
                        .thenComparingInt(i -> i))
                .limit(MATRICES)
                .toList();
        int widest = order.stream().mapToInt(i -> names[i].length()).max().orElse(0);
        String format = "  %-" + Math.max(widest, "matrix".length()) + "s  %14s  %6s  %9s  %9s  %6s  %6s  %s";
        line(out, format, "matrix", "shape", "rank", "stable", "entropy", "r90", "r99", "error");
        for (int i : order) {
            line(
                    out,
                    format,
                    names[i],
                    rows[i] + " x " + cols[i],
                    table.whole("rank")[i],
                    number(stable[i]),
                    number(table.numbers("entropy_rank")[i]),
                    table.whole("r90")[i],
                    table.whole("r99")[i],
                    number(error[i]));
        }
        if (order.size() < names.length) {
            line(out, "  ... %,d more in matrices/", names.length - order.size());
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }

    private static void line(PrintStream out, String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
