package lowrank.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lowrank.blas.Backend;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.certify.KernelMeasures;
import lowrank.certify.Measure;
import lowrank.factor.ZScore;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.MedianDistance;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputExistsException;
import lowrank.store.OutputFolder;
import lowrank.store.Stored;
import lowrank.store.report.Report;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** What the jobs nystrom, features and regress have in common: from the spec to prepared rows, and from a result to its folder. */
abstract class KernelJob {
    /** Names of these jobs. */
    static final Set<String> JOBS = Set.of("regress", "nystrom", "features");

    private static final String FEATURES = "features";

    /** Where the model in a manifest holds the fingerprint of the table of given landmarks. */
    static final String TABLE = "/features/table";

    final Spec text;
    final KernelJobSpec spec;
    final JavaSparkContext spark;
    final HadoopConf conf;
    final PassLog log = new PassLog();

    KernelJob(Spec text, JavaSparkContext spark) {
        this.text = text;
        this.spec = KernelJobSpec.of(text);
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
    }

    /** The job of a spec. */
    static KernelJob of(Spec text, JavaSparkContext spark) {
        return switch (text.job()) {
            case "regress" -> new RegressJob(text, spark);
            case "nystrom" -> new NystromJob(text, spark);
            default -> new FeaturesJob(text, spark);
        };
    }

    /**
     * Prepared rows and what is known of them.
     *
     * @param rows first column prepared; others as in the input
     * @param table fingerprint of the files of given landmarks, or null
     */
    record Prepared(
            Examples examples,
            KernelPlan plan,
            SparkBlocks input,
            KernelModel.Inputs inputs,
            RowBlocks rows,
            String table) {}

    /** Computes and stages the result. */
    abstract Manifest produce(OutputFolder out, String listing, Prepared prepared, MapBuilder maps);

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    final Outcome run() {
        Input input = Input.of(spec.read(), spec.held(), conf, spark);
        try (OutputFolder out =
                OutputFolder.at(conf, spec.write().path(), spec.write().mode())) {
            out.requireApartFrom("read.path", spec.read().path());
            String listing = Digests.ofText(input.listing());
            FeatureSpec features = spec.features();
            if (features.table() != null) {
                out.requireApartFrom("features.table", features.table());
            }
            String table = features.table() == null
                    ? null
                    : Digests.ofText(GivenLandmarks.listing(spec.read(), features.table(), conf, spark));
            if (spec.write().mode() == OutputFolder.Mode.SKIP && out.existing().isPresent()) {
                requireTable(out, out.existing().get(), table);
                return SvdJob.skip(text, out, out.existing().get(), listing);
            }
            out.begin();
            Backend.choose(spec.blas());
            Examples examples = spec.solve() == null
                    ? Examples.of(input.table(out.scratch()))
                    : input.examples(out.scratch(), null, log);
            Matrix given = features.table() == null
                    ? null
                    : GivenLandmarks.read(
                            spec.read(), features.table(), examples.rows().cols(), conf, spark, out.scratch());
            MapBuilder maps = new MapBuilder(features, spec.precision(), given);
            Prepared prepared = prepare(examples, maps, table);
            out.commit(produce(out, listing, prepared, maps.on(prepared.inputs())));
            return new Outcome("complete", out.path());
        }
    }

    private Prepared prepare(Examples examples, MapBuilder maps, String table) {
        spec.requireWidth(examples.rows().cols());
        int targets = examples.classes() != null
                ? examples.classes().size()
                : examples.targetNames().size();
        KernelPlan plan = KernelPlan.of(spec, examples.rows(), targets, maps.size());
        plan.require(spark.getConf(), spark.defaultParallelism());
        SparkBlocks rows = SparkBlocks.of(
                spark, examples.source(spec.held(), plan.layout()), spec.read().partitions(), log);
        double[] lengths = spec.kernel().lengthScales();
        ZScore score = spec.read().standard() ? ZScore.of(rows) : null;
        KernelModel.Inputs inputs = new KernelModel.Inputs(
                examples.rows().names(), score, spec.read().clip(), lengths, spec.precision());
        return new Prepared(examples, plan, rows, inputs, inputs.of(rows), table);
    }

    /** Refuses to take a result of other given landmarks for this one's: the spec names their table, not what it holds. */
    private void requireTable(OutputFolder out, Manifest there, String table) {
        boolean same = there.model() != null && there.specDigest().equals(Manifests.specDigest(text));
        if (table != null && same && !there.model().at(TABLE).asText().equals(table)) {
            throw new OutputExistsException("write.path " + out.path() + " holds a result of what features.table "
                    + spec.features().table() + " was before it changed; choose another path, or set write.mode ="
                    + " replace");
        }
    }

    /** What the manifest holds of a model. */
    final JsonNode described(Prepared prepared, KernelModel model, MapBuilder.Built built) {
        JsonNode json = model.json(spec.features().map(), built.seeds());
        if (prepared.table() != null) {
            ((ObjectNode) json.get(FEATURES)).put("table", prepared.table());
        }
        return json;
    }

    /** What all manifests of this run hold. */
    final Manifests manifests(Prepared prepared, String listing) {
        return new Manifests(
                text,
                spec.read(),
                prepared.examples().rows(),
                listing,
                spec.precision(),
                prepared.plan().layout(),
                prepared.input(),
                log,
                spark);
    }

    /** The bandwidths to try; NaN stands for a kernel without one. */
    double[] bandwidths(RowBlocks rows) {
        if (spec.kernel().bandwidths().isEmpty()) {
            return new double[] {Double.NaN};
        }
        double median = spec.kernel().usesMedian()
                ? MedianDistance.of(
                        rows, spec.kernel().kernel(1).form(), spec.features().seed())
                : Double.NaN;
        return spec.kernel().bandwidths().stream()
                .mapToDouble(rule -> rule.value(median))
                .toArray();
    }

    /** A number as it is read, not as it is stored. */
    static String shown(double value) {
        String text = String.format(Locale.ROOT, "%.6g", value);
        // 2040.00 says 2040.
        return text.contains("e") || !text.contains(".") ? text : text.replaceFirst("\\.?0+$", "");
    }

    /**
     * What was decided, for the manifest.
     *
     * @param candidate which of the bandwidths it is
     */
    List<String> reasons(MapBuilder.Built built, double bandwidth, int candidate) {
        List<String> reasons = new ArrayList<>();
        if (!Double.isNaN(bandwidth)) {
            reasons.add("bandwidth " + shown(bandwidth)
                    + (spec.kernel().bandwidths().get(candidate).ofMedian() ? ", by the median distance" : ""));
        }
        reasons.addAll(built.notes());
        return reasons;
    }

    /**
     * Writes features/, one row per row of the input, and sums a pass over them.
     *
     * @param features in the first column; others are not written
     */
    final <N> N writeFeatures(
            OutputFolder out, RowBlocks features, Pass<N> alongside, Map<String, Manifest.Factor> factors) {
        List<Stored> columns =
                new ArrayList<>(List.of(new Stored.Vector(spec.write().stored())));
        while (columns.size() < features.schema().columns().size()) {
            columns.add(new Stored.Hidden());
        }
        RowBlocks.Output<Pass.Both<N, Boolean>> written = features.write(
                out.sink(FEATURES, columns, spec.write().codec()), Pass.both(alongside, new FinitePass("features", 0)));
        requireFinite(written.sum().second());
        factors.put(
                FEATURES,
                out.collect(
                        FEATURES, written.parts(), features.cols(), spec.write().stored()));
        return written.sum().first();
    }

    /** How far the inner products of features are from the kernel, measured on sampled rows; of one row nothing. */
    final Optional<Measure> kernelError(Prepared prepared, FeatureMap map) {
        return prepared.rows().rows() < 2
                ? Optional.empty()
                : Optional.of(KernelMeasures.kernelError(
                        prepared.rows(), map, spec.precision(), spec.features().seed()));
    }

    /** Writes the page about a result where the spec asks for it, and hands the manifest on. */
    final Manifest reported(OutputFolder out, Manifest manifest, List<Section> sections) {
        if (spec.write().also().contains("report")) {
            out.write(Report.FILE, Report.html(manifest, manifest, sections));
        }
        return manifest;
    }

    /** Where the least value stands. */
    static int least(double[] values) {
        int least = 0;
        for (int i = 1; i < values.length; i++) {
            least = values[i] < values[least] ? i : least;
        }
        return least;
    }

    /** Refuses results that overflowed. */
    static void requireFinite(boolean finite) {
        if (!finite) {
            throw new NumericalException("some rows have features beyond doubles: their values are too large for this"
                    + " kernel; set read.scale = standard, or another kernel");
        }
    }
}
