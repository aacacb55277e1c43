package lowrank.store;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lowrank.io.ColumnData;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;
import lowrank.regress.LambdaPath;

/**
 * The matrices of a model as tables of its result, one folder each, and back; what is read is known to be what was written.
 *
 * <p>All readers throw {@link CorruptFileException} when the table is not there or not what the manifest was written for.
 */
public final class ModelTables {
    /** How rows are prepared, by their columns. */
    public static final String INPUTS = "inputs";

    /** Landmarks, by their rows. */
    public static final String LANDMARKS = "landmarks";

    /** The whitening matrix of the landmarks' kernel. */
    public static final String CORE = "core";

    /** What predictions are made with. */
    public static final String COEFFICIENTS = "coefficients";

    /** What variances of predictions are made with. */
    public static final String VARIANCE = "variance";

    /** How well each regularisation did. */
    public static final String PATH = "path";

    private ModelTables() {}

    /**
     * Columns of the input: x becomes (x - mean) / scale, limited, then divided by its length scale.
     *
     * @param names of the columns
     */
    public record Inputs(List<String> names, double[] mean, double[] scale, double[] lengths) {}

    /**
     * Landmarks: the points themselves, m x d.
     *
     * @param rows which rows of the input they are; -1 for points that are none
     */
    public record Landmarks(long[] rows, Matrix points) {}

    /**
     * Coefficients: f_t(x) = offset_t + z(x) . values_t.
     *
     * @param targets what each is the coefficients of: a target, or a class in words
     * @param values targets x features
     */
    public record Coefficients(List<String> targets, double[] offsets, Matrix values) {}

    /** Writes inputs/ (feature, name, mean, scale, length_scale). */
    public static Manifest.Factor writeInputs(OutputFolder out, Inputs inputs, String codec) {
        Map<String, ColumnData> columns = numbered("feature", inputs.names.size());
        columns.put("name", new ColumnData.Texts(inputs.names.toArray(String[]::new)));
        columns.put("mean", new ColumnData.Doubles(inputs.mean));
        columns.put("scale", new ColumnData.Doubles(inputs.scale));
        columns.put("length_scale", new ColumnData.Doubles(inputs.lengths));
        return new SmallTable(columns).write(out, INPUTS, codec);
    }

    /** Reads inputs/. */
    public static Inputs readInputs(HadoopConf conf, OutputFolder.Result result) {
        SmallTable table = SmallTable.read(conf, result, INPUTS);
        return new Inputs(
                table.texts("name"), table.doubles("mean"), table.doubles("scale"), table.doubles("length_scale"));
    }

    /** Writes landmarks/ (landmark, row, values). */
    public static Manifest.Factor writeLandmarks(OutputFolder out, Landmarks landmarks, String codec) {
        Map<String, ColumnData> columns = numbered("landmark", landmarks.points.rows());
        columns.put("row", new ColumnData.Longs(landmarks.rows));
        return new SmallTable(columns, landmarks.points).write(out, LANDMARKS, codec);
    }

    /** Reads landmarks/. */
    public static Landmarks readLandmarks(HadoopConf conf, OutputFolder.Result result) {
        SmallTable table = SmallTable.read(conf, result, LANDMARKS);
        return new Landmarks(table.longs("row"), table.matrix());
    }

    /** Writes core/ (landmark, values): row i of an m x kept matrix is what landmark i contributes to the features. */
    public static Manifest.Factor writeCore(OutputFolder out, Matrix core, String codec) {
        return new SmallTable(numbered("landmark", core.rows()), core).write(out, CORE, codec);
    }

    /** Reads core/. */
    public static Matrix readCore(HadoopConf conf, OutputFolder.Result result) {
        return SmallTable.read(conf, result, CORE).matrix();
    }

    /** Writes coefficients/ (target, offset, values), one row per target. */
    public static Manifest.Factor writeCoefficients(OutputFolder out, Coefficients coefficients, String codec) {
        Map<String, ColumnData> columns = new LinkedHashMap<>();
        columns.put("target", new ColumnData.Texts(coefficients.targets.toArray(String[]::new)));
        columns.put("offset", new ColumnData.Doubles(coefficients.offsets));
        return new SmallTable(columns, coefficients.values).write(out, COEFFICIENTS, codec);
    }

    /** Reads coefficients/. */
    public static Coefficients readCoefficients(HadoopConf conf, OutputFolder.Result result) {
        SmallTable table = SmallTable.read(conf, result, COEFFICIENTS);
        return new Coefficients(table.texts("target"), table.doubles("offset"), table.matrix());
    }

    /** Writes path/ (lambda, gcv, cv_error, loo_error, df). */
    public static Manifest.Factor writePath(OutputFolder out, LambdaPath path, String codec) {
        Map<String, ColumnData> columns = new LinkedHashMap<>();
        columns.put("lambda", new ColumnData.Doubles(path.lambda()));
        columns.put("gcv", new ColumnData.Doubles(path.gcv()));
        columns.put("cv_error", new ColumnData.Doubles(path.cvError()));
        columns.put("loo_error", new ColumnData.Doubles(path.looError()));
        columns.put("df", new ColumnData.Doubles(path.df()));
        return new SmallTable(columns).write(out, PATH, codec);
    }

    /** Reads path/. */
    public static LambdaPath readPath(HadoopConf conf, OutputFolder.Result result) {
        SmallTable table = SmallTable.read(conf, result, PATH);
        return new LambdaPath(
                table.doubles("lambda"),
                table.doubles("gcv"),
                table.doubles("cv_error"),
                table.doubles("loo_error"),
                table.doubles("df"));
    }

    /**
     * Writes variance/ (component, shift, values): (values_j . z - shift_j)^2, summed over components, is the quadratic form of a
     * variance.
     *
     * @param root components x features
     */
    public static Manifest.Factor writeVariance(OutputFolder out, Matrix root, double[] shift, String codec) {
        Map<String, ColumnData> columns = numbered("component", root.rows());
        columns.put("shift", new ColumnData.Doubles(shift));
        return new SmallTable(columns, root).write(out, VARIANCE, codec);
    }

    /** Reads the root of variance/, components x features. */
    public static RootTable readVariance(HadoopConf conf, OutputFolder.Result result) {
        SmallTable table = SmallTable.read(conf, result, VARIANCE);
        return new RootTable(table.matrix(), table.doubles("shift"));
    }

    /** The matrix and the shift of variance/. */
    public record RootTable(Matrix root, double[] shift) {}

    private static Map<String, ColumnData> numbered(String name, int rows) {
        Map<String, ColumnData> columns = new LinkedHashMap<>();
        columns.put(name, new ColumnData.Ints(IntStream.range(0, rows).toArray()));
        return columns;
    }
}
