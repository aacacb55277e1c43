package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Runs scripts/lowrank in processes of their own, and kills them.
 *
 * @param folder where they log
 */
record Launcher(Path folder) {
    /** The moment at which a run has moved the old version away, and not yet removed it. */
    static final String REPLACING = "replacing";

    /** The moment at which a run has begun. */
    static final String BEGUN = "";

    private static final long PATIENCE_SECONDS = 300;
    private static final int KILLED = 128 + 9;

    private Process start(List<String> words) throws IOException {
        List<String> command = new ArrayList<>(List.of("scripts/lowrank"));
        command.addAll(words);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    /** Runs a command that succeeds. */
    void succeed(List<String> words) throws IOException, InterruptedException {
        Process process = start(words);
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(Files.readString(folder.resolve("log")))
                .isZero();
    }

    void succeed(String... words) throws IOException, InterruptedException {
        succeed(List.of(words));
    }

    /**
     * Kills a run as soon as it has staged something: SIGKILL, after which nothing of it is executed.
     *
     * @param moment what is there by then: a name in the staging folder, {@link #BEGUN} or {@link #REPLACING}
     * @return whether it was killed; it may have ended by itself before that
     */
    boolean kill(Path output, String moment, List<String> words) throws IOException, InterruptedException {
        Set<Path> earlier = staging(output);
        Process process = start(words);
        try {
            while (process.isAlive() && !reached(output, earlier, moment)) {
                Thread.onSpinWait();
            }
        } finally {
            process.destroyForcibly();
        }
        int code = process.waitFor();
        assertThat(code).as(Files.readString(folder.resolve("log"))).isIn(0, KILLED);
        return code == KILLED;
    }

    private static boolean reached(Path output, Set<Path> earlier, String moment) {
        if (moment.equals(REPLACING)) {
            return Files.exists(output.resolveSibling("." + output.getFileName() + ".lowrank-old"));
        }
        return staging(output).stream()
                .anyMatch(folder -> !earlier.contains(folder) && Files.exists(folder.resolve(moment)));
    }

    /** Folders of runs that write here, or were killed. */
    static Set<Path> staging(Path output) {
        try (var all = Files.list(output.getParent())) {
            return all.filter(path ->
                            path.getFileName().toString().startsWith("." + output.getFileName() + ".lowrank-staging-"))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asserts that nothing but results is beside an output. */
    static void assertNothingLeft(Path output) throws IOException {
        try (var left = Files.list(output.getParent())) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("." + output.getFileName()));
        }
    }
}
