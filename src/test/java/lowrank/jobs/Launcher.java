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

    /** {@code run} of a spec with an output and keys, parted by blanks. */
    static List<String> run(Path spec, Path output, String keys) {
        List<String> words = new ArrayList<>(List.of("run", spec.toString(), "--set", "write.path=" + output));
        for (String key : keys.split(" ")) {
            words.addAll(List.of("--set", key));
        }
        return words;
    }

    /** The same words on a cluster. */
    static List<String> on(String master, List<String> words) {
        List<String> all = new ArrayList<>(List.of("--master", master));
        all.addAll(words);
        return all;
    }

    /** What is there, in any form that equals itself. */
    interface Content {
        Object of(Path output) throws Exception;
    }

    /**
     * Kills runs that replace one of two results by the other: after each of them one of the two is there, and no more.
     *
     * @param choices the end of the keys of either
     * @param moments see {@link #kill}; at the first two of them runs must have been caught
     */
    void replaceAndKill(Path spec, Path output, String keys, String[] choices, List<String> moments, Content content)
            throws Exception {
        List<Object> whole = new ArrayList<>();
        for (String choice : choices) {
            succeed(run(spec, output, keys + choice));
            whole.add(content.of(output));
        }
        assertThat(whole.get(0)).isNotEqualTo(whole.get(1));
        int now = 1;
        List<String> killed = new ArrayList<>();
        for (String moment : moments) {
            if (kill(output, moment, run(spec, output, keys + choices[1 - now]))) {
                killed.add(moment);
            }
            assertThat(staging(output)).as("of this run alone").hasSizeLessThan(2);
            Object left = content.of(output);
            assertThat(left).as("after %s", moment).isIn(whole);
            now = whole.indexOf(left);
        }
        assertThat(killed).contains(moments.get(0), moments.get(1));
        succeed(run(spec, output, keys + choices[1 - now]));
        assertThat(content.of(output)).isEqualTo(whole.get(1 - now));
        assertNothingLeft(output);
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
