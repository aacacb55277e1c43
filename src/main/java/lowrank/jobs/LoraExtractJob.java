package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.linalg.NumericalException;
import lowrank.spark.MatrixTasks;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.weights.AdapterFolder;
import lowrank.weights.AdapterModule;
import lowrank.weights.Compression;
import lowrank.weights.Extraction;
import lowrank.weights.ModelPairs;
import lowrank.weights.Selection;
import lowrank.weights.SideFile;
import lowrank.weights.TensorPair;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import lowrank.weights.WeightSpectrum;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = lora-extract}: what a tuned model has over its base, as an adapter that PEFT reads. */
final class LoraExtractJob extends WeightsJob {
    /** Relatives have a cosine above this, unrelated models one near 0. */
    private static final double RELATED = 0.4;

    private final LoraExtractSpec extract;
    private Checkpoint base;
    private Checkpoint tuned;

    LoraExtractJob(Spec text, JavaSparkContext spark) {
        super(text, LoraExtractSpec.of(text).common(), spark);
        extract = LoraExtractSpec.of(text);
    }

    @Override
    Map<String, Source> sources() {
        base = Checkpoint.open(conf, extract.base());
        tuned = Checkpoint.open(conf, extract.tuned());
        Map<String, Source> sources = new LinkedHashMap<>();
        sources.put("read.base", new Source(extract.base(), base.files().size(), base.listing()));
        sources.put("read.tuned", new Source(extract.tuned(), tuned.files().size(), tuned.listing()));
        return sources;
    }

    @Override
    Manifest produce(OutputFolder out) {
        extract.plan(conf, base, tuned).require(spark.getConf(), spark.defaultParallelism());
        ModelPairs pairs = ModelPairs.of(base, tuned, spec.rule());
        List<TensorPair> all = LoraExtractSpec.all(pairs);
        List<TensorPair.Change> changes = compare(LoraExtractSpec.COMPARE, all);
        List<TensorPair.Change> chosen = changes.subList(0, pairs.selected().size());
        requireFinite(pairs, chosen);
        requireRelated(pairs, chosen);
        requireAboveNoise(pairs, chosen);
        List<ExtractedWeights.Row> rows = rows(out, pairs, chosen);
        String outlook = outlook(true);
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        rows = written(out, rows, factors);
        ExtractedWeights found = new ExtractedWeights(
                rows, pairs, changes.subList(pairs.selected().size(), changes.size()), extract.sideFile());
        List<ExtractedWeights.Line> ledger = found.ledger();
        if (extract.sideFile()) {
            sideFile(out, ledger, factors);
        }
        String codec = spec.write().codec();
        factors.put("matrices", found.matrices().write(out, "matrices", codec));
        factors.put("spectra", found.spectra().write(out, "spectra", codec));
        factors.put("ledger", ExtractedWeights.table(ledger).write(out, "ledger", codec));
        Manifest manifest = manifest(
                "lapack, a task for each matrix",
                List.of(),
                found.findings(ledger, outlook),
                WeightsSpec.weights(tuned, Selection.of(tuned, spec.rule()), found.kept()),
                factors);
        ExtractReport report = ExtractReport.of(found);
        return reported(out, manifest, report.headline(), standfirst(), report.sections());
    }

    private String standfirst() {
        return CompressReport.lastName(extract.tuned()) + " less " + CompressReport.lastName(extract.base())
                + ", in factors that PEFT reads.";
    }

    private List<TensorPair.Change> compare(String label, List<TensorPair> pairs) {
        HadoopConf files = conf;
        List<MatrixTasks.Item<TensorPair>> items = pairs.stream()
                .map(pair ->
                        new MatrixTasks.Item<>(pair, 2 * pair.tunedTensor().count(), LoraExtractSpec.comparing(pair)))
                .toList();
        return onAll(label, items, (pair, arena) -> pair.compare(files, arena));
    }

    /** Infinities and NaN are named by their place, which loading does. */
    private void requireFinite(ModelPairs pairs, List<TensorPair.Change> changes) {
        HadoopConf files = conf;
        List<MatrixTasks.Item<TensorPair>> items = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            if (!Double.isFinite(changes.get(i).base() + changes.get(i).tuned())) {
                TensorPair pair = pairs.selected().get(i);
                items.add(new MatrixTasks.Item<>(pair, 2 * pair.tuned().count(), LoraExtractSpec.comparing(pair)));
            }
        }
        if (!items.isEmpty()) {
            onAll("infinities", items, (pair, arena) -> {
                pair.base().load(files, arena);
                pair.tuned().load(files, arena);
                return 0;
            });
            throw new DataException(items.get(0).of().name() + " of " + extract.base() + " or " + extract.tuned()
                    + " holds numbers whose norm is beyond the largest double; exclude it (read.exclude)");
        }
    }

    /** A model that was not tuned from this base, or layers that stand in another order, make no adapter. */
    private void requireRelated(ModelPairs pairs, List<TensorPair.Change> changes) {
        int worst = 0;
        for (int i = 1; i < changes.size(); i++) {
            worst = changes.get(i).cosine() < changes.get(worst).cosine() ? i : worst;
        }
        double cosine = changes.get(worst).cosine();
        if (cosine >= RELATED) {
            return;
        }
        TensorPair pair = pairs.selected().get(worst);
        List<TensorPair> candidates = ModelPairs.candidates(base, pair, spec.rule());
        List<TensorPair.Change> others = candidates.isEmpty() ? List.of() : compare("lineage", candidates);
        int best = -1;
        for (int i = 0; i < others.size(); i++) {
            best = best < 0 || others.get(i).cosine() > others.get(best).cosine() ? i : best;
        }
        String resembles = best >= 0 && others.get(best).cosine() >= RELATED
                ? String.format(
                        Locale.ROOT,
                        "it resembles %s of the base (%.3f): the layers are paired wrongly",
                        candidates.get(best).baseTensor().name(),
                        others.get(best).cosine())
                : "name the model that it was tuned from as read.base";
        throw new DataException(String.format(
                Locale.ROOT,
                "%s of %s was not tuned from that of %s: the cosine of the two is %.3f, where relatives have %.1f or more; %s",
                pair.name(),
                extract.tuned(),
                extract.base(),
                cosine,
                RELATED,
                resembles));
    }

    private void requireAboveNoise(ModelPairs pairs, List<TensorPair.Change> changes) {
        for (int i = 0; i < changes.size() && !extract.force(); i++) {
            if (changes.get(i).isNoise()) {
                throw new NumericalException(String.format(
                        Locale.ROOT,
                        "what %s of %s has over its base is %.2f times what rounding to the type of storage leaves: an adapter of it"
                                + " would be noise; take checkpoints of a finer type, exclude it, or set factor.force = true",
                        pairs.selected().get(i).name(),
                        extract.tuned(),
                        changes.get(i).aboveNoise()));
            }
        }
    }

    private List<ExtractedWeights.Row> rows(OutputFolder out, ModelPairs pairs, List<TensorPair.Change> changes) {
        Precision stored = spec.write().stored();
        int[] ranks = new int[pairs.selected().size()];
        Arrays.fill(ranks, Compression.UNDECIDED);
        if (extract.rule() instanceof Truncation.Budget budget) {
            List<Extraction.Result> spectra =
                    extracted(LoraExtractSpec.SPECTRA, new Extraction(conf, budget, stored, null), pairs, ranks);
            List<Truncation.Candidate> candidates = new ArrayList<>();
            for (int i = 0; i < ranks.length; i++) {
                Weight weight = pairs.selected().get(i).tuned();
                candidates.add(
                        new Truncation.Candidate(spectra.get(i).s(), weight.out(), weight.in(), weight.worthwhile()));
            }
            ranks = Truncation.share(budget, candidates);
        }
        List<Extraction.Result> results = extracted(
                LoraExtractSpec.FACTORS, new Extraction(conf, extract.rule(), stored, out.scratch()), pairs, ranks);
        List<ExtractedWeights.Row> rows = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            TensorPair pair = pairs.selected().get(i);
            Extraction.Result result = results.get(i);
            rows.add(new ExtractedWeights.Row(
                    pair,
                    changes.get(i),
                    result,
                    WeightSpectrum.of(
                            result.s(), pair.tuned().out(), pair.tuned().in()),
                    AdapterModule.kind(pair.tuned()),
                    changes.get(i).delta()));
        }
        if (rows.stream().noneMatch(ExtractedWeights.Row::extracted)) {
            throw new NumericalException(
                    "no matrix is left for an adapter: the chosen ones are unchanged, have no component that the rule"
                            + " keeps, or factors would be no smaller than they are; ask for a lower rank, or choose others (read.include)");
        }
        return rows;
    }

    private List<Extraction.Result> extracted(String label, Extraction extraction, ModelPairs pairs, int[] ranks) {
        List<MatrixTasks.Item<Extraction.Task>> items = new ArrayList<>();
        for (int i = 0; i < ranks.length; i++) {
            TensorPair pair = pairs.selected().get(i);
            items.add(new MatrixTasks.Item<>(
                    new Extraction.Task(pair, AdapterModule.kind(pair.tuned()), ranks[i]),
                    2 * pair.tuned().count(),
                    extraction.flops(pair.tuned())));
        }
        return onAll(label, items, extraction::run);
    }

    /** A module of the adapter beside the two matrices whose difference it is. */
    private record Written(TensorPair pair, AdapterModule module) implements java.io.Serializable {}

    /** Writes the adapter, reads it back as PEFT would, and measures what it misses. */
    private List<ExtractedWeights.Row> written(
            OutputFolder out, List<ExtractedWeights.Row> rows, Map<String, Manifest.Factor> factors) {
        List<AdapterFolder.Entry> entries = rows.stream()
                .filter(ExtractedWeights.Row::extracted)
                .map(ExtractedWeights.Row::entry)
                .toList();
        Map<String, AdapterModule> modules = output(out).write(entries, List.of(), settings(rows), factors);
        List<ExtractedWeights.Row> inAdapter =
                rows.stream().filter(ExtractedWeights.Row::extracted).toList();
        List<MatrixTasks.Item<Written>> items = inAdapter.stream()
                .map(row -> new MatrixTasks.Item<>(
                        new Written(row.pair(), modules.get(row.weight().module())),
                        2 * row.weight().count(),
                        LoraExtractSpec.measuring(row.pair())))
                .toList();
        HadoopConf files = conf;
        List<Double> errors =
                onAll(LoraExtractSpec.MEASURE, items, (one, arena) -> one.pair().residual(files, one.module(), arena));
        List<ExtractedWeights.Row> measured = new ArrayList<>();
        int next = 0;
        for (ExtractedWeights.Row row : rows) {
            measured.add(row.extracted() ? row.measured(errors.get(next++)) : row);
        }
        return measured;
    }

    private AdapterFolder.Settings settings(List<ExtractedWeights.Row> rows) {
        return new AdapterFolder.Settings(extract.base(), "FEATURE_EXTRACTION", ExtractedWeights.inOut(rows));
    }

    private AdapterOutput output(OutputFolder out) {
        return new AdapterOutput(conf, out, spec.write().stored());
    }

    private void sideFile(OutputFolder out, List<ExtractedWeights.Line> ledger, Map<String, Manifest.Factor> factors) {
        List<StoredTensor> rest = ledger.stream()
                .filter(line -> line.fate().equals("side-file"))
                .map(ExtractedWeights.Line::tensor)
                .toList();
        if (!rest.isEmpty()) {
            factors.put(
                    "side-file",
                    output(out)
                            .factor(
                                    rest.size(),
                                    0,
                                    SideFile.FILE,
                                    SideFile.write(conf, out.place(SideFile.FILE), rest)));
        }
    }
}
