package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.blocks.RowSink;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.factor.Projection;
import lowrank.factor.Shares;
import lowrank.factor.SharesPass;
import lowrank.io.Examples;
import lowrank.kernel.Features;
import lowrank.kernel.SelfColumn;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.Stored;
import lowrank.store.report.Report;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * {@code job = predict} on the result of a nystrom or features job: features of new rows, or their kernel principal coordinates where the
 * result has them.
 */
final class PredictFeaturesJob extends PredictJob {
    private final KernelPredictPlan plan;

    PredictFeaturesJob(Spec text, OutputFolder.Result model, KernelPredictPlan plan, JavaSparkContext spark) {
        super(text, model, plan, spark);
        this.plan = plan;
    }

    @Override
    Manifest predict(OutputFolder out, Examples examples, RowBlocks rows, Manifests manifests) {
        KernelModel kernels = KernelModel.read(conf, model);
        RowBlocks prepared = kernels.inputs().of(rows);
        if (plan.needsSelf()) {
            prepared = prepared.map(new SelfColumn(kernels.map().kernel()));
        }
        RowBlocks mapped = prepared.map(new Features(kernels.map()));
        if (plan.components() > 0) {
            FactorTables.RightVectors right = FactorTables.readV(conf, model);
            mapped = mapped.map(new Projection(right.v(), right.mean(), right.scale()));
        }
        String name = plan.written();
        List<Stored> stored =
                new ArrayList<>(List.of(new Stored.Vector(spec.write().stored())));
        if (plan.needsSelf()) {
            stored.add(new Stored.Hidden());
        }
        RowSink sink = out.sink(name, stored, spec.write().codec());
        FinitePass finite = new FinitePass(name, 0);
        List<RowSink.Written> parts;
        Shares missed = null;
        boolean inRange;
        if (plan.needsSelf() || plan.components() > 0) {
            RowBlocks.Output<Pass.Both<Boolean, Shares>> written =
                    mapped.write(sink, Pass.both(finite, new SharesPass(1, plan.needsSelf())));
            parts = written.parts();
            inRange = written.sum().first();
            missed = written.sum().second();
        } else {
            RowBlocks.Output<Boolean> written = mapped.write(sink, finite);
            parts = written.parts();
            inRange = written.sum();
        }
        if (!inRange) {
            throw new DataException("some rows are so far from those of the model " + spec.model()
                    + " that their features overflow; remove them with read.where");
        }
        Manifest.Factor factor =
                out.collect(name, parts, mapped.cols(), spec.write().stored());
        Manifest manifest = manifests.of(
                name,
                name + " by the result at " + model.path(),
                factor.width(),
                findings(missed),
                Map.of(name, factor));
        return reported(out, manifest, missed == null ? List.of() : List.of(Section.missed(missed, what())));
    }

    private String what() {
        return plan.components() > 0 ? "the square of its features" : "k(x, x)";
    }

    /** What features or coordinates miss; random features miss nothing that a row would tell. */
    private Findings findings(Shares missed) {
        if (missed != null && plan.components() > 0) {
            return residual(missed, "the features of these rows, centred as the model's");
        }
        return new Findings(
                missed == null || Double.isNaN(missed.part())
                        ? List.of()
                        : List.of(Measure.exact(
                                Report.TRACE,
                                missed.part(),
                                "tr(K - ZZ') / tr K over these rows: what the landmarks miss of them")),
                List.of(),
                List.of());
    }
}
