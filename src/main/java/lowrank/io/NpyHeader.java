package lowrank.io;

import java.io.IOException;
import java.io.Serializable;
import java.util.function.Function;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * What the header of a {@code .npy} file says of a matrix of little-endian float32 or float64.
 *
 * @param data where the values begin
 * @param columnMajor whether columns lie one after the other (Fortran order), not rows
 * @param digest SHA-256 of the header
 */
record NpyHeader(
        StoredFile file, String digest, long data, Precision precision, boolean columnMajor, long rows, int cols)
        implements Serializable {

    /**
     * Reads the header of a file.
     *
     * @param name the file in messages about its type
     * @throws CorruptFileException if it is not a .npy file, or its length is not what the header says
     * @throws DataException if it holds something else than a matrix of float32 or float64
     */
    static NpyHeader read(HadoopConf conf, String path, String name) {
        StoredFile file = StoredFile.look(conf, path);
        Function<String, CorruptFileException> corrupt = what -> file.corrupt(what, null);
        NpyArray array;
        try (FSDataInputStream in = file.open(conf)) {
            array = NpyArray.read(in, corrupt);
        } catch (IOException e) {
            throw StoredFile.cannotRead(path, e);
        }
        Precision precision = precision(name, array.type());
        if (array.shape().size() != 2) {
            throw new DataException(name + " holds an array of " + array.shape().size()
                    + " dimensions; save a matrix of two, as a.reshape(len(a), -1) makes one");
        }
        long rows = array.shape().get(0);
        long cols = array.shape().get(1);
        if (cols == 0 && rows > 0) {
            throw new DataException(name + " has rows without values");
        }
        if (cols > Integer.MAX_VALUE) {
            throw new DataException(name + " has " + cols + " columns, more than " + Integer.MAX_VALUE);
        }
        array.requireLength(file.length(), precision.bytes(), corrupt);
        return new NpyHeader(file, array.digest(), array.data(), precision, array.columnMajor(), rows, (int) cols);
    }

    private static Precision precision(String name, String type) {
        return switch (type) {
            case "<f4" -> Precision.FLOAT;
            case "<f8" -> Precision.DOUBLE;
            case ">f4", ">f8" ->
                throw new DataException(
                        name + " holds big-endian numbers; save a.astype('<f" + type.charAt(2) + "') instead");
            case "|O", "O" ->
                throw new DataException(
                        name + " holds Python objects, which are never loaded; save a.astype('float64') instead");
            default ->
                throw new DataException(name + " holds " + (type.isEmpty() ? "a structured type" : "type " + type)
                        + ", not float32 or float64; save a.astype('float64') instead");
        };
    }
}
