package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lowrank.io.HadoopConf;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes from scripts/lowrank: clusters of several shapes, and runs that are killed. */
@Tag("heavy")
class ProcessTest {
    private static final long PATIENCE_SECONDS = 300;

    @TempDir
    private Path folder;

    /** Staging folders of runs before the one that is watched. */
    private Set<String> earlier = Set.of();

    private Process start(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("scripts/lowrank"));
        command.addAll(List.of(words));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private void succeed(String... words) throws IOException, InterruptedException {
        Process process = start(words);
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(Files.readString(folder.resolve("log")))
                .isZero();
    }

    private Path input(String rows, String cols) throws IOException, InterruptedException {
        Path input = folder.resolve("input");
        succeed("generate", input.toString(), "--spectrum", "D2", "--rows", rows, "--cols", cols);
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
        for (List<String> master : masters) {
            Path output = folder.resolve(
                    "out" + digests.size() + master.size() + master.get(1).length());
            List<String> words = new ArrayList<>(master);
            words.addAll(List.of("run", folder.resolve("job.conf").toString(), "--set", "write.path=" + output));
            succeed(words.toArray(String[]::new));
            var factors = read(output).manifest().factors();
            digests.add(factors.get("U").digest()
                    + factors.get("s").digest()
                    + factors.get("V").digest());
        }
        assertThat(digests).hasSize(1);
    }

    /** Killed when the staging folder holds its n-th file: from just begun to about to commit. */
    @Test
    void killedRunsLeaveTheOldResultOrTheNewOne() throws IOException, InterruptedException {
        input("400000", "64");
        Path output = folder.resolve("out");
        String spec = folder.resolve("job.conf").toString();
        succeed("run", spec, "--set", "write.path=" + output, "--set", "factor.rank=5");
        int killed = 0;
        for (int files = 1; files <= 8; files++) {
            Process process = start("run", spec, "--set", "write.path=" + output, "--set", "write.mode=replace");
            boolean reached = awaitFiles(process, files);
            process.destroyForcibly();
            process.waitFor();
            killed += reached ? 1 : 0;
            OutputFolder.Result result = read(output);
            assertThat(result.manifest().rank()).isIn(5, 10);
            for (var part : result.manifest().factors().get("U").files()) {
                assertThat(Files.size(Path.of(result.path().replaceFirst("^file:", ""))
                                .resolve(part.path())))
                        .isEqualTo(part.bytes());
            }
        }
        assertThat(killed).isGreaterThanOrEqualTo(4);
        succeed("run", spec, "--set", "write.path=" + output, "--set", "write.mode=replace");
        assertThat(read(output).manifest().rank()).isEqualTo(10);
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith(".out"));
        }
    }

    /** Waits until the staging folder holds so many files; false when the process ended before. */
    private boolean awaitFiles(Process process, int files) throws IOException {
        while (process.isAlive()) {
            if (staged() >= files) {
                return true;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    private long staged() throws IOException {
        try (var all = Files.walk(folder, 4)) {
            return all.filter(p -> p.toString().contains(".lowrank-staging-"))
                    .filter(p -> earlier.stream().noneMatch(name -> p.toString().contains(name)))
                    .count();
        } catch (java.io.UncheckedIOException e) {
            return 0; // A folder went while it was listed.
        }
    }

    /** Names of staging folders. */
    private Set<String> staging() throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(p -> p.getFileName().toString())
                    .filter(name -> name.contains(".lowrank-staging-"))
                    .collect(Collectors.toSet());
        }
    }
}
