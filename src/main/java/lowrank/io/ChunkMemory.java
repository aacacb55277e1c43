package lowrank.io;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import org.apache.parquet.bytes.ByteBufferAllocator;

/**
 * Memory for the column chunks of one reader, off the heap and used again for the next row group: on the heap they would be
 * garbage of the kind that G1 is slowest with, arrays larger than its regions. For one thread.
 */
final class ChunkMemory implements ByteBufferAllocator, AutoCloseable {
    /** Sizes are rounded up, so that row groups of about the same size use the same memory. */
    private static final int STEP = 1 << 16;

    private final Arena arena = new Arena();
    private final Map<ByteBuffer, Long> used = new IdentityHashMap<>();
    private final List<Piece> free = new ArrayList<>();

    private record Piece(ByteBuffer buffer, long address) {}

    @Override
    public ByteBuffer allocate(int size) {
        Piece piece = free.stream()
                .filter(p -> p.buffer.capacity() >= size)
                .min(Comparator.comparingInt(p -> p.buffer.capacity()))
                .orElse(null);
        if (piece == null) {
            // What is too small for this is too small for those to come.
            free.forEach(p -> arena.free(p.address));
            free.clear();
            long bytes = Math.min(Integer.MAX_VALUE - 8L, (size + STEP - 1L) / STEP * STEP);
            long address = arena.allocate(bytes);
            piece = new Piece(OffHeap.view(address, bytes), address);
        } else {
            free.remove(piece);
        }
        used.put(piece.buffer, piece.address);
        return piece.buffer.clear().limit(size);
    }

    @Override
    public void release(ByteBuffer buffer) {
        Long address = used.remove(buffer);
        if (address == null) {
            throw new IllegalArgumentException("a buffer that was not allocated here, or is already released");
        }
        free.add(new Piece(buffer, address));
    }

    @Override
    public boolean isDirect() {
        return true;
    }

    @Override
    public void close() {
        arena.close();
    }
}
