package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import lowrank.io.StoredFile;

/**
 * What the end of a zip archive says of its directory.
 *
 * @param members entries of the directory
 * @param directory where it begins
 */
record ZipEnd(long members, long directory, long bytes) {
    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int LOCATOR = 0x07064b50;
    private static final int LOCATOR_BYTES = 20;
    private static final int WIDE_END = 0x06064b50;
    private static final int WIDE_BYTES = 56;
    private static final int MOST_COMMENT = 0xffff;
    private static final int ENTRY_BYTES = 46;

    private static final long NARROW = 0xffffffffL;

    /**
     * Reads it.
     *
     * @throws lowrank.io.CorruptFileException if there is none, or two readers could find two, or it does not fit the file
     */
    static ZipEnd read(FileBytes in) {
        StoredFile file = in.file();
        if (file.length() < END_BYTES) {
            throw file.corrupt("is too short to be a .npz file", null);
        }
        int some = (int) Math.min(file.length(), END_BYTES + MOST_COMMENT);
        long from = file.length() - some;
        ByteBuffer tail = in.bytes("end", from, some);
        int found = -1;
        for (int at = some - END_BYTES; at >= 0; at--) {
            if (tail.getInt(at) == END) {
                boolean reaches = at + END_BYTES + unsigned(tail, at + 20) == some;
                if (found < 0 && !reaches) {
                    throw file.corrupt("has a zip directory that something follows", null);
                }
                if (found >= 0 && reaches) {
                    throw file.corrupt("has two ends of a zip directory, one inside the other", null);
                }
                found = found < 0 ? at : found;
            }
        }
        if (found < 0) {
            ForeignFormat.refuse(in);
            throw file.corrupt("does not end as a .npz file, a zip archive, does (it may have been cut off)", null);
        }
        if (unsigned(tail, found + 4) != 0
                || unsigned(tail, found + 6) != 0
                || unsigned(tail, found + 8) != unsigned(tail, found + 10)) {
            throw file.corrupt("is one part of an archive on several disks", null);
        }
        ZipEnd narrow = new ZipEnd(
                unsigned(tail, found + 10), tail.getInt(found + 16) & NARROW, tail.getInt(found + 12) & NARROW);
        long end = from + found;
        if (end >= LOCATOR_BYTES) {
            ByteBuffer locator = in.bytes("end", end - LOCATOR_BYTES, LOCATOR_BYTES);
            if (locator.getInt(0) == LOCATOR) {
                return wide(in, narrow, locator, end - LOCATOR_BYTES);
            }
        }
        return narrow.checked(file, end);
    }

    private static ZipEnd wide(FileBytes in, ZipEnd narrow, ByteBuffer locator, long before) {
        StoredFile file = in.file();
        long at = locator.getLong(8);
        if (locator.getInt(4) != 0 || locator.getInt(16) > 1 || at < 0 || at > before - WIDE_BYTES) {
            throw file.corrupt("has a zip64 end that lies nowhere", null);
        }
        ByteBuffer end = in.bytes("end", at, WIDE_BYTES);
        if (end.getInt(0) != WIDE_END || end.getLong(4) != before - at - 12) {
            throw file.corrupt("has a zip64 end that lies nowhere", null);
        }
        if (end.getInt(16) != 0 || end.getInt(20) != 0 || end.getLong(24) != end.getLong(32)) {
            throw file.corrupt("is one part of an archive on several disks", null);
        }
        ZipEnd wide = new ZipEnd(end.getLong(32), end.getLong(48), end.getLong(40));
        if (!agree(narrow.members, 0xffff, wide.members)
                || !agree(narrow.directory, NARROW, wide.directory)
                || !agree(narrow.bytes, NARROW, wide.bytes)) {
            throw file.corrupt("has two ends that contradict each other", null);
        }
        return wide.checked(file, at);
    }

    /** All ones stand for what only the wider field holds. */
    private static boolean agree(long narrow, long ones, long wide) {
        return narrow == ones || narrow == wide;
    }

    private ZipEnd checked(StoredFile file, long end) {
        if (bytes < 0 || bytes > end || directory != end - bytes) {
            throw file.corrupt("has a zip directory that does not lie where its end says", null);
        }
        if (bytes > Limits.HEADER) {
            throw file.corrupt(
                    "has a zip directory of " + bytes + " bytes, where " + Limits.HEADER + " are read", null);
        }
        if (members < 0 || members > Limits.TENSORS) {
            throw file.corrupt("holds more than " + Limits.TENSORS + " tensors", null);
        }
        if (members * ENTRY_BYTES > bytes) {
            throw file.corrupt("counts " + members + " members, more than fit its zip directory", null);
        }
        return this;
    }

    private static int unsigned(ByteBuffer bytes, int at) {
        return Short.toUnsignedInt(bytes.getShort(at));
    }
}
