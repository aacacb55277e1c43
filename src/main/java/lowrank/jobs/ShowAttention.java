package lowrank.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import lowrank.io.HadoopConf;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.store.report.AttentionHeads;

/** What a job on attention found, in the terminal. */
final class ShowAttention {
    static final String JOB = "attention";

    /** Heads at either end of the order. */
    private static final int NAMED = 3;

    private ShowAttention() {}

    static String headline(Manifest m) {
        JsonNode attention = m.spec().path(JOB);
        Manifest.Factor output = m.factors().get(AttentionJob.OUTPUT);
        return String.format(
                Locale.ROOT,
                "%s%s of %,d rows%s, %d wide%s, by %s, %s",
                attention.path("causal").asBoolean() ? "causal " : "",
                m.job(),
                m.shape().rows(),
                heads(m),
                m.shape().cols(),
                output == null || output.width() == m.shape().cols()
                        ? ""
                        : String.format(Locale.ROOT, ", values %d wide", output.width()),
                m.algorithm(),
                m.shape().precision());
    }

    private static String heads(Manifest m) {
        long heads = m.factors().get(AttentionResult.HEADS).rows();
        return heads == 1 ? "" : String.format(Locale.ROOT, " in %,d heads", heads);
    }

    /** Methods with their heads, and the heads with the largest and the smallest errors. */
    static void print(HadoopConf conf, OutputFolder.Result result, PrintStream out) {
        AttentionHeads heads = AttentionReport.of(RowTable.read(conf, result, AttentionResult.HEADS), result.manifest())
                .heads();
        for (AttentionHeads of : heads.byMethod()) {
            line(
                    out,
                    "  method  %-9s  %,d %s, %,d rows%s",
                    of.all().get(0).method(),
                    of.all().size(),
                    of.all().size() == 1 ? "head" : "heads",
                    of.rows(),
                    of.worstFirst().isEmpty()
                            ? ", exact"
                            : ": median error " + number(of.median(AttentionHeads.Head::error)));
        }
        List<AttentionHeads.Head> order = heads.worstFirst();
        if (order.isEmpty()) {
            return;
        }
        JsonNode statistics = result.manifest().spec().path(JOB).path("statistics");
        if (statistics.isTextual()) {
            line(out, "  aligned by rows of %s", statistics.asText());
        }
        line(
                out,
                "  worse   %,d of %,d heads are farther from exact outputs than the mean of all values",
                heads.worseThanUniform(),
                heads.all().size());
        List<AttentionHeads.Head> first = order.subList(0, Math.min(NAMED, order.size()));
        List<AttentionHeads.Head> last = order.subList(Math.max(first.size(), order.size() - NAMED), order.size());
        int widest = Stream.concat(first.stream(), last.stream())
                .mapToInt(head -> heads.words(head).length())
                .max()
                .orElse(0);
        String columns = "  %-" + widest + "s  %-9s  %9s  %21s  %9s  %9s";
        line(out, columns, "head", "method", "error", "interval", "uniform", "best rank");
        first.forEach(head -> head(out, columns, heads, head));
        int more = order.size() - first.size() - last.size();
        if (more > 0) {
            line(out, "  ... %,d more in %s/", more, AttentionResult.HEADS);
        }
        last.forEach(head -> head(out, columns, heads, head));
    }

    private static void head(PrintStream out, String columns, AttentionHeads heads, AttentionHeads.Head head) {
        line(
                out,
                columns + "%s",
                heads.words(head),
                head.method(),
                number(head.error()),
                number(head.lower()) + " .. " + number(head.upper()),
                number(head.uniform()),
                number(head.bestRank()),
                head.isWorseThanUniform() ? "  worse than uniform" : "");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }

    private static void line(PrintStream out, String format, Object... values) {
        out.println(String.format(Locale.ROOT, format, values));
    }
}
