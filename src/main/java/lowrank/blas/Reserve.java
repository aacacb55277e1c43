package lowrank.blas;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * The memory of all arenas of a process. Large pieces that one task gives back are kept for the next one, which mostly wants the
 * same sizes: fresh memory from the system costs a page fault every 4 KB, a third of the time of reading a file. Kept memory never
 * makes the process larger than its arenas have been at once.
 */
final class Reserve {
    /** Smaller pieces are left to the allocator, which keeps them itself. */
    private static final long LEAST = 1L << 20;

    /** A kept piece may serve one that needs this part less: sizes differ a little from row group to row group. */
    private static final double FITS = 1.25;

    /** Bytes kept at most, per processor. */
    private static final long KEPT_PER_PROCESSOR = 256L << 20;

    private final long mostKept = KEPT_PER_PROCESSOR * Runtime.getRuntime().availableProcessors();

    /** Size -> addresses of kept pieces. */
    private final TreeMap<Long, Deque<Long>> pieces = new TreeMap<>();

    private long kept;
    private long live;
    private long mostLive;
    private long peak;

    /** A piece of memory; it may be larger than was asked for. */
    record Piece(long address, long bytes) {}

    Piece take(long bytes) {
        List<Long> idle = new ArrayList<>();
        Piece kept = claim(bytes, idle);
        idle.forEach(MemoryUtil::freeMemory);
        if (kept != null) {
            return kept;
        }
        try {
            return new Piece(MemoryUtil.allocateMemory(bytes), bytes);
        } catch (OutOfMemoryError e) {
            count(-bytes);
            throw e;
        }
    }

    /** A kept piece, or null when a new one is to be allocated; and what must be freed before, so that the process does not grow. */
    private synchronized Piece claim(long bytes, List<Long> idle) {
        Piece kept = reuse(bytes);
        if (kept == null) {
            room(bytes, idle);
        }
        count(kept == null ? bytes : kept.bytes);
        return kept;
    }

    void give(Piece piece) {
        if (!keep(piece)) {
            MemoryUtil.freeMemory(piece.address);
        }
    }

    private Piece reuse(long bytes) {
        Map.Entry<Long, Deque<Long>> entry = bytes < LEAST ? null : pieces.ceilingEntry(bytes);
        return entry == null || entry.getKey() > FITS * bytes ? null : remove(entry);
    }

    private Piece remove(Map.Entry<Long, Deque<Long>> entry) {
        Piece piece = new Piece(entry.getValue().pop(), entry.getKey());
        if (entry.getValue().isEmpty()) {
            pieces.remove(entry.getKey());
        }
        kept -= piece.bytes;
        return piece;
    }

    /** Adds pieces that lie idle, the largest first, until so many bytes more make no more than were in use at once. */
    private void room(long bytes, List<Long> idle) {
        while (kept > 0 && live + kept + bytes > mostLive) {
            idle.add(remove(pieces.lastEntry()).address);
        }
    }

    private synchronized void count(long bytes) {
        live += bytes;
        mostLive = Math.max(mostLive, live);
        peak = Math.max(peak, live);
    }

    private synchronized boolean keep(Piece piece) {
        live -= piece.bytes;
        if (piece.bytes < LEAST || kept + piece.bytes > mostKept) {
            return false;
        }
        pieces.computeIfAbsent(piece.bytes, size -> new ArrayDeque<>()).push(piece.address);
        kept += piece.bytes;
        return true;
    }

    /** Bytes that arenas hold. */
    synchronized long live() {
        return live;
    }

    /** Bytes that lie idle. */
    synchronized long kept() {
        return kept;
    }

    /** Bytes in use and idle beyond the most that was in use at once: 0, for a test. */
    synchronized long excess() {
        return Math.max(0, live + kept - mostLive);
    }

    /** The most bytes that arenas held at once since the last reset. */
    synchronized long peak() {
        return peak;
    }

    synchronized void resetPeak() {
        peak = live;
    }
}
