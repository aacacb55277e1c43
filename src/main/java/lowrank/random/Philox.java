package lowrank.random;

/**
 * Random numbers at an address: a pure function of (seed, stream, row, column), so any part of a random matrix can be made
 * anywhere, in any order, with the same bits. Philox4x32-10 of Salmon, Moraes, Dror and Shaw (2011), "Parallel random
 * numbers: as easy as 1, 2, 3".
 *
 * <p>The seed alone is the key; stream, row, column and kind of draw make up the counter. Both maps are one to one, so no
 * two addresses share a number, under no two seeds the same key.
 */
public final class Philox {
    private static final int M0 = 0xD2511F53;
    private static final int M1 = 0xCD9E8D57;
    private static final int W0 = 0x9E3779B9;
    private static final int W1 = 0xBB67AE85;

    /** Columns are less than 2^31: the highest bit of their word tells uniform draws from normal ones. */
    private static final int UNIFORM = 0x80000000;

    private final int key0;
    private final int key1;
    private final int stream;

    /**
     * @param seed the user's seed
     * @param stream what the numbers are for, so that two uses of one seed are independent
     */
    public Philox(long seed, int stream) {
        long key = mix(seed);
        key0 = (int) key;
        key1 = (int) (key >>> 32);
        this.stream = stream;
    }

    /** The finaliser of splitmix64: one to one, and neighbouring seeds differ in half of the bits. */
    private static long mix(long z) {
        z += 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
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

    private void block(long row, int column, int[] out) {
        block((int) row, (int) (row >>> 32), column, stream, key0, key1, out);
    }

    /** A uniform number in (0, 1): 52 random bits and a half, which is exact, so neither end is ever reached. */
    static double uniform(int high, int low) {
        long bits = (high & 0xFFFFFFFFL) << 20 | low >>> 12;
        return (bits + 0.5) * 0x1p-52;
    }

    /** target[from + c] = independent standard normal numbers at (row, firstColumn + c), for c < count; firstColumn is even. */
    public void gaussians(long row, int firstColumn, double[] target, int from, int count) {
        if (firstColumn % 2 != 0) {
            throw new IllegalArgumentException("normal numbers come in pairs: firstColumn is even, not " + firstColumn);
        }
        int[] words = new int[4];
        for (int c = 0; c < count; c += 2) {
            block(row, (firstColumn + c) >>> 1, words);
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
        block(row, column | UNIFORM, words);
        return uniform(words[0], words[1]);
    }
}
