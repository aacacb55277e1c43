package lowrank.store;

import java.util.List;
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
     * Reads s and V.
     *
     * @throws CorruptFileException when they are not what the manifest says
     */
    public static StoredSvd read(HadoopConf conf, OutputFolder.Result result) {
        double[] s = FactorTables.readValues(conf, result);
        FactorTables.RightVectors right = FactorTables.readV(conf, result);
        return new StoredSvd(result, s, right);
    }

    /** The rows of U, in double; of rank 0 they hold nothing, and no file says how many they are. */
    public BlockSource u(HadoopConf conf, Layout layout) {
        if (s.length == 0) {
            return new EmptyRows(layout);
        }
        List<InputFiles.Entry> files = InputFiles.list(conf, new Path(result.path(), "U").toString());
        return ParquetTable.open(conf, files, List.of("values"), null).source(Precision.DOUBLE, layout);
    }
}
