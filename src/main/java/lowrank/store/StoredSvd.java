package lowrank.store;

import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.blocks.Offenders;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetFooter;
import lowrank.io.ParquetRows;
import lowrank.io.ParquetTable;
import lowrank.linalg.Matrix;
import org.apache.hadoop.fs.Path;

/**
 * The factors of a stored result.
 *
 * @param v cols x rank
 */
public record StoredSvd(OutputFolder.Result result, double[] s, Matrix v, double[] mean, double[] scale) {

    /**
     * Reads s and V, and compares their digests.
     *
     * @throws CorruptFileException when they are not what the manifest says
     */
    public static StoredSvd read(HadoopConf conf, OutputFolder.Result result) {
        double[] s = FactorTables.readValues(conf, result);
        int k = s.length;
        Path file = new Path(
                result.path(),
                result.manifest().factors().get("V").files().get(0).path());
        ParquetFooter footer = ParquetFooter.read(conf, file);
        int n = Math.toIntExact(footer.rows());
        Matrix v = Matrix.zeros(n, k);
        double[] mean = new double[n];
        double[] scale = new double[n];
        List<ParquetRows.Target> targets = new ArrayList<>(List.of(
                new ParquetRows.Target("mean", Precision.DOUBLE, 1, 0),
                new ParquetRows.Target("scale", Precision.DOUBLE, 1, 0)));
        if (k > 0) {
            targets.add(new ParquetRows.Target("values", Precision.DOUBLE, k, 0, k));
        }
        try (Arena arena = new Arena();
                ParquetRows rows = ParquetRows.open(conf, footer, targets, null, 0)) {
            long means = arena.doubles(n);
            long scales = arena.doubles(n);
            long values = arena.doubles((long) n * k);
            rows.read(n, new long[] {means, scales, values}, 0, new Offenders());
            OffHeap.get(means, mean, 0, n);
            OffHeap.get(scales, scale, 0, n);
            double[] row = new double[k];
            for (int i = 0; i < n; i++) {
                OffHeap.get(values + 8L * k * i, row, 0, k);
                for (int j = 0; j < k; j++) {
                    v.set(i, j, row[j]);
                }
            }
            requireDigest(result, "V", FactorTables.digest(values, n, k));
            long ofS = arena.doubles(k);
            OffHeap.put(ofS, s, 0, k);
            requireDigest(result, "s", Digests.ofBlocks(List.of(Digests.ofBlock(ofS, 8L * k))));
        }
        return new StoredSvd(result, s, v, mean, scale);
    }

    private static void requireDigest(OutputFolder.Result result, String factor, String digest) {
        if (!digest.equals(result.manifest().factors().get(factor).digest())) {
            throw new CorruptFileException(result.path() + "/" + factor
                    + " does not hold the values that its manifest was written for; run the job again");
        }
    }

    /** Singular values kept. */
    public int rank() {
        return s.length;
    }

    /** The rows of U, in double. */
    public BlockSource u(HadoopConf conf, Layout layout) {
        List<InputFiles.Entry> files = InputFiles.list(conf, new Path(result.path(), "U").toString());
        return ParquetTable.open(conf, files, List.of("values"), null).source(Precision.DOUBLE, layout);
    }
}
