package lowrank.io;

import java.io.Serializable;

/**
 * Which of some positions of a group occur.
 *
 * @param bits one for each position
 * @param twice the least that occurs more than once, or -1
 */
record SeenPositions(long[] bits, long count, long twice) implements Serializable {
    static SeenPositions none(long count) {
        return new SeenPositions(new long[Math.toIntExact((count + 63) / 64)], count, -1);
    }

    /** Of two positions that may be -1 for none, the lesser. */
    static long lesser(long one, long other) {
        return one < 0 ? other : other < 0 ? one : Math.min(one, other);
    }

    SeenPositions and(SeenPositions other) {
        long least = lesser(twice, other.twice);
        for (int i = 0; i < bits.length; i++) {
            long both = bits[i] & other.bits[i];
            if (both != 0) {
                least = lesser(least, 64L * i + Long.numberOfTrailingZeros(both));
            }
            bits[i] |= other.bits[i];
        }
        return new SeenPositions(bits, count, least);
    }

    /** The least that does not occur, or {@code count}. */
    long missing() {
        for (int i = 0; i < bits.length; i++) {
            if (bits[i] != -1L) {
                return Math.min(count, 64L * i + Long.numberOfTrailingZeros(~bits[i]));
            }
        }
        return count;
    }
}
