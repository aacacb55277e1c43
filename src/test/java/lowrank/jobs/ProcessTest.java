package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lowrank.io.HadoopConf;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes from scripts/lowrank: clusters of several shapes, and runs that are killed. */
@Tag("heavy")
class ProcessTest {
    @TempDir
    private Path folder;

    private Launcher lowrank;

    @BeforeEach
    void launcher() {
        lowrank = new Launcher(folder);
    }

    private Path input(String rows, String cols) throws IOException, InterruptedException {
        Path input = folder.resolve("input");
        lowrank.succeed("generate", input.toString(), "--spectrum", "D2", "--rows", rows, "--cols", cols);
        Files.writeString(
                folder.resolve("job.conf"),
                "read.path = \"" + input + "\"\nfactor { rank = 10, algorithm = tsqr, center = true }\n");
        return input;
    }

    private static OutputFolder.Result read(Path output) throws IOException {
        return OutputFolder.read(new HadoopConf(new Configuration()), output.toString());
    }

    @Test
    void sameBitsOnEveryShapeOfCluster() throws IOException, InterruptedException {
        input("150000", "64");
        Set<String> digests = new HashSet<>();
        List<List<String>> masters = List.of(
                List.of("--master", "local[1]"),
                List.of("--master", "local[2]"),
                List.of("--master", "local-cluster[2,1,1024]"),
                List.of(
                        "--master", "local-cluster[2,1,1024]",
                        "--conf", "spark.speculation=true",
                        "--conf", "spark.speculation.multiplier=1.01",
                        "--conf", "spark.speculation.quantile=0.1"));
        for (int i = 0; i < masters.size(); i++) {
            Path output = folder.resolve("out" + i);
            List<String> words = new ArrayList<>(masters.get(i));
            words.addAll(List.of("run", folder.resolve("job.conf").toString(), "--set", "write.path=" + output));
            lowrank.succeed(words);
            var factors = read(output).manifest().factors();
            digests.add(factors.get("U").digest()
                    + factors.get("s").digest()
                    + factors.get("V").digest());
        }
        assertThat(digests).hasSize(1);
    }

    /** Killed at moments from just begun to about to commit. */
    @Test
    void killedRunsLeaveTheOldResultOrTheNewOne() throws IOException, InterruptedException {
        input("400000", "64");
        Path output = folder.resolve("out");
        String spec = folder.resolve("job.conf").toString();
        lowrank.succeed("run", spec, "--set", "write.path=" + output, "--set", "factor.rank=5");
        List<String> replace = List.of("run", spec, "--set", "write.path=" + output, "--set", "write.mode=replace");
        int killed = 0;
        for (String moment : List.of(
                Launcher.BEGUN,
                "s",
                "_attempts",
                "U",
                "report.html",
                "factorization.json",
                "_SUCCESS",
                Launcher.REPLACING)) {
            killed += lowrank.kill(output, moment, replace) ? 1 : 0;
            OutputFolder.Result result = read(output);
            assertThat(result.manifest().rank()).isIn(5, 10);
            for (var part : result.manifest().factors().get("U").files()) {
                assertThat(Files.size(Path.of(result.path().replaceFirst("^file:", ""))
                                .resolve(part.path())))
                        .isEqualTo(part.bytes());
            }
        }
        assertThat(killed).isGreaterThanOrEqualTo(4);
        lowrank.succeed(replace);
        assertThat(read(output).manifest().rank()).isEqualTo(10);
        Launcher.assertNothingLeft(output);
    }
}
