package lowrank.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The places in the dictionary that a page holds in the stead of values: runs, and bit-packed groups of eight. */
final class DictionaryIds {
    private static final int GROUP = 8;
    private static final int WORD_BITS = 64;

    private final ByteBuffer bytes;
    private final int bitWidth;
    private final long mask;
    private int at;

    /** What is left of the run under way, and its value or the bit at which its next one begins. */
    private long left;

    private boolean packed;
    private int value;
    private long bit;

    DictionaryIds(ByteBuffer page) {
        this.bytes = page.slice().order(ByteOrder.LITTLE_ENDIAN);
        // A page of nulls only may be empty.
        this.bitWidth = bytes.hasRemaining() ? bytes.get(0) : 0;
        this.mask = (1L << bitWidth) - 1;
        this.at = 1;
        if (bitWidth < 0 || bitWidth > Integer.SIZE) {
            throw new IllegalArgumentException("places in a dictionary have an impossible number of bits");
        }
    }

    /** ids[0 .. count) = the next ones. */
    void next(int[] ids, int count) {
        int done = 0;
        while (done < count) {
            if (left == 0) {
                run();
            }
            int some = (int) Math.min(left, count - done);
            if (packed) {
                unpack(ids, done, some);
            } else {
                Arrays.fill(ids, done, done + some, value);
            }
            left -= some;
            done += some;
        }
    }

    void skip(int count) {
        int done = 0;
        while (done < count) {
            if (left == 0) {
                run();
            }
            int some = (int) Math.min(left, count - done);
            bit += (long) some * bitWidth;
            left -= some;
            done += some;
        }
    }

    private void run() {
        int header = 0;
        int shift = 0;
        int part;
        do {
            part = bytes.get(at++);
            header |= (part & 0x7f) << shift;
            shift += 7;
        } while (part < 0);
        int length = header >>> 1;
        if (length == 0) {
            throw new IllegalArgumentException("a run of places in a dictionary is empty");
        }
        packed = (header & 1) == 1;
        if (packed) {
            left = (long) length * GROUP;
            bit = (long) at * Byte.SIZE;
            at = Math.addExact(at, Math.multiplyExact(length, bitWidth));
        } else {
            left = length;
            value = 0;
            for (int i = 0; i < (bitWidth + 7) / 8; i++) {
                value |= (bytes.get(at++) & 0xff) << (8 * i);
            }
        }
    }

    private void unpack(int[] ids, int from, int count) {
        long place = bit;
        int i = from;
        int end = from + count;
        // Eight bytes at once hold any value whole: 7 bits before it and 32 of its own.
        long lastWhole = ((long) bytes.limit() - Long.BYTES) * Byte.SIZE;
        for (; i < end && place <= lastWhole; i++) {
            ids[i] = (int) (bytes.getLong((int) (place >>> 3)) >>> (place & 7) & mask);
            place += bitWidth;
        }
        for (; i < end; i++) {
            ids[i] = (int) (tail(place) & mask);
            place += bitWidth;
        }
        bit = place;
    }

    /** The bits from a place near the end of the page on. */
    private long tail(long place) {
        if (place + bitWidth > (long) bytes.limit() * Byte.SIZE) {
            throw new IllegalArgumentException("places in a dictionary end early");
        }
        long word = 0;
        int first = (int) (place >>> 3);
        for (int b = first; b < bytes.limit() && (b - first) * Byte.SIZE < WORD_BITS; b++) {
            word |= (bytes.get(b) & 0xffL) << ((b - first) * Byte.SIZE);
        }
        return word >>> (place & 7);
    }
}
