package lowrank.blas;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Off-heap memory of one owner (a task, or a step of the driver); everything it handed out is freed when it closes.
 *
 * <p>Addresses are aligned to 64 bytes, the cache line and the widest vector register. Memory is not zeroed.
 */
public final class Arena implements AutoCloseable {
    private static final int ALIGNMENT = 64;

    /** Bytes now held by all arenas of this process, and the most there ever were: what {@code plan} is measured by. */
    private static final AtomicLong LIVE = new AtomicLong();

    private static final AtomicLong PEAK = new AtomicLong();

    /** Aligned address -> (raw address, bytes). */
    private final ConcurrentMap<Long, Piece> pieces = new ConcurrentHashMap<>();

    private record Piece(long raw, long bytes) {}

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
        long raw = MemoryUtil.allocateMemory(padded);
        long aligned = (raw + ALIGNMENT - 1) & -ALIGNMENT;
        pieces.put(aligned, new Piece(raw, padded));
        long live = LIVE.addAndGet(padded);
        PEAK.accumulateAndGet(live, Math::max);
        return aligned;
    }

    /** Gives one piece back before the arena closes. */
    public void free(long address) {
        Piece piece = pieces.remove(address);
        if (piece == null) {
            throw new IllegalArgumentException("address was not handed out by this arena, or is already free");
        }
        MemoryUtil.freeMemory(piece.raw);
        LIVE.addAndGet(-piece.bytes);
    }

    @Override
    public void close() {
        pieces.keySet().forEach(this::free);
    }

    /** Bytes held by all arenas of this process. */
    public static long liveBytes() {
        return LIVE.get();
    }

    /** The most bytes that all arenas of this process held together since the last {@link #resetPeak}. */
    public static long peakBytes() {
        return PEAK.get();
    }

    /** Starts a new measurement of {@link #peakBytes}. */
    public static void resetPeak() {
        PEAK.set(LIVE.get());
    }
}
