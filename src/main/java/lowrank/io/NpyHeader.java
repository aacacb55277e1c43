package lowrank.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * What the header of a {@code .npy} file says, versions 1 to 3: a matrix of little-endian float32 or float64.
 *
 * @param data where the values begin
 * @param columnMajor whether columns lie one after the other (Fortran order), not rows
 * @param digest SHA-256 of the header
 */
record NpyHeader(
        StoredFile file, String digest, long data, Precision precision, boolean columnMajor, long rows, int cols)
        implements Serializable {
    /** NumPy's own limit: a longer header is an attack on the reader. */
    private static final int MOST_HEADER = 10_000;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /**
     * Reads the header of a file.
     *
     * @param name the file in messages about its type
     * @throws CorruptFileException if it is not a .npy file, or its length is not what the header says
     * @throws DataException if it holds something else than a matrix of float32 or float64
     */
    static NpyHeader read(HadoopConf conf, String path, String name) {
        StoredFile file = StoredFile.look(conf, path);
        try (FSDataInputStream in = file.open(conf)) {
            return read(in, file, name);
        } catch (EOFException e) {
            throw file.corrupt("ends inside its header", e);
        } catch (IOException e) {
            throw StoredFile.cannotRead(path, e);
        }
    }

    private static NpyHeader read(FSDataInputStream in, StoredFile file, String name) throws IOException {
        if (file.length() < MAGIC.length + 4) {
            throw file.corrupt("is too short to be a .npy file", null);
        }
        byte[] start = new byte[MAGIC.length + 2];
        in.readFully(start);
        if (!ByteBuffer.wrap(start, 0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
            throw file.corrupt("does not begin as a .npy file does", null);
        }
        int major = start[MAGIC.length];
        if (major < 1 || major > 3) {
            throw file.corrupt("has .npy version " + major + ", where 1 to 3 are known", null);
        }
        byte[] size = new byte[major == 1 ? 2 : 4];
        in.readFully(size);
        ByteBuffer little = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN);
        long length = major == 1 ? Short.toUnsignedLong(little.getShort()) : Integer.toUnsignedLong(little.getInt());
        if (length > MOST_HEADER) {
            throw file.corrupt("has a header of " + length + " bytes, where NumPy allows " + MOST_HEADER, null);
        }
        byte[] header = new byte[(int) length];
        in.readFully(header);
        NpyDictionary said = NpyDictionary.parse(file, new String(header, StandardCharsets.UTF_8));
        long data = start.length + size.length + length;
        return of(file, name, said, data, StoredFile.sha256(ByteBuffer.wrap(header)));
    }

    private static NpyHeader of(StoredFile file, String name, NpyDictionary said, long data, String digest) {
        Precision precision = precision(name, said.type());
        if (said.shape().size() != 2) {
            throw new DataException(name + " holds an array of " + said.shape().size()
                    + " dimensions; save a matrix of two, as a.reshape(len(a), -1) makes one");
        }
        long rows = said.shape().get(0);
        long cols = said.shape().get(1);
        if (cols == 0 && rows > 0) {
            throw new DataException(name + " has rows without values");
        }
        if (cols > Integer.MAX_VALUE) {
            throw new DataException(name + " has " + cols + " columns, more than " + Integer.MAX_VALUE);
        }
        long expected;
        try {
            expected = Math.addExact(data, Math.multiplyExact(Math.multiplyExact(rows, cols), precision.bytes()));
        } catch (ArithmeticException e) {
            throw file.corrupt("has a shape beyond all files", e);
        }
        if (expected != file.length()) {
            throw file.corrupt(
                    "has " + file.length() + " bytes where its header asks for " + expected
                            + (file.length() < expected ? " (it was cut off)" : " (something follows the values)"),
                    null);
        }
        return new NpyHeader(file, digest, data, precision, said.columnMajor(), rows, (int) cols);
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
