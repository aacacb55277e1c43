package lowrank.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import lowrank.blas.Arena;
import org.junit.jupiter.api.Test;

class ChunkMemoryTest {
    @Test
    void buffersAreAsLargeAsAskedForAndUsedAgain() {
        try (ChunkMemory memory = new ChunkMemory()) {
            ByteBuffer first = memory.allocate(100_000);
            assertThat(first.remaining()).isEqualTo(100_000);
            first.position(5);
            memory.release(first);
            ByteBuffer second = memory.allocate(90_000);
            assertThat(second).isSameAs(first);
            assertThat(second.position()).isZero();
            assertThat(second.remaining()).isEqualTo(90_000);
        }
    }

    @Test
    void memoryOfSmallerChunksIsGivenBackBeforeALargerOneIsTaken() {
        long before = Arena.liveBytes();
        try (ChunkMemory memory = new ChunkMemory()) {
            memory.release(memory.allocate(3 << 20));
            memory.allocate(5 << 20);
            // Memory that others left may be a little larger than asked for; with both chunks it would be 8 MB.
            assertThat(Arena.liveBytes() - before).isBetween(5L << 20, (8L << 20) - 1);
        }
        assertThat(Arena.liveBytes()).isEqualTo(before);
    }

    @Test
    void aBufferIsReleasedOnceAndByItsOwner() {
        try (ChunkMemory memory = new ChunkMemory()) {
            ByteBuffer buffer = memory.allocate(1);
            memory.release(buffer);
            assertThatThrownBy(() -> memory.release(buffer)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> memory.release(ByteBuffer.allocate(1)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
