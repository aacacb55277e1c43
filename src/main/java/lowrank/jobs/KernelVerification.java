package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.PairedSource;
import lowrank.blocks.RowBlocks;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetTable;
import lowrank.kernel.Features;
import lowrank.kernel.SelfColumn;
import lowrank.kernel.TracePass;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.DigestPass;
import lowrank.store.Digests;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures the result of a kernel job against its input once more: of regress the fit ({@link FitVerification}), of nystrom the trace
 * residual and coordinates ({@link CoordinatesVerification}), of all the tables that hold a row per row.
 */
final class KernelVerification {
    private static final String FEATURES = "features";
    private static final String COORDINATES = "coordinates";
    private static final String WRITTEN = "the values that were written";

    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final OutputFolder.Result result;
    private final Manifest manifest;
    private final KernelModel model;
    private final KernelJobSpec spec;
    private final Checks checks;

    /** Reads the model, whose tables must be those that were written. */
    KernelVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        this.spark = spark;
        this.conf = conf;
        this.result = result;
        manifest = result.manifest();
        checks = new Checks(result);
        model = KernelModel.read(conf, result);
        if (manifest.factors().containsKey(ModelTables.PATH)) {
            ModelTables.readPath(conf, result);
        }
        spec = KernelJobSpec.of(Spec.of(Spec.layers(
                null,
                result.path(),
                manifest.spec().toString(),
                List.of(),
                List.of("read.path=\"" + manifest.input().path() + "\""))));
    }

    /**
     * Prints what was measured; whether all of it holds.
     *
     * @param scratch for a copy of the input, where one is needed
     */
    boolean holds(String scratch) {
        Backend.choose(spec.blas());
        Input input = Input.of(spec.read(), spec.held(), conf, spark);
        if (!Digests.ofText(input.listing()).equals(manifest.input().listing())) {
            throw new DataException("the input at " + spec.read().path()
                    + " is not the one that the result was made from (its files changed); run the job again");
        }
        checks.say("model", WRITTEN);
        Examples examples = spec.solve() == null
                ? Examples.of(input.table(scratch))
                : input.examples(scratch, model.fit().classes(), new PassLog());
        Layout layout = new Layout(
                examples.rows().rows(),
                manifest.shape().leafRows(),
                manifest.shape().blockRows());
        SparkBlocks rows = blocks(examples.source(spec.held(), layout));
        if (manifest.factors().containsKey(FEATURES)) {
            features(rows);
        }
        if (spec.job().equals("nystrom")) {
            trace(model.inputs().of(rows));
            if (manifest.factors().containsKey(COORDINATES)) {
                coordinates(examples, rows);
            }
        } else if (spec.job().equals("regress")) {
            new FitVerification(spec, model, layout.leafRows(), checks).check(rows);
        }
        checks.sayWhatIsLeft();
        return checks.hold();
    }

    private SparkBlocks blocks(BlockSource source) {
        return SparkBlocks.of(spark, source, spec.read().partitions(), new PassLog());
    }

    /** Whether this machine computes with what the result was computed with, and hence the same bits. */
    private boolean sameKernels() {
        return manifest.versions().blas().equals(List.of(Backend.current().description()));
    }

    /** A column of a table that holds a row for each row of the input. */
    private BlockSource stored(String table, String column, Layout layout) {
        List<InputFiles.Entry> files = new ArrayList<>();
        for (Manifest.Part part : manifest.factors().get(table).files()) {
            files.add(new InputFiles.Entry(
                    new Path(result.path(), part.path()).toString(), part.path(), part.bytes(), 0));
        }
        return ParquetTable.open(conf, files, List.of(column), null).source(Precision.DOUBLE, layout);
    }

    /** Features as they lie there, and as they are once more. */
    private void features(SparkBlocks rows) {
        DigestPass digests = new DigestPass(
                0,
                Precision.valueOf(manifest.factors().get(FEATURES).precision().toUpperCase(Locale.ROOT)));
        same(FEATURES, blocks(stored(FEATURES, "values", rows.layout())).pass(digests), WRITTEN);
        if (!sameKernels()) {
            checks.say("features made again", "not compared: they were made with another BLAS kernel");
            return;
        }
        same(FEATURES, model.features(rows).pass(digests), "the same when made again");
        checks.covers(FEATURES);
    }

    private void same(String table, byte[] digests, String meaning) {
        checks.same(
                table,
                DigestPass.ofFactor(digests)
                        .equals(manifest.factors().get(table).digest()),
                meaning);
    }

    private void coordinates(Examples examples, SparkBlocks rows) {
        FactorTables.Spectrum s = FactorTables.readSpectrum(conf, result);
        FactorTables.RightVectors right = FactorTables.readV(conf, result);
        if (s.value().length == 0) {
            checks.say(COORDINATES, "not compared: the result has none");
            return;
        }
        BlockSource table = new PairedSource(
                stored(COORDINATES, "values", rows.layout()), stored(COORDINATES, "residual", rows.layout()));
        // Residuals were digested in the type of the blocks.
        DigestPass digests = new DigestPass(
                List.of(new DigestPass.Part(0, spec.write().stored()), new DigestPass.Part(1, spec.precision())));
        same(COORDINATES, blocks(table).pass(digests), WRITTEN);
        new CoordinatesVerification(spec, model, s, right, sameKernels(), checks)
                .check(rows, blocks(new PairedSource(examples.source(spec.held(), rows.layout()), table)));
    }

    private void trace(RowBlocks prepared) {
        boolean constant = TracePass.constant(model.map().kernel());
        RowBlocks rows =
                constant ? prepared : prepared.map(new SelfColumn(model.map().kernel()));
        double measured = rows.map(new Features(model.map()))
                .pass(new TracePass(model.map().kernel(), constant ? -1 : 1))
                .relative();
        double rounding = TracePass.rounding(model.map(), spec.precision());
        checks.near("trace residual", measured, checks.claimed("trace residual").value(), 2 * rounding + 1e-12);
    }
}
