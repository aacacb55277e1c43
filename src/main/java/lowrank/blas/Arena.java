package lowrank.blas;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Off-heap memory of one owner (a task, or a step of the driver); everything it handed out is freed when it closes.
 *
 * <p>Addresses are aligned to 64 bytes, the cache line and the widest vector register. Memory is not zeroed.
 */
public final class Arena implements AutoCloseable {
    private static final int ALIGNMENT = 64;

    private static final Reserve RESERVE = new Reserve();

    /** Aligned address -> what it is in. */
    private final ConcurrentMap<Long, Reserve.Piece> pieces = new ConcurrentHashMap<>();

    /** Memory for {@code count} values of the precision. */
    public long allocate(long count, Precision precision) {
        return allocate(Math.multiplyExact(count, precision.bytes()));
    }

    /** Memory for {@code count} doubles. */
    public long doubles(long count) {
        return allocate(count, Precision.DOUBLE);
    }

    /** Memory for {@code bytes} bytes. */
    public long allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes = " + bytes + " is less than 0: a size has overflowed");
        }
        long padded = Math.addExact(Math.max(bytes, 1), ALIGNMENT);
        Reserve.Piece piece = RESERVE.take(padded);
        long aligned = (piece.address() + ALIGNMENT - 1) & -ALIGNMENT;
        pieces.put(aligned, piece);
        return aligned;
    }

    /** Gives one piece back before the arena closes. */
    public void free(long address) {
        Reserve.Piece piece = pieces.remove(address);
        if (piece == null) {
            throw new IllegalArgumentException("address was not handed out by this arena, or is already free");
        }
        RESERVE.give(piece);
    }

    @Override
    public void close() {
        pieces.keySet().forEach(this::free);
    }

    /** Bytes held by all arenas of this process. */
    public static long liveBytes() {
        return RESERVE.live();
    }

    /** The most bytes that all arenas of this process held together since the last {@link #resetPeak}. */
    public static long peakBytes() {
        return RESERVE.peak();
    }

    /** Starts a new measurement of {@link #peakBytes}. */
    public static void resetPeak() {
        RESERVE.resetPeak();
    }
}
