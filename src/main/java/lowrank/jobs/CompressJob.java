package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lowrank.blocks.RowSink;
import lowrank.io.InputFiles;
import lowrank.io.MissingInputException;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.SafetensorsWriter;
import lowrank.spark.MatrixTasks;
import lowrank.store.Checksum;
import lowrank.store.FactorPieces;
import lowrank.store.FactorsSource;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.weights.Compression;
import lowrank.weights.FactorTensors;
import lowrank.weights.Selection;
import lowrank.weights.TallCompression;
import lowrank.weights.Truncation;
import lowrank.weights.Weight;
import lowrank.weights.WeightSpectrum;
import lowrank.weights.Whitening;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = compress}: the spectrum of each matrix of a checkpoint, and factors of the rank that a rule keeps. */
final class CompressJob extends WeightsJob {
    private final CompressSpec compress;
    private Checkpoint checkpoint;

    CompressJob(Spec text, JavaSparkContext spark) {
        super(text, CompressSpec.of(text).common(), spark);
        compress = CompressSpec.of(text);
    }

    @Override
    Map<String, Source> sources() {
        checkpoint = Checkpoint.open(conf, compress.path());
        Map<String, Source> sources = new LinkedHashMap<>();
        sources.put("read.path", new Source(compress.path(), checkpoint.files().size(), checkpoint.listing()));
        inputs(sources, "read.calibration", compress.calibration());
        inputs(sources, "read.held-out", compress.heldOut());
        return sources;
    }

    private void inputs(Map<String, Source> sources, String key, String folder) {
        if (folder != null) {
            List<InputFiles.Entry> files;
            try {
                files = InputFiles.list(conf, folder);
            } catch (MissingInputException e) {
                throw new MissingInputException(e.getMessage().replace("read.path", key));
            }
            sources.put(key, new Source(folder, files.size(), files.toString()));
        }
    }

    @Override
    Manifest produce(OutputFolder out) {
        Selection selection = Selection.of(checkpoint, spec.rule());
        compress.plan(conf, checkpoint).require(spark.getConf(), spark.defaultParallelism());
        CompressedWeights found = compressed(out, selection);
        // The last stage is that of matrices in a task each, where there are any.
        boolean isTasks = selection.weights().stream().anyMatch(weight -> !compress.isTall(weight));
        String outlook = isTasks ? outlook(compress.factors()) : null;
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        String codec = spec.write().codec();
        factors.put("matrices", found.matrices().write(out, "matrices", codec));
        factors.put("spectra", found.spectra().write(out, "spectra", codec));
        if (compress.factors()) {
            factors.put(
                    CompressSpec.FACTORS,
                    out.collect(
                            CompressSpec.FACTORS,
                            found.parts(),
                            found.largestRank(),
                            spec.write().stored()));
            if (spec.write().also().contains(CompressSpec.SAFETENSORS)) {
                safetensors(out, found, factors);
            }
        }
        Manifest manifest = manifest(
                algorithm(selection.weights()),
                List.of(),
                found.findings(outlook),
                WeightsSpec.weights(checkpoint, selection, found.kept()),
                factors);
        CompressReport report = CompressReport.of(found);
        return reported(out, manifest, report.headline(), report.standfirst(compress.path()), report.sections());
    }

    /** Writes the factors once more, as one file; without any it would hold nothing, and is not written. */
    private void safetensors(OutputFolder out, CompressedWeights found, Map<String, Manifest.Factor> factors) {
        List<Manifest.Part> parts = factors.get(CompressSpec.FACTORS).files();
        List<FactorTensors.Factored> matrices = new ArrayList<>();
        for (CompressedWeights.Row row : found.rows()) {
            if (row.factored()) {
                String file = parts.get(matrices.size()).path().substring(CompressSpec.FACTORS.length() + 1);
                matrices.add(new FactorTensors.Factored(
                        row.weight(),
                        row.result().rank(),
                        new FactorsSource(conf, out.place(CompressSpec.FACTORS), file)));
            }
        }
        if (matrices.isEmpty()) {
            return;
        }
        SafetensorsWriter.Written file = FactorTensors.write(
                conf,
                out.place(FactorTensors.FILE),
                compress.path(),
                matrices,
                spec.write().stored());
        factors.put(
                CompressSpec.SAFETENSORS,
                new Manifest.Factor(
                        matrices.size(),
                        found.largestRank(),
                        spec.write().stored().name().toLowerCase(Locale.ROOT),
                        file.sha256(),
                        List.of(new Manifest.Part(
                                FactorTensors.FILE, matrices.size(), file.bytes(), Checksum.ofSha256(file.sha256())))));
    }

    private CompressedWeights compressed(OutputFolder out, Selection selection) {
        List<Weight> weights = selection.weights();
        int[] ranks = new int[weights.size()];
        Arrays.fill(ranks, Compression.UNDECIDED);
        Whitening whitening = whitening(weights);
        if (compress.factors() && compress.rule() instanceof Truncation.Budget budget) {
            List<Compression.Result> spectra =
                    run(out, new Compression(conf, compress.rule(), null, whitening), weights, ranks);
            ranks = share(
                    budget, weights, spectra.stream().map(Compression.Result::s).toList());
        }
        Compression compression = new Compression(
                conf,
                compress.rule(),
                compress.factors()
                        ? out.factorsSink(
                                CompressSpec.FACTORS,
                                spec.write().stored(),
                                spec.write().codec())
                        : null,
                whitening);
        List<Compression.Result> results = run(out, compression, weights, ranks);
        List<CompressedWeights.Row> rows = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            Compression.Result result = results.get(i);
            rows.add(new CompressedWeights.Row(
                    weight, result, WeightSpectrum.of(result.s(), weight.out(), weight.in())));
        }
        return new CompressedWeights(
                rows, compress.factors(), compress.calibration() != null, compress.heldOut() != null);
    }

    /** Rows that go in are looked for before anything is computed. */
    private Whitening whitening(List<Weight> weights) {
        Whitening whitening = compress.whitening(conf);
        if (whitening != null) {
            weights.stream()
                    .filter(weight -> weight.view() != Weight.View.UNFOLDED_IN)
                    .forEach(whitening::require);
        }
        return whitening;
    }

    /** Works on all matrices: on large ones one after the other, then on each of the others in a task. */
    private List<Compression.Result> run(OutputFolder out, Compression compression, List<Weight> weights, int[] ranks) {
        TallCompression tall = new TallCompression(conf, compression.rule(), compression.sink(), out.scratch());
        Compression.Result[] results = new Compression.Result[weights.size()];
        List<MatrixTasks.Item<Compression.Task>> items = new ArrayList<>();
        for (int i = 0; i < results.length; i++) {
            Weight weight = weights.get(i);
            Compression.Task task = new Compression.Task(i, weight, ranks[i]);
            if (compress.isTall(weight)) {
                results[i] = tall.run(task, this::rows, this::joined);
            } else {
                items.add(new MatrixTasks.Item<>(task, weight.count(), compression.flops(weight)));
            }
        }
        if (!items.isEmpty()) {
            String label = compression.sink() == null ? CompressSpec.SPECTRA : CompressSpec.FACTORS;
            List<Compression.Result> found = onAll(label, items, compression::run);
            for (int i = 0; i < found.size(); i++) {
                results[items.get(i).of().index()] = found.get(i);
            }
        }
        return List.of(results);
    }

    /** One task puts the rows of factors together that all tasks left. */
    private RowSink.Written joined(FactorPieces pieces) {
        long values = pieces.values();
        MatrixTasks.Item<FactorPieces> item = new MatrixTasks.Item<>(pieces, values, MatrixTasks.READING * values);
        return onAll("rows of factors", List.of(item), FactorPieces::join).get(0);
    }

    private String algorithm(List<Weight> weights) {
        long tall = weights.stream().filter(compress::isTall).count();
        String tasks = "lapack, a task for each matrix";
        if (tall == 0) {
            return tasks;
        }
        String passes = String.format(
                Locale.ROOT, "tsqr by all tasks of matrices of more than %,d entries", compress.taskEntries());
        return tall == weights.size() ? passes : passes + "; else " + tasks;
    }

    /** Ranks under a budget; unfoldings that are only looked at take none of it. */
    static int[] share(Truncation.Budget budget, List<Weight> weights, List<double[]> spectra) {
        List<Truncation.Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < weights.size(); i++) {
            Weight weight = weights.get(i);
            int most = weight.view() == Weight.View.UNFOLDED_IN ? 0 : weight.worthwhile();
            candidates.add(new Truncation.Candidate(spectra.get(i), weight.out(), weight.in(), most));
        }
        return Truncation.share(budget, candidates);
    }
}
