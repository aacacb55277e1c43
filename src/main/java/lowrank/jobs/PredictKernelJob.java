package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.Schema;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.kernel.Features;
import lowrank.kernel.SelfColumn;
import lowrank.regress.LabelCodes;
import lowrank.regress.Predictor;
import lowrank.regress.ScorePass;
import lowrank.regress.Scores;
import lowrank.regress.WeightPass;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.Stored;
import lowrank.store.report.Report;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = predict} on the result of a regress job: a value or a class per row; where the truth is there too, how good they are. */
final class PredictKernelJob {
    private static final String PREDICTIONS = "predictions";
    private static final String VARIANCE = "variance";
    private static final String NOVELTY = "novelty";

    private final Spec text;
    private final PredictSpec spec;
    private final OutputFolder.Result result;
    private final KernelModel model;
    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final PassLog log = new PassLog();

    PredictKernelJob(Spec text, OutputFolder.Result result, KernelModel model, JavaSparkContext spark) {
        this.text = text;
        this.spec = PredictSpec.of(text);
        this.result = result;
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
        this.model = model;
    }

    private KernelModel.Fit fit() {
        return model.fit();
    }

    private boolean also(String word) {
        return spec.write().also().contains(word);
    }

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    Outcome run() {
        requireFitting();
        Precision precision = model.inputs().precision();
        Precision held = model.inputs().score() == null ? precision : Precision.DOUBLE;
        Input input = Input.of(spec.read(), held, conf, spark);
        String listing = Digests.ofText(input.listing() + "\n" + PredictJob.identity(result.manifest()));
        try (OutputFolder out =
                OutputFolder.at(conf, spec.write().path(), spec.write().mode())) {
            out.requireApartFrom(spec.read().path());
            if (spec.write().mode() == OutputFolder.Mode.SKIP && out.existing().isPresent()) {
                return SvdJob.skip(text, out, out.existing().get(), listing);
            }
            out.begin();
            Backend.choose(spec.blas());
            Examples examples = spec.read().kind() == null
                    ? Examples.of(input.table(out.scratch()))
                    : input.examples(out.scratch(), fit().classes(), log);
            requireColumns(examples.rows().names(), model, spec.model());
            requireTargets(examples);
            long rowBytes = Math.max(
                    (long) examples.rows().cols() * held.bytes(),
                    (long) model.map().size() * precision.bytes());
            Layout layout = Layout.of(examples.rows().rows(), rowBytes, 0);
            SparkBlocks rows = SparkBlocks.of(
                    spark, examples.source(held, layout), spec.read().partitions(), log);
            RowBlocks predicted = predicted(rows, examples);
            List<Stored> stored = stored(predicted.schema());
            // A class is always finite; its score shows what overflowed.
            FinitePass finite = new FinitePass("", fit().classes() == null ? 0 : 1);
            RowBlocks.Output<Pass.Both<Scores, Pass.Both<Boolean, Long>>> written = predicted.write(
                    out.sink(PREDICTIONS, stored, spec.write().codec()),
                    Pass.both(
                            scores(predicted.schema(), examples),
                            Pass.both(finite, new WeightPass(weights(predicted.schema(), examples)))));
            Scores scores = written.sum().first();
            require(
                    scores,
                    written.sum().second().first(),
                    written.sum().second().second());
            int width = fit().classes() != null ? 1 : fit().targets().size();
            Manifest.Factor factor = out.collect(PREDICTIONS, written.parts(), width, Precision.DOUBLE);
            Manifest manifest = new Manifests(
                            text, spec.read(), examples.rows(), listing, precision, layout, rows, log, spark)
                    .of(
                            "predictions",
                            "by the model at " + result.path(),
                            width,
                            findings(scores),
                            Map.of(PREDICTIONS, factor));
            if (also("report")) {
                out.write(
                        Report.FILE,
                        Report.html(manifest, result.manifest(), List.of(Section.scores(scores, names()))));
            }
            out.commit(manifest);
            return new Outcome("complete", out.path());
        }
    }

    private void require(Scores scores, boolean finite, long badWeight) {
        WeightPass.require(badWeight);
        if (!finite) {
            throw new DataException("some rows are so far from those of the model " + spec.model()
                    + " that their predictions overflow; remove them with read.where");
        }
        if (scores != null && !(scores.weight() > 0)) {
            throw new DataException(
                    "no row has a weight above 0, so predictions compare with nothing; check read.weight");
        }
    }

    private void requireFitting() {
        if (also(NOVELTY) && !model.knowsNovelty()) {
            throw new SpecException(
                    "write.also = novelty is 0 for every row with random features, which know nothing of"
                            + " landmarks; remove it, or learn with features.map = nystrom");
        }
        if (also(VARIANCE) && fit().variance() == null) {
            throw new SpecException(
                    fit().classes() != null
                            ? "write.also = variance is of numbers, and the model " + spec.model()
                                    + " tells classes; remove it"
                            : "the model " + spec.model() + " was learnt without what variances are made with; learn it"
                                    + " with write.also = [variance]");
        }
        boolean classes = fit().classes() != null;
        ReadSpec.Kind kind = spec.read().kind();
        if (kind != null && (kind == ReadSpec.Kind.CLASSIFICATION) != classes) {
            throw new SpecException("the model " + spec.model() + " tells " + (classes ? "classes" : "numbers")
                    + "; compare them with " + (classes ? "read.label" : "read.target") + ", or with nothing");
        }
        requireSamePreparation(text);
    }

    /** New rows are treated as those of the model were: a spec says nothing of it. */
    static void requireSamePreparation(Spec text) {
        for (String key : List.of("read.scale", "read.clip", "blocks.precision")) {
            if (text.differsFromDefault(key)) {
                throw new SpecException(key + " does not apply to job = predict on a kernel model: new rows are treated"
                        + " as those of the model were; remove it");
            }
        }
    }

    /** Refuses rows of other columns than the model's. */
    static void requireColumns(List<String> names, KernelModel model, String path) {
        List<String> known = model.inputs().names();
        if (names.size() != known.size()) {
            throw new DataException("the rows have " + names.size() + " columns, the model " + path + " was made from "
                    + known.size() + "; read the columns it was made from, in their order");
        }
        PredictJob.requireSameColumns(names, known, path);
    }

    private void requireTargets(Examples examples) {
        if (spec.read().kind() == ReadSpec.Kind.REGRESSION
                && examples.targets().cols() != fit().targets().size()) {
            throw new SpecException("read.target names " + examples.targets().cols() + " columns, the model "
                    + spec.model() + " tells " + fit().targets().size() + ": " + String.join(", ", fit().targets()));
        }
    }

    private RowBlocks predicted(RowBlocks rows, Examples examples) {
        RowBlocks prepared = model.inputs().of(rows);
        if (spec.read().kind() == ReadSpec.Kind.CLASSIFICATION) {
            prepared = prepared.map(new LabelCodes(fit().classes().numbers()));
        }
        // What landmarks miss of a row makes it less sure.
        if (also(NOVELTY) || (also(VARIANCE) && model.knowsNovelty())) {
            prepared = prepared.map(new SelfColumn(model.map().kernel()));
        }
        Predictor predictor =
                fit().classes() == null ? Predictor.values(fit().linear()) : Predictor.classes(fit().linear(), codes());
        predictor = also(NOVELTY) ? predictor.withNovelty() : predictor;
        predictor = also(VARIANCE) ? predictor.with(fit().variance()) : predictor;
        List<String> kept = new ArrayList<>();
        if (examples.targets() != null) {
            kept.add(prepared.schema().columns().get(1).name());
        }
        if (examples.weight() != null) {
            kept.add(prepared.schema().columns().get(2).name());
        }
        return prepared.map(new Features(model.map())).map(predictor.keeping(kept.toArray(String[]::new)));
    }

    private double[] codes() {
        return IntStream.range(0, fit().classes().size()).asDoubleStream().toArray();
    }

    private List<Stored> stored(Schema schema) {
        List<Stored> stored = new ArrayList<>();
        for (lowrank.blocks.Column column : schema.columns()) {
            stored.add(
                    switch (column.name()) {
                        case "class" -> new Stored.Class(fit().classes());
                        case "value", "score", NOVELTY -> new Stored.Number();
                        case VARIANCE ->
                            column.width() == 1 ? new Stored.Number() : new Stored.Vector(Precision.DOUBLE);
                        case "values" -> new Stored.Vector(Precision.DOUBLE);
                        default -> new Stored.Hidden();
                    });
        }
        return stored;
    }

    private Pass<Scores> scores(Schema schema, Examples examples) {
        if (examples.targets() == null) {
            return new NoScores();
        }
        int weight = weights(schema, examples);
        return new ScorePass(
                weight < 0 ? schema.columns().size() - 1 : weight - 1,
                weight,
                fit().classes() == null ? null : codes());
    }

    /** The column of the weights, the last, or -1. */
    private static int weights(Schema schema, Examples examples) {
        return examples.weight() == null ? -1 : schema.columns().size() - 1;
    }

    /** Where there is nothing to compare with. */
    private record NoScores() implements Pass<Scores> {
        @Override
        public String label() {
            return "predictions";
        }

        @Override
        public lowrank.blocks.Fold<Scores> open(lowrank.blas.Arena arena, Schema schema, Layout layout) {
            return new lowrank.blocks.Fold<>() {
                @Override
                public void add(lowrank.blocks.Block block) {}

                @Override
                public Scores takeLeaf() {
                    return null;
                }

                @Override
                public Scores merge(Scores left, Scores right) {
                    return null;
                }
            };
        }
    }

    /** Targets, or classes in words. */
    private List<String> names() {
        Classes classes = fit().classes();
        return classes == null
                ? fit().targets()
                : IntStream.range(0, classes.size()).mapToObj(classes::word).toList();
    }

    private Findings findings(Scores scores) {
        List<Measure> measures = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (scores instanceof Scores.Labels labels) {
            measures.add(Measure.exact("error rate", labels.errorRate(), "part of the rows put into a wrong class"));
            if (labels.unknown() > 0) {
                notes.add(String.format(
                        Locale.ROOT,
                        "%.3g of the rows have a label that the model does not know; they count as wrong",
                        labels.unknown() / labels.weight()));
            }
        } else if (scores instanceof Scores.Numbers numbers) {
            measures.addAll(TargetMeasures.of(numbers, fit().targets()));
        }
        return new Findings(measures, List.of(), notes);
    }
}
