package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.factor.Tsqr;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.ParquetTable;
import lowrank.linalg.Triangle;

/**
 * Rows that go into each of many matrices, as Parquet: {@code FOLDER/NAME.parquet} by the name of the tensor.
 *
 * @param column the vector column
 */
public record Calibration(HadoopConf conf, String folder, String column) implements Serializable {

    /**
     * Looks for the rows of a matrix.
     *
     * @throws lowrank.io.MissingInputException if there are none
     * @throws DataException if they are not as wide as the matrix takes them
     */
    public ParquetTable table(Weight weight) {
        String path = folder + "/" + weight.name() + ".parquet";
        ParquetTable table = ParquetTable.open(conf, InputFiles.list(conf, path), List.of(column), null);
        if (table.cols() != weight.in()) {
            throw new DataException(path + " has rows of " + table.cols() + " values, where " + weight.name()
                    + " takes " + weight.in() + "; write what goes into this matrix");
        }
        return table;
    }

    /** R of X = Q R in memory of the arena, in x in, by columns: what M makes of all rows has the norm ||R M^T||_F. */
    long triangle(Weight weight, Arena arena) {
        ParquetTable table = table(weight);
        Layout layout = Layout.of(
                table.rows(), (long) table.cols() * Precision.DOUBLE.bytes(), Tsqr.triangleBytes(table.cols()));
        Triangle r = Tsqr.triangle(LocalBlocks.of(table.source(Precision.DOUBLE, layout)));
        long address = arena.doubles((long) weight.in() * weight.in());
        r.store(address, weight.in());
        return address;
    }
}
