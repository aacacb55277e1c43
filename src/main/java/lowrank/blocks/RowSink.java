package lowrank.blocks;

import java.io.Serializable;
import lowrank.blas.Arena;

/** Where blocks are written, row by row: one part per task. A part that is not finished leaves nothing that is visible. */
public interface RowSink extends Serializable {
    /** Opens the part of one attempt at a range of leaves. */
    Part open(LeafRange range, Schema schema, Layout layout, Arena arena);

    /** A part under way. */
    interface Part extends AutoCloseable {
        void append(Block block);

        /** Completes the part. */
        Written finish();

        /** Discards what was not finished. */
        @Override
        void close();
    }

    /**
     * A finished part.
     *
     * @param range the leaves it holds
     * @param file where it is staged
     * @param checksum of all bytes of the file, or null where it has none
     * @param blockDigests SHA-256 of the values of each block, one after the other, 32 bytes each
     */
    record Written(LeafRange range, String file, long rows, long bytes, String checksum, byte[] blockDigests)
            implements Serializable {
        /** Without a checksum. */
        public Written(LeafRange range, String file, long rows, long bytes, byte[] blockDigests) {
            this(range, file, rows, bytes, null, blockDigests);
        }
    }
}
