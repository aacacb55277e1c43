package lowrank.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;

/**
 * What the header of a {@code .npy} array says, versions 1 to 3, wherever the array lies: in a file, or in a member of {@code .npz}.
 *
 * @param type such as {@code <f8}; empty when it is a list of fields
 * @param columnMajor whether the first index runs fastest (Fortran order), not the last
 * @param shape each at least 0; empty for a scalar
 * @param data bytes before the values
 * @param digest SHA-256 of the header
 */
public record NpyArray(String type, boolean columnMajor, List<Long> shape, long data, String digest) {
    /** NumPy's own limit: a longer header is an attack on the reader. */
    public static final int MOST_HEADER = 10_000;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /**
     * Reads the header, of the stream no byte more.
     *
     * @param corrupt makes the exception that names the array, of what is wrong with it
     * @throws CorruptFileException if it is not the header of an array
     */
    public static NpyArray read(InputStream in, Function<String, CorruptFileException> corrupt) throws IOException {
        byte[] start = in.readNBytes(MAGIC.length + 2);
        if (start.length < MAGIC.length + 2) {
            throw corrupt.apply("is too short to be a .npy file");
        }
        if (!ByteBuffer.wrap(start, 0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
            throw corrupt.apply("does not begin as a .npy file does");
        }
        int major = start[MAGIC.length];
        if (major < 1 || major > 3) {
            throw corrupt.apply("has .npy version " + major + ", where 1 to 3 are known");
        }
        byte[] size = fully(in, major == 1 ? 2 : 4, corrupt);
        ByteBuffer little = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN);
        long length = major == 1 ? Short.toUnsignedLong(little.getShort()) : Integer.toUnsignedLong(little.getInt());
        if (length > MOST_HEADER) {
            throw corrupt.apply("has a header of " + length + " bytes, where NumPy allows " + MOST_HEADER);
        }
        byte[] header = fully(in, (int) length, corrupt);
        NpyDictionary said = NpyDictionary.parse(corrupt, new String(header, StandardCharsets.UTF_8));
        return new NpyArray(
                said.type(),
                said.columnMajor(),
                List.copyOf(said.shape()),
                start.length + size.length + length,
                StoredFile.sha256(ByteBuffer.wrap(header)));
    }

    private static byte[] fully(InputStream in, int count, Function<String, CorruptFileException> corrupt)
            throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw corrupt.apply("ends inside its header");
        }
        return bytes;
    }

    /**
     * Holds the bytes of the whole array to its shape.
     *
     * @param length bytes that there are
     * @param each bytes of a number
     * @throws CorruptFileException if there are more or fewer than header and values take
     */
    public void requireLength(long length, int each, Function<String, CorruptFileException> corrupt) {
        long expected = each;
        try {
            for (long size : shape) {
                expected = Math.multiplyExact(expected, size);
            }
            expected = Math.addExact(expected, data);
        } catch (ArithmeticException e) {
            throw corrupt.apply("has a shape beyond all files");
        }
        if (expected != length) {
            throw corrupt.apply("has " + length + " bytes where its header asks for " + expected
                    + (length < expected ? " (it was cut off)" : " (something follows the values)"));
        }
    }
}
