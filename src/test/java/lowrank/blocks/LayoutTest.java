package lowrank.blocks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** DESIGN section 2, item 2: where a table is cut is a function of its shape. */
class LayoutTest {
    private static final long MB = 1L << 20;

    @ParameterizedTest
    @CsvSource({
        // rows, rowBytes, partialMB, leaf, block
        "1000000, 512, 0, 8192, 8192",
        "1000000, 1024, 0, 8192, 8192",
        "1000000, 1025, 0, 8192, 1024",
        "1000000, 4096, 0, 8192, 1024",
        "1000000, 32768, 0, 8192, 1024",
        "1000000, 32769, 0, 8192, 512",
        "1000000, 131064, 0, 8192, 256",
        "1000000, 131072, 0, 8192, 256",
        "1000000, 131073, 0, 4096, 128",
        "1000000, 1000000, 0, 1024, 32",
        "1000000, 100000000, 0, 1024, 1",
        // A partial sum of exactly 64 MB is not yet large.
        "1000000, 4096, 64, 8192, 1024",
        "1000000, 4096, 65, 16384, 1024",
        "524288, 4096, 65, 8192, 1024",
        "524289, 4096, 65, 16384, 1024",
        "100000, 4096, 65, 8192, 1024",
        "100000000, 512, 65, 2097152, 8192",
        "1000000, 1000000, 65, 16384, 32",
    })
    void sizesFollowFromTheShape(long rows, long rowBytes, long partialMegabytes, int leaf, int block) {
        assertThat(Layout.of(rows, rowBytes, partialMegabytes * MB)).isEqualTo(new Layout(rows, leaf, block));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000})
    void leavesAndBlocksCoverTheRows(long rows) {
        Layout layout = new Layout(rows, 64, 16);
        long covered = 0;
        long blocks = 0;
        for (long leaf = 0; leaf < layout.leaves(); leaf++) {
            int inLeaf = layout.rowsOfLeaf(leaf);
            assertThat(inLeaf).isBetween(1, 64);
            assertThat(layout.blockAt(covered)).isEqualTo(blocks);
            covered += inLeaf;
            blocks += (inLeaf + 15) / 16;
        }
        assertThat(covered).isEqualTo(rows);
        assertThat(layout.blocks()).isEqualTo(blocks);
        assertThat(layout.all()).isEqualTo(new LeafRange(0, layout.leaves()));
    }

    @Test
    void alignedRangesCoverTheLeavesInOrder() {
        for (long leaves = 0; leaves <= 40; leaves++) {
            for (int level = 0; level <= 6; level++) {
                List<LeafRange> ranges = LeafRange.aligned(leaves, level);
                long next = 0;
                for (LeafRange range : ranges) {
                    assertThat(range.from()).isEqualTo(next);
                    assertThat(range.from() % (1L << level)).isZero();
                    assertThat(range.count()).isBetween(1L, 1L << level);
                    next = range.to();
                }
                assertThat(next).isEqualTo(leaves);
            }
        }
    }

    /** At least as many ranges as tasks, unless there are fewer leaves; and one level up there are not. */
    @Test
    void levelIsTheLargestThatKeepsAllTasksBusy() {
        for (long leaves = 1; leaves <= 70; leaves++) {
            for (int tasks = 1; tasks <= 70; tasks++) {
                int level = LeafRange.levelFor(leaves, tasks);
                assertThat((long) LeafRange.aligned(leaves, level).size())
                        .isGreaterThanOrEqualTo(Math.min(tasks, leaves));
                int above = LeafRange.aligned(leaves, level + 1).size();
                assertThat(above < tasks || above == 1).isTrue();
            }
        }
    }
}
