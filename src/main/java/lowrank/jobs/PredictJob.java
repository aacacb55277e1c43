package lowrank.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.FileNotFoundException;
import java.util.List;
import java.util.Map;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Layout;
import lowrank.blocks.RowBlocks;
import lowrank.factor.Preparation;
import lowrank.factor.Projection;
import lowrank.factor.ZScore;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.io.MissingInputException;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = predict}: coordinates of new rows in the result of an svd or pca, and what it does not explain of each. */
final class PredictJob {
    private static final String COORDINATES = "coordinates";

    private final Spec text;
    private final PredictSpec spec;
    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final PassLog log = new PassLog();

    PredictJob(Spec text, JavaSparkContext spark) {
        this.text = text;
        this.spec = PredictSpec.of(text);
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
    }

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    Outcome run() {
        OutputFolder.Result model = model(conf, spec.model());
        if (model.manifest().model() != null) {
            KernelModel kernels = KernelModel.read(conf, model);
            return kernels.fit() == null
                    ? new PredictFeaturesJob(text, model, kernels, spark).run()
                    : new PredictKernelJob(text, model, kernels, spark).run();
        }
        spec.read().withoutBeside("job = predict on an svd or pca");
        text.requireIdle("write.also");
        double clip = clip(model.manifest());
        FactorTables.RightVectors right = FactorTables.readV(conf, model);
        requireSamePreparation(right, clip);
        // A mean is subtracted before values are rounded to float, as it was from the model's rows.
        boolean shifted = shifted(model.manifest(), spec.precision());
        Precision held = shifted || right.read() != null ? Precision.DOUBLE : spec.precision();
        Input input = Input.of(spec.read(), held, conf, spark);
        String listing = Digests.ofText(input.listing() + "\n" + identity(model.manifest()));
        try (OutputFolder out =
                OutputFolder.at(conf, spec.write().path(), spec.write().mode())) {
            out.requireApartFrom(spec.read().path());
            if (spec.write().mode() == OutputFolder.Mode.SKIP && out.existing().isPresent()) {
                return SvdJob.skip(text, out, out.existing().get(), listing);
            }
            out.begin();
            Backend.choose(spec.blas());
            InputTable table = input.table(out.scratch());
            if (table.cols() != right.v().rows()) {
                throw new DataException("the rows have " + table.cols() + " columns, the model " + spec.model()
                        + " was made from " + right.v().rows() + "; read the columns it was made from, in their order");
            }
            requireSameColumns(table.names(), right.names(), spec.model());
            Layout layout = Layout.of(table.rows(), (long) table.cols() * held.bytes(), 0);
            SparkBlocks rows = SparkBlocks.of(
                    spark, table.source(held, layout), spec.read().partitions(), log);
            double[] mean = right.mean();
            RowBlocks.Output<Boolean> written = new Preparation(
                            right.read(), clip, shifted ? mean : null, spec.precision())
                    .of(rows)
                    .map(new Projection(right.v(), shifted ? new double[mean.length] : mean, right.scale()))
                    .write(
                            out.sink(
                                    COORDINATES,
                                    spec.write().stored(),
                                    spec.write().codec()),
                            new FinitePass("projection", 1));
            requireInRange(right.read(), clip, written.sum());
            int rank = right.v().cols();
            Manifest.Factor factor =
                    out.collect(COORDINATES, written.parts(), rank, spec.write().stored());
            out.commit(new Manifests(text, spec.read(), table, listing, spec.precision(), layout, rows, log, spark)
                    .of(
                            "projection",
                            "coordinates in the result at " + model.path(),
                            factor.width(),
                            null,
                            Map.of(COORDINATES, factor)));
            return new Outcome("complete", out.path());
        }
    }

    /** The limit of the rows that the model was made from. */
    static double clip(Manifest model) {
        JsonNode clip = model.spec().at("/read/clip");
        return clip.isMissingNode() || clip.isNull() ? Double.POSITIVE_INFINITY : Double.parseDouble(clip.asText());
    }

    /** Whether the model's means are subtracted before values are rounded; z-scores have none that would matter. */
    static boolean shifted(Manifest model, Precision precision) {
        String center = model.spec().at("/factor/center").asText();
        boolean centered =
                center.equals("true") || !center.equals("false") && model.job().equals("pca");
        return precision == Precision.FLOAT
                && centered
                && !model.spec().at("/read/scale").asText().equals("standard");
    }

    /** New rows are prepared as those of the model were; a spec may repeat that, not change it. */
    private void requireSamePreparation(FactorTables.RightVectors right, double clip) {
        boolean standard = right.read() != null;
        String instead = null;
        if (text.differsFromDefault("read.scale") && spec.read().standard() != standard) {
            instead = "read.scale";
        } else if (text.differsFromDefault("read.clip") && spec.read().clip() != clip) {
            instead = "read.clip";
        }
        if (instead != null) {
            throw new SpecException(instead + " is not what the model " + spec.model()
                    + " was made with, and new rows are prepared as its rows were; remove it");
        }
    }

    /** Rows so far from the model's that their z-scores are beyond the type of the blocks have no coordinates. */
    private void requireInRange(ZScore score, double clip, boolean finite) {
        if (score != null && clip == Double.POSITIVE_INFINITY && !finite) {
            throw new DataException("some rows are so far from those of the model " + spec.model()
                    + " that their z-scores overflow; remove them with read.where");
        }
    }

    /** Columns that have names of their own must be the model's, in its order; places in a vector have none. */
    static void requireSameColumns(List<String> names, List<String> model, String path) {
        for (int j = 0; j < names.size(); j++) {
            boolean own = !names.get(j).endsWith("[" + j + "]") && !model.get(j).endsWith("[" + j + "]");
            if (own && !names.get(j).equals(model.get(j))) {
                throw new DataException("column " + j + " of the rows is " + names.get(j) + ", that of the model "
                        + path + " is " + model.get(j) + "; name read.columns in the model's order");
            }
        }
    }

    /** The result that is projected on. */
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

    /** What decides the model's V, means and scales. */
    static String identity(Manifest model) {
        Manifest.Factor decisive = model.factors().get(model.model() == null ? "V" : ModelTables.COEFFICIENTS);
        return model.specDigest() + "\t" + model.input().listing() + "\t" + (decisive == null ? "" : decisive.digest());
    }
}
