package lowrank.io;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;

/** The end of a Parquet file, as parquet-hadoop reads it, with the SHA-256 of its bytes. */
record RawFooter(long length, long modified, String digest, ParquetMetadata metadata) {
    private static final String MAGIC = "PAR1";
    private static final String ENCRYPTED = "PARE";
    /** The footer's length as an int, then the magic. */
    private static final int TAIL = 8;

    static RawFooter read(FileSystem files, Path path) {
        try {
            FileStatus status = files.getFileStatus(path);
            try (FSDataInputStream in = files.open(path)) {
                return read(in, path, status.getLen(), status.getModificationTime());
            }
        } catch (FileNotFoundException e) {
            throw new MissingInputException(
                    path + " is gone, or may not be read: check read.path, and that nothing removes files meanwhile");
        } catch (IOException e) {
            throw new UncheckedIOException(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static RawFooter read(FSDataInputStream in, Path path, long length, long modified) throws IOException {
        if (length == 0) {
            throw new CorruptFileException(
                    path + " is empty (0 bytes), not a Parquet file: write it again, or remove it");
        }
        if (length < MAGIC.length() + TAIL) {
            throw notParquet(path, "is too short to be a Parquet file", null);
        }
        byte[] head = new byte[MAGIC.length()];
        byte[] tail = new byte[TAIL];
        in.readFully(0, head, 0, head.length);
        in.readFully(length - TAIL, tail, 0, TAIL);
        String end = new String(tail, 4, 4, StandardCharsets.US_ASCII);
        if (end.equals(ENCRYPTED)) {
            throw notParquet(path, "has an encrypted footer, which is not supported", null);
        }
        if (!new String(head, StandardCharsets.US_ASCII).equals(MAGIC)) {
            throw notParquet(path, "does not begin as a Parquet file does", null);
        }
        if (!end.equals(MAGIC)) {
            throw notParquet(path, "does not end as a Parquet file does: it was cut off or never completed", null);
        }
        int size = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (size <= 0 || size > length - TAIL - MAGIC.length()) {
            throw notParquet(path, "has a footer of impossible length", null);
        }
        byte[] footer = new byte[size];
        in.readFully(length - TAIL - size, footer, 0, size);
        try {
            ParquetMetadata metadata = new ParquetMetadataConverter()
                    .readParquetMetadata(new ByteArrayInputStream(footer), ParquetMetadataConverter.NO_FILTER);
            return new RawFooter(length, modified, sha256(footer), metadata);
        } catch (IOException | RuntimeException e) {
            throw notParquet(path, "has a footer that cannot be read", e);
        }
    }

    private static CorruptFileException notParquet(Path path, String what, Exception cause) {
        return new CorruptFileException(path + " " + what + ": write it again, or remove it", cause);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
