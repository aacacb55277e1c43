package lowrank.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
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
    private static final String PART = "part-0.parquet";

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
        long bytes;
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
            bytes = writer.finish();
        }
        try (Arena arena = new Arena()) {
            long address = arena.doubles(k);
            OffHeap.put(address, svd.s(), 0, k);
            return new Manifest.Factor(
                    k,
                    1,
                    "double",
                    Digests.ofBlocks(List.of(Digests.ofBlock(address, 8L * k))),
                    List.of(new Manifest.Part("s/" + PART, k, bytes)));
        }
    }

    /**
     * Writes V/ (feature, name, mean, scale, [read_mean, read_scale,] values), one row per column of the matrix.
     *
     * @param read what the rows were prepared with before they were factored, or null
     */
    public static Manifest.Factor writeV(OutputFolder out, Svd svd, ZScore read, List<String> names, String codec) {
        int n = svd.v().rows();
        int k = svd.rank();
        Layout layout = Layout.of(n, 8L * k, 0);
        List<Column> columns = new ArrayList<>(List.of(
                new Column("feature", Type.INT),
                new Column("name", Type.TEXT),
                new Column("mean", Type.DOUBLE),
                new Column("scale", Type.DOUBLE)));
        List<double[]> numbers = new ArrayList<>(List.of(svd.mean(), svd.scale()));
        if (read != null) {
            columns.add(new Column(READ_MEAN, Type.DOUBLE));
            columns.add(new Column(READ_SCALE, Type.DOUBLE));
            numbers.addAll(List.of(read.mean(), read.scale()));
        }
        columns.add(new Column("values", Type.DOUBLE_VECTOR));
        Path file = out.staged("V/" + PART);
        List<byte[]> digests = new ArrayList<>();
        try (Arena arena = new Arena();
                ParquetTableWriter writer = ParquetTableWriter.create(out.conf(), file, columns, codec, Map.of())) {
            long values = arena.doubles((long) layout.blockRows() * k);
            for (int first = 0; first < n; first += layout.blockRows()) {
                int count = Math.min(layout.blockRows(), n - first);
                int[] feature = new int[count];
                for (int i = 0; i < count; i++) {
                    feature[i] = first + i;
                }
                storeRows(svd.v(), first, count, values);
                digests.add(digest(values, numbers, first, count, k));
                List<ColumnData> data = new ArrayList<>(List.of(
                        new ColumnData.Ints(feature),
                        new ColumnData.Texts(names.subList(first, first + count).toArray(String[]::new))));
                for (double[] column : numbers) {
                    data.add(new ColumnData.Doubles(Arrays.copyOfRange(column, first, first + count)));
                }
                data.add(new ColumnData.VectorData(values, k, Precision.DOUBLE));
                writer.rowGroup(count, data);
            }
            return new Manifest.Factor(
                    n,
                    k,
                    "double",
                    Digests.ofBlocks(digests),
                    List.of(new Manifest.Part("V/" + PART, n, writer.finish())));
        }
    }

    /** The digest that {@link #writeV} gives these values. */
    private static String digest(Matrix v, List<double[]> numbers) {
        Layout layout = Layout.of(v.rows(), 8L * v.cols(), 0);
        List<byte[]> digests = new ArrayList<>();
        try (Arena arena = new Arena()) {
            long values = arena.doubles((long) layout.blockRows() * v.cols());
            for (int first = 0; first < v.rows(); first += layout.blockRows()) {
                int count = Math.min(layout.blockRows(), v.rows() - first);
                storeRows(v, first, count, values);
                digests.add(digest(values, numbers, first, count, v.cols()));
            }
        }
        return Digests.ofBlocks(digests);
    }

    /** Of a block of V: its values, then one column of numbers after the other, as sinks do with a vector and its scalars. */
    private static byte[] digest(long values, List<double[]> numbers, int first, int count, int k) {
        ByteBuffer scalars = ByteBuffer.allocate(8 * numbers.size() * count).order(ByteOrder.LITTLE_ENDIAN);
        DoubleBuffer doubles = scalars.asDoubleBuffer();
        numbers.forEach(column -> doubles.put(column, first, count));
        MessageDigest digest = Digests.sha256();
        digest.update(OffHeap.view(values, 8L * count * k));
        digest.update(scalars);
        return digest.digest();
    }

    /** Rows of a matrix, row by row. */
    private static void storeRows(Matrix v, int first, int count, long address) {
        double[] row = new double[v.cols()];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < row.length; j++) {
                row[j] = v.get(first + i, j);
            }
            OffHeap.put(address + 8L * i * row.length, row, 0, row.length);
        }
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
        ParquetFooter footer = ParquetFooter.read(conf, new Path(result.path(), "V/" + PART));
        int n = Math.toIntExact(footer.rows());
        int k = result.manifest().rank();
        List<String> columns = new ArrayList<>(List.of("mean", "scale"));
        if (hasReadMoments(footer)) {
            columns.addAll(List.of(READ_MEAN, READ_SCALE));
        }
        double[][] numbers = new double[columns.size()][n];
        Matrix v = Matrix.zeros(n, k);
        List<String> names = new ArrayList<>();
        List<ParquetRows.Target> targets = new ArrayList<>();
        columns.forEach(column -> targets.add(new ParquetRows.Target(column, Precision.DOUBLE, 1, 0)));
        if (k > 0) {
            targets.add(new ParquetRows.Target("values", Precision.DOUBLE, k, 0, k));
        }
        int most = (int) Math.max(1, Math.min(n, (1 << 20) / Math.max(1, k)));
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(conf, footer, targets, "name", 0)) {
            long[] to = new long[targets.size()];
            for (int t = 0; t < to.length; t++) {
                to[t] = arena.doubles((long) most * (t < numbers.length ? 1 : k));
            }
            double[] row = new double[k];
            for (int first = 0; first < n; first += most) {
                int count = Math.min(most, n - first);
                rows.read(count, to, first, new Offenders());
                names.addAll(List.of(((Ids.Texts) rows.ids()).values()));
                for (int t = 0; t < numbers.length; t++) {
                    OffHeap.get(to[t], numbers[t], first, count);
                }
                for (int i = 0; i < count && k > 0; i++) {
                    OffHeap.get(to[numbers.length] + 8L * k * i, row, 0, k);
                    for (int j = 0; j < k; j++) {
                        v.set(first + i, j, row[j]);
                    }
                }
            }
        }
        requireDigest(result, "V", digest(v, List.of(numbers)));
        ZScore read = numbers.length > 2 ? new ZScore(numbers[2], numbers[3]) : null;
        return new RightVectors(v, numbers[0], numbers[1], read, names);
    }

    private static void requireDigest(OutputFolder.Result result, String factor, String digest) {
        if (!digest.equals(result.manifest().factors().get(factor).digest())) {
            throw new CorruptFileException(result.path() + "/" + factor
                    + " does not hold the values that its manifest was written for; run the job again");
        }
    }

    /**
     * The singular values of a result.
     *
     * @throws CorruptFileException when they are not what the manifest was written for
     */
    public static double[] readValues(HadoopConf conf, OutputFolder.Result result) {
        ParquetFooter footer = ParquetFooter.read(conf, new Path(result.path(), "s/" + PART));
        int k = Math.toIntExact(footer.rows());
        double[] values = new double[k];
        List<ParquetRows.Target> targets = List.of(new ParquetRows.Target("value", Precision.DOUBLE, 1, 0));
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(conf, footer, targets, null, 0)) {
            long address = arena.doubles(k);
            rows.read(k, new long[] {address}, 0, new Offenders());
            OffHeap.get(address, values, 0, k);
            requireDigest(result, "s", Digests.ofBlocks(List.of(Digests.ofBlock(address, 8L * k))));
        }
        return values;
    }
}
