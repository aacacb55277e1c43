package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import lowrank.spark.SharedSpark;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

class ExitCodeTest {
    @Test
    void aStoppedSessionIsNoNumericalFailure() {
        Throwable failure = new RuntimeException(new IllegalStateException(
                "Cannot call methods on a stopped SparkContext.\nThis stopped SparkContext was created at:\n..."));
        assertThat(ExitCode.of(failure)).isEqualTo(ExitCode.CLUSTER);
        assertThat(ExitCode.sentence(failure)).doesNotContain("\n").contains("stopped");
    }

    @Test
    void otherIllegalStatesKeepTheirWords() {
        Throwable failure = new IllegalStateException("a row is missing");
        assertThat(ExitCode.sentence(failure)).isEqualTo("a row is missing");
        assertThat(ExitCode.of(failure)).isEqualTo(ExitCode.NUMERICAL);
    }

    @Test
    void memoryThatRanOutIsOneCodeWhereverItDid() {
        String lost = "Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost"
                + " task 0.3 in stage 3.0: ExecutorLostFailure (executor 1 exited caused by one of the running tasks)"
                + " Reason: Command exited with code 52\nDriver stacktrace:";
        Throwable heap = new OutOfMemoryError("Java heap space");
        for (Throwable failure : List.of(
                heap,
                new RuntimeException(heap),
                new SparkException("Job aborted due to stage failure", heap),
                new SparkException(lost),
                new SparkException("Lost task: java.lang.OutOfMemoryError: Java heap space\n\tat lowrank"))) {
            assertThat(ExitCode.of(failure)).as(failure.toString()).isEqualTo(ExitCode.REFUSED);
            assertThat(ExitCode.sentence(failure))
                    .startsWith("memory ran out (")
                    .contains("raise --driver-memory")
                    .doesNotContain("\n", "Exception");
        }
        Throwable other = new SparkException(lost.replace("code 52", "code 1"));
        assertThat(ExitCode.of(other)).isEqualTo(ExitCode.CLUSTER);
    }

    @Test
    void aFullDiskIsOneSentence() {
        IOException full = new IOException("No space left on device");
        for (Throwable failure :
                List.of(full, new Error(full), new SparkException("Job aborted", new UncheckedIOException(full)))) {
            assertThat(ExitCode.of(failure)).isEqualTo(ExitCode.IO);
            assertThat(ExitCode.sentence(failure))
                    .startsWith("the disk is full")
                    .contains("write.path");
        }
    }

    @Test
    void aTaskWithoutMemoryFailsTheJobAndNotTheProcess() {
        JavaSparkContext spark = new JavaSparkContext(SharedSpark.session().sparkContext());
        assertThatThrownBy(() -> spark.parallelize(List.of(1))
                        .map(i -> {
                            throw new OutOfMemoryError("Java heap space");
                        })
                        .collect())
                .satisfies(failure -> {
                    assertThat(ExitCode.of(failure)).isEqualTo(ExitCode.REFUSED);
                    assertThat(ExitCode.sentence(failure)).startsWith("memory ran out (");
                });
    }
}
