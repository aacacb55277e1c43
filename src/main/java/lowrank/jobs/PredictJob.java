package lowrank.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.FileNotFoundException;
import java.util.List;
import lowrank.blas.Backend;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.factor.Shares;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import lowrank.store.report.Report;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * {@code job = predict}: what a stored result tells of new rows. What all kinds of results have in common: from the spec to rows that fit
 * the model and the memory, and from what is written to its folder.
 */
abstract sealed class PredictJob permits PredictSvdJob, PredictRegressJob, PredictFeaturesJob {
    final Spec text;
    final PredictSpec spec;
    final OutputFolder.Result model;
    final HadoopConf conf;
    private final PredictPlan plan;
    private final JavaSparkContext spark;

    PredictJob(Spec text, OutputFolder.Result model, PredictPlan plan, JavaSparkContext spark) {
        this.text = text;
        this.spec = plan.spec();
        this.model = model;
        this.plan = plan;
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
    }

    /** The job that the model of a spec asks for. */
    static PredictJob of(Spec text, JavaSparkContext spark) {
        HadoopConf conf = new HadoopConf(spark.hadoopConfiguration());
        OutputFolder.Result model = model(conf, text.required("model"));
        PredictPlan plan = PredictPlan.of(text, model, conf);
        if (plan instanceof KernelPredictPlan kernels) {
            return kernels.model().fit() == null
                    ? new PredictFeaturesJob(text, model, kernels, spark)
                    : new PredictRegressJob(text, model, kernels, spark);
        }
        return new PredictSvdJob(text, model, (SvdPredictPlan) plan, spark);
    }

    /**
     * Reads the tables of the model, and stages what it tells of the rows.
     *
     * @param examples what the rows are made of
     * @param rows as they are read; the first column is the matrix
     * @param manifests of this run
     */
    abstract Manifest predict(OutputFolder out, Examples examples, RowBlocks rows, Manifests manifests);

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    final Outcome run() {
        Input input = Input.of(spec.read(), plan.held(), conf, spark);
        String listing = Digests.ofText(input.listing() + "\n" + identity(model.manifest()));
        try (OutputFolder out =
                OutputFolder.at(conf, spec.write().path(), spec.write().mode())) {
            out.requireApartFrom("read.path", spec.read().path());
            out.requireApartFrom("model", spec.model());
            if (spec.write().mode() == OutputFolder.Mode.SKIP && out.existing().isPresent()) {
                return SvdJob.skip(text, out, out.existing().get(), listing);
            }
            out.begin();
            Backend.choose(spec.blas());
            PassLog log = new PassLog();
            Examples examples = spec.read().kind() == null
                    ? Examples.of(input.table(out.scratch()))
                    : input.examples(out.scratch(), plan.classes(), log);
            plan.requireColumns(examples.rows().names());
            plan.requireTargets(examples);
            plan.require(examples, spark.getConf(), spark.defaultParallelism());
            Layout layout = plan.layout(examples.rows().rows());
            SparkBlocks rows = SparkBlocks.of(
                    spark, examples.source(plan.held(), layout), spec.read().partitions(), log);
            Manifests manifests = new Manifests(
                    text, spec.read(), examples.rows(), listing, plan.precision(), layout, rows, log, spark);
            out.commit(predict(out, examples, rows, manifests));
            return new Outcome("complete", out.path());
        }
    }

    /** Writes the page about the result where the spec asks for it, and hands the manifest on. */
    final Manifest reported(OutputFolder out, Manifest manifest, List<Section> sections) {
        if (spec.write().also().contains(WriteSpec.REPORT)) {
            out.write(Report.FILE, Report.html(manifest, model.manifest(), sections));
        }
        return manifest;
    }

    /** How much of the norm of new rows their coordinates miss, where the squares are doubles. */
    static Findings residual(Shares missed, String of) {
        List<Measure> measures = Double.isNaN(missed.part())
                ? List.of()
                : List.of(Measure.exact(
                        Report.RESIDUAL,
                        Math.sqrt(missed.part()),
                        "part of the norm of " + of + " that the coordinates miss"));
        return new Findings(measures, List.of(), List.of());
    }

    /** The result that new rows are told by. */
    static OutputFolder.Result model(HadoopConf conf, String path) {
        try {
            OutputFolder.Result model = OutputFolder.read(conf, path);
            boolean known = model.manifest().model() != null
                    || List.of("svd", "pca").contains(model.manifest().job());
            if (!known || !model.manifest().status().equals("complete")) {
                throw new SpecException("model = " + path + " is a "
                        + model.manifest().status() + " result of job = "
                        + model.manifest().job()
                        + "; predict needs a complete one of svd, pca, nystrom, features or regress");
            }
            return model;
        } catch (FileNotFoundException e) {
            throw new MissingInputException("model: " + e.getMessage());
        }
    }

    /** What decides what the model tells. */
    private static String identity(Manifest model) {
        Manifest.Factor decisive = model.factors().get(model.model() == null ? "V" : ModelTables.COEFFICIENTS);
        // Of given landmarks the spec names the table alone.
        JsonNode table = model.model() == null
                ? MissingNode.getInstance()
                : model.model().at(KernelJob.TABLE);
        return model.specDigest() + "\t" + model.input().listing() + "\t" + (decisive == null ? "" : decisive.digest())
                + (table.isMissingNode() ? "" : "\t" + table.asText());
    }
}
