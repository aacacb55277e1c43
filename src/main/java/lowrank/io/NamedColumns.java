package lowrank.io;

import java.util.List;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;

/**
 * Columns of files that name and type them: Parquet, or Arrow IPC.
 *
 * @param arrow whether the files are Arrow's
 */
public record NamedColumns(HadoopConf conf, List<InputFiles.Entry> files, boolean arrow) {
    /**
     * A column of vectors, or of one number per row.
     *
     * @param key of the spec that names it
     * @throws DataException when it is missing, does not hold numbers, or differs in width between files
     * @throws MissingInputException when there are no rows
     */
    public InputTable vector(String column, String key) {
        try {
            return arrow
                    ? ArrowTable.open(conf, files, List.of(column), null)
                    : ParquetTable.open(conf, files, List.of(column), null);
        } catch (DataException e) {
            throw new DataException(
                    e.getMessage().replace(", or numeric columns (read.vector, read.columns)", " (" + key + ")"));
        }
    }

    /**
     * Columns of one number per row, side by side.
     *
     * @param key of the spec that names them
     * @throws DataException when a column is missing or does not hold numbers
     */
    public InputTable scalars(List<String> columns, String key) {
        return arrow ? ArrowTable.scalars(conf, files, columns, key) : ParquetTable.scalars(conf, files, columns, key);
    }

    /**
     * The texts of a column, as the ids of a table without columns.
     *
     * @throws DataException when it is missing or holds something else in one of the files
     */
    public InputTable texts(String column) {
        return arrow ? ArrowTable.texts(conf, files, column) : ParquetTable.texts(conf, files, column);
    }

    /**
     * The type of a column of classes in the first file.
     *
     * @param key of the spec that names it
     * @throws DataException when it is missing, or holds neither numbers nor text
     */
    public Classes.Type classType(String column, String key) {
        return arrow
                ? ArrowTable.classType(conf, files, column, key)
                : ParquetTable.classType(conf, files.get(0), column, key);
    }
}
