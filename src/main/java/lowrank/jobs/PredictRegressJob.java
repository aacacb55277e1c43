package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.io.Examples;
import lowrank.kernel.Features;
import lowrank.kernel.SelfColumn;
import lowrank.regress.LabelCodes;
import lowrank.regress.Predictor;
import lowrank.regress.ScorePass;
import lowrank.regress.Scores;
import lowrank.regress.WeightPass;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.Stored;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = predict} on the result of a regress job: a value or a class per row; where the truth is there too, how good they are. */
final class PredictRegressJob extends PredictJob {
    private static final String PREDICTIONS = "predictions";

    private final KernelPredictPlan plan;

    PredictRegressJob(Spec text, OutputFolder.Result model, KernelPredictPlan plan, JavaSparkContext spark) {
        super(text, model, plan, spark);
        this.plan = plan;
    }

    /**
     * Where the columns of the rows are, after the matrix.
     *
     * @param target targets or the label, or -1
     * @param weight or -1
     * @param self k(x, x), or -1
     */
    private record Places(int target, int weight, int self) {
        static Places of(Examples examples, boolean self) {
            int next = 1;
            int target = examples.targets() == null ? -1 : next++;
            int weight = examples.weight() == null ? -1 : next++;
            return new Places(target, weight, self ? next : -1);
        }

        /** What predictions are compared with. */
        int[] known() {
            return IntStream.of(target, weight).filter(place -> place >= 0).toArray();
        }
    }

    @Override
    Manifest predict(OutputFolder out, Examples examples, RowBlocks rows, Manifests manifests) {
        KernelModel kernels = KernelModel.read(conf, model);
        Places places = Places.of(examples, plan.needsSelf());
        Predictor predictor = predictor(kernels.fit(), places);
        RowBlocks predicted =
                prepared(rows, kernels).map(new Features(kernels.map())).map(predictor);
        List<Stored> stored = new ArrayList<>(plan.told());
        while (stored.size() < predicted.schema().columns().size()) {
            stored.add(new Stored.Hidden());
        }
        RowSink sink = out.sink(PREDICTIONS, stored, spec.write().codec());
        // A class is always finite; its score shows what overflowed.
        FinitePass finite = new FinitePass(plan.compares() ? "" : PREDICTIONS, plan.classes() == null ? 0 : 1);
        List<RowSink.Written> parts;
        Scores scores = null;
        if (plan.compares()) {
            int target = predictor.told();
            int weight = places.weight() < 0 ? -1 : target + 1;
            RowBlocks.Output<Pass.Both<Scores, Pass.Both<Boolean, Long>>> written = predicted.write(
                    sink,
                    Pass.both(
                            new ScorePass(target, weight, predictor.codes()),
                            Pass.both(finite, new WeightPass(weight))));
            parts = written.parts();
            scores = written.sum().first();
            WeightPass.require(written.sum().second().second());
            requireFinite(written.sum().second().first());
            requireWeight(scores);
        } else {
            RowBlocks.Output<Boolean> written = predicted.write(sink, finite);
            parts = written.parts();
            requireFinite(written.sum());
        }
        int width = plan.classes() != null ? 1 : kernels.fit().targets().size();
        Manifest.Factor factor = out.collect(PREDICTIONS, parts, width, Precision.DOUBLE);
        Manifest manifest = manifests.of(
                PREDICTIONS,
                "by the model at " + model.path(),
                width,
                findings(scores, kernels.fit().targets()),
                Map.of(PREDICTIONS, factor));
        return reported(out, manifest, List.of(Section.scores(scores, names(kernels.fit()))));
    }

    /** Rows as the feature map takes them, labels as codes, and k(x, x) where what landmarks miss of a row matters. */
    private RowBlocks prepared(RowBlocks rows, KernelModel kernels) {
        RowBlocks prepared = kernels.inputs().of(rows);
        if (plan.compares() && plan.classes() != null) {
            prepared = prepared.map(new LabelCodes(plan.classes().numbers()));
        }
        return plan.needsSelf() ? prepared.map(new SelfColumn(kernels.map().kernel())) : prepared;
    }

    private Predictor predictor(KernelModel.Fit fit, Places places) {
        Predictor predictor = plan.classes() == null
                ? Predictor.values(fit.linear())
                : Predictor.classes(
                        fit.linear(),
                        IntStream.range(0, plan.classes().size())
                                .asDoubleStream()
                                .toArray());
        predictor = plan.variance() ? predictor.with(fit.variance()) : predictor;
        predictor = plan.needsSelf() ? predictor.withSelf(places.self()) : predictor;
        predictor = plan.novelty() ? predictor.withNovelty() : predictor;
        return predictor.keeping(places.known());
    }

    private void requireFinite(boolean finite) {
        if (!finite) {
            throw new DataException("some rows are so far from those of the model " + spec.model()
                    + " that their predictions overflow; remove them with read.where");
        }
    }

    private static void requireWeight(Scores scores) {
        if (!(scores.weight() > 0)) {
            throw new DataException(
                    "no row has a weight above 0, so predictions compare with nothing; check read.weight");
        }
    }

    /** Targets, or classes in words. */
    private static List<String> names(KernelModel.Fit fit) {
        Classes classes = fit.classes();
        return classes == null
                ? fit.targets()
                : IntStream.range(0, classes.size()).mapToObj(classes::word).toList();
    }

    private static Findings findings(Scores scores, List<String> targets) {
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
            measures.addAll(TargetMeasures.of(numbers, targets));
        }
        return new Findings(measures, List.of(), notes);
    }
}
