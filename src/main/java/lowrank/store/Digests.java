package lowrank.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import lowrank.blas.OffHeap;
import lowrank.blocks.RowSink;

/**
 * Digests of values, not of files: SHA-256 over the SHA-256 of each block, in block order, of the values' little-endian
 * bytes. Parquet metadata, row groups and part files do not enter.
 */
public final class Digests {
    private Digests() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** SHA-256 of the bytes at an address. */
    static byte[] ofBlock(long address, long bytes) {
        MessageDigest digest = sha256();
        digest.update(OffHeap.view(address, bytes));
        return digest.digest();
    }

    /** The digest of a factor from its parts in row order. */
    static String ofParts(List<RowSink.Written> parts) {
        MessageDigest digest = sha256();
        parts.forEach(part -> digest.update(part.blockDigests()));
        return hex(digest.digest());
    }

    /** The digest of a factor from the digests of its blocks. */
    public static String ofBlocks(List<byte[]> blocks) {
        MessageDigest digest = sha256();
        blocks.forEach(digest::update);
        return hex(digest.digest());
    }

    /** SHA-256 of text. */
    public static String ofText(String text) {
        return hex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    public static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
