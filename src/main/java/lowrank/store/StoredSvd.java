package lowrank.store;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetTable;
import org.apache.hadoop.fs.Path;

/** The factors of a stored result, the small ones in memory and known to be the values that its manifest was written for. */
public record StoredSvd(OutputFolder.Result result, double[] s, FactorTables.RightVectors right) {

    /**
     * Reads s and V, and compares their digests.
     *
     * @throws CorruptFileException when they are not what the manifest says
     */
    public static StoredSvd read(HadoopConf conf, OutputFolder.Result result) {
        double[] s = FactorTables.readValues(conf, result);
        FactorTables.RightVectors right = FactorTables.readV(conf, result);
        requireDigest(result, "V", FactorTables.digest(right.v()));
        try (Arena arena = new Arena()) {
            long values = arena.doubles(s.length);
            OffHeap.put(values, s, 0, s.length);
            requireDigest(result, "s", Digests.ofBlocks(List.of(Digests.ofBlock(values, 8L * s.length))));
        }
        return new StoredSvd(result, s, right);
    }

    private static void requireDigest(OutputFolder.Result result, String factor, String digest) {
        if (!digest.equals(result.manifest().factors().get(factor).digest())) {
            throw new CorruptFileException(result.path() + "/" + factor
                    + " does not hold the values that its manifest was written for; run the job again");
        }
    }

    /** The rows of U, in double. */
    public BlockSource u(HadoopConf conf, Layout layout) {
        List<InputFiles.Entry> files = InputFiles.list(conf, new Path(result.path(), "U").toString());
        return ParquetTable.open(conf, files, List.of("values"), null).source(Precision.DOUBLE, layout);
    }
}
