package lowrank.attention;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.FloatExp;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blas.VectorMath;

/**
 * The scores of some queries and keys, S = scale Q K', as exponentials less a shift per query, which a tile may raise: what was summed
 * before is to be multiplied by exp(old shift - new one). One thread's.
 *
 * <p>Queries are at most {@link #QUERIES}, keys at most {@link #KEYS} at once: half a megabyte of doubles, which stays in a core's
 * second-level cache between the two products. Both numbers are constants, so that BLAS sees the same shapes everywhere.
 */
final class ScoreTile {
    static final int QUERIES = 128;
    static final int KEYS = 512;

    private final Blas blas = Backend.current();
    private final Arena arena;
    private final Precision precision;
    private final int width;
    private final double scale;
    private final long scores;
    private ScoreLane lane;
    private final double[] tileSums = new double[QUERIES];
    private final double[] factors = new double[QUERIES];
    private boolean rescaled;

    ScoreTile(Arena arena, int width, double scale, Precision precision) {
        this.arena = arena;
        this.width = width;
        this.scale = scale;
        this.precision = precision;
        scores = arena.allocate((long) QUERIES * KEYS, precision);
        lane = ScoreLane.of(precision, KEYS, null, arena);
    }

    /** What the scores of keys gain from now on, by their row in their block. */
    void bias(double[] bias) {
        lane = ScoreLane.of(precision, KEYS, bias, arena);
    }

    /** Bytes off the heap. */
    static long bytes(Precision precision) {
        return (long) QUERIES * KEYS * precision.bytes()
                + (precision == Precision.FLOAT ? 2 * FloatExp.bytes(OffHeap.TILE) : 0);
    }

    /**
     * Keys side by side, and which of them are seen.
     *
     * @param address of the first
     * @param position of the first
     * @param shown which keys of their block are shown, or null for all
     * @param row of the first in its block
     */
    record Keys(long address, int count, long position, Shown shown, int row) {
        /** How many of them, from the first on, a query sees that sees no key behind a position. */
        int upTo(long last) {
            return (int) Math.max(0, Math.min(count, last - position + 1));
        }
    }

    /**
     * Takes a tile, and brings the shifts and the sums of its queries up to date.
     *
     * @param queries address of the first
     * @param last of each query the last key that it sees, or null where all see all
     * @param shift of each query, minus infinity before its first key; as {@code sum} and {@code last} from index {@code first} on
     */
    void take(long queries, int count, Keys keys, long[] last, double[] shift, double[] sum, int first) {
        int n = keys.count();
        blas.gemm(precision, true, false, n, count, width, scale, keys.address(), width, queries, width, 0, scores, n);
        ScoreLane.Seen seen = new ScoreLane.Seen(keys, last);
        System.arraycopy(shift, first, factors, 0, count);
        int most = lane.most(n);
        for (int i = 0; i < count; i += most) {
            long row = scores + (long) i * n * precision.bytes();
            lane.take(row, Math.min(most, count - i), seen, shift, first + i, tileSums, i);
        }
        rescaled = false;
        for (int i = 0; i < count; i++) {
            double before = factors[i];
            double after = shift[first + i];
            factors[i] = after == before ? 0 : before - after;
            rescaled |= after != before && before != Double.NEGATIVE_INFINITY;
        }
        VectorMath.exp(factors, 0, count);
        for (int i = 0; i < count; i++) {
            sum[first + i] = sum[first + i] * factors[i] + tileSums[i];
        }
    }

    /** The exponentials of the last tile: of each query those of all keys, one after the other. */
    long weights() {
        return scores;
    }

    /** By what the sums of each query of the last tile are to be multiplied before the tile is added. */
    double[] factors() {
        return factors;
    }

    /** Whether any of {@link #factors} is not 1, of queries that had seen a key before. */
    boolean rescaled() {
        return rescaled;
    }
}
