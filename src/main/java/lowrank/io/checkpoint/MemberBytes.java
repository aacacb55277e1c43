package lowrank.io.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import lowrank.io.CorruptFileException;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * The bytes of a member of a zip archive, inflated where they are deflated. Reading from its beginning to its end holds them to their checksum
 * and their size. Memory: a few kilobytes, whatever the member claims.
 */
final class MemberBytes extends InputStream {
    private static final int PIECE = 1 << 13;

    private final StoredFile file;
    private final String name;
    private final Packing.Member member;
    private final FSDataInputStream in;
    private final Inflater inflater;
    private final byte[] input;
    private final CRC32 crc = new CRC32();

    /** Bytes to inflate that were not taken yet. */
    private long left;

    private long position;
    private boolean checked = true;

    /**
     * The member from its first byte on.
     *
     * @param in the archive; whoever opened it closes it
     * @param name of the tensor, for messages
     */
    MemberBytes(FSDataInputStream in, StoredFile file, String name, Packing.Member member) throws IOException {
        this.file = file;
        this.name = name;
        this.member = member;
        inflater = member.deflated() ? new Inflater(true) : null;
        input = member.deflated() ? new byte[(int) Math.max(1, Math.min(PIECE, member.stored()))] : null;
        this.in = in;
        rewind();
    }

    private void rewind() throws IOException {
        in.seek(member.at());
        left = member.stored();
        position = 0;
        checked = true;
        crc.reset();
        if (inflater != null) {
            inflater.reset();
        }
    }

    /** Goes to a byte of the member; what is deflated is read up to there, from the beginning if that is behind. */
    void seek(long to) throws IOException {
        if (to == position) {
            return;
        }
        if (to == 0 || (inflater != null && to < position)) {
            rewind();
        }
        if (inflater == null && to > 0) {
            in.seek(member.at() + to);
            position = to;
            checked = false;
            return;
        }
        byte[] passed = new byte[PIECE];
        while (position < to) {
            readFully(passed, (int) Math.min(PIECE, to - position));
        }
    }

    /** target[0 .. count) = the next bytes. */
    void readFully(byte[] target, int count) throws IOException {
        if (readNBytes(target, 0, count) < count) {
            throw new EOFException();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int from, int count) throws IOException {
        int some = (int) Math.min(count, member.size() - position);
        if (some <= 0) {
            return count == 0 ? 0 : -1;
        }
        int read = inflater == null ? in.read(target, from, some) : inflated(target, from, some);
        if (read <= 0) {
            throw corrupt("ends too early");
        }
        if (checked) {
            crc.update(target, from, read);
        }
        position += read;
        if (position == member.size() && checked) {
            requireEnd();
        }
        return read;
    }

    /** Bytes inflated, or 0 at the end of what is deflated. */
    private int inflated(byte[] target, int from, int count) throws IOException {
        try {
            while (true) {
                int some = inflater.inflate(target, from, count);
                if (some > 0 || inflater.finished() || inflater.needsDictionary()) {
                    return some;
                }
                if (left == 0) {
                    return 0;
                }
                int piece = in.read(input, 0, (int) Math.min(input.length, left));
                if (piece <= 0) {
                    return 0;
                }
                left -= piece;
                inflater.setInput(input, 0, piece);
            }
        } catch (DataFormatException e) {
            throw file.corrupt("holds " + name + ", which is not deflated as zip archives are", e);
        }
    }

    private void requireEnd() throws IOException {
        if (inflater != null) {
            if (inflated(new byte[1], 0, 1) > 0) {
                throw corrupt("is longer than it says");
            }
            if (!inflater.finished() || left > 0 || inflater.getRemaining() > 0) {
                throw corrupt("has bytes that it has no use for");
            }
        }
        if ((int) crc.getValue() != member.crc()) {
            throw corrupt("does not fit its checksum");
        }
    }

    private CorruptFileException corrupt(String what) {
        return file.corrupt("holds " + name + ", which " + what, null);
    }

    @Override
    public void close() {
        if (inflater != null) {
            inflater.end();
        }
    }
}
