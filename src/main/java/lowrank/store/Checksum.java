package lowrank.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32C;
import lowrank.io.HadoopConf;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * Checksums of whole files, as they stand in manifests: {@code crc32c:} or {@code sha256:} and hexadecimal digits. Where digests of values
 * say whether two results are the same, these say whether a file is the one that was written.
 */
public final class Checksum {
    private static final String CRC32C_OF = "crc32c:";
    private static final String SHA256_OF = "sha256:";
    private static final int PIECE = 1 << 18;

    private Checksum() {}

    /** Of a file whose SHA-256 is known, in hexadecimal. */
    public static String ofSha256(String digest) {
        return SHA256_OF + digest;
    }

    /** Of a file that holds this text. */
    public static String ofText(String text) {
        return ofSha256(Digests.ofText(text));
    }

    /**
     * Reads a file of a result and compares it with what its manifest says.
     *
     * @param folder of the result
     * @return what is wrong, in words that follow its path; empty if it is the file that was written
     */
    public static Optional<String> wrong(HadoopConf conf, String folder, Manifest.Part part) {
        Path path = new Path(folder, part.path());
        try (FSDataInputStream in = conf.fileSystem(path).open(path)) {
            CRC32C crc = new CRC32C();
            MessageDigest sha256 = Digests.sha256();
            boolean secure = part.checksum() != null && part.checksum().startsWith(SHA256_OF);
            byte[] piece = new byte[PIECE];
            long length = 0;
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                if (secure) {
                    sha256.update(piece, 0, n);
                } else {
                    crc.update(piece, 0, n);
                }
                length += n;
            }
            if (length != part.bytes()) {
                return Optional.of("has " + length + " bytes, where " + part.bytes() + " were written");
            }
            String found = secure
                    ? ofSha256(Digests.hex(sha256.digest()))
                    : String.format(Locale.ROOT, CRC32C_OF + "%08x", crc.getValue());
            return part.checksum() == null || part.checksum().equals(found)
                    ? Optional.empty()
                    : Optional.of("does not hold the bytes that were written");
        } catch (FileNotFoundException e) {
            return Optional.of("is gone");
        } catch (IOException e) {
            throw Storage.failed("reading", path, e);
        }
    }
}
