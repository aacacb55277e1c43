package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written beside the factors: {@code write.also}. */
class AlsoTest {
    @TempDir
    private Path folder;

    private String input;

    @BeforeEach
    void generate() {
        input = "read.path=" + folder.resolve("input");
        Cli cli = Cli.run(
                "generate", folder.resolve("input").toString(), "--spectrum", "D2", "--rows", "300", "--cols", "6");
        assertThat(cli.code()).as(cli.err()).isZero();
    }

    @Test
    void reportIsWrittenUnlessItIsSwitchedOff() throws IOException {
        assertThat(Cli.job(folder, input, "factor.rank=3", "write.path=" + folder.resolve("with"))
                        .code())
                .isZero();
        assertThat(Files.readString(folder.resolve("with/report.html")))
                .contains("Rank 3 keeps 91.26% of the energy", "3 values that are known but not kept");
        assertThat(Cli.job(folder, input, "factor.rank=3", "write.also=[]", "write.path=" + folder.resolve("without"))
                        .code())
                .isZero();
        assertThat(folder.resolve("without/report.html")).doesNotExist();
    }

    @Test
    void rejectedResultHasAReportOfWhatWasFound() throws IOException {
        Path output = folder.resolve("out");
        Cli cli = Cli.job(folder, input, "factor.rank=2", "certify.require.frobenius=0.01", "write.path=" + output);
        assertThat(cli.code()).isEqualTo(70);
        assertThat(Files.readString(folder.resolve("out.rejected/report.html")))
                .contains("does not meet", "frobenius ≤ 0.01");
    }

    @Test
    void unknownWordNamesTheKnownOnes() throws IOException {
        Cli cli = Cli.job(folder, input, "write.also=[report, rapport]", "write.path=" + folder.resolve("out"));
        assertThat(cli.code()).isEqualTo(64);
        assertThat(cli.message()).contains("write.also", "report", "not rapport");
    }
}
