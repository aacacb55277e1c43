package lowrank.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lowrank.factor.UnsuitableException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class NodeTransferTest {
    private static final long MB = 1 << 20;

    @Test
    void nodesComeAsTheyAreWithinTheLimit() {
        NodeTransfer small = NodeTransfer.of(64, 4 * MB);
        assertThat(small.merged()).isFalse();
        assertThat(small.groups()).isEqualTo(64);
        assertThat(small.collectedBytes()).isEqualTo(256 * MB);
        assertThat(small.mergingBytes()).isZero();
        assertThat(NodeTransfer.of(1, 1024 * MB).merged()).isFalse();
        assertThat(NodeTransfer.of(5000, 0).merged()).isFalse();
    }

    @Test
    void levelIsTheLeastThatIsEnough() {
        for (int tasks = 1; tasks <= 130; tasks++) {
            for (long node : new long[] {1, 3, 10, 64, 100, 1000}) {
                NodeTransfer transfer = NodeTransfer.of(tasks, node, 100);
                assertThat(transfer.groups()).isEqualTo((tasks - 1) / (1 << transfer.level()) + 1);
                assertThat(transfer.collectedBytes()).isEqualTo(transfer.groups() * node);
                if (transfer.collectedBytes() > 100) {
                    assertThat(transfer.groups()).isEqualTo(1);
                }
                int sum = 0;
                int left = tasks;
                long shuffled = 0;
                for (int step : transfer.steps()) {
                    sum += step;
                    shuffled += left * node;
                    left = NodeTransfer.groups(left, step);
                }
                assertThat(sum).isEqualTo(transfer.level());
                assertThat(left).isEqualTo(transfer.groups());
                assertThat(shuffled).isEqualTo(transfer.shuffledBytes());
                if (transfer.merged()) {
                    int before = (tasks - 1) / (1 << transfer.level() - 1) + 1;
                    assertThat(before).isGreaterThan(1);
                    assertThat(before * node).isGreaterThan(100);
                }
            }
        }
    }

    @Test
    void sparksLimitIsRefusedWithItsNameAndUserSettingsWin() {
        NodeTransfer transfer = NodeTransfer.of(64, 1073 * MB);
        assertThat(transfer.groups()).isEqualTo(1);
        SparkConf conf = new SparkConf(false);
        assertThatThrownBy(() -> transfer.requireResults(conf, "QR", 64))
                .isInstanceOf(UnsuitableException.class)
                .hasMessageContaining("QR")
                .hasMessageContaining("spark.driver.maxResultSize = 1g")
                .hasMessageContaining("1.2 GB");
        assertThatCode(() -> transfer.requireResults(conf.set("spark.driver.maxResultSize", "2g"), "QR", 64))
                .doesNotThrowAnyException();
        assertThatCode(() -> transfer.requireResults(conf.set("spark.driver.maxResultSize", "0"), "QR", 64))
                .doesNotThrowAnyException();
        // Digests of blocks come beside the nodes.
        NodeTransfer small = NodeTransfer.of(2, 8);
        conf.set("spark.driver.maxResultSize", "1m");
        assertThatCode(() -> small.requireResults(conf, "U", 1000)).doesNotThrowAnyException();
        assertThatThrownBy(() -> small.requireResults(conf, "U", 100_000)).isInstanceOf(UnsuitableException.class);
    }

    @Test
    void whatTheDriverCannotHoldIsRefused() {
        SparkConf conf = new SparkConf(false).set("spark.master", "local[2]");
        long heap = Runtime.getRuntime().maxMemory();
        NodeTransfer half = NodeTransfer.unmerged(4, heap / 8);
        assertThatCode(() -> half.requireHeap(conf, "sums", 1)).doesNotThrowAnyException();
        assertThatThrownBy(() -> half.requireHeap(conf, "sums", 3))
                .isInstanceOf(UnsuitableException.class)
                .hasMessageContaining("sums of 4 tasks")
                .hasMessageContaining("--driver-memory");
    }
}
