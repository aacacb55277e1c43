package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.io.HadoopConf;
import lowrank.linalg.NumericalException;
import lowrank.spark.MatrixTasks;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.weights.Adapter;
import lowrank.weights.AdapterModule;
import lowrank.weights.AdapterSum;
import lowrank.weights.Compression;
import lowrank.weights.Extraction;
import lowrank.weights.Resizing;
import lowrank.weights.Truncation;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = lora-resize}: the sum of adapters, weighted, as one adapter of the rank that a rule keeps. */
final class LoraResizeJob extends WeightsJob {
    private final LoraResizeSpec resize;
    private List<Adapter> adapters;

    LoraResizeJob(Spec text, JavaSparkContext spark) {
        super(text, LoraResizeSpec.of(text).common(), spark);
        resize = LoraResizeSpec.of(text);
    }

    @Override
    Map<String, Source> sources() {
        adapters = resize.adapters().open(conf);
        return AdaptersSpec.sources(adapters);
    }

    @Override
    Manifest produce(OutputFolder out) {
        AdapterSum sum = resize.sum(adapters);
        resize.plan(sum).require(spark.getConf(), spark.defaultParallelism());
        List<Extraction.Result> results = results(out, sum);
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        ResizedWeights found = new ResizedWeights(sum, written(out, sum, results, factors));
        String codec = spec.write().codec();
        factors.put("matrices", found.matrices().write(out, "matrices", codec));
        factors.put("spectra", found.spectra().write(out, "spectra", codec));
        Manifest manifest = manifest(
                "QR of stacked factors and the SVD of their core",
                List.of(),
                found.findings(),
                LoraResizeSpec.summary(sum, found.kept()),
                factors);
        ResizeReport report = ResizeReport.of(found);
        return reported(out, manifest, report.headline(), resize.adapters().describe() + ".", report.sections());
    }

    private List<Extraction.Result> results(OutputFolder out, AdapterSum sum) {
        Precision stored = spec.write().stored();
        int[] ranks = new int[sum.targets().size()];
        Arrays.fill(ranks, Compression.UNDECIDED);
        if (resize.rule() instanceof Truncation.Budget budget) {
            List<Extraction.Result> spectra =
                    run(LoraResizeSpec.SPECTRA, new Resizing(conf, budget, stored, null), sum, ranks);
            List<Truncation.Candidate> candidates = new ArrayList<>();
            for (int i = 0; i < ranks.length; i++) {
                AdapterSum.Target target = sum.targets().get(i);
                candidates.add(new Truncation.Candidate(spectra.get(i).s(), target.out(), target.in(), target.most()));
            }
            ranks = Truncation.share(budget, candidates);
        }
        List<Extraction.Result> results =
                run(LoraResizeSpec.FACTORS, new Resizing(conf, resize.rule(), stored, out.scratch()), sum, ranks);
        if (results.stream().allMatch(result -> result.rank() == 0)) {
            boolean zero = results.stream().allMatch(result -> result.s().length == 0 || result.s()[0] == 0);
            throw new NumericalException(
                    zero
                            ? "the adapters add up to nothing but rounding in every module, and PEFT knows no adapter without"
                                    + " modules; change read.weights"
                            : "the rule keeps no component of any module; raise factor.budget or factor.ratio");
        }
        return results;
    }

    private List<Extraction.Result> run(String label, Resizing resizing, AdapterSum sum, int[] ranks) {
        List<MatrixTasks.Item<Resizing.Task>> items = new ArrayList<>();
        for (int i = 0; i < ranks.length; i++) {
            AdapterSum.Target target = sum.targets().get(i);
            items.add(new MatrixTasks.Item<>(
                    new Resizing.Task(target, ranks[i]), target.count(), LoraResizeSpec.flops(target)));
        }
        return onAll(label, items, resizing::run);
    }

    /** What is added to a module beside what the new adapter holds of it. */
    private record Written(AdapterSum.Target target, AdapterModule module) implements java.io.Serializable {}

    /** Writes the adapter, reads it back as PEFT would, and measures what it misses. */
    private List<ResizedWeights.Row> written(
            OutputFolder out, AdapterSum sum, List<Extraction.Result> results, Map<String, Manifest.Factor> factors) {
        List<ResizedWeights.Row> rows = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            rows.add(ResizedWeights.Row.of(sum.targets().get(i), results.get(i)));
        }
        List<ResizedWeights.Row> held =
                rows.stream().filter(ResizedWeights.Row::held).toList();
        Map<String, AdapterModule> modules = new AdapterOutput(
                        conf, out, spec.write().stored())
                .write(held.stream().map(ResizedWeights.Row::entry).toList(), sum.whole(), sum.settings(), factors);
        HadoopConf files = conf;
        List<MatrixTasks.Item<Written>> items = held.stream()
                .map(row -> new MatrixTasks.Item<>(
                        new Written(row.target(), modules.get(row.target().path())),
                        row.target().count() + row.kept(),
                        LoraResizeSpec.measuring(row.target(), row.result().rank())))
                .toList();
        List<Double> errors = onAll(
                LoraResizeSpec.MEASURE,
                items,
                (one, arena) -> Resizing.residual(files, one.target(), one.module(), arena));
        int next = 0;
        for (int i = 0; i < rows.size(); i++) {
            ResizedWeights.Row row = rows.get(i);
            rows.set(i, row.held() ? row.measured(errors.get(next++)) : row);
        }
        return rows;
    }
}
