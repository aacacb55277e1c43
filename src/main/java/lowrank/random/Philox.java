package lowrank.random;

/**
 * Random numbers at an address: a pure function of (seed, stream, row, column), so any part of a random matrix can be made
 * anywhere, in any order, with the same bits. Philox4x32-10 of Salmon, Moraes, Dror and Shaw (2011), "Parallel random
 * numbers: as easy as 1, 2, 3".
 */
public final class Philox {
    private static final int M0 = 0xD2511F53;
    private static final int M1 = 0xCD9E8D57;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;

    private final int key0;
    private final int key1;

    /**
     * @param seed the user's seed
     * @param stream what the numbers are for, so that two uses of one seed are independent
     */
    public Philox(long seed, int stream) {
        // The stream enters the key through one multiplication by an odd constant: distinct streams, distinct keys.
        long mixed = seed ^ (stream * 0x9E3779B97F4A7C15L);
        key0 = (int) mixed;
        key1 = (int) (mixed >>> 32);
    }

    /** Four words of the counter (c0, c1, c2, c3) under the key (k0, k1). */
    static void block(int c0, int c1, int c2, int c3, int k0, int k1, int[] out) {
        for (int round = 0; round < 10; round++) {
            long p0 = (M0 & 0xFFFFFFFFL) * (c0 & 0xFFFFFFFFL);
            long p1 = (M1 & 0xFFFFFFFFL) * (c2 & 0xFFFFFFFFL);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c1 = (int) p1;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c3 = (int) p0;
            k0 += W0;
            k1 += W1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    /** A uniform number in (0, 1) with 53 random bits, never 0. */
    private static double uniform(int high, int low) {
        long bits = ((long) high << 21) ^ (low >>> 11);
        return ((bits & 0x1FFFFFFFFFFFFFL) + 0.5) * 0x1p-53;
    }

    /** target[from + c] = independent standard normal numbers at (row, firstColumn + c), for c < count; firstColumn is even. */
    public void gaussians(long row, int firstColumn, double[] target, int from, int count) {
        int[] words = new int[4];
        for (int c = 0; c < count; c += 2) {
            block((int) row, (int) (row >>> 32), (firstColumn + c) >>> 1, 0, key0, key1, words);
            // Box-Muller in StrictMath: the same bits on every JVM.
            double radius = StrictMath.sqrt(-2 * StrictMath.log(uniform(words[0], words[1])));
            double angle = 2 * StrictMath.PI * uniform(words[2], words[3]);
            target[from + c] = radius * StrictMath.cos(angle);
            if (c + 1 < count) {
                target[from + c + 1] = radius * StrictMath.sin(angle);
            }
        }
    }

    /** A uniform number in (0, 1) at (row, column). */
    public double uniformAt(long row, int column) {
        int[] words = new int[4];
        block((int) row, (int) (row >>> 32), column, 1, key0, key1, words);
        return uniform(words[0], words[1]);
    }
}
