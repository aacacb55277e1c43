package lowrank.jobs;

import java.util.LinkedHashMap;
import java.util.Map;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.factor.Projection;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.kernel.Features;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * {@code job = predict} on the result of a nystrom or features job: features of new rows, or their kernel principal coordinates where the
 * result has them.
 */
final class PredictFeaturesJob {
    private final Spec text;
    private final PredictSpec spec;
    private final OutputFolder.Result result;
    private final KernelModel model;
    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final PassLog log = new PassLog();

    PredictFeaturesJob(Spec text, OutputFolder.Result result, KernelModel model, JavaSparkContext spark) {
        this.text = text;
        this.spec = PredictSpec.of(text);
        this.result = result;
        this.model = model;
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
    }

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    Outcome run() {
        spec.read().withoutBeside("job = predict on a " + result.manifest().job() + " result");
        PredictKernelJob.requireSamePreparation(text);
        text.requireIdle("write.also");
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
            InputTable table = input.table(out.scratch());
            PredictKernelJob.requireColumns(table.names(), model, spec.model());
            long row = Math.max(
                    (long) table.cols() * held.bytes(), (long) model.map().size() * precision.bytes());
            Layout layout = Layout.of(table.rows(), row, 0);
            SparkBlocks rows = SparkBlocks.of(
                    spark, table.source(held, layout), spec.read().partitions(), log);
            boolean coordinates = result.manifest().factors().containsKey("V");
            RowBlocks mapped = model.inputs().of(rows).map(new Features(model.map()));
            if (coordinates) {
                FactorTables.RightVectors right = FactorTables.readV(conf, result);
                mapped = mapped.map(new Projection(right.v(), right.mean(), right.scale()));
            }
            String name = coordinates ? "coordinates" : "features";
            RowBlocks.Output<Boolean> written = mapped.write(
                    out.sink(name, spec.write().stored(), spec.write().codec()), new FinitePass(name, 0));
            if (!written.sum()) {
                throw new DataException("some rows are so far from those of the model " + spec.model()
                        + " that their features overflow; remove them with read.where");
            }
            Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
            int width = mapped.cols();
            factors.put(
                    name, out.collect(name, written.parts(), width, spec.write().stored()));
            out.commit(new Manifests(
                            text, spec.read(), table, listing, model.inputs().precision(), layout, rows, log, spark)
                    .of(name, name + " by the result at " + result.path(), width, null, factors));
            return new Outcome("complete", out.path());
        }
    }
}
