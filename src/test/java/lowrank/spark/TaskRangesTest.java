package lowrank.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import org.junit.jupiter.api.Test;

class TaskRangesTest {
    private static List<LeafRange> ranges(long leaves, long chunkRows, int cores) {
        return TaskRanges.of(new Layout(8192 * leaves, 8192, 1024), chunkRows, 0, cores);
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
        assertThat(TaskRanges.of(new Layout(8192 * 25, 8192, 1024), 1, 7, 2)).hasSizeGreaterThanOrEqualTo(7);
    }

    private static List<LeafRange> of(long leaves, int cores, double flops, long nodeBytes) {
        double bytes = 8192.0 * leaves * 440 * 4;
        return TaskRanges.of(
                new Layout(8192 * leaves, 8192, 1024), 1, 0, cores, new TaskRanges.Load(bytes, flops, nodeBytes));
    }

    /** 25 leaves of 4,096 features: a few long tasks, with no core behind, in place of 25 nodes of 67 MB. */
    @Test
    void largeNodesMakeFewLongTasks() {
        List<LeafRange> ranges = of(25, 2, 25 * 1.6e11, 67L << 20);
        assertThat(ranges).isEqualTo(LeafRange.aligned(25, 2));
    }

    @Test
    void smallNodesChangeNothing() {
        for (long leaves = 1; leaves < 200; leaves += 7) {
            assertThat(of(leaves, 2, leaves * 1e9, 100)).isEqualTo(ranges(leaves, 1, 2));
        }
    }

    @Test
    void longerTasksHoldLittleMoreAndKeepAllCoresBusy() {
        for (int cores : new int[] {1, 2, 5, 64}) {
            for (long leaves = 1; leaves < 3000; leaves = leaves * 3 / 2 + 1) {
                for (long node : new long[] {8, 1 << 20, 67 << 20, 1L << 30}) {
                    List<LeafRange> ranges = of(leaves, cores, leaves * 8192.0 * node / 4, node);
                    List<LeafRange> shorter = ranges(leaves, 1, cores);
                    long count = ranges.get(0).count();
                    int level = Long.SIZE - Long.numberOfLeadingZeros(count - 1);
                    assertThat(ranges).isEqualTo(LeafRange.aligned(leaves, level));
                    assertThat(count).isGreaterThanOrEqualTo(shorter.get(0).count());
                    if (!ranges.equals(shorter)) {
                        assertThat((level + 1) * node).isLessThanOrEqualTo(512L << 20);
                        // No core has twice its share.
                        assertThat(count).isLessThanOrEqualTo(2 * ((leaves + cores - 1) / cores));
                    }
                }
            }
        }
    }
}
