package lowrank.io;

import java.nio.ByteBuffer;

/**
 * Definition and repetition levels in Parquet's hybrid of runs and bit-packed groups of eight, as written for levels up to 3.
 * The checks work run by run: levels of a whole page are checked without unpacking them.
 */
final class Levels {
    private static final int GROUP = 8;

    private final ByteBuffer bytes;
    private final int bitWidth;
    private int at;

    /** The run under way: its length, its value, or where its packed bits begin. */
    private int run;

    private boolean packed;
    private int value;
    private int packedAt;

    private Levels(ByteBuffer bytes, int maximum) {
        this.bytes = bytes;
        this.bitWidth = Integer.SIZE - Integer.numberOfLeadingZeros(maximum);
        this.at = bytes.position();
    }

    /** Whether each of the {@code count} levels is the maximum. */
    static boolean allMaximal(ByteBuffer bytes, int maximum, int count) {
        Levels levels = new Levels(bytes, maximum);
        int seen = 0;
        while (seen < count) {
            levels.next(count - seen);
            if (!levels.packed) {
                if (levels.value != maximum) {
                    return false;
                }
            } else if (!levels.packedMaximal(maximum)) {
                return false;
            }
            seen += levels.run;
        }
        return true;
    }

    /**
     * Whether the {@code count} repetition levels (of 0 and 1) are 0 exactly at the starts of rows of {@code width} values,
     * when the first stands {@code position} values after the start of a row.
     */
    static boolean rowsOf(ByteBuffer bytes, int width, int position, int count) {
        Levels levels = new Levels(bytes, 1);
        int offset = position;
        int seen = 0;
        while (seen < count) {
            levels.next(count - seen);
            boolean fits;
            if (levels.packed) {
                fits = levels.packedRows(width, offset);
            } else if (levels.value == 0) {
                fits = width == 1 || (levels.run == 1 && offset == 0);
            } else {
                fits = offset > 0 && levels.run <= width - offset;
            }
            if (!fits) {
                return false;
            }
            offset = (int) ((offset + (long) levels.run) % width);
            seen += levels.run;
        }
        return true;
    }

    /** The levels one by one. */
    static byte[] unpack(ByteBuffer bytes, int maximum, int count) {
        Levels levels = new Levels(bytes, maximum);
        byte[] all = new byte[count];
        int seen = 0;
        while (seen < count) {
            levels.next(count - seen);
            for (int i = 0; i < levels.run; i++) {
                int level = levels.packed ? levels.bits(i) : levels.value;
                if (level > maximum) {
                    throw new IllegalArgumentException("a level is above its maximum");
                }
                all[seen + i] = (byte) level;
            }
            seen += levels.run;
        }
        return all;
    }

    /** Moves on to the next run, cut to what is left: bits that pad the last group mean nothing. */
    private void next(int left) {
        int header = 0;
        int shift = 0;
        int part;
        do {
            part = bytes.get(at++);
            header |= (part & 0x7f) << shift;
            shift += 7;
        } while (part < 0);
        int length = header >>> 1;
        packed = (header & 1) == 1;
        if (length == 0) {
            throw new IllegalArgumentException("a run of levels is empty");
        }
        if (packed) {
            packedAt = at;
            at = Math.addExact(at, Math.multiplyExact(length, bitWidth));
            run = (int) Math.min(left, (long) length * GROUP);
        } else {
            value = bytes.get(at++) & 0xff;
            run = Math.min(left, length);
        }
    }

    private int bits(int i) {
        int bit = i * bitWidth;
        int two = bytes.get(packedAt + (bit >>> 3)) & 0xff;
        if ((bit & 7) + bitWidth > GROUP) {
            two |= (bytes.get(packedAt + (bit >>> 3) + 1) & 0xff) << GROUP;
        }
        return (two >>> (bit & 7)) & ((1 << bitWidth) - 1);
    }

    private boolean packedMaximal(int maximum) {
        int i = 0;
        if (maximum == (1 << bitWidth) - 1) {
            int whole = run / GROUP * bitWidth;
            for (int b = 0; b < whole; b++) {
                if (bytes.get(packedAt + b) != -1) {
                    return false;
                }
            }
            i = run / GROUP * GROUP;
        }
        for (; i < run; i++) {
            if (bits(i) != maximum) {
                return false;
            }
        }
        return true;
    }

    private boolean packedRows(int width, int position) {
        int offset = position;
        int i = 0;
        while (i < run) {
            if (offset > 0 && width - offset >= GROUP && run - i >= GROUP && (i & 7) == 0) {
                if (bytes.get(packedAt + (i >>> 3)) != -1) {
                    return false;
                }
                i += GROUP;
                offset += GROUP;
            } else {
                if (bits(i) != (offset == 0 ? 0 : 1)) {
                    return false;
                }
                i++;
                offset++;
            }
            if (offset == width) {
                offset = 0;
            }
        }
        return true;
    }
}
