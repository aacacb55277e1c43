package lowrank.io.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes zip archives of arrays as NumPy does, and wrong ones: every number of every header can be set. */
final class ZipBytes {
    static final int LOCAL = 0x04034b50;
    static final int CENTRAL = 0x02014b50;
    static final int END = 0x06054b50;

    /** Places of numbers in a member's own header, in its entry of the directory, and in the end. */
    static final int OWN_FLAGS = 6;

    static final int OWN_METHOD = 8;
    static final int OWN_CRC = 14;
    static final int OWN_STORED = 18;
    static final int OWN_SIZE = 22;
    static final int OWN_NAME_BYTES = 26;
    static final int OWN_EXTRA_BYTES = 28;
    static final int VERSION = 6;
    static final int FLAGS = 8;
    static final int METHOD = 10;
    static final int CRC = 16;
    static final int STORED = 20;
    static final int SIZE = 24;
    static final int NAME_BYTES = 28;
    static final int EXTRA_BYTES = 30;
    static final int COMMENT_BYTES = 32;
    static final int DISK = 34;
    static final int AT = 42;
    static final int END_DISK = 4;
    static final int END_COUNT_HERE = 8;
    static final int END_COUNT = 10;
    static final int END_BYTES = 12;
    static final int END_AT = 16;
    static final int END_COMMENT = 20;

    private final List<Member> members = new ArrayList<>();
    private byte[] between = {};
    private byte[] before = {};
    private byte[] behind = {};
    private byte[] wideEnd = {};

    /** A member, whose parts may be replaced before the archive is written. */
    static final class Member {
        final byte[] name;
        byte[] ownName;
        final byte[] bytes;
        byte[] stored;
        int flags;
        final int method;
        byte[] ownExtra = {};
        byte[] extra = {};
        byte[] comment = {};
        byte[] descriptor = {};
        private int own;
        private int entry;

        Member(String name, byte[] bytes, boolean deflated) {
            this.name = name.getBytes(StandardCharsets.UTF_8);
            ownName = this.name;
            this.bytes = bytes;
            method = deflated ? 8 : 0;
            stored = deflated ? deflated(bytes) : bytes;
            flags = name.chars().anyMatch(c -> c > 127) ? 1 << 11 : 0;
        }

        int crc() {
            CRC32 crc = new CRC32();
            crc.update(bytes);
            return (int) crc.getValue();
        }
    }

    static byte[] deflated(byte[] bytes) {
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(bytes);
        deflater.finish();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[1 << 16];
        while (!deflater.finished()) {
            out.write(piece, 0, deflater.deflate(piece));
        }
        deflater.end();
        return out.toByteArray();
    }

    /** An array of .npy. */
    static byte[] npy(String header, byte[] values) {
        return npy(1, header, values);
    }

    static byte[] npy(int major, String header, byte[] values) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate((major == 1 ? 10 : 12) + text.length + values.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93)
                .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
                .put((byte) major)
                .put((byte) 0);
        if (major == 1) {
            file.putShort((short) text.length);
        } else {
            file.putInt(text.length);
        }
        return file.put(text).put(values).array();
    }

    static String header(String type, boolean columnMajor, String shape) {
        return "{'descr': '" + type + "', 'fortran_order': " + (columnMajor ? "True" : "False") + ", 'shape': (" + shape
                + "), }";
    }

    /** An array of floats 0, 1, 2, ... */
    static byte[] floats(long... shape) {
        StringBuilder text = new StringBuilder();
        for (long size : shape) {
            text.append(size).append(", ");
        }
        return npy(header("<f4", false, text.toString()), Proto.floats(OnnxModel.count(shape)));
    }

    static ZipBytes of(String name, byte[] bytes) {
        return new ZipBytes().add(name, bytes);
    }

    ZipBytes add(String name, byte[] bytes) {
        members.add(new Member(name, bytes, false));
        return this;
    }

    ZipBytes deflate(String name, byte[] bytes) {
        members.add(new Member(name, bytes, true));
        return this;
    }

    Member member(int i) {
        return members.get(i);
    }

    /** Bytes before the first member, between members and directory, behind the end. */
    ZipBytes before(byte... bytes) {
        before = bytes;
        return this;
    }

    ZipBytes between(byte... bytes) {
        between = bytes;
        return this;
    }

    ZipBytes behind(byte... bytes) {
        behind = bytes;
        return this;
    }

    /** What stands between directory and end, as a zip64 end does. */
    ZipBytes wideEnd(byte... bytes) {
        wideEnd = bytes;
        return this;
    }

    static byte[] wideEnd(long members, long bytes, long at, long locator) {
        ByteBuffer end = ByteBuffer.allocate(76).order(ByteOrder.LITTLE_ENDIAN);
        end.putInt(0x06064b50)
                .putLong(44)
                .putShort((short) 45)
                .putShort((short) 45)
                .putInt(0)
                .putInt(0);
        end.putLong(members).putLong(members).putLong(bytes).putLong(at);
        return end.putInt(0x07064b50).putInt(0).putLong(locator).putInt(1).array();
    }

    static byte[] extra(int kind, long... numbers) {
        ByteBuffer extra = ByteBuffer.allocate(4 + 8 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        extra.putShort((short) kind).putShort((short) (8 * numbers.length));
        for (long number : numbers) {
            extra.putLong(number);
        }
        return extra.array();
    }

    /** The archive, and where its parts are. */
    record Written(byte[] bytes, List<Integer> own, List<Integer> entries, int directory, int end) {
        private ByteBuffer buffer() {
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        Written own16(int member, int place, int value) {
            buffer().putShort(own.get(member) + place, (short) value);
            return this;
        }

        Written own32(int member, int place, long value) {
            buffer().putInt(own.get(member) + place, (int) value);
            return this;
        }

        Written entry16(int member, int place, int value) {
            buffer().putShort(entries.get(member) + place, (short) value);
            return this;
        }

        Written entry32(int member, int place, long value) {
            buffer().putInt(entries.get(member) + place, (int) value);
            return this;
        }

        Written end16(int place, int value) {
            buffer().putShort(end + place, (short) value);
            return this;
        }

        Written end32(int place, long value) {
            buffer().putInt(end + place, (int) value);
            return this;
        }

        byte[] cut(int from, int to) {
            return Arrays.copyOfRange(bytes, from, to);
        }
    }

    byte[] bytes() {
        return write().bytes;
    }

    Written write() {
        Proto out = Proto.message().raw(before);
        int at = before.length;
        for (Member member : members) {
            member.own = at;
            ByteBuffer own = ByteBuffer.allocate(30).order(ByteOrder.LITTLE_ENDIAN);
            boolean later = member.descriptor.length > 0;
            own.putInt(LOCAL)
                    .putShort((short) 20)
                    .putShort((short) member.flags)
                    .putShort((short) member.method);
            own.putInt(0).putInt(later ? 0 : member.crc());
            own.putInt(later ? 0 : member.stored.length).putInt(later ? 0 : member.bytes.length);
            own.putShort((short) member.ownName.length).putShort((short) member.ownExtra.length);
            out.raw(own.array())
                    .raw(member.ownName)
                    .raw(member.ownExtra)
                    .raw(member.stored)
                    .raw(member.descriptor);
            at += 30 + member.ownName.length + member.ownExtra.length + member.stored.length + member.descriptor.length;
        }
        out.raw(between);
        int directory = at + between.length;
        at = directory;
        for (Member member : members) {
            member.entry = at;
            ByteBuffer entry = ByteBuffer.allocate(46).order(ByteOrder.LITTLE_ENDIAN);
            entry.putInt(CENTRAL).putShort((short) 20).putShort((short) 20).putShort((short) member.flags);
            entry.putShort((short) member.method).putInt(0).putInt(member.crc());
            entry.putInt(member.stored.length).putInt(member.bytes.length).putShort((short) member.name.length);
            entry.putShort((short) member.extra.length).putShort((short) member.comment.length);
            entry.putShort((short) 0).putShort((short) 0).putInt(0).putInt(member.own);
            out.raw(entry.array()).raw(member.name).raw(member.extra).raw(member.comment);
            at += 46 + member.name.length + member.extra.length + member.comment.length;
        }
        int end = at + wideEnd.length;
        ByteBuffer last = ByteBuffer.allocate(22).order(ByteOrder.LITTLE_ENDIAN);
        last.putInt(END).putInt(0).putShort((short) members.size()).putShort((short) members.size());
        last.putInt(at - directory).putInt(directory).putShort((short) 0);
        out.raw(wideEnd).raw(last.array()).raw(behind);
        return new Written(
                out.toBytes(),
                members.stream().map(member -> member.own).toList(),
                members.stream().map(member -> member.entry).toList(),
                directory,
                end);
    }
}
