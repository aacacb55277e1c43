package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.certify.Measure;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetTable;
import lowrank.kernel.Features;
import lowrank.kernel.Nystrom;
import lowrank.kernel.SelfColumn;
import lowrank.kernel.SideBySide;
import lowrank.kernel.TracePass;
import lowrank.linalg.Matrix;
import lowrank.regress.ErrorPass;
import lowrank.regress.LinearModel;
import lowrank.regress.OneVsAll;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.DigestPass;
import lowrank.store.Digests;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures the result of a kernel job against its input once more: of regress the gradient of the normal equations at the stored
 * coefficients and the training error, of nystrom the trace residual, of both and of features the tables that hold a row per row.
 */
final class KernelVerification {
    /** Roundings per feature that sums of rows may add, in units of the precision. */
    private static final double ROUNDINGS = 64;

    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final OutputFolder.Result result;
    private final Manifest manifest;
    private final KernelModel model;
    private final KernelJobSpec spec;
    private boolean holds = true;

    /** Reads the model, whose tables must be those that were written. */
    KernelVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        this.spark = spark;
        this.conf = conf;
        this.result = result;
        manifest = result.manifest();
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
        VerifyCommand.line("model                      the values that were written");
        Examples examples = spec.solve() == null
                ? Examples.of(input.table(scratch))
                : input.examples(scratch, model.fit().classes(), new PassLog());
        Layout layout = new Layout(
                examples.rows().rows(),
                manifest.shape().leafRows(),
                manifest.shape().blockRows());
        SparkBlocks rows = blocks(examples.source(spec.held(), layout));
        if (manifest.factors().containsKey("features")) {
            table("features", layout);
            madeAgain(model.features(rows));
        }
        if (spec.job().equals("nystrom")) {
            trace(model.inputs().of(rows));
        } else if (spec.job().equals("regress")) {
            fit(rows);
        }
        return holds;
    }

    private SparkBlocks blocks(BlockSource source) {
        return SparkBlocks.of(spark, source, spec.read().partitions(), new PassLog());
    }

    private Precision stored(String table) {
        return Precision.valueOf(manifest.factors().get(table).precision().toUpperCase(Locale.ROOT));
    }

    /** Whether this machine computes with what the result was computed with, and hence the same bits. */
    private boolean sameKernels() {
        return manifest.versions().blas().equals(List.of(Backend.current().description()));
    }

    /** The values of a table as it lies there. */
    private void table(String name, Layout layout) {
        List<InputFiles.Entry> files = new ArrayList<>();
        for (Manifest.Part part : manifest.factors().get(name).files()) {
            files.add(new InputFiles.Entry(
                    new Path(result.path(), part.path()).toString(), part.path(), part.bytes(), 0));
        }
        BlockSource source =
                ParquetTable.open(conf, files, List.of("values"), null).source(Precision.DOUBLE, layout);
        digest(name, blocks(source).pass(new DigestPass(0, stored(name))), "the values that were written");
    }

    private void madeAgain(RowBlocks features) {
        if (features.schema().first().precision() != Precision.DOUBLE || !sameKernels()) {
            VerifyCommand.line("features made again        not compared: they are floats, or of another BLAS kernel");
            return;
        }
        digest("features", features.pass(new DigestPass(0, stored("features"))), "the same when made again");
    }

    private void digest(String name, byte[] blocks, String meaning) {
        boolean same =
                DigestPass.ofFactor(blocks).equals(manifest.factors().get(name).digest());
        holds &= same;
        VerifyCommand.line("%-26s %s%s", name, same ? "" : "NOT ", meaning);
    }

    private void trace(RowBlocks prepared) {
        boolean constant = TracePass.constant(model.map().kernel());
        RowBlocks rows =
                constant ? prepared : prepared.map(new SelfColumn(model.map().kernel()));
        double measured = rows.map(new Features(model.map()))
                .pass(new TracePass(model.map().kernel(), constant ? -1 : 1))
                .relative();
        double rounding = model.map() instanceof Nystrom map ? TracePass.rounding(map, spec.precision()) : 0;
        Measure claimed = measure("trace residual");
        near("trace residual", measured, claimed.value(), 2 * rounding + 1e-12);
    }

    /** G w + n lambda w = B, from one read: the gradient B - G w = Z'W (y - f) about the means of the features, and B itself. */
    private void fit(RowBlocks input) {
        KernelModel.Fit fit = model.fit();
        Classes classes = fit.classes();
        LinearModel linear = fit.linear();
        RowBlocks prepared = model.inputs().of(input);
        RowBlocks rows = classes == null ? prepared : prepared.map(new OneVsAll(classes.numbers()));
        if (model.map() instanceof SideBySide) {
            VerifyCommand.line("normal equations           not measured: predictions are means over draws");
            return;
        }
        Matrix w = linear.coefficients();
        int d = w.rows();
        int t = w.cols();
        Pass.Both<ErrorPass.Sums, ErrorPass.Sums> sums = rows.map(new Features(model.map()))
                .pass(Pass.both(
                        new ErrorPass(w, linear.intercepts(), true),
                        new ErrorPass(Matrix.zeros(d, t), new double[t], true)));
        ErrorPass.Sums left = sums.first();
        ErrorPass.Sums whole = sums.second();
        double n = left.weight();
        double[] means = new double[d];
        for (int j = 0; j < d && spec.solve().intercept(); j++) {
            means[j] = left.cross().get(j, t) / n;
        }
        Matrix gradient = left.about(means);
        Matrix right = whole.about(means);
        double unit = Math.max(spec.precision().roundoff(), 0x1p-53);
        double trace = n * measure("mean square of features").value();
        double worst = 0;
        double accepted = 0;
        double squares = 0;
        double spread = 0;
        for (int k = 0; k < t; k++) {
            double rest = 0;
            double norm = 0;
            double length = 0;
            for (int j = 0; j < d; j++) {
                double g = gradient.get(j, k) - n * linear.lambda() * w.get(j, k);
                rest += g * g;
                norm += right.get(j, k) * right.get(j, k);
                length += w.get(j, k) * w.get(j, k);
            }
            double limit = ROUNDINGS * d * unit * (trace * Math.sqrt(length) + Math.sqrt(trace * whole.squares()[k]));
            if (Math.sqrt(rest) * accepted >= limit * worst || k == 0) {
                worst = Math.sqrt(rest / Math.max(norm, Double.MIN_NORMAL));
                accepted = limit / Math.sqrt(Math.max(norm, Double.MIN_NORMAL));
            }
            squares += left.squares()[k] / t;
            spread += whole.squares()[k] / t;
        }
        compare("|B - (G + n lambda I) w|", worst, accepted);
        // What is left is a difference of sums of squares; eigenvalues near n lambda make it worse by the root of their
        // range.
        double claimed = measure("training RMSE").value();
        double rounding = ROUNDINGS * d * unit * spread / n * Math.sqrt(1 + trace / (n * linear.lambda()));
        double rmse = Math.sqrt(squares / n);
        near("training RMSE", rmse, claimed, Math.min(Math.sqrt(rounding), rounding / Math.max(claimed, 1e-300)));
    }

    private Measure measure(String name) {
        return manifest.findings().measures().stream()
                .filter(measure -> measure.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new lowrank.io.CorruptFileException(
                        "the manifest of " + result.path() + " says nothing of the " + name + "; run the job again"));
    }

    private void near(String what, double measured, double claimed, double limit) {
        boolean near = Math.abs(measured - claimed) <= limit;
        holds &= near;
        VerifyCommand.line(
                "%-26s measured %.6g, stored %.6g, accepted within %.2g: %s",
                what, measured, claimed, limit, near ? "holds" : "does NOT hold");
    }

    private void compare(String what, double measured, double limit) {
        holds &= VerifyCommand.compare(what, measured, limit);
    }
}
