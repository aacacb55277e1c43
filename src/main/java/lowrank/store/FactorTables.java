package lowrank.store;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Offenders;
import lowrank.factor.Svd;
import lowrank.factor.ZScore;
import lowrank.io.ColumnData;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.io.ParquetTableWriter;
import lowrank.io.ParquetTableWriter.Column;
import lowrank.io.ParquetTableWriter.Type;
import lowrank.linalg.Matrix;
import org.apache.hadoop.fs.Path;

/** The small factors of an SVD as tables: s with its error bars, V with what was subtracted and divided. */
public final class FactorTables {
    private static final String PART = SmallTable.PART;

    /** Names of the columns of V that say what rows were prepared with. */
    static final String READ_MEAN = "read_mean";

    static final String READ_SCALE = "read_scale";

    private FactorTables() {}

    /**
     * Writes s/ (component, value, lower, upper, residual, variance, variance_ratio).
     *
     * @param rows rows of the matrix: variance is s^2 / (rows - 1)
     */
    public static Manifest.Factor writeS(OutputFolder out, Svd svd, long rows, String codec) {
        int k = svd.rank();
        int[] component = new int[k];
        double[] variance = new double[k];
        double[] ratio = new double[k];
        double norm = svd.evidence().frobeniusNorm();
        for (int j = 0; j < k; j++) {
            component[j] = j;
            variance[j] = rows > 1 ? svd.s()[j] * svd.s()[j] / (rows - 1) : 0;
            ratio[j] = (svd.s()[j] / norm) * (svd.s()[j] / norm);
        }
        List<Column> columns = List.of(
                new Column("component", Type.INT),
                new Column("value", Type.DOUBLE),
                new Column("lower", Type.DOUBLE),
                new Column("upper", Type.DOUBLE),
                new Column("residual", Type.DOUBLE),
                new Column("variance", Type.DOUBLE),
                new Column("variance_ratio", Type.DOUBLE));
        Path file = out.staged("s/" + PART);
        Manifest.Part part;
        try (ParquetTableWriter writer = ParquetTableWriter.create(out.conf(), file, columns, codec, Map.of())) {
            if (k > 0) {
                writer.rowGroup(
                        k,
                        List.of(
                                new ColumnData.Ints(component),
                                new ColumnData.Doubles(svd.s()),
                                new ColumnData.Doubles(svd.evidence().lower()),
                                new ColumnData.Doubles(svd.evidence().upper()),
                                new ColumnData.Doubles(svd.evidence().residual()),
                                new ColumnData.Doubles(variance),
                                new ColumnData.Doubles(ratio)));
            }
            part = new Manifest.Part("s/" + PART, k, writer.finish(), writer.checksum());
        }
        try (Arena arena = new Arena()) {
            long address = arena.doubles(k);
            OffHeap.put(address, svd.s(), 0, k);
            return new Manifest.Factor(
                    k, 1, "double", Digests.ofBlocks(List.of(Digests.ofBlock(address, 8L * k))), List.of(part));
        }
    }

    /**
     * Writes V/ (feature, name, mean, scale, [read_mean, read_scale,] values), one row per column of the matrix.
     *
     * @param read what the rows were prepared with before they were factored, or null
     */
    public static Manifest.Factor writeV(OutputFolder out, Svd svd, ZScore read, List<String> names, String codec) {
        Map<String, ColumnData> columns = new LinkedHashMap<>();
        int n = svd.v().rows();
        columns.put("feature", new ColumnData.Ints(IntStream.range(0, n).toArray()));
        columns.put("name", new ColumnData.Texts(names.toArray(String[]::new)));
        columns.put("mean", new ColumnData.Doubles(svd.mean()));
        columns.put("scale", new ColumnData.Doubles(svd.scale()));
        if (read != null) {
            columns.put(READ_MEAN, new ColumnData.Doubles(read.mean()));
            columns.put(READ_SCALE, new ColumnData.Doubles(read.scale()));
        }
        return new SmallTable(columns, svd.v()).write(out, "V", codec);
    }

    /**
     * V of a result, with what was subtracted and divided.
     *
     * @param v cols x rank
     * @param read what rows were prepared with before, or null
     * @param names of the columns of the matrix
     */
    public record RightVectors(Matrix v, double[] mean, double[] scale, ZScore read, List<String> names) {}

    /** Whether rows were made z-scores before they were factored: V then says with what. */
    static boolean hasReadMoments(ParquetFooter footer) {
        return footer.field(READ_MEAN).isPresent();
    }

    /**
     * V of a result.
     *
     * @throws CorruptFileException when it is not what the manifest was written for
     */
    public static RightVectors readV(HadoopConf conf, OutputFolder.Result result) {
        SmallTable table = SmallTable.read(conf, result, "V");
        ZScore read = table.find(READ_MEAN).isPresent()
                ? new ZScore(table.doubles(READ_MEAN), table.doubles(READ_SCALE))
                : null;
        return new RightVectors(
                table.matrix(), table.doubles("mean"), table.doubles("scale"), read, table.texts("name"));
    }

    /** The names of the columns that a result was made from, as V has them. */
    public static List<String> readNames(HadoopConf conf, OutputFolder.Result result) {
        return SmallTable.readTexts(conf, result, "V", "name");
    }

    /**
     * All that s/ holds.
     *
     * @param residual bound on |A'u - s v|
     * @param ratio the part of the squared norm
     */
    public record Spectrum(
            double[] value, double[] lower, double[] upper, double[] residual, double[] variance, double[] ratio) {}

    /**
     * The singular values of a result, and what stands beside them: a digest covers the values alone.
     *
     * @throws CorruptFileException when they are not what the manifest was written for
     */
    public static Spectrum readSpectrum(HadoopConf conf, OutputFolder.Result result) {
        double[][] all = columnsOfS(conf, result, "value", "lower", "upper", "residual", "variance", "variance_ratio");
        return new Spectrum(all[0], all[1], all[2], all[3], all[4], all[5]);
    }

    /**
     * The singular values of a result.
     *
     * @throws CorruptFileException when they are not what the manifest was written for
     */
    public static double[] readValues(HadoopConf conf, OutputFolder.Result result) {
        return columnsOfS(conf, result, "value")[0];
    }

    /** Columns of s/, the first that of the values. */
    private static double[][] columnsOfS(HadoopConf conf, OutputFolder.Result result, String... names) {
        ParquetFooter footer = ParquetFooter.read(conf, new Path(result.path(), "s/" + PART));
        int k = Math.toIntExact(footer.rows());
        double[][] columns = new double[names.length][k];
        List<ParquetRows.Target> targets = Stream.of(names)
                .map(name -> new ParquetRows.Target(name, Precision.DOUBLE, 1, 0))
                .toList();
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(conf, footer, targets, null, 0)) {
            long[] addresses = new long[names.length];
            Arrays.setAll(addresses, i -> arena.doubles(k));
            rows.read(k, addresses, 0, new Offenders());
            for (int i = 0; i < names.length; i++) {
                OffHeap.get(addresses[i], columns[i], 0, k);
            }
            SmallTable.requireDigest(result, "s", Digests.ofBlocks(List.of(Digests.ofBlock(addresses[0], 8L * k))));
        }
        return columns;
    }
}
