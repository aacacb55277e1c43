package lowrank.io.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import lowrank.io.StoredFile;

/** Writes TensorFlow checkpoints, right ones and wrong ones: tables of entries, and one shard. */
final class BundleFiles {
    static final long MAGIC = 0xdb4775248b80fb57L;

    private final List<byte[]> keys = new ArrayList<>();
    private final List<byte[]> values = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int perBlock = Integer.MAX_VALUE;
    private int compression;

    static Proto header() {
        return Proto.message().number(1, 1).message(3, Proto.message().number(1, 1));
    }

    /** With the header that TensorFlow writes. */
    static BundleFiles usual() {
        return new BundleFiles().entry("", header());
    }

    BundleFiles entry(byte[] key, byte[] value) {
        keys.add(key);
        values.add(value);
        return this;
    }

    BundleFiles entry(String key, Proto value) {
        return entry(key.getBytes(StandardCharsets.UTF_8), value.toBytes());
    }

    /** A tensor whose values go to the shard. */
    BundleFiles tensor(String name, int type, byte[] bytes, long... shape) {
        Proto entry = place(type, data.size(), bytes.length, shape)
                .tag(6, ProtoFields.FIXED32)
                .raw(checksum(bytes));
        data.writeBytes(bytes);
        return entry(name, entry);
    }

    BundleFiles floats(String name, long... shape) {
        return tensor(name, 1, Proto.floats(OnnxModel.count(shape)), shape);
    }

    static Proto place(int type, long offset, long size, long... shape) {
        return Proto.message()
                .number(1, type)
                .message(2, shape(shape))
                .number(4, offset)
                .number(5, size);
    }

    static Proto shape(long... shape) {
        Proto message = Proto.message();
        for (long size : shape) {
            message.message(2, Proto.message().number(1, size));
        }
        return message;
    }

    BundleFiles perBlock(int entries) {
        perBlock = entries;
        return this;
    }

    BundleFiles compression(int kind) {
        compression = kind;
        return this;
    }

    static byte[] checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        int value = (int) crc.getValue();
        int masked = (value >>> 15 | value << 17) + 0xa282ead8;
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(masked)
                .array();
    }

    /** Contents of a block: entries that share what they can with the key before, and where sharing begins anew. */
    static byte[] contents(List<byte[]> keys, List<byte[]> values) {
        Proto block = Proto.message();
        List<Integer> restarts = new ArrayList<>();
        byte[] before = {};
        for (int i = 0; i < keys.size(); i++) {
            byte[] key = keys.get(i);
            int shared = 0;
            if (i % 16 == 0) {
                restarts.add(block.toBytes().length);
            } else {
                while (shared < Math.min(before.length, key.length) && before[shared] == key[shared]) {
                    shared++;
                }
            }
            block.varint(shared).varint(key.length - shared).varint(values.get(i).length);
            block.raw(Arrays.copyOfRange(key, shared, key.length)).raw(values.get(i));
            before = key;
        }
        ByteBuffer ends = ByteBuffer.allocate(4 * restarts.size() + 4).order(ByteOrder.LITTLE_ENDIAN);
        restarts.forEach(ends::putInt);
        return block.raw(ends.putInt(restarts.size()).array()).toBytes();
    }

    /** A block with its kind and checksum. */
    static byte[] block(byte[] contents, int compression) {
        byte[] kind = Proto.message().raw(contents).raw((byte) compression).toBytes();
        return Proto.message().raw(kind).raw(checksum(kind)).toBytes();
    }

    static byte[] handle(long at, long size) {
        return Proto.message().varint(at).varint(size).toBytes();
    }

    static byte[] footer(byte[] filters, byte[] index, long magic) {
        byte[] footer = new byte[48];
        System.arraycopy(filters, 0, footer, 0, filters.length);
        System.arraycopy(index, 0, footer, filters.length, index.length);
        ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN).putLong(40, magic);
        return footer;
    }

    /** The table. */
    byte[] table() {
        Proto out = Proto.message();
        long at = 0;
        List<byte[]> last = new ArrayList<>();
        List<byte[]> handles = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += Math.min(perBlock, keys.size() - from)) {
            int end = from + Math.min(perBlock, keys.size() - from);
            byte[] contents = contents(keys.subList(from, end), values.subList(from, end));
            out.raw(block(contents, compression));
            last.add(keys.get(end - 1));
            handles.add(handle(at, contents.length));
            at += contents.length + 5;
        }
        return end(out, at, contents(last, handles));
    }

    /** Blocks that end at {@code at}, with a block that lists them, and the footer. */
    static byte[] end(Proto blocks, long at, byte[] index) {
        byte[] filters = contents(List.of(), List.of());
        blocks.raw(block(filters, 0)).raw(block(index, 0));
        long second = at + filters.length + 5;
        return blocks.raw(footer(handle(at, filters.length), handle(second, index.length), MAGIC))
                .toBytes();
    }

    static StoredFile write(Path folder, byte[] table, byte[] data) throws IOException {
        Path file = folder.resolve("variables.index");
        Files.write(file, table);
        Files.write(folder.resolve("variables.data-00000-of-00001"), data);
        return StoredFile.look(OnnxModel.CONF, file.toString());
    }

    StoredFile write(Path folder) throws IOException {
        return write(folder, table(), data.toByteArray());
    }

    List<StoredTensor> read(Path folder) throws IOException {
        return TensorFlowBundle.read(OnnxModel.CONF, write(folder));
    }
}
