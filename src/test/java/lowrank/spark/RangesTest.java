package lowrank.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import org.junit.jupiter.api.Test;

class RangesTest {
    private static List<LeafRange> ranges(long leaves, long chunkRows, int cores) {
        return SparkBlocks.ranges(new Layout(8192 * leaves, 8192, 1024), chunkRows, 0, cores);
    }

    /** Leaves of the busiest core when tasks are dealt out in turn. */
    private static long busiest(List<LeafRange> ranges, int cores) {
        long rounds = (ranges.size() + cores - 1) / cores;
        return rounds * ranges.get(0).count();
    }

    @Test
    void noCoreHasMuchMoreToDoThanWithTheSmallestTasks() {
        for (int cores = 1; cores <= 9; cores++) {
            for (long leaves = 1; leaves <= 300; leaves++) {
                List<LeafRange> ranges = ranges(leaves, 1, cores);
                long least = (leaves + cores - 1) / cores;
                assertThat(16 * busiest(ranges, cores))
                        .as("%d leaves, %d cores", leaves, cores)
                        .isLessThanOrEqualTo(17 * least);
            }
        }
    }

    @Test
    void longTablesHaveFewTasks() {
        assertThat(ranges(100_000, 1, 2)).hasSizeLessThanOrEqualTo(64);
    }

    @Test
    void tasksAreNotSmallerThanWhatIsReadTogether() {
        assertThat(ranges(25, 1, 2).get(0).count()).isEqualTo(1);
        assertThat(ranges(25, 16_384, 2).get(0).count()).isEqualTo(2);
        // But all cores have something to do.
        assertThat(ranges(25, 1 << 20, 2)).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void whoAsksForPartitionsGetsAsMany() {
        assertThat(SparkBlocks.ranges(new Layout(8192 * 25, 8192, 1024), 1, 7, 2))
                .hasSizeGreaterThanOrEqualTo(7);
    }
}
