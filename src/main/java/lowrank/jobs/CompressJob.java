package lowrank.jobs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import lowrank.blocks.RowSink;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.spark.MatrixTasks;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.Compression;
import lowrank.weights.Selection;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import lowrank.weights.WeightSpectrum;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = compress}: the spectrum of each matrix of a checkpoint, and factors of the rank that a rule keeps. */
final class CompressJob extends WeightsJob {
    private static final String FACTORS = "factors";

    private final CompressSpec compress;
    private Checkpoint checkpoint;

    CompressJob(Spec text, JavaSparkContext spark) {
        super(text, CompressSpec.of(text).common(), spark);
        compress = CompressSpec.of(text);
    }

    /** A matrix and what was found of it. */
    private record Row(Weight weight, Compression.Result result, WeightSpectrum spectrum) {
        boolean factored() {
            return result.part() != null;
        }

        /** Numbers that are stored in place of the matrix. */
        long kept() {
            return factored() ? result.rank() * ((long) weight.out() + weight.in()) : weight.count();
        }

        double relativeError() {
            return spectrum.norm() == 0 ? 0 : result.error() / spectrum.norm();
        }
    }

    @Override
    Map<String, Source> sources() {
        checkpoint = Checkpoint.open(conf, compress.path());
        return Map.of(
                "read.path", new Source(compress.path(), checkpoint.files().size(), checkpoint.listing()));
    }

    @Override
    Manifest produce(OutputFolder out) {
        Selection selection = Selection.of(checkpoint, spec.rule());
        List<Row> rows = rows(out, selection);
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        factors.put(
                "matrices", matrices(rows).write(out, "matrices", spec.write().codec()));
        factors.put("spectra", spectra(rows).write(out, "spectra", spec.write().codec()));
        if (compress.factors()) {
            List<RowSink.Written> parts = rows.stream()
                    .map(row -> row.result.part())
                    .filter(Objects::nonNull)
                    .toList();
            int widest = rows.stream().mapToInt(row -> row.result.rank()).max().orElse(0);
            factors.put(
                    FACTORS, out.collect(FACTORS, parts, widest, spec.write().stored()));
        }
        return manifest("lapack, a task for each matrix", List.of(), findings(rows), weights(selection, rows), factors);
    }

    private List<Row> rows(OutputFolder out, Selection selection) {
        List<Weight> weights = selection.weights();
        int[] ranks = new int[weights.size()];
        java.util.Arrays.fill(ranks, Compression.UNDECIDED);
        if (compress.factors() && compress.rule() instanceof Truncation.Budget budget) {
            List<Compression.Result> spectra =
                    run("singular values", new Compression(conf, compress.rule(), null), weights, ranks);
            ranks = share(budget, weights, spectra);
        }
        Compression compression = new Compression(
                conf,
                compress.rule(),
                compress.factors()
                        ? out.factorsSink(
                                FACTORS, spec.write().stored(), spec.write().codec())
                        : null);
        List<Compression.Result> results =
                run(compress.factors() ? "factors" : "singular values", compression, weights, ranks);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            Compression.Result result = results.get(i);
            rows.add(new Row(weight, result, WeightSpectrum.of(result.s(), weight.out(), weight.in())));
        }
        return rows;
    }

    private List<Compression.Result> run(String label, Compression compression, List<Weight> weights, int[] ranks) {
        List<MatrixTasks.Item<Compression.Task>> items = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            items.add(new MatrixTasks.Item<>(
                    new Compression.Task(i, weight, ranks[i]), weight.count(), compression.flops(weight)));
        }
        return onAll(label, items, compression::run);
    }

    /** Ranks under a budget; unfoldings that are only looked at take none of it. */
    private static int[] share(Truncation.Budget budget, List<Weight> weights, List<Compression.Result> spectra) {
        List<Truncation.Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            int most = weight.view() == Weight.View.UNFOLDED_IN ? 0 : weight.worthwhile();
            candidates.add(new Truncation.Candidate(spectra.get(i).s(), weight.out(), weight.in(), most));
        }
        return Truncation.share(budget, candidates);
    }

    private static RowTable<Row> matrices(List<Row> rows) {
        return RowTable.of(rows)
                .text("name", row -> row.weight.name())
                .whole("layer", row -> row.weight.layer())
                .whole("rows", row -> row.weight.out())
                .whole("cols", row -> row.weight.in())
                .whole("rank", row -> row.result.rank())
                .whole("factored", row -> row.factored() ? 1 : 0)
                .number("norm", row -> row.spectrum.norm())
                .number("delta_norm", row -> row.result.error())
                .number("relative_error", Row::relativeError)
                .whole("numerical_rank", row -> row.spectrum.numericalRank())
                .number("stable_rank", row -> row.spectrum.stableRank())
                .number("entropy_rank", row -> row.spectrum.entropyRank())
                .whole("r90", row -> row.spectrum.r90())
                .whole("r99", row -> row.spectrum.r99())
                .number("break_even", row -> row.weight.breakEven())
                .number("parameters", Row::kept);
    }

    private record Component(String name, int index, double value) {}

    private static RowTable<Component> spectra(List<Row> rows) {
        List<Component> components = new ArrayList<>();
        for (Row row : rows) {
            double[] s = row.result.s();
            for (int j = 0; j < s.length; j++) {
                components.add(new Component(row.weight.name(), j, s[j]));
            }
        }
        return RowTable.of(components)
                .text("name", Component::name)
                .whole("component", Component::index)
                .number("value", Component::value);
    }

    private Findings findings(List<Row> rows) {
        List<Measure> measures = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        List<Row> stored = rows.stream()
                .filter(row -> row.weight.view() != Weight.View.UNFOLDED_IN)
                .toList();
        double norm = Math.sqrt(stored.stream()
                .mapToDouble(row -> row.spectrum.norm() * row.spectrum.norm())
                .sum());
        if (compress.factors()) {
            double error = Math.sqrt(stored.stream()
                    .mapToDouble(row -> row.result.error() * row.result.error())
                    .sum());
            measures.add(
                    Measure.exact(
                            "relative error",
                            norm == 0 ? 0 : error / norm,
                            "sqrt(sum ||W - stored||_F^2 / sum ||W||_F^2) over all matrices, with the factors as they are stored"));
            long kept = stored.stream().mapToLong(Row::kept).sum();
            long all = stored.stream().mapToLong(row -> row.weight.count()).sum();
            measures.add(Measure.exact(
                    "kept parameters", (double) kept / all, "numbers stored, of those that the matrices hold"));
            List<Row> dense = stored.stream().filter(row -> !row.factored()).toList();
            if (!dense.isEmpty()) {
                notes.add(dense.size() + " of " + stored.size()
                        + " matrices stay as they are: factors of the rank that is"
                        + " asked for would hold as many numbers or more, such as of "
                        + dense.get(0).weight.name() + " (rank "
                        + dense.get(0).result.rank() + ", break-even "
                        + KernelJob.shown(dense.get(0).weight.breakEven()) + ")");
            }
        }
        return new Findings(measures, List.of(), notes);
    }

    private Manifest.Weights weights(Selection selection, List<Row> rows) {
        Map<String, Integer> skipped = new TreeMap<>();
        selection.skipped().forEach(tensor -> skipped.merge(tensor.reason(), 1, Integer::sum));
        List<Weight> matrices = selection.weights().stream()
                .filter(weight -> weight.view() != Weight.View.UNFOLDED_IN)
                .toList();
        return new Manifest.Weights(
                checkpoint.tensors().size(),
                matrices.size(),
                matrices.stream().mapToLong(Weight::count).sum(),
                matrices.stream().mapToLong(weight -> weight.tensor().bytes()).sum(),
                rows.stream()
                        .filter(row -> row.weight.view() != Weight.View.UNFOLDED_IN)
                        .mapToLong(Row::kept)
                        .sum(),
                skipped);
    }
}
