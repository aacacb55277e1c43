package lowrank.jobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import lowrank.attention.AttentionError;
import lowrank.blocks.Classes;
import lowrank.certify.Demand;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.io.AttentionTable;
import lowrank.io.KeyColumn;
import lowrank.spark.PassLog;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.store.report.HeadMeasures;
import lowrank.store.report.Report;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What is said of the heads of an attention job: the table heads/, measures, demands, the manifest.
 *
 * @param listing digest of the input's
 * @param statistics digest of the listing of {@code attention.statistics}, or null
 */
record AttentionResult(
        Spec text,
        AttentionSpec spec,
        AttentionWork work,
        String listing,
        String statistics,
        PassLog log,
        JavaSparkContext spark) {
    static final String HEADS = "heads";

    /** In the manifest's model. */
    static final String STATISTICS = "statistics";

    /** Its first column after the keys. */
    static final String ROWS = "rows";

    private static final String DEMAND = "relative-error";

    /**
     * Leaves a rejected result and fails when a head is worse than the mean of all values, or does not meet the demand.
     *
     * @param heads all, or those of which something is known before the outputs are written
     */
    void require(OutputFolder out, List<AttentionHead> heads, Set<String> kernels) {
        List<AttentionHead> worse = spec.force()
                ? List.of()
                : heads.stream().filter(AttentionHead::worseThanUniform).toList();
        List<AttentionHead> above = Double.isNaN(spec.relativeError())
                ? List.of()
                : heads.stream()
                        .filter(head -> !(head.upper() <= spec.relativeError()))
                        .toList();
        if (worse.isEmpty() && above.isEmpty()) {
            return;
        }
        out.discard(AttentionJob.OUTPUT);
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        String place = out.reject(written("rejected", out, heads, factors, kernels));
        throw new RejectedException(
                (worse.isEmpty() ? tooFar(above, heads.size()) : worseThanMean(worse, heads.size()))
                        + "; what was found is in " + place,
                place);
    }

    AttentionTable table() {
        return work.table();
    }

    /** What the manifest holds of a model: statistics that queries and keys were aligned by, or null. */
    ObjectNode model() {
        return statistics == null ? null : JsonNodeFactory.instance.objectNode().put(STATISTICS, statistics);
    }

    private String worseThanMean(List<AttentionHead> worse, int all) {
        AttentionHead worst =
                worst(worse, head -> head.relative() / head.error().uniform());
        return String.format(
                Locale.ROOT,
                "%s leaves a relative error of %.3g on %s, where the mean of all values leaves %.3g%s; %s, or set"
                        + " attention.force = true",
                worst.method(),
                worst.relative(),
                worst.group().words(table().keys()),
                worst.error().uniform(),
                others(worse.size(), all),
                advice());
    }

    private String tooFar(List<AttentionHead> above, int all) {
        AttentionHead worst = worst(above, AttentionHead::upper);
        return String.format(
                Locale.ROOT,
                "certify.require.relative-error = %s is not met: %s leaves %.3g (at most %.3g but for a chance of one in"
                        + " forty) on %s%s; %s",
                spec.relativeError(),
                worst.method(),
                worst.relative(),
                worst.upper(),
                worst.group().words(table().keys()),
                others(above.size(), all),
                advice());
    }

    private static String others(int some, int all) {
        return some == 1 ? "" : String.format(Locale.ROOT, ", and so do %,d more of %,d heads", some - 1, all);
    }

    private String advice() {
        double flops = table().groups().stream()
                .mapToDouble(group -> work.cost().exact(group.rows()))
                .sum();
        String exact = String.format(Locale.ROOT, "set attention.method = exact (%.2g flops)", flops);
        return switch (spec.settings().method()) {
            case PERFORMER -> "raise attention.features, or " + exact;
            case NYSTROM, LINFORMER -> "raise attention.landmarks, or " + exact;
            case AUTO -> "raise attention.features and attention.landmarks, or " + exact;
            case EXACT -> exact;
        };
    }

    private static AttentionHead worst(List<AttentionHead> heads, ToDoubleFunction<AttentionHead> of) {
        return heads.stream().max(Comparator.comparingDouble(of)).orElseThrow();
    }

    /** Writes heads/ and puts the manifest together. */
    Manifest complete(
            OutputFolder out, List<AttentionHead> heads, Map<String, Manifest.Factor> factors, Set<String> kernels) {
        return written("complete", out, heads, factors, kernels);
    }

    private Manifest written(
            String status,
            OutputFolder out,
            List<AttentionHead> heads,
            Map<String, Manifest.Factor> factors,
            Set<String> kernels) {
        RowTable<AttentionHead> rows = heads(heads);
        Map<String, Manifest.Factor> all = new LinkedHashMap<>(factors);
        all.put(HEADS, rows.write(out, HEADS, spec.write().codec()));
        Manifest manifest = Manifests.ofAttention(this, status, heads, all, kernels);
        if (spec.write().also().contains(WriteSpec.REPORT)) {
            AttentionReport report = AttentionReport.of(rows.columns(), manifest);
            out.write(
                    Report.FILE,
                    Report.html(manifest, report.headline(), report.standfirst(), report.sections(measures(heads))));
        }
        return manifest;
    }

    /** What methods measured on their way, over all heads; of a single head the findings hold it. */
    private static List<HeadMeasures.Of> measures(List<AttentionHead> heads) {
        Map<String, List<Measure>> found = new LinkedHashMap<>();
        if (heads.size() > 1) {
            heads.stream()
                    .flatMap(head -> head.measures().stream())
                    .forEach(measure -> found.computeIfAbsent(measure.name(), name -> new ArrayList<>())
                            .add(measure));
        }
        return found.values().stream()
                .map(of -> new HeadMeasures.Of(
                        of.get(0).name(),
                        of.get(0).meaning(),
                        of.stream().mapToDouble(Measure::value).toArray()))
                .toList();
    }

    private RowTable<AttentionHead> heads(List<AttentionHead> heads) {
        RowTable<AttentionHead> rows = RowTable.of(heads);
        List<KeyColumn> keys = table().keys();
        for (int k = 0; k < keys.size(); k++) {
            int place = k;
            Classes classes = keys.get(k).classes();
            String name = keys.get(k).name();
            switch (classes.type()) {
                case TEXT ->
                    rows.text(name, head -> classes.word((int) head.group().codes()[place]));
                case INT -> rows.whole(name, head -> (int) key(classes, head, place));
                case LONG -> rows.longs(name, head -> (long) key(classes, head, place));
                case DOUBLE -> rows.number(name, head -> key(classes, head, place));
            }
        }
        rows.longs(ROWS, head -> head.group().rows())
                .text("method", AttentionHead::method)
                .whole("rank", AttentionHead::rank);
        error(rows, "relative_error", AttentionError::relative);
        error(rows, "lower", AttentionError::lower);
        error(rows, "upper", AttentionError::upper);
        error(rows, "uniform_error", AttentionError::uniform);
        error(rows, "best_rank_error", AttentionError::bestRank);
        error(rows, "best_rank", AttentionError::baselineRank);
        error(rows, "worst_error", AttentionError::worst);
        rows.number(
                "worst_position",
                head -> head.error() == null
                        ? Double.NaN
                        : head.group().firstPosition() + head.error().worstPosition());
        error(rows, "sampled", AttentionError::rows);
        heads.stream()
                .flatMap(head -> head.measures().stream().map(Measure::name))
                .distinct()
                .sorted()
                .forEach(name -> rows.number(name.replace(' ', '_'), head -> head.measure(name)));
        return rows;
    }

    private static double key(Classes classes, AttentionHead head, int place) {
        return classes.numbers()[(int) head.group().codes()[place]];
    }

    private static void error(RowTable<AttentionHead> rows, String name, ToDoubleFunction<AttentionError> of) {
        rows.number(name, head -> head.error() == null ? Double.NaN : of.applyAsDouble(head.error()));
    }

    /** Words for what was decided. */
    List<String> reasons(List<AttentionHead> heads) {
        List<String> reasons = new ArrayList<>(List.of(spec.settings().reason(work.cost())));
        if (work.statistics() != null) {
            reasons.add(work.statistics().reason());
        }
        heads.stream()
                .collect(Collectors.groupingBy(AttentionHead::method, java.util.TreeMap::new, Collectors.counting()))
                .forEach((method, count) ->
                        reasons.add(String.format(Locale.ROOT, "%s: %,d of %,d heads", method, count, heads.size())));
        return reasons;
    }

    /** What is known of the errors. */
    Findings findings(List<AttentionHead> heads) {
        List<AttentionHead> measured =
                heads.stream().filter(head -> head.error() != null).toList();
        List<Measure> measures = new ArrayList<>();
        List<Demand> demands = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (!Double.isNaN(spec.relativeError())) {
            double upper =
                    heads.stream().mapToDouble(AttentionHead::upper).max().orElse(Double.NaN);
            demands.add(new Demand(DEMAND, spec.relativeError(), upper));
        }
        long exact = heads.size() - measured.size();
        if (exact > 0) {
            notes.add(String.format(Locale.ROOT, "%,d of %,d heads are exact, up to rounding", exact, heads.size()));
        }
        if (measured.isEmpty()) {
            return new Findings(measures, demands, notes);
        }
        AttentionHead worst = worst(measured, AttentionHead::relative);
        AttentionError error = worst.error();
        String where = measured.size() == 1
                ? ""
                : ", of the head where it is largest: " + worst.group().words(table().keys());
        measures.add(new Measure(
                "relative error",
                error.relative(),
                error.lower(),
                error.upper(),
                1 - AttentionError.CONFIDENCE,
                "||O' - O|| / ||O|| of " + error.rows() + " sampled queries; the bounds are for all" + where));
        if (measured.size() > 1) {
            double[] all = measured.stream()
                    .mapToDouble(AttentionHead::relative)
                    .sorted()
                    .toArray();
            measures.add(Measure.exact(
                    "median relative error",
                    (all[(all.length - 1) / 2] + all[all.length / 2]) / 2,
                    "over " + all.length + " heads that are not exact"));
        }
        measures.add(Measure.exact(
                "uniform attention",
                error.uniform(),
                "what the mean of all values that a query sees leaves of the same queries"));
        measures.add(Measure.exact(
                "best rank " + error.baselineRank(),
                error.bestRank(),
                "what the nearest attention matrix of that rank leaves of (some of) these queries"));
        measures.add(Measure.exact(
                "worst query",
                error.worst(),
                "largest error of a sampled query relative to its own output, at position "
                        + (worst.group().firstPosition() + error.worstPosition())));
        if (measured.size() == 1) {
            measures.addAll(worst.measures());
        }
        long worse = measured.stream().filter(AttentionHead::worseThanUniform).count();
        if (worse > 0) {
            notes.add(String.format(
                    Locale.ROOT,
                    "%,d of %,d heads are farther from exact outputs than the mean of all values%s",
                    worse,
                    heads.size(),
                    spec.force() ? "; attention.force = true let them pass" : ""));
        }
        return new Findings(measures, demands, notes);
    }
}
