package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.HostileFile.corrupt;
import static lowrank.io.checkpoint.HostileFile.unread;
import static lowrank.io.checkpoint.ZipBytes.extra;
import static lowrank.io.checkpoint.ZipBytes.floats;
import static lowrank.io.checkpoint.ZipBytes.header;
import static lowrank.io.checkpoint.ZipBytes.npy;
import static lowrank.io.checkpoint.ZipBytes.wideEnd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives and arrays that break zip's format, contradict themselves, or ask for what NumPy never writes. */
class HostileNumpyTest {
    private static final long ONES = 0xffffffffL;

    @TempDir
    Path folder;

    private static ZipBytes good() {
        return ZipBytes.of("a.npy", floats(2, 3)).deflate("b.npy", floats(4));
    }

    /** The good archive, with a number changed. */
    private static byte[] set(Consumer<ZipBytes.Written> change) {
        ZipBytes.Written written = good().write();
        change.accept(written);
        return written.bytes();
    }

    /** The good archive, with its first member changed before it is written. */
    private static byte[] made(Consumer<ZipBytes.Member> change) {
        ZipBytes zip = good();
        change.accept(zip.member(0));
        return zip.bytes();
    }

    private static byte[] named(String name) {
        return ZipBytes.of(name, floats(1)).bytes();
    }

    private static byte[] end(int count, long bytes, long at) {
        ByteBuffer end = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN);
        end.putInt(ZipBytes.END).putInt(0).putShort((short) count).putShort((short) count);
        return end.putInt((int) bytes).putInt((int) at).putShort((short) 0).array();
    }

    static Stream<HostileFile> ends() {
        ZipBytes.Written good = good().write();
        int all = good.bytes().length;
        return Stream.of(
                corrupt("nothing", new byte[0], "too short to be a .npz"),
                corrupt("less than an end", new byte[21], "too short to be a .npz"),
                corrupt("zeros", new byte[100], "does not end as a .npz file"),
                corrupt("text", "x".repeat(100_000).getBytes(StandardCharsets.UTF_8), "does not end as a .npz file"),
                corrupt("an array by itself", floats(2, 3), "does not end as a .npz file"),
                unread("a pickle", Arrays.copyOf(new byte[] {(byte) 0x80, 4}, 40), "pickle"),
                unread(
                        "an archive of PyTorch",
                        ZipBytes.of("archive/data.pkl", new byte[3]).bytes(),
                        "pickle"),
                unread("no members", new ZipBytes().bytes(), "holds no tensors"),
                unread("no arrays", ZipBytes.of("x.txt", new byte[3]).bytes(), "holds no tensors"),
                corrupt("a byte missing at the end", good.cut(0, all - 1), "does not end as a .npz"),
                corrupt("half of it", good.cut(0, all / 2), "does not end as a .npz"),
                corrupt("the end alone", good.cut(good.end(), all), "does not lie where its end says"),
                corrupt(
                        "no directory",
                        Proto.message()
                                .raw(good.cut(0, good.directory()))
                                .raw(good.cut(good.end(), all))
                                .toBytes(),
                        "does not lie where its end says"),
                corrupt("a byte missing at the beginning", good.cut(1, all), "does not lie where its end says"),
                corrupt(
                        "a byte before",
                        Proto.message().raw((byte) 0).raw(good.bytes()).toBytes(),
                        "where its end says"),
                corrupt("a program before", good().before(new byte[100]).bytes(), "something before its first member"),
                corrupt("a byte behind", good().behind((byte) 0).bytes(), "that something follows"),
                corrupt("another archive behind", good().behind(good.bytes()).bytes(), "where its end says"),
                corrupt("a comment beyond the end", set(w -> w.end16(ZipBytes.END_COMMENT, 1)), "something follows"),
                corrupt("an end in the comment", comment(end(0, 0, 0)), "one inside the other"),
                corrupt("half an end in the comment", comment(Arrays.copyOf(end(0, 0, 0), 30)), "something follows"),
                corrupt("a second disk", set(w -> w.end16(ZipBytes.END_DISK, 1)), "several disks"),
                corrupt("a directory on a second disk", set(w -> w.end16(6, 1)), "several disks"),
                corrupt("members elsewhere", set(w -> w.end16(ZipBytes.END_COUNT, 3)), "several disks"),
                corrupt("too few counted", set(w -> w.end16(8, 1).end16(10, 1)), "more than the 1 members"),
                corrupt("too many counted", set(w -> w.end16(8, 3).end16(10, 3)), "counts 3 members, more than fit"),
                corrupt("65,535 counted", set(w -> w.end16(8, -1).end16(10, -1)), "counts 65535 members"),
                corrupt("a directory too large", set(w -> w.end32(ZipBytes.END_BYTES, 1 << 20)), "where its end says"),
                corrupt("a directory too small", set(w -> w.end32(ZipBytes.END_BYTES, 46)), "where its end says"),
                corrupt("a directory of ones", set(w -> w.end32(ZipBytes.END_BYTES, ONES)), "where its end says"),
                corrupt("a directory too early", set(w -> w.end32(ZipBytes.END_AT, 0)), "where its end says"),
                corrupt("a directory beyond the end", set(w -> w.end32(ZipBytes.END_AT, 1 << 30)), "where its end"),
                corrupt("a directory at ones", set(w -> w.end32(ZipBytes.END_AT, ONES)), "where its end says"));
    }

    /** The good archive with a comment that hides another end. */
    private static byte[] comment(byte[] comment) {
        ZipBytes.Written written = good().behind(comment).write();
        written.end16(ZipBytes.END_COMMENT, comment.length);
        return written.bytes();
    }

    /** The good archive with a zip64 end, whose numbers are added to. */
    private static byte[] wide(long members, long bytes, long at, long locator) {
        ZipBytes.Written plain = good().write();
        return good().wideEnd(wideEnd(
                        2 + members,
                        plain.end() - plain.directory() + bytes,
                        plain.directory() + at,
                        plain.end() + locator))
                .bytes();
    }

    private static byte[] wideSet(int at, int value) {
        ZipBytes.Written plain = good().write();
        byte[] end = wideEnd(2, plain.end() - plain.directory(), plain.directory(), plain.end());
        end[at] = (byte) value;
        return good().wideEnd(end).bytes();
    }

    static Stream<HostileFile> wideEnds() {
        return Stream.of(
                corrupt("other members in the wide end", wide(1, 0, 0, 0), "two ends that contradict"),
                corrupt("another size in the wide end", wide(0, 1, 0, 0), "two ends that contradict"),
                corrupt("another place in the wide end", wide(0, 0, 1, 0), "two ends that contradict"),
                corrupt("a locator to elsewhere", wide(0, 0, 0, 1), "zip64 end that lies nowhere"),
                corrupt("a locator to before", wide(0, 0, 0, -400), "zip64 end that lies nowhere"),
                corrupt("a locator to 2^40", wide(0, 0, 0, 1L << 40), "zip64 end that lies nowhere"),
                corrupt("a locator to below zero", wide(0, 0, 0, Long.MIN_VALUE), "zip64 end that lies nowhere"),
                corrupt("another signature", wideSet(0, 0), "zip64 end that lies nowhere"),
                corrupt("a longer wide end", wideSet(4, 45), "zip64 end that lies nowhere"),
                corrupt("a wide end of 2^62", wideSet(11, 64), "zip64 end that lies nowhere"),
                corrupt("a wide second disk", wideSet(16, 1), "several disks"),
                corrupt("wide members elsewhere", wideSet(24, 1), "several disks"),
                corrupt("a locator's second disk", wideSet(60, 1), "zip64 end that lies nowhere"),
                corrupt("two disks of a locator", wideSet(72, 2), "zip64 end that lies nowhere"));
    }

    static Stream<HostileFile> directories() {
        return Stream.of(
                corrupt("no entry", set(w -> w.entry32(0, 0, 0)), "something else than entries"),
                corrupt("no second entry", set(w -> w.entry32(1, 0, ZipBytes.LOCAL)), "something else than entries"),
                corrupt("a long name", set(w -> w.entry16(1, ZipBytes.NAME_BYTES, -1)), "ends inside an entry"),
                corrupt("a long extra", set(w -> w.entry16(1, ZipBytes.EXTRA_BYTES, 1)), "ends inside an entry"),
                corrupt("a long comment", set(w -> w.entry16(1, ZipBytes.COMMENT_BYTES, 9)), "ends inside an entry"),
                corrupt("a member elsewhere", set(w -> w.entry16(0, ZipBytes.DISK, 1)), "a.npy on another disk"),
                unread(
                        "a later zip",
                        set(w -> w.entry16(0, ZipBytes.VERSION, 127)),
                        "a.npy of version 12.7 of the zip"),
                corrupt("a name twice", good().add("a.npy", floats(1)).bytes(), "holds a.npy twice"),
                corrupt("one member as two", alias(), "holds z.npy under another name"),
                corrupt("a name of nothing", named(""), "without a name"),
                corrupt("no name before .npy", named(".npy"), "without a name"),
                corrupt("a name of 1,001", named("x".repeat(997) + ".npy"), "a name of 1001 characters"),
                corrupt("a zero in a name", named("a.npy\0.txt"), "control characters: a.npy?.txt"),
                corrupt("an end of line in a name", named("a\nb.npy"), "control characters: a?b.npy"),
                corrupt("a name from the right", named("a\u202eb.npy"), "control characters: a?b.npy"),
                corrupt("bytes that are no UTF-8", made(HostileNumpyTest::latin), "name that is not UTF-8"),
                corrupt("UTF-8 that is not said", made(m -> rename(m, "\u00e4.npy")), "does not say so"),
                corrupt("the folder above", named("../a.npy"), "../a.npy whose name leads out of a folder"),
                corrupt("a way up in the middle", named("x/../../a.npy"), "x/../../a.npy whose name leads out"),
                corrupt("a way up at the end", named("x/.."), "x/.. whose name leads out of a folder"),
                corrupt("the root", named("/etc/a.npy"), "/etc/a.npy whose name leads out of a folder"),
                corrupt("the other bar", named("..\\a.npy"), "..\\a.npy whose name leads out of a folder"),
                corrupt("a drive", named("C:/a.npy"), "C:/a.npy whose name leads out of a folder"),
                corrupt("a second name", made(m -> m.extra = extra(0x7075, 1)), "a.npy under a second name"),
                corrupt("half an extra", made(m -> m.extra = new byte[3]), "an extra field that ends too early"),
                corrupt("an extra too long", made(m -> m.extra = new byte[] {9, 9, 9, 9}), "ends too early"),
                corrupt(
                        "sizes twice",
                        made(m -> m.extra = Proto.message()
                                .raw(extra(1, 9))
                                .raw(extra(1, 9))
                                .toBytes()),
                        "its sizes twice"),
                corrupt("no wide size", set(w -> w.entry32(0, ZipBytes.SIZE, ONES)), "without the sizes"),
                corrupt("no wide place", set(w -> w.entry32(0, ZipBytes.AT, ONES)), "without the sizes"),
                corrupt("half a wide size", wideSize(new byte[] {1, 0, 4, 0, 1, 0, 0, 0}), "without the sizes"),
                corrupt("a wide size of 2^63", wideSize(extra(1, Long.MIN_VALUE)), "a size beyond all files"),
                corrupt("a wide size of 2^62", wideSize(extra(1, 1L << 62)), "a.npy of two sizes"));
    }

    private static void latin(ZipBytes.Member member) {
        member.flags = 1 << 11;
        member.name[0] = (byte) 0xff;
    }

    private static void rename(ZipBytes.Member member, String name) {
        System.arraycopy(name.getBytes(StandardCharsets.UTF_8), 0, member.name, 0, 5);
    }

    private static byte[] wideSize(byte[] extra) {
        ZipBytes zip = good();
        zip.member(0).extra = extra;
        ZipBytes.Written written = zip.write();
        return written.entry32(0, ZipBytes.SIZE, ONES).bytes();
    }

    /** Two entries of the directory that lead to the same member, under two names. */
    private static byte[] alias() {
        ZipBytes.Written written =
                ZipBytes.of("a.npy", floats(9)).add("z.npy", floats(9)).write();
        return written.entry32(1, ZipBytes.AT, 0).bytes();
    }

    static Stream<HostileFile> members() {
        return Stream.of(
                corrupt(
                        "a member beyond the end",
                        set(w -> w.entry32(0, ZipBytes.AT, 1 << 30)),
                        "a.npy beyond the end"),
                corrupt(
                        "a member in the directory",
                        set(w -> w.entry32(0, ZipBytes.AT, w.directory())),
                        "beyond the end"),
                corrupt("a member where there is none", set(w -> w.entry32(0, ZipBytes.AT, 1)), "there is no member"),
                corrupt("another signature", set(w -> w.own32(0, 0, 0)), "a.npy where there is no member"),
                corrupt("two members at one place", set(w -> w.entry32(1, ZipBytes.AT, 0)), "b.npy under another name"),
                corrupt(
                        "another name",
                        made(m -> m.ownName = "c.npy".getBytes(StandardCharsets.UTF_8)),
                        "another name"),
                corrupt("a longer name", set(w -> w.own16(0, ZipBytes.OWN_NAME_BYTES, 6)), "a member with a name"),
                corrupt("a name beyond the end", set(w -> w.own16(0, ZipBytes.OWN_NAME_BYTES, -1)), "beyond the end"),
                corrupt(
                        "an extra beyond the end",
                        set(w -> w.own16(0, ZipBytes.OWN_EXTRA_BYTES, -1)),
                        "beyond the end"),
                corrupt("half an own extra", made(m -> m.ownExtra = new byte[2]), "ends too early"),
                corrupt("another method", set(w -> w.own16(0, ZipBytes.OWN_METHOD, 8)), "contradicts the directory"),
                corrupt("other flags", set(w -> w.own16(0, ZipBytes.OWN_FLAGS, 2)), "contradicts the directory"),
                corrupt("another checksum", set(w -> w.own32(0, ZipBytes.OWN_CRC, 7)), "contradicts the directory"),
                corrupt("another size", set(w -> w.own32(1, ZipBytes.OWN_SIZE, 7)), "b.npy with a header that contra"),
                corrupt(
                        "another stored size",
                        set(w -> w.own32(1, ZipBytes.OWN_STORED, 7)),
                        "contradicts the directory"),
                corrupt("no own sizes", set(w -> w.own32(1, ZipBytes.OWN_SIZE, 0)), "contradicts the directory"),
                corrupt("no own wide sizes", set(w -> w.own32(0, ZipBytes.OWN_SIZE, ONES)), "without the sizes"),
                unread("an encrypted member", both(ZipBytes.OWN_FLAGS, ZipBytes.FLAGS, 1), "a.npy encrypted"),
                unread("strongly encrypted", both(ZipBytes.OWN_FLAGS, ZipBytes.FLAGS, 65), "a.npy encrypted"),
                unread("a masked header", both(ZipBytes.OWN_FLAGS, ZipBytes.FLAGS, 1 << 13), "a.npy encrypted"),
                corrupt("a patch", both(ZipBytes.OWN_FLAGS, ZipBytes.FLAGS, 32), "a.npy with flags that are not"),
                unread("another compression", both(ZipBytes.OWN_METHOD, ZipBytes.METHOD, 14), "by method 14"),
                unread("deflate64", both(ZipBytes.OWN_METHOD, ZipBytes.METHOD, 9), "a.npy compressed by method 9"),
                corrupt("two sizes, not compressed", two(ZipBytes.OWN_SIZE, ZipBytes.SIZE, 1), "a.npy of two sizes"),
                corrupt("longer by a byte", longer(0, 1), "a.npy whose bytes overlap those of what follows it"),
                corrupt("longer than it is", longer(0, 100), "a.npy whose bytes overlap those of what follows it"),
                corrupt("beyond the directory", longer(0, 1 << 20), "a.npy beyond the end of its members"),
                corrupt("shorter than it is", longer(0, -1), "a.npy with something behind it that is no member"),
                corrupt("something between", good().between(new byte[5]).bytes(), "b.npy with something behind it"),
                corrupt("a member that is not listed", hidden(), "a.npy with something behind it"),
                corrupt("a member in a member", nested(), "out.npy whose bytes overlap those of what follows it"),
                corrupt("no sizes behind", described(new byte[0]), "a.npy with something behind it"),
                corrupt("other sizes behind", described(new byte[12]), "a.npy with something behind it"),
                corrupt("other sizes before", described(7), "a.npy with a header that contradicts the directory"),
                corrupt("too much behind", described(new byte[40]), "a.npy with something behind it"),
                corrupt("another signature behind", described(new byte[16]), "a.npy with something behind it"));
    }

    private static byte[] both(int own, int entry, int value) {
        return set(w -> w.own16(0, own, value).entry16(0, entry, value));
    }

    private static byte[] two(int own, int entry, long value) {
        return set(w -> w.own32(0, own, value).entry32(0, entry, value));
    }

    /** A member that says of itself, everywhere, that it has some bytes more. */
    private static byte[] longer(int member, int more) {
        long bytes = floats(2, 3).length + more;
        return set(w -> w.own32(member, ZipBytes.OWN_SIZE, bytes)
                .own32(member, ZipBytes.OWN_STORED, bytes)
                .entry32(member, ZipBytes.SIZE, bytes)
                .entry32(member, ZipBytes.STORED, bytes));
    }

    /** A second member whose entry is taken out of the directory. */
    private static byte[] hidden() {
        ZipBytes.Written written = good().write();
        int entry = written.entries().get(1) - written.entries().get(0);
        return Proto.message()
                .raw(written.cut(0, written.entries().get(1)))
                .raw(end(1, entry, written.directory()))
                .toBytes();
    }

    /** A member whose bytes are an archive, of which one member is listed beside it: it counts twice. */
    private static byte[] nested() {
        ZipBytes.Written inner = ZipBytes.of("in.npy", floats(1)).write();
        byte[] body = inner.cut(0, inner.directory());
        ZipBytes.Written written =
                ZipBytes.of("out.npy", body).add("in.npy", floats(1)).write();
        return written.entry32(1, ZipBytes.AT, 30 + "out.npy".length()).bytes();
    }

    private static byte[] described(byte[] behind) {
        ZipBytes zip = good();
        zip.member(0).flags = 8;
        zip.member(0).descriptor = behind;
        return zip.bytes();
    }

    /** A member with its sizes behind it, whose own header gives another one than the directory, and not none. */
    private static byte[] described(long size) {
        ZipBytes zip = good();
        zip.member(0).flags = 8;
        return zip.write().own32(0, ZipBytes.OWN_SIZE, size).bytes();
    }

    private static byte[] deflated(byte[] stored, long size) {
        ZipBytes zip = new ZipBytes().deflate("a.npy", floats(2, 3));
        zip.member(0).stored = stored;
        ZipBytes.Written written = zip.write();
        return written.own32(0, ZipBytes.OWN_SIZE, size)
                .entry32(0, ZipBytes.SIZE, size)
                .bytes();
    }

    /** Many members of which each claims what may be claimed by a factor that only zeros reach. */
    private static byte[] bombs() {
        ZipBytes zip = new ZipBytes();
        byte[] zeros = npy(header("<f4", false, "1250000,"), new byte[5_000_000]);
        for (int i = 0; i < 4; i++) {
            zip.deflate("w" + i + ".npy", zeros);
        }
        return zip.bytes();
    }

    static Stream<HostileFile> deflated() {
        byte[] array = floats(2, 3);
        byte[] right = ZipBytes.deflated(array);
        return Stream.of(
                corrupt("no deflated bytes", deflated(new byte[0], array.length), "a.npy, which ends too early"),
                corrupt("bytes that are not deflated", deflated(array, array.length), "a.npy, which ends too early"),
                corrupt("a block of kind 3", deflated(new byte[] {7}, array.length), "not deflated as zip archives"),
                corrupt("a cut block", deflated(Arrays.copyOf(right, 9), array.length), "a.npy, which ends too early"),
                corrupt("zlib's header", deflated(zlib(right), array.length), "not deflated as zip archives are"),
                corrupt("no end of zeros", deflated(new byte[200], array.length), "not deflated as zip archives are"),
                corrupt("a larger size", deflated(right, array.length + 1), "where its header asks for"),
                corrupt("a smaller size", deflated(right, array.length - 1), "where its header asks for"),
                corrupt("no size", deflated(right, 0), "a.npy, which is too short to be a .npy"),
                unread("a size of 4 GB", deflated(right, ONES - 1), "more than 100 times as large"),
                unread("zeros of 20 MB in 20 KB", bombs(), "more than 100 times as large"));
    }

    private static byte[] zlib(byte[] deflated) {
        return Proto.message().raw((byte) 0x78, (byte) 0x9c).raw(deflated).toBytes();
    }

    @ParameterizedTest
    @MethodSource({"ends", "wideEnds", "directories", "members", "deflated"})
    void anArchiveIsRefused(HostileFile file) throws IOException {
        file.requireRefused(folder, "model.npz");
    }

    private static byte[] array(String header) {
        return npy(header, new byte[24]);
    }

    private static byte[] shaped(String shape) {
        return array(header("<f4", false, shape));
    }

    private static byte[] typed(String type) {
        return array(header(type, false, "2, 3"));
    }

    static Stream<HostileFile> arrays() {
        String broken = "has a header that NumPy would not write";
        byte[] good = floats(2, 3);
        byte[] endless = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, -1, -1, -1, -1, '{'};
        return Stream.of(
                corrupt("nothing", new byte[0], "too short to be a .npy"),
                corrupt("seven bytes", Arrays.copyOf(good, 7), "too short to be a .npy"),
                corrupt("no length", Arrays.copyOf(good, 8), "ends inside its header"),
                corrupt("half a length", Arrays.copyOf(good, 9), "ends inside its header"),
                corrupt("half a header", Arrays.copyOf(good, 40), "ends inside its header"),
                corrupt("text", "surely something else".getBytes(StandardCharsets.UTF_8), "does not begin"),
                corrupt("an archive", ZipBytes.of("a.npy", good).bytes(), "does not begin as a .npy"),
                corrupt("version 0", npy(0, header("<f4", false, "6,"), new byte[24]), ".npy version 0"),
                corrupt("version 5", npy(5, header("<f4", false, "6,"), new byte[24]), ".npy version 5"),
                corrupt("version 127", npy(127, header("<f4", false, "6,"), new byte[24]), ".npy version 127"),
                corrupt("version 4", npy(4, header("<f4", false, "6,"), new byte[24]), ".npy version 4"),
                corrupt("version -1", npy(255, header("<f4", false, "6,"), new byte[24]), ".npy version -1"),
                corrupt("an endless header", endless, "a header of 4294967295 bytes"),
                corrupt("a header of 10,001", array(" ".repeat(10_001)), "a header of 10001 bytes"),
                corrupt("no header", array(""), broken),
                corrupt("a tuple", array("('<f4', False, (2, 3))"), broken),
                corrupt("no type", array("{'fortran_order': False, 'shape': (2, 3)}"), broken),
                corrupt("no order", array("{'descr': '<f4', 'shape': (2, 3)}"), broken),
                corrupt("no shape", array("{'descr': '<f4', 'fortran_order': False}"), broken),
                corrupt(
                        "a key twice",
                        array("{'descr': '<f4', " + header("<f4", false, "6,").substring(1)),
                        broken),
                corrupt(
                        "another key",
                        array("{'x': 1, " + header("<f4", false, "6,").substring(1)),
                        broken),
                corrupt("code", array(header("<f4", false, "6,") + " + __import__('os')"), broken),
                corrupt("code in the shape", shaped("__import__('os').getpid(),"), broken),
                corrupt("a product in the shape", shaped("2 * 3,"), broken),
                corrupt("a power in the shape", shaped("9**9,"), broken),
                corrupt("a negative size", shaped("-2, 3"), broken),
                corrupt("two negative sizes", shaped("-2, -3"), broken),
                corrupt("a fraction", shaped("2.0, 3"), broken),
                corrupt("a size of 19 digits", shaped("9999999999999999999,"), broken),
                corrupt("a list", array("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}"), broken),
                corrupt("a number", array("{'descr': '<f4', 'fortran_order': False, 'shape': 6}"), broken),
                corrupt("an order of 1", array("{'descr': '<f4', 'fortran_order': 1, 'shape': (6,)}"), broken),
                corrupt("an escape", array(header("<f\\x34", false, "6,")), broken),
                corrupt("a quote that does not end", array("{'descr': '<f4"), broken),
                corrupt("brackets", array("{'descr': " + "[".repeat(5_000)), broken),
                corrupt("2^64 numbers", shaped("4294967296, 4294967296"), "a shape beyond all files"),
                corrupt("2^64 bytes", shaped("900000000000000000, 9"), "a shape beyond all files"),
                corrupt("2^64 numbers, times none", shaped("4294967296, 4294967296, 0"), "a shape beyond all files"),
                corrupt("65 dimensions", shaped("1, ".repeat(64) + "6"), "w of 65 dimensions"),
                corrupt("a terabyte", shaped("274877906944,"), "it was cut off"),
                corrupt("values missing", shaped("7,"), "it was cut off"),
                corrupt("values too many", shaped("5,"), "something follows the values"),
                corrupt("no values said", shaped("0, 3"), "something follows the values"),
                corrupt("a byte missing", Arrays.copyOf(good, good.length - 1), "it was cut off"),
                corrupt("a byte too many", Arrays.copyOf(good, good.length + 1), "something follows the values"),
                unread("Python objects", typed("|O"), "holds Python objects as w"),
                unread("Python objects of no order", typed("O"), "holds Python objects as w"),
                unread(
                        "fields",
                        array("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (6,)}"),
                        "structured"),
                unread(
                        "fields of Python objects",
                        array("{'descr': [('x', '|O')], 'fortran_order': False, 'shape': (3,)}"),
                        "a structured type"),
                unread("complex numbers", typed("<c8"), "w of type <c8"),
                unread("80 bits", typed("<f16"), "w of type <f16"),
                unread("raw bytes, as bfloat16 is saved", typed("<V2"), "w of type <V2"),
                unread("times", typed("<M8[ns]"), "w of type <M8[ns]"),
                unread("the order of this machine", typed("=f4"), "w of type =f4"),
                unread("no order", typed("f4"), "w of type f4"),
                unread("no name of a type", typed(""), "w of a structured type"),
                unread("a long type", typed("x".repeat(5_000)), "w of type xxx"),
                unread("a type with an end of line", typed("<f\n4"), "w of type <f?4"),
                unread("text alone", typed("<U1"), "holds no tensors"),
                unread("long rows in Fortran order", fortran(), "w in Fortran order, with rows of more than"));
    }

    private static byte[] fortran() {
        return npy(header("<f4", true, "2, 2097153"), new byte[4 * 2 * 2097153]);
    }

    @ParameterizedTest
    @MethodSource("arrays")
    void anArrayIsRefused(HostileFile file) throws IOException {
        file.requireRefused(folder, "w.npy");
    }

    /** Text is left out beside other arrays. */
    static Stream<HostileFile> inside() {
        return arrays().filter(file -> !file.what().equals("text alone"))
                .map(file -> new HostileFile(
                        file.what(),
                        ZipBytes.of("v.npy", floats(1))
                                .add("w.npy", file.bytes())
                                .bytes(),
                        file.error(),
                        file.says()));
    }

    @ParameterizedTest
    @MethodSource("inside")
    void anArrayInAnArchiveIsRefusedTheSameWay(HostileFile file) throws IOException {
        file.requireRefused(folder, "model.npz");
    }
}
