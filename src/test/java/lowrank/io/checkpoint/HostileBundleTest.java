package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.BundleFiles.block;
import static lowrank.io.checkpoint.BundleFiles.contents;
import static lowrank.io.checkpoint.BundleFiles.footer;
import static lowrank.io.checkpoint.BundleFiles.handle;
import static lowrank.io.checkpoint.BundleFiles.place;
import static lowrank.io.checkpoint.BundleFiles.usual;
import static lowrank.io.checkpoint.HostileFile.corrupt;
import static lowrank.io.checkpoint.HostileFile.missing;
import static lowrank.io.checkpoint.HostileFile.unread;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of TensorFlow checkpoints that break LevelDB's format, protobuf, or what TensorFlow puts in them. */
class HostileBundleTest {
    /** Bytes of the shard beside the table. */
    private static final int SHARD = 64;

    @TempDir
    Path folder;

    private static byte[] key(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    /** The usual table with one entry more. */
    private static byte[] entry(Proto entry) {
        return usual().entry("w", entry).table();
    }

    /** A table whose header is another. */
    private static byte[] header(Proto header) {
        return new BundleFiles().entry("", header).entry("w", place(1, 0, 4, 1)).table();
    }

    /** A table whose only block has these contents. */
    private static byte[] table(byte[] contents) {
        return table(contents, handle(0, contents.length));
    }

    /** A table whose only block is said to lie elsewhere. */
    private static byte[] table(byte[] contents, byte[] handle) {
        byte[] index = contents(List.of(key("w")), List.of(handle));
        return BundleFiles.end(Proto.message().raw(block(contents, 0)), contents.length + 5, index);
    }

    private static byte[] good() {
        return entry(place(1, 0, 4, 1));
    }

    private static byte[] changed(byte[] table, int at, int value) {
        byte[] bytes = table.clone();
        bytes[at < 0 ? bytes.length + at : at] = (byte) value;
        return bytes;
    }

    /** The good table with another footer. */
    private static byte[] ended(byte[] handle) {
        byte[] good = good();
        return Proto.message()
                .raw(Arrays.copyOf(good, good.length - 48))
                .raw(footer(handle(0, 8), handle, BundleFiles.MAGIC))
                .toBytes();
    }

    /** Contents of one entry, as its numbers say, with restarts. */
    private static byte[] raw(long shared, long own, long value, byte[] rest, int restarts) {
        return Proto.message()
                .varint(shared)
                .varint(own)
                .varint(value)
                .raw(rest)
                .raw(new byte[] {0, 0, 0, 0})
                .raw(ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(restarts)
                        .array())
                .toBytes();
    }

    static Stream<HostileFile> tables() {
        byte[] good = good();
        byte[] empty = contents(List.of(), List.of());
        byte[] ones = new byte[48];
        Arrays.fill(ones, 0, 40, (byte) 0xff);
        System.arraycopy(good, good.length - 8, ones, 40, 8);
        byte[] twice = contents(List.of(key("a"), key("w")), List.of(handle(0, empty.length), handle(0, empty.length)));
        return Stream.of(
                corrupt("nothing", new byte[0], "too short to be a table"),
                corrupt("less than a footer", new byte[47], "too short to be a table"),
                corrupt("zeros", new byte[48], "does not end as a table"),
                corrupt("a byte missing at the end", Arrays.copyOf(good, good.length - 1), "does not end as a table"),
                corrupt("a byte more at the end", Arrays.copyOf(good, good.length + 1), "does not end as a table"),
                corrupt("a byte missing at the beginning", Arrays.copyOfRange(good, 1, good.length), "block"),
                corrupt("another magic", changed(good, -1, 0), "does not end as a table"),
                corrupt("a footer of ones", ones, "more than 63 bits"),
                corrupt("a list beyond the end", ended(handle(1 << 20, 8)), "lies outside of it"),
                corrupt("a list of 2^62 bytes", ended(handle(0, 1L << 62)), "too large, or lies outside"),
                corrupt("a list at 2^62", ended(handle(1L << 62, 8)), "too large, or lies outside"),
                corrupt("a list in the footer", ended(handle(good.length - 50, 8)), "too large, or lies outside"),
                corrupt("a list of three bytes", ended(handle(0, 3)), "too large, or lies outside"),
                corrupt("a list of another place", ended(handle(1, 8)), "does not fit its checksum"),
                corrupt("a changed block", changed(good, 3, 77), "does not fit its checksum"),
                corrupt("a changed checksum", changed(good, -60, 77), "does not fit its checksum"),
                unread("a compressed block", usual().compression(1).table(), "is compressed"),
                corrupt("a block of kind 2", usual().compression(2).table(), "unknown kind 2"),
                corrupt("a block of kind -1", usual().compression(255).table(), "unknown kind -1"),
                corrupt("a block beyond the list", table(empty, handle(500, 8)), "lies outside of it"),
                corrupt("a block that is the list", table(empty, handle(13, 8)), "lies outside of it"),
                corrupt("a block of 2^40 bytes", table(empty, handle(0, 1L << 40)), "too large, or lies outside"),
                corrupt("a block of no bytes", table(empty, handle(0, 0)), "too large, or lies outside"),
                corrupt("no place of a block", table(empty, new byte[0]), "ends inside a number of a block"),
                corrupt("half a place of a block", table(empty, new byte[] {0}), "ends inside a number of a block"),
                corrupt(
                        "a block twice",
                        BundleFiles.end(Proto.message().raw(block(empty, 0)), empty.length + 5, twice),
                        "blocks that lie in one another"),
                corrupt("2^32 - 1 restarts", table(raw(0, 0, 0, new byte[0], -1)), "of 4294967295 restarts"),
                corrupt("more restarts than bytes", table(raw(0, 0, 0, new byte[0], 9)), "of 9 restarts"),
                corrupt(
                        "an entry without sizes",
                        table(Proto.message().varint(0).raw(new byte[4]).toBytes()),
                        "number"),
                corrupt("a key that shares what is not there", table(raw(5, 0, 0, new byte[0], 1)), "beyond its block"),
                corrupt("a key beyond the block", table(raw(0, 99, 0, new byte[0], 1)), "beyond its block"),
                corrupt("a key of 2^62", table(raw(0, 1L << 62, 0, new byte[0], 1)), "beyond its block"),
                corrupt("a value beyond the block", table(raw(0, 0, 99, new byte[0], 1)), "beyond its block"),
                corrupt("a value of 2^62", table(raw(0, 0, 1L << 62, new byte[0], 1)), "beyond its block"),
                corrupt("a number of ten bytes", table(raw(-1, 0, 0, new byte[0], 1)), "more than 63 bits"),
                corrupt("a key of 1,025 bytes", table(raw(0, 1025, 0, new byte[1025], 1)), "more than 1024 bytes"),
                corrupt(
                        "keys out of order",
                        usual().entry("b", place(1, 0, 4, 1))
                                .entry("a", place(1, 4, 4, 1))
                                .table(),
                        "keys that are not in order"),
                corrupt(
                        "a key twice",
                        usual().entry("a", place(1, 0, 4, 1))
                                .entry("a", place(1, 4, 4, 1))
                                .table(),
                        "keys that are not in order"),
                corrupt(
                        "a key twice, in two blocks",
                        usual().perBlock(2)
                                .entry("a", place(1, 0, 4, 1))
                                .entry("a", place(1, 4, 4, 1))
                                .table(),
                        "keys that are not in order"));
    }

    static Stream<HostileFile> headers() {
        return Stream.of(
                corrupt(
                        "no entries",
                        new BundleFiles().entry("w", place(1, 0, 4, 1)).table(),
                        "has no header"),
                corrupt("an empty table", table(contents(List.of(), List.of())), "has no header"),
                corrupt("an empty header", header(Proto.message()), "has 0 shards"),
                corrupt("no shards", header(Proto.message().number(1, 0)), "has 0 shards"),
                corrupt("-1 shards", header(Proto.message().number(1, -1)), "has -1 shards"),
                corrupt("100,000 shards", header(Proto.message().number(1, 100_000)), "has 100000 shards"),
                corrupt(
                        "shards that are text",
                        header(Proto.message().text(1, "1")),
                        "count of shards of another kind"),
                unread("big-endian", header(Proto.message().number(1, 1).number(2, 1)), "big-endian"),
                corrupt("a cut header", header(Proto.message().tag(1, 0)), "ends inside a number of its header"),
                corrupt("a header of groups", header(Proto.message().tag(1, 3)), "unknown kind 3 in its header"),
                unread("no tensor", usual().table(), "holds no tensors"),
                unread("text alone", entry(place(7, 0, 4, 1)), "holds no tensors"),
                missing("a shard that is not there", header(Proto.message().number(1, 2)), "data-00000-of-00002"));
    }

    private static byte[] named(byte... name) {
        return usual().entry(name, place(1, 0, 4, 1).toBytes()).table();
    }

    static Stream<HostileFile> names() {
        return Stream.of(
                corrupt("a name that is no UTF-8", named((byte) 0xff), "name that is not UTF-8"),
                corrupt("UTF-8 too long", named((byte) 0xc0, (byte) 0x80), "name that is not UTF-8"),
                corrupt("an end of line in a name", named(key("a\nb")), "control characters: a?b"),
                corrupt("a name written from the right", named(key("a\u202eb")), "control characters: a?b"),
                corrupt("a name of 1,001", named(key("x".repeat(1001))), "a name of 1001 characters"),
                unread("a slice", named((byte) 0, (byte) 'a'), "variables in slices"));
    }

    static Stream<HostileFile> entries() {
        Proto two = Proto.message().number(1, 1);
        return Stream.of(
                unread("slices", entry(place(1, 0, 4, 1).message(7, two)), "variables in slices"),
                unread("complex numbers", entry(place(8, 0, 8, 1)), "tensor w holds complex or quantised"),
                unread("quantised numbers", entry(place(11, 0, 1, 1)), "tensor w holds complex or quantised"),
                corrupt("no type", entry(place(0, 0, 4, 1)), "unknown data type 0 for tensor w"),
                corrupt("type 99", entry(place(99, 0, 4, 1)), "unknown data type 99 for tensor w"),
                corrupt("a negative type", entry(place(-1, 0, 4, 1)), "unknown data type -1 for tensor w"),
                corrupt("a negative size", entry(place(1, 0, 4, -1)), "negative dimension for tensor w"),
                corrupt("nine dimensions", entry(place(1, 0, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1)), "more than 8 dimensions"),
                corrupt("2^64 numbers", entry(place(1, 0, 4, 1L << 32, 1L << 32)), "w of a shape beyond all files"),
                corrupt("2^64 bytes", entry(place(1, 0, 4, 1L << 62)), "w of a shape beyond all files"),
                corrupt("a terabyte", entry(place(1, 0, 1L << 40, 1L << 38)), "ends before the last value of tensor w"),
                corrupt("a shape that is a number", entry(Proto.message().number(2, 1)), "shape of another kind"),
                corrupt("no shape", entry(placed(Proto.message().number(3, 1))), "no shape for tensor w"),
                corrupt("a size that is text", entry(placed(Proto.message().text(2, "\n\1x"))), "size of another kind"),
                corrupt("a cut size", entry(placed(Proto.message().bytes(2, (byte) 8))), "ends inside a number"),
                corrupt("too few bytes", entry(place(1, 0, 4, 2)), "has 4 bytes for tensor w"),
                corrupt("too many bytes", entry(place(1, 0, 8, 1)), "has 8 bytes for tensor w"),
                corrupt("-1 bytes", entry(place(1, 0, -1, 1)), "has -1 bytes for tensor w"),
                corrupt("a negative place", entry(place(1, -4, 4, 1)), "ends before the last value of tensor w"),
                corrupt("a place beyond the shard", entry(place(1, SHARD, 4, 1)), "ends before the last value"),
                corrupt("the end beyond the shard", entry(place(1, SHARD - 3, 4, 1)), "ends before the last value"),
                corrupt("a place near 2^63", entry(place(1, Long.MAX_VALUE, 4, 1)), "ends before the last value"),
                corrupt("a shard that it does not have", entry(place(1, 0, 4, 1).number(3, 1)), "in a shard that"),
                corrupt("a negative shard", entry(place(1, 0, 4, 1).number(3, -1)), "in a shard that"),
                corrupt("a checksum that is a number", entry(place(1, 0, 4, 1).number(6, 1)), "checksum of another"),
                corrupt("a type that is text", entry(Proto.message().text(1, "F")), "data type of another kind"),
                corrupt("field 0", entry(Proto.message().number(0, 1)), "no valid number in its entry"),
                corrupt("kind 7", entry(Proto.message().tag(1, 7)), "unknown kind 7 in its entry"),
                corrupt(
                        "bytes beyond the entry",
                        entry(Proto.message().tag(2, 2).varint(9)),
                        "beyond its entry"),
                corrupt("a number of 70 bits", entry(Proto.message().tag(1, 0).raw(ten())), "more than 64 bits"),
                corrupt(
                        "two tensors in one another",
                        usual().entry("v", place(1, 0, 8, 2))
                                .entry("w", place(1, 4, 4, 1))
                                .table(),
                        "values of tensor w inside those of v"),
                corrupt(
                        "two tensors in one place",
                        usual().entry("v", place(1, 0, 4, 1))
                                .entry("w", place(1, 0, 4, 1))
                                .table(),
                        "inside those of"));
    }

    private static Proto placed(Proto shape) {
        return Proto.message().number(1, 1).message(2, shape).number(5, 4);
    }

    private static byte[] ten() {
        byte[] all = new byte[10];
        Arrays.fill(all, (byte) 0xff);
        return all;
    }

    @ParameterizedTest
    @MethodSource({"tables", "headers", "names", "entries"})
    void aTableIsRefused(HostileFile file) throws IOException {
        Files.write(folder.resolve("variables.data-00000-of-00001"), new byte[SHARD]);
        file.requireRefused(folder, "variables.index");
    }
}
