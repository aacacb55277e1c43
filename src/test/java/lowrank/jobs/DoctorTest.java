package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import lowrank.spark.Host;
import lowrank.spark.Rates;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    @TempDir
    private Path folder;

    private static Host host(String executor, String blas, double gemm) {
        Rates rates = new Rates(gemm, 2 * gemm, 12.34, 1.5, 3);
        return new Host(
                executor,
                "node" + executor,
                "17.0.15+6",
                blas,
                null,
                null,
                "1",
                8,
                4L << 30,
                16L << 30,
                0.5,
                rates,
                null,
                null);
    }

    @Test
    void examinesTheSessionItIsPointedAtAndLeavesNothingBehind() throws IOException {
        Cli cli = Cli.run("doctor", "--path", folder.toUri().toString(), "--order", "64", "--megabytes", "1");
        assertThat(cli.code()).as(cli.err()).isZero();
        List<String> lines = cli.out().lines().toList();
        assertThat(lines.get(0)).contains("master local[2]", "2 task slots");
        assertThat(lines.get(1)).startsWith("host").contains("executor", "BLAS", "double", "off-heap");
        assertThat(lines.get(3)).contains("driver", "17.");
        assertThat(cli.out()).contains("ok: every process computes with");
        assertThat(cli.lastLine()).isEqualTo("LOWRANK RESULT status=complete code=0 output=-");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void folderThatCannotBeWrittenIsAnError() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Cli cli = Cli.run("doctor", "--path", file.toUri() + "/below", "--order", "8", "--megabytes", "1");
        assertThat(cli.code()).isEqualTo(74);
        assertThat(cli.out()).contains("error: ", "GFLOP/s");
        assertThat(cli.message()).contains("--path");
    }

    @Test
    void columnsAreAligned() {
        List<String> table =
                new Diagnosis(List.of(host("driver", "a", 1), host("12", "OpenBLAS 0.3.31, Zen", 123.456))).table();
        int end = table.get(0).indexOf("double") + "double".length();
        assertThat(table.get(1).substring(0, end)).endsWith("GFLOP/s");
        assertThat(table.get(2).substring(0, end)).endsWith(" 1.0");
        assertThat(table.get(3).substring(0, end)).endsWith(" 123.5");
    }

    @Test
    void saysWhatIsNotAsItShouldBeAndWhatToDo() {
        Host fallback = new Host(
                "4",
                "old",
                "21.0.1",
                "Java",
                "libgcc is missing",
                "Zen",
                "8",
                8,
                1,
                2,
                9.5,
                null,
                "2 + 2 = 5",
                "disk full");
        Diagnosis diagnosis =
                new Diagnosis(List.of(host("1", "Zen", 30), host("2", "SkylakeX", 30), host("3", "Zen", 10), fallback));
        assertThat(String.join("\n", diagnosis.findings(6)))
                .contains("3 kinds of BLAS kernels (Java; SkylakeX; Zen)", "OPENBLAS_CORETYPE=")
                .contains("old (executor 4) without OpenBLAS", "libgcc is missing", "lib/native")
                .contains("OPENBLAS_NUM_THREADS", "different versions of Java")
                .contains("note: old (executor 4) had more running threads")
                .contains("node3 (executor 3) multiplies at less than 60 %")
                .contains("2 of 6 executors did not answer", "error: old (executor 4): disk full", "2 + 2 = 5");
    }
}
