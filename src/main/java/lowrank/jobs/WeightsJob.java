package lowrank.jobs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lowrank.blas.Backend;
import lowrank.blocks.BlockSource;
import lowrank.blocks.DataException;
import lowrank.blocks.RowBlocks;
import lowrank.certify.Findings;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.spark.MatrixTasks;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.report.Report;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** What jobs on weights have in common: from checkpoints to a result in its folder. */
abstract class WeightsJob {
    /** Names of these jobs. */
    static final Set<String> JOBS = Set.of("compress", "lora-extract", "lora-merge", "lora-resize", "circuits");

    /** Of the cluster that a prediction is made for. */
    private static final int EXECUTORS = 100;

    final Spec text;
    final WeightsSpec spec;
    final JavaSparkContext spark;
    final HadoopConf conf;
    final PassLog log = new PassLog();

    private final Set<String> kernels = new TreeSet<>();
    private final List<SparkBlocks> visited = new ArrayList<>();
    private Map<String, Source> sources;
    private String listing;

    WeightsJob(Spec text, WeightsSpec spec, JavaSparkContext spark) {
        this.text = text;
        this.spec = spec;
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
    }

    /** The job of a spec. */
    static WeightsJob of(Spec text, JavaSparkContext spark) {
        return switch (text.job()) {
            case "compress" -> new CompressJob(text, spark);
            case "circuits" -> new CircuitsJob(text, spark);
            case "lora-extract" -> new LoraExtractJob(text, spark);
            case "lora-merge" -> new LoraMergeJob(text, spark);
            case "lora-resize" -> new LoraResizeJob(text, spark);
            default -> throw new SpecException("job = " + text.job() + " is not there yet");
        };
    }

    /** What is wrong with a spec of such a job is said before Spark starts. */
    static void check(Spec text) {
        switch (text.job()) {
            case "compress" -> CompressSpec.of(text);
            case "circuits" -> CircuitsSpec.of(text);
            case "lora-extract" -> LoraExtractSpec.of(text);
            case "lora-merge" -> LoraMergeSpec.of(text);
            case "lora-resize" -> LoraResizeSpec.of(text);
            default -> throw new SpecException("job = " + text.job() + " is not there yet");
        }
    }

    /** What such a job will take; headers of its inputs are read for it. */
    static WeightsPlan plan(Spec text, HadoopConf conf) {
        return switch (text.job()) {
            case "compress" -> {
                CompressSpec spec = CompressSpec.of(text);
                yield spec.plan(conf, Checkpoint.open(conf, spec.path()));
            }
            case "lora-extract" -> {
                LoraExtractSpec spec = LoraExtractSpec.of(text);
                yield spec.plan(conf, Checkpoint.open(conf, spec.base()), Checkpoint.open(conf, spec.tuned()));
            }
            case "lora-merge" -> LoraMergeSpec.of(text).plan(conf);
            case "lora-resize" -> LoraResizeSpec.of(text).plan(conf);
            case "circuits" -> {
                CircuitsSpec spec = CircuitsSpec.of(text);
                yield spec.plan(conf, Checkpoint.open(conf, spec.path()));
            }
            default -> throw new SpecException("job = " + text.job() + " is not there yet");
        };
    }

    /**
     * An input of the job.
     *
     * @param listing what identifies its files
     */
    record Source(String path, int files, String listing) {}

    /** Opens the inputs, by the keys that name them; headers are read and checked here. */
    abstract Map<String, Source> sources();

    /** Computes and stages the result. */
    abstract Manifest produce(OutputFolder out);

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    final Outcome run() {
        look();
        try (OutputFolder out =
                OutputFolder.at(conf, spec.write().path(), spec.write().mode())) {
            sources.forEach((key, source) -> out.requireApartFrom(key, source.path()));
            if (spec.write().mode() == OutputFolder.Mode.SKIP && out.existing().isPresent()) {
                return SvdJob.skip(text, out, out.existing().get(), listing);
            }
            out.begin();
            Backend.choose(spec.blas());
            out.commit(produce(out));
            return new Outcome("complete", out.path());
        }
    }

    private void look() {
        sources = sources();
        listing = Digests.ofText(sources.values().stream().map(Source::listing).collect(Collectors.joining("\n")));
    }

    /**
     * Opens the inputs of a result, which must be those that it was made from.
     *
     * @throws DataException naming one that is not
     */
    final void requireInputsOf(Manifest manifest) {
        look();
        Map<String, String> were = manifest.input().sources();
        sources.forEach((key, source) -> {
            boolean same = were == null
                    ? listing.equals(manifest.input().listing())
                    : Digests.ofText(source.listing()).equals(were.get(key));
            if (!same) {
                throw new DataException(key + " " + source.path()
                        + " is not what the result was made from (its files changed); run the job again");
            }
        });
    }

    /** Runs work over matrices on the cluster. */
    final <T, R> List<R> onAll(String label, List<MatrixTasks.Item<T>> items, MatrixTasks.Work<T, R> work) {
        MatrixTasks.Results<R> results = MatrixTasks.run(spark, label, items, work, log);
        kernels.addAll(results.kernels());
        return results.of();
    }

    /** Rows of a matrix that all tasks work on. */
    final RowBlocks rows(BlockSource source) {
        SparkBlocks blocks = SparkBlocks.of(spark, source, 0, log);
        visited.add(blocks);
        return blocks;
    }

    /** How long a model of 70 billion parameters would take, at the rate of the last stage: a note for the findings. */
    final String outlook(boolean vectors) {
        PassLog.Entry last = log.entries().get(log.entries().size() - 1);
        int cores = Math.min(last.tasks(), spark.defaultParallelism());
        return WeightsPlan.outlook(last.flops() / last.seconds() / cores, vectors, EXECUTORS);
    }

    /**
     * The manifest of this run.
     *
     * @param algorithm in a word
     * @param reasons what was decided, in words
     * @param weights what there was to work on
     */
    final Manifest manifest(
            String algorithm,
            List<String> reasons,
            Findings findings,
            Manifest.Weights weights,
            Map<String, Manifest.Factor> factors) {
        visited.forEach(blocks -> kernels.addAll(blocks.kernels()));
        String first = sources.values().iterator().next().path();
        return Manifests.ofWeights(
                text,
                new Manifest.Input(
                        Manifests.qualified(first, spark),
                        sources.values().stream().mapToInt(Source::files).sum(),
                        listing,
                        "none",
                        null,
                        fingerprints()),
                algorithm,
                reasons,
                Manifests.versions(spark, kernels),
                findings,
                weights,
                log,
                new LinkedHashMap<>(factors));
    }

    private Map<String, String> fingerprints() {
        Map<String, String> prints = new LinkedHashMap<>();
        sources.forEach((key, source) -> prints.put(key, Digests.ofText(source.listing())));
        return prints;
    }

    /** Writes the page about a result where the spec asks for it, and hands the manifest on. */
    final Manifest reported(
            OutputFolder out, Manifest manifest, String headline, String standfirst, List<Section> sections) {
        if (spec.write().also().contains(WriteSpec.REPORT)) {
            out.write(Report.FILE, Report.html(manifest, headline, standfirst, sections));
        }
        return manifest;
    }
}
