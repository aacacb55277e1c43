package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

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
}
