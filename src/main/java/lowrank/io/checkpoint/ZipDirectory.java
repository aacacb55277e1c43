package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.StoredFile;

/**
 * The directory of a zip archive, held to everything else that the archive says. An archive tells of each member twice or thrice, and readers
 * that believe different places see different files; so all must agree, every byte belongs to one member, and no name leads out of a
 * folder.
 */
final class ZipDirectory {
    private static final int ENTRY = 0x02014b50;
    private static final int ENTRY_BYTES = 46;
    private static final int LOCAL = 0x04034b50;
    private static final int LOCAL_BYTES = 30;
    private static final int DESCRIPTOR = 0x08074b50;
    private static final long NARROW = 0xffffffffL;

    /** The version of the format that a member asks for, tenfold: what NumPy's reader knows. */
    private static final int NEWEST = 63;

    private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;
    private static final int DESCRIBED = 1 << 3;
    private static final int UTF8 = 1 << 11;
    /** How hard a deflater tried. */
    private static final int EFFORT = 3 << 1;

    private static final int WIDE_SIZES = 1;
    private static final int OTHER_NAME = 0x7075;

    private static final Pattern ESCAPE = Pattern.compile("/.*|.*\\\\.*|[A-Za-z]:/.*|(?:.*/)?\\.\\.(?:/.*)?");

    private final FileBytes in;
    private final StoredFile file;

    private ZipDirectory(FileBytes in) {
        this.in = in;
        this.file = in.file();
    }

    /** What an entry of the directory, or a member's own header, says; the end of the header it stands in. */
    private record Said(int flags, int method, int crc, long stored, long size, String name, long at, long end) {}

    /**
     * Reads it, and the header of each member.
     *
     * @return the members in the order of their bytes; names are unique
     * @throws CorruptFileException if the archive contradicts itself
     * @throws DataException if a member is encrypted or compressed in another way than by deflating
     */
    static List<ZipMember> read(FileBytes in) {
        return new ZipDirectory(in).members();
    }

    private List<ZipMember> members() {
        ZipEnd end = ZipEnd.read(in);
        ByteBuffer entries = in.bytes("directory", end.directory(), (int) end.bytes());
        List<Said> said = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < end.members(); i++) {
            Said entry = entry(entries);
            if (!names.add(entry.name)) {
                throw corrupt(entry.name, "twice");
            }
            said.add(entry);
        }
        if (entries.hasRemaining()) {
            throw file.corrupt("has a directory of more than the " + end.members() + " members that it counts", null);
        }
        said.sort(Comparator.comparingLong(Said::at));
        List<ZipMember> members = new ArrayList<>();
        for (Said entry : said) {
            members.add(member(entry, end.directory()));
        }
        for (int i = 0; i < members.size(); i++) {
            requireNext(members, i, i + 1 < members.size() ? members.get(i + 1).header() : end.directory());
        }
        return members;
    }

    private CorruptFileException corrupt(String name, String what) {
        return file.corrupt("holds " + Limits.shown(name) + " " + what, null);
    }

    private Said entry(ByteBuffer entries) {
        if (entries.remaining() < ENTRY_BYTES) {
            throw file.corrupt("has a directory that ends inside an entry", null);
        }
        int from = entries.position();
        if (entries.getInt(from) != ENTRY) {
            throw file.corrupt("has a directory with something else than entries", null);
        }
        int flags = entries.getShort(from + 8);
        int nameBytes = unsigned(entries, from + 28);
        int extraBytes = unsigned(entries, from + 30);
        int commentBytes = unsigned(entries, from + 32);
        if (entries.remaining() - ENTRY_BYTES < nameBytes + extraBytes + commentBytes) {
            throw file.corrupt("has a directory that ends inside an entry", null);
        }
        String name = name(flags, entries, from + ENTRY_BYTES, nameBytes);
        int version = Byte.toUnsignedInt(entries.get(from + 6));
        if (version > NEWEST) {
            throw new DataException(file.path() + " holds " + name + " of version " + version / 10 + "." + version % 10
                    + " of the zip format, which is not read: save it by np.savez");
        }
        if (unsigned(entries, from + 34) != 0) {
            throw corrupt(name, "on another disk; such archives are not read");
        }
        long[] wide = wide(
                name,
                entries.slice(from + ENTRY_BYTES + nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN),
                entries.getInt(from + 24) & NARROW,
                entries.getInt(from + 20) & NARROW,
                entries.getInt(from + 42) & NARROW);
        entries.position(from + ENTRY_BYTES + nameBytes + extraBytes + commentBytes);
        return new Said(
                flags,
                unsigned(entries, from + 10),
                entries.getInt(from + 16),
                wide[1],
                wide[0],
                name,
                wide[2],
                entries.position());
    }

    private ZipMember member(Said entry, long directory) {
        String name = entry.name;
        if ((entry.flags & ENCRYPTED) != 0) {
            throw new DataException(
                    file.path() + " holds " + name + " encrypted, which is not read: save it by np.savez");
        }
        if ((entry.flags & ~(DESCRIBED | UTF8 | EFFORT)) != 0) {
            throw corrupt(name, "with flags that are not known");
        }
        if (entry.method != 0 && entry.method != 8) {
            throw new DataException(file.path() + " holds " + name + " compressed by method " + entry.method
                    + ", which is not read: save it by np.savez or np.savez_compressed");
        }
        boolean deflated = entry.method == 8;
        if (!deflated && entry.stored != entry.size) {
            throw corrupt(name, "of two sizes, though it is not compressed");
        }
        Said own = local(name, entry.at, directory);
        boolean described = (entry.flags & DESCRIBED) != 0;
        if (own.flags != entry.flags
                || own.method != entry.method
                || !agree(own.crc, entry.crc, described)
                || !agree(own.stored, entry.stored, described)
                || !agree(own.size, entry.size, described)) {
            throw corrupt(name, "with a header that contradicts the directory");
        }
        if (entry.stored > directory - own.end) {
            throw corrupt(name, "beyond the end of its members");
        }
        return new ZipMember(name, entry.at, own.end, entry.stored, deflated, entry.size, entry.crc, described);
    }

    /** Writers that do not know sizes yet leave them out. */
    private static boolean agree(long own, long entry, boolean described) {
        return own == entry || described && own == 0;
    }

    private Said local(String name, long at, long directory) {
        if (at < 0 || at > directory - LOCAL_BYTES) {
            throw corrupt(name, "beyond the end of its members");
        }
        ByteBuffer header = in.bytes("members", at, LOCAL_BYTES);
        if (header.getInt(0) != LOCAL) {
            throw corrupt(name, "where there is no member");
        }
        int nameBytes = unsigned(header, 26);
        int extraBytes = unsigned(header, 28);
        long end = at + LOCAL_BYTES + nameBytes + extraBytes;
        if (end > directory) {
            throw corrupt(name, "beyond the end of its members");
        }
        int flags = header.getShort(6);
        ByteBuffer rest = in.bytes("members", at + LOCAL_BYTES, nameBytes + extraBytes);
        if (!name(flags, rest, 0, nameBytes).equals(name)) {
            throw corrupt(name, "under another name in the member's own header");
        }
        long[] wide = wide(
                name,
                rest.slice(nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN),
                header.getInt(22) & NARROW,
                header.getInt(18) & NARROW);
        return new Said(flags, unsigned(header, 8), header.getInt(14), wide[1], wide[0], name, at, end);
    }

    private String name(int flags, ByteBuffer bytes, int from, int count) {
        String name;
        try {
            ByteBuffer text = bytes.slice(from, count);
            name = ((flags & UTF8) == 0 ? StandardCharsets.US_ASCII : StandardCharsets.UTF_8)
                    .newDecoder()
                    .decode(text)
                    .toString();
        } catch (CharacterCodingException e) {
            throw file.corrupt("has a member with a name that is not UTF-8, or does not say so", e);
        }
        Limits.name(file, name);
        if (ESCAPE.matcher(name).matches()) {
            throw corrupt(name, "whose name leads out of a folder");
        }
        return name;
    }

    /** Numbers of 32 bits, those that are all ones taken from the field of 64-bit ones. */
    private long[] wide(String name, ByteBuffer extra, long... numbers) {
        ByteBuffer found = null;
        while (extra.hasRemaining()) {
            if (extra.remaining() < 4 || unsigned(extra, extra.position() + 2) > extra.remaining() - 4) {
                throw corrupt(name, "with an extra field that ends too early");
            }
            int kind = unsigned(extra, extra.position());
            int length = unsigned(extra, extra.position() + 2);
            if (kind == OTHER_NAME) {
                throw corrupt(name, "under a second name");
            }
            if (kind == WIDE_SIZES) {
                if (found != null) {
                    throw corrupt(name, "with its sizes twice");
                }
                found = extra.slice(extra.position() + 4, length).order(ByteOrder.LITTLE_ENDIAN);
            }
            extra.position(extra.position() + 4 + length);
        }
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] == NARROW) {
                if (found == null || found.remaining() < 8) {
                    throw corrupt(name, "without the sizes that it says it has");
                }
                numbers[i] = found.getLong();
                if (numbers[i] < 0) {
                    throw corrupt(name, "of a size beyond all files");
                }
            }
        }
        return numbers;
    }

    /** Members lie one behind the other; nothing is hidden between them, and none inside another. */
    private void requireNext(List<ZipMember> members, int i, long next) {
        ZipMember member = members.get(i);
        if (i == 0 && member.header() != 0) {
            throw file.corrupt("has something before its first member", null);
        }
        long between = next - member.end();
        if (between < 0) {
            throw corrupt(member.name(), "whose bytes overlap those of what follows it");
        }
        if (member.described() ? !isDescriptor(member, between) : between > 0) {
            throw corrupt(member.name(), "with something behind it that is no member");
        }
    }

    /** Checksum and sizes, of 32 or 64 bits, with a signature or without. */
    private boolean isDescriptor(ZipMember member, long bytes) {
        if (bytes != 12 && bytes != 16 && bytes != 20 && bytes != 24) {
            return false;
        }
        ByteBuffer said = in.bytes("members", member.end(), (int) bytes);
        if (bytes % 8 == 0 && said.getInt() != DESCRIPTOR) {
            return false;
        }
        boolean crc = said.getInt() == member.crc();
        return crc
                && (bytes < 20
                        ? (said.getInt() & NARROW) == member.stored() && (said.getInt() & NARROW) == member.size()
                        : said.getLong() == member.stored() && said.getLong() == member.size());
    }

    private static int unsigned(ByteBuffer bytes, int at) {
        return Short.toUnsignedInt(bytes.getShort(at));
    }
}
