package lowrank.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import lowrank.blas.Precision;
import lowrank.blocks.Pass;
import lowrank.factor.KnownMatrix;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedSpark.class)
class ProgressTest {
    private static final Progress PASS = new Progress("pass 1 · QR", 10_000_000, 1000, 4e12);

    private final AtomicLong nanos = new AtomicLong();
    private final List<String> lines = new ArrayList<>();

    private PassProgress passProgress() {
        return new PassProgress(PASS, 1, Screen.log(lines::add), nanos::get);
    }

    private void after(double seconds) {
        nanos.addAndGet((long) (seconds * 1e9));
    }

    @Test
    void lineSaysRowsRatesAndTimeLeft() {
        assertThat(PASS.line(2_500_000, 20))
                .isEqualTo("pass 1 · QR: 25 %, 1 min 0 s left, 2,500,000 of 10,000,000 rows, 0.13 GB/s, 50.0 GFLOP/s");
        assertThat(PASS.line(0, 20)).isEqualTo("pass 1 · QR: 0 of 10,000,000 rows");
        assertThat(PASS.line(10_000_000, 20))
                .endsWith(": 100 %, 0 s left, 10,000,000 of 10,000,000 rows, 0.50 GB/s, 200.0 GFLOP/s");
        assertThat(PASS.line(9_999_999, 20)).contains(": 99 %, 1 s left");
    }

    @Test
    void durationsAreAsOneWouldSayThem() {
        assertThat(Progress.duration(44.2)).isEqualTo("45 s");
        assertThat(Progress.duration(200)).isEqualTo("3 min 20 s");
        assertThat(Progress.duration(7500)).isEqualTo("2 h 5 min");
    }

    @Test
    void attemptsAreCountedOnceAndLostOnesNotAtAll() {
        PassProgress progress = passProgress();
        progress.counted(1, 1_000_000);
        progress.counted(2, 3_000_000);
        progress.counted(1, 2_000_000);
        assertThat(progress.done()).isEqualTo(5_000_000);
        progress.failed(2);
        assertThat(progress.done()).isEqualTo(2_000_000);
        progress.counted(3, 9_000_000);
        assertThat(progress.done()).isEqualTo(10_000_000);
    }

    @Test
    void logHasALineEveryTenSecondsAtMostAndNoneAfterTheEnd() {
        PassProgress progress = passProgress();
        after(9);
        progress.counted(1, 1_000_000);
        assertThat(lines).isEmpty();
        after(1);
        progress.counted(1, 2_000_000);
        progress.counted(2, 2_000_000);
        assertThat(lines).singleElement().asString().contains("2,000,000 of", "40 s left");
        after(10);
        progress.counted(2, 4_000_000);
        assertThat(lines).hasSize(2).last().asString().contains("6,000,000 of");
        progress.end();
        after(10);
        progress.counted(2, 5_000_000);
        assertThat(lines).hasSize(2);
    }

    @Test
    void terminalShowsOneLineThatGivesWay() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        PassProgress progress = new PassProgress(PASS, 1, Screen.terminal(err, 20), nanos::get);
        after(1);
        progress.counted(1, 1_000_000);
        progress.end();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("pass 1 · QR: 10 %, \u001b[K\r\u001b[K\r");
    }

    @Test
    void sparkCarriesTheRowsOfTasks(JavaSparkContext spark) throws Exception {
        LongAccumulator counter = spark.sc().longAccumulator("rows");
        PassProgress progress = new PassProgress(PASS, counter.id(), Screen.log(lines::add), nanos::get);
        spark.sc().addSparkListener(progress);
        try {
            spark.parallelize(List.of(1L, 20L, 300L), 3).foreach(counter::add);
            spark.sc().listenerBus().waitUntilEmpty();
            assertThat(progress.done()).isEqualTo(321);
        } finally {
            spark.sc().removeSparkListener(progress);
        }
    }

    @Test
    void eachPassIsAJobWithItsName(JavaSparkContext spark) throws Exception {
        List<String> jobs = new CopyOnWriteArrayList<>();
        SparkListener listener = new SparkListener() {
            @Override
            public void onJobStart(SparkListenerJobStart start) {
                jobs.add(start.properties().getProperty("spark.job.description"));
            }
        };
        spark.sc().addSparkListener(listener);
        spark.sc().setJobDescription("mine");
        try {
            KnownMatrix matrix = KnownMatrix.of("D2", 100, 4, 4, 1, Precision.DOUBLE);
            SparkBlocks.of(spark, matrix, 0, new PassLog()).pass(Pass.nothing());
            assertThat(spark.getLocalProperty("spark.job.description")).isEqualTo("mine");
            spark.sc().listenerBus().waitUntilEmpty();
            assertThat(jobs).hasSize(1).first().asString().startsWith("pass 1 · ");
        } finally {
            spark.sc().setJobDescription(null);
            spark.sc().removeSparkListener(listener);
        }
    }
}
