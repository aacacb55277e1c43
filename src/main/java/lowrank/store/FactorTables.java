package lowrank.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Layout;
import lowrank.blocks.Offenders;
import lowrank.factor.Svd;
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

    /** Writes V/ (feature, name, mean, scale, values), one row per column of the matrix. */
    public static Manifest.Factor writeV(OutputFolder out, Svd svd, List<String> names, String codec) {
        int n = svd.v().rows();
        int k = svd.rank();
        Layout layout = Layout.of(n, 8L * k, 0);
        List<Column> columns = List.of(
                new Column("feature", Type.INT),
                new Column("name", Type.TEXT),
                new Column("mean", Type.DOUBLE),
                new Column("scale", Type.DOUBLE),
                new Column("values", Type.DOUBLE_VECTOR));
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
                digests.add(digest(values, svd.mean(), svd.scale(), first, count, k));
                writer.rowGroup(
                        count,
                        List.of(
                                new ColumnData.Ints(feature),
                                new ColumnData.Texts(
                                        names.subList(first, first + count).toArray(String[]::new)),
                                new ColumnData.Doubles(java.util.Arrays.copyOfRange(svd.mean(), first, first + count)),
                                new ColumnData.Doubles(java.util.Arrays.copyOfRange(svd.scale(), first, first + count)),
                                new ColumnData.VectorData(values, k, Precision.DOUBLE)));
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
    private static String digest(RightVectors right) {
        Matrix v = right.v();
        Layout layout = Layout.of(v.rows(), 8L * v.cols(), 0);
        List<byte[]> digests = new ArrayList<>();
        try (Arena arena = new Arena()) {
            long values = arena.doubles((long) layout.blockRows() * v.cols());
            for (int first = 0; first < v.rows(); first += layout.blockRows()) {
                int count = Math.min(layout.blockRows(), v.rows() - first);
                storeRows(v, first, count, values);
                digests.add(digest(values, right.mean(), right.scale(), first, count, v.cols()));
            }
        }
        return Digests.ofBlocks(digests);
    }

    /** Of a block of V: its values, then means, then scales, as sinks do with a vector and its scalars. */
    private static byte[] digest(long values, double[] mean, double[] scale, int first, int count, int k) {
        ByteBuffer scalars = ByteBuffer.allocate(2 * 8 * count).order(ByteOrder.LITTLE_ENDIAN);
        scalars.asDoubleBuffer().put(mean, first, count).put(scale, first, count);
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
     * @param names of the columns of the matrix
     */
    public record RightVectors(Matrix v, double[] mean, double[] scale, List<String> names) {}

    /**
     * V of a result.
     *
     * @throws CorruptFileException when it is not what the manifest was written for
     */
    public static RightVectors readV(HadoopConf conf, OutputFolder.Result result) {
        ParquetFooter footer = ParquetFooter.read(conf, new Path(result.path(), "V/" + PART));
        int n = Math.toIntExact(footer.rows());
        int k = result.manifest().rank();
        double[] mean = new double[n];
        double[] scale = new double[n];
        Matrix v = Matrix.zeros(n, k);
        List<String> names = new ArrayList<>();
        List<ParquetRows.Target> targets = new ArrayList<>(List.of(
                new ParquetRows.Target("mean", Precision.DOUBLE, 1, 0),
                new ParquetRows.Target("scale", Precision.DOUBLE, 1, 0)));
        if (k > 0) {
            targets.add(new ParquetRows.Target("values", Precision.DOUBLE, k, 0, k));
        }
        int most = (int) Math.max(1, Math.min(n, (1 << 20) / Math.max(1, k)));
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(conf, footer, targets, "name", 0)) {
            long[] to = {arena.doubles(most), arena.doubles(most), arena.doubles((long) most * Math.max(1, k))};
            double[] row = new double[k];
            for (int first = 0; first < n; first += most) {
                int count = Math.min(most, n - first);
                rows.read(count, k > 0 ? to : java.util.Arrays.copyOf(to, 2), first, new Offenders());
                names.addAll(List.of(((Ids.Texts) rows.ids()).values()));
                OffHeap.get(to[0], mean, first, count);
                OffHeap.get(to[1], scale, first, count);
                for (int i = 0; i < count; i++) {
                    OffHeap.get(to[2] + 8L * k * i, row, 0, k);
                    for (int j = 0; j < k; j++) {
                        v.set(first + i, j, row[j]);
                    }
                }
            }
        }
        RightVectors right = new RightVectors(v, mean, scale, names);
        requireDigest(result, "V", digest(right));
        return right;
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
