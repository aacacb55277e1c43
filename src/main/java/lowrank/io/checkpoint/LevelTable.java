package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;

/**
 * A sorted table of keys and values as LevelDB writes it and TensorFlow took it over: blocks of entries, a block that lists them, a
 * footer of 48 bytes that says where that one lies. A key is stored as what differs from the key before it.
 */
final class LevelTable {
    private static final int FOOTER = 48;
    private static final long MAGIC = 0xdb4775248b80fb57L;
    /** Behind a block: whether it is compressed, and its checksum. */
    private static final int TRAILER = 5;
    /** TensorFlow closes a block at 256 KB. */
    private static final int MOST_BLOCK = 1 << 24;

    private static final int MOST_KEY = 1024;

    private final FileBytes file;
    private byte[] last;
    private long read;

    private LevelTable(FileBytes file) {
        this.file = file;
    }

    /** Takes entries in the order of their keys. */
    interface Visitor {
        /** The value is the range {@code from .. end} of a block. */
        void entry(byte[] key, ByteBuffer block, int from, int end);
    }

    /** Visits all entries; each byte is read at most once, so a small table cannot hold an endless one. */
    static void visit(FileBytes file, Visitor visitor) {
        new LevelTable(file).visitBlocks(visitor);
    }

    private void visitBlocks(Visitor visitor) {
        long length = file.file().length();
        if (length < FOOTER) {
            throw corrupt("is too short to be a table of tensors");
        }
        ByteBuffer footer = file.bytes("footer", length - FOOTER, FOOTER);
        if (footer.getLong(FOOTER - 8) != MAGIC) {
            throw corrupt("does not end as a table of tensors does");
        }
        Cursor handles = new Cursor(footer, 0, FOOTER - 8);
        handles.number(); // where the block of filters lies, which TensorFlow leaves empty
        handles.number();
        long at = handles.number();
        ByteBuffer index = block(at, handles.number(), length - FOOTER);
        entries(index, (key, block, from, end) -> {
            Cursor handle = new Cursor(block, from, end);
            long start = handle.number();
            long size = handle.number();
            if (start < read) {
                throw corrupt("has blocks that lie in one another");
            }
            ByteBuffer data = block(start, size, at);
            read = start + size + TRAILER;
            entries(data, (inner, bytes, first, behind) -> {
                if (last != null && Arrays.compareUnsigned(last, inner) >= 0) {
                    throw corrupt("has keys that are not in order, or not unique");
                }
                last = inner;
                visitor.entry(inner, bytes, first, behind);
            });
        });
    }

    /** A block whose checksum fits. */
    private ByteBuffer block(long at, long size, long before) {
        if (at < 0 || size < 4 || size > MOST_BLOCK || at > before || size + TRAILER > before - at) {
            throw corrupt("has a block that is too large, or lies outside of it");
        }
        ByteBuffer block = file.bytes("block", at, (int) size + TRAILER);
        int type = block.get((int) size);
        CRC32C crc = new CRC32C();
        crc.update(block.slice(0, (int) size + 1));
        if (masked((int) crc.getValue()) != block.getInt((int) size + 1)) {
            throw corrupt("has a block that does not fit its checksum");
        }
        if (type == 1) {
            throw new DataException(
                    file.file().path()
                            + " is compressed, which is not read; save the checkpoint again with TensorFlow, which does not compress");
        }
        if (type != 0) {
            throw corrupt("has a block of unknown kind " + type);
        }
        return block.slice(0, (int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** How LevelDB stores a checksum: one of data that holds checksums would else be weak. */
    static int masked(int crc) {
        return Integer.rotateRight(crc, 15) + 0xa282ead8;
    }

    private void entries(ByteBuffer block, Visitor visitor) {
        int size = block.limit();
        long restarts = Integer.toUnsignedLong(block.getInt(size - 4));
        if (restarts > (size - 4) / 4) {
            throw corrupt("has a block of " + restarts + " restarts, more than fit it");
        }
        Cursor cursor = new Cursor(block, 0, size - 4 - 4 * (int) restarts);
        byte[] key = {};
        while (cursor.at < cursor.end) {
            long shared = cursor.number();
            long own = cursor.number();
            long value = cursor.number();
            if (shared < 0 || own < 0 || value < 0 || shared > key.length || own > cursor.left()) {
                throw corrupt("has an entry that reaches beyond its block");
            }
            if (shared + own > MOST_KEY) {
                throw corrupt("has a key of more than " + MOST_KEY + " bytes");
            }
            byte[] next = Arrays.copyOf(key, (int) (shared + own));
            block.get(cursor.at, next, (int) shared, (int) own);
            cursor.at += (int) own;
            if (value > cursor.left()) {
                throw corrupt("has an entry that reaches beyond its block");
            }
            visitor.entry(next, block, cursor.at, cursor.at + (int) value);
            cursor.at += (int) value;
            key = next;
        }
    }

    private CorruptFileException corrupt(String what) {
        return file.file().corrupt(what, null);
    }

    private final class Cursor {
        private final ByteBuffer bytes;
        private final int end;
        private int at;

        Cursor(ByteBuffer bytes, int from, int end) {
            this.bytes = bytes;
            this.at = from;
            this.end = end;
        }

        int left() {
            return end - at;
        }

        /** A number of seven bits a byte, the lowest first. */
        long number() {
            long result = 0;
            for (int shift = 0; shift < 63; shift += 7) {
                if (at == end) {
                    throw corrupt("ends inside a number of a block");
                }
                byte b = bytes.get(at++);
                result |= (b & 0x7fL) << shift;
                if (b >= 0) {
                    return result;
                }
            }
            throw corrupt("has a number of more than 63 bits in a block");
        }
    }
}
