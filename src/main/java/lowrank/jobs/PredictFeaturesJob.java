package lowrank.jobs;

import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.RowBlocks;
import lowrank.factor.Projection;
import lowrank.io.Examples;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
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
        RowBlocks mapped = KernelModel.read(conf, model).features(rows);
        if (plan.components() > 0) {
            FactorTables.RightVectors right = FactorTables.readV(conf, model);
            mapped = mapped.map(new Projection(right.v(), right.mean(), right.scale()));
        }
        String name = plan.written();
        RowBlocks.Output<Boolean> written =
                mapped.write(out.sink(name, spec.write().stored(), spec.write().codec()), new FinitePass(name, 0));
        if (!written.sum()) {
            throw new DataException("some rows are so far from those of the model " + spec.model()
                    + " that their features overflow; remove them with read.where");
        }
        Manifest.Factor factor =
                out.collect(name, written.parts(), mapped.cols(), spec.write().stored());
        return manifests.of(
                name, name + " by the result at " + model.path(), factor.width(), null, Map.of(name, factor));
    }
}
