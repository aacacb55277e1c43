package lowrank.jobs;

import java.util.List;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.factor.Preparation;
import lowrank.factor.Projection;
import lowrank.factor.Shares;
import lowrank.factor.SharesPass;
import lowrank.io.Examples;
import lowrank.store.FactorTables;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = predict} on the result of an svd or pca: coordinates of new rows, and what it does not explain of each. */
final class PredictSvdJob extends PredictJob {
    private static final String COORDINATES = "coordinates";

    private final SvdPredictPlan plan;

    PredictSvdJob(Spec text, OutputFolder.Result model, SvdPredictPlan plan, JavaSparkContext spark) {
        super(text, model, plan, spark);
        this.plan = plan;
    }

    @Override
    Manifest predict(OutputFolder out, Examples examples, RowBlocks rows, Manifests manifests) {
        FactorTables.RightVectors right = FactorTables.readV(conf, model);
        double[] mean = right.mean();
        RowBlocks.Output<Pass.Both<Boolean, Shares>> written = new Preparation(
                        right.read(), plan.clip(), plan.shifted() ? mean : null, plan.precision())
                .of(rows)
                .map(new Projection(right.v(), plan.shifted() ? new double[mean.length] : mean, right.scale()))
                .write(
                        out.sink(
                                COORDINATES, spec.write().stored(), spec.write().codec()),
                        // What is left of a row is finite only if its coordinates are.
                        Pass.both(new FinitePass("projection", 1), new SharesPass(1, false)));
        if (!written.sum().first()) {
            throw new DataException("some rows are so far from those of the model " + spec.model() + " that their "
                    + (right.read() == null ? "coordinates" : "z-scores")
                    + " overflow; remove them with read.where");
        }
        Manifest.Factor factor = out.collect(
                COORDINATES, written.parts(), right.v().cols(), spec.write().stored());
        Shares missed = written.sum().second();
        Manifest manifest = manifests.of(
                "projection",
                "coordinates in the result at " + model.path(),
                factor.width(),
                residual(missed, "these rows, centred and scaled as the model's"),
                Map.of(COORDINATES, factor));
        return reported(out, manifest, List.of(Section.missed(missed, "its square")));
    }
}
