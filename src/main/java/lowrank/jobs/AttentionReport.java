package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.attention.AttentionError;
import lowrank.certify.Demand;
import lowrank.store.Manifest;
import lowrank.store.RowTable;
import lowrank.store.report.AttentionHeads;
import lowrank.store.report.HeadMeasures;
import lowrank.store.report.KeyFigure;
import lowrank.store.report.Section;

/**
 * What is told of attention, on its page and in the terminal.
 *
 * @param heads as the table heads/ has them
 */
record AttentionReport(AttentionHeads heads, Manifest manifest) {

    static AttentionReport of(RowTable.Columns table, Manifest manifest) {
        List<String> keys = table.columns().keySet().stream()
                .takeWhile(name -> !name.equals(AttentionResult.ROWS))
                .toList();
        List<String[]> words = keys.stream().map(table::words).toList();
        long[] rows = table.longs(AttentionResult.ROWS);
        String[] methods = table.texts("method");
        double[] error = table.numbers("relative_error");
        double[] lower = table.numbers("lower");
        double[] upper = table.numbers("upper");
        double[] uniform = table.numbers("uniform_error");
        double[] rank = table.numbers("best_rank");
        double[] best = table.numbers("best_rank_error");
        return new AttentionReport(
                new AttentionHeads(
                        keys,
                        IntStream.range(0, rows.length)
                                .mapToObj(i -> new AttentionHeads.Head(
                                        words.stream().map(of -> of[i]).toList(),
                                        rows[i],
                                        methods[i],
                                        error[i],
                                        lower[i],
                                        upper[i],
                                        uniform[i],
                                        (int) rank[i],
                                        best[i]))
                                .toList()),
                manifest);
    }

    private boolean isRejected() {
        return manifest.status().equals("rejected");
    }

    private boolean isCausal() {
        return manifest.spec().at("/attention/causal").asBoolean();
    }

    /** Heads in words: one head, 12 heads. */
    private String counted() {
        int all = heads.all().size();
        return all == 1 ? "one head" : String.format(Locale.ROOT, "%,d heads", all);
    }

    String headline() {
        List<AttentionHeads.Head> order = heads.worstFirst();
        if (order.isEmpty()) {
            return "Exact attention of " + counted();
        }
        if (heads.worseThanUniform() > 0) {
            return heads.all().size() == 1
                    ? "The outputs are farther from exact attention than the mean of all values"
                    : String.format(
                            Locale.ROOT,
                            "Outputs of %,d of %s are farther from exact attention than the mean of all values",
                            heads.worseThanUniform(),
                            counted());
        }
        double worst = order.get(0).error();
        if (isRejected()) {
            return "Attention of " + counted() + " does not meet what the spec demands";
        }
        return order.size() == 1
                ? "Attention of " + counted() + " misses " + percent(worst) + " of its exact outputs"
                : "Attention of " + counted() + " misses " + percent(heads.median(AttentionHeads.Head::error))
                        + " of exact outputs in the median, " + percent(worst) + " at worst";
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, part < 0.01 ? "%.2g%%" : part < 0.1 ? "%.1f%%" : "%.0f%%", 100 * part);
    }

    String standfirst() {
        StringBuilder text = new StringBuilder(
                        CompressReport.lastName(manifest.input().path()))
                .append(": ")
                .append(String.format(
                        Locale.ROOT,
                        "%,d %s in %s%s. ",
                        heads.rows(),
                        heads.rows() == 1 ? "token" : "tokens",
                        counted(),
                        isCausal() ? ", each query seeing no key behind it" : ""));
        List<AttentionHeads.Head> order = heads.worstFirst();
        if (order.isEmpty()) {
            return text.append("Every query met every key that it may see: what is lost is lost by rounding alone.")
                    .toString();
        }
        AttentionHeads.Head worst = order.get(0);
        text.append(String.format(
                Locale.ROOT,
                "Outputs were compared with exact ones on sampled queries of each head. Where the error is largest%s, the"
                        + " mean of all values would leave %s.",
                order.size() == 1 ? "" : " (" + heads.words(worst) + ")",
                percent(worst.uniform())));
        if (isRejected()) {
            List<Demand> failed = manifest.findings().failed();
            text.append(failed.isEmpty() ? "" : " Demanded was " + words(failed) + ".")
                    .append(" The outputs were not kept.");
        } else if (heads.worseThanUniform() > 0) {
            text.append(" attention.force = true let the outputs be written all the same.");
        } else if (!manifest.findings().demands().isEmpty()) {
            text.append(" The demand of the spec is met.");
        }
        return text.toString();
    }

    private static String words(List<Demand> demands) {
        return demands.stream()
                .map(demand -> demand.name() + " ≤ " + demand.limit())
                .collect(Collectors.joining(", "));
    }

    private List<KeyFigure> figures() {
        List<KeyFigure> figures = new ArrayList<>();
        figures.add(KeyFigure.whole(heads.rows(), isCausal() ? "tokens, causal" : "tokens"));
        figures.add(KeyFigure.whole(
                heads.all().size(),
                (heads.all().size() == 1 ? "head" : "heads")
                        + (heads.exact() == 0
                                ? ""
                                : heads.exact() == heads.all().size()
                                        ? ", exact"
                                        : String.format(Locale.ROOT, ", %,d of them exact", heads.exact()))));
        List<AttentionHeads.Head> order = heads.worstFirst();
        if (order.isEmpty()) {
            return figures;
        }
        AttentionHeads.Head worst = order.get(0);
        if (order.size() > 1) {
            figures.add(KeyFigure.number(heads.median(AttentionHeads.Head::error), "median error of the outputs"));
        }
        figures.add(KeyFigure.number(
                worst.error(),
                order.size() > 1
                        ? "at worst: " + heads.words(worst)
                        : "relative error of the outputs, by " + worst.method()));
        figures.add(
                KeyFigure.number(worst.uniform(), (order.size() > 1 ? "there " : "") + "by the mean of all values"));
        return figures;
    }

    /** @param measures that methods took on their way */
    List<Section> sections(List<HeadMeasures.Of> measures) {
        return List.of(
                Section.keyFigures(figures()),
                Section.attention(heads, AttentionError.CONFIDENCE),
                Section.attentionMap(heads),
                Section.headMeasures(measures));
    }
}
