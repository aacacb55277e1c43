package lowrank.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
    private static final int NEVER = 1_000_000;

    @TempDir
    private Path folder;

    /** A manifest whose rank tells the versions of a result apart. */
    private static Manifest manifest(int version) {
        return new Manifest(
                Manifest.FORMAT,
                "svd",
                "complete",
                null,
                "spec",
                null,
                null,
                "tsqr",
                List.of(),
                version,
                null,
                null,
                List.of(),
                Map.of());
    }

    /** Writes a version, file by file, as a job does. */
    private static void write(HadoopConf conf, String path, OutputFolder.Mode mode, int version) {
        try (OutputFolder out = OutputFolder.at(conf, path, mode)) {
            out.begin();
            out.write("U", "U" + version);
            out.write("V", "V" + version);
            out.commit(manifest(version));
        }
    }

    /** The version that is there, 0 when there is none; all its files must be of that version. */
    private static int version(HadoopConf conf, String path) {
        try {
            OutputFolder.Result result = OutputFolder.read(conf, path);
            int version = result.manifest().rank();
            java.nio.file.Path files =
                    Path.of(new org.apache.hadoop.fs.Path(result.path()).toUri().getPath());
            assertThat(files.resolve("U")).hasContent("U" + version);
            assertThat(files.resolve("V")).hasContent("V" + version);
            assertThat(files.resolve("_SUCCESS")).exists();
            return version;
        } catch (FileNotFoundException e) {
            return 0;
        }
    }

    private static HadoopConf healthy(String run) {
        return new HadoopConf(CrashingFileSystem.dyingAfter(run, NEVER));
    }

    /** Runs version 2 over version {@code before}, dead after each possible number of changes, then once more. */
    private void surviveEveryCrash(OutputFolder.Mode mode, int before) {
        boolean died = true;
        for (int changes = 0; died; changes++) {
            String run = mode + "-" + before + "-" + changes;
            String path = "hdfs://test:8020" + folder.resolve(run);
            if (before > 0) {
                write(healthy(run), path, OutputFolder.Mode.FAIL, before);
            }
            try {
                write(new HadoopConf(CrashingFileSystem.dyingAfter(run, changes)), path, mode, 2);
                died = false;
            } catch (UncheckedIOException e) {
                assertThat(e).hasMessageContaining("the process is dead");
            }
            int after = version(healthy(run), path);
            assertThat(after).as("dead after %d changes", changes).isIn(before, 2);
            if (after == 2 && mode == OutputFolder.Mode.FAIL) {
                assertThatThrownBy(() -> write(healthy(run), path, mode, 2)).isInstanceOf(OutputExistsException.class);
            } else {
                write(healthy(run), path, mode, 2);
            }
            assertThat(version(healthy(run), path)).isEqualTo(2);
        }
    }

    @Test
    void killedAtAnyChangeAFirstRunShowsNothingOrAll() {
        surviveEveryCrash(OutputFolder.Mode.FAIL, 0);
    }

    @Test
    void killedAtAnyChangeAReplacementShowsTheOldOrTheNew() throws IOException {
        surviveEveryCrash(OutputFolder.Mode.REPLACE, 1);
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.endsWith(".lowrank-old"));
        }
    }

    @Test
    void theSecondOfTwoWritersIsRefusedAndTheFirstStays() {
        HadoopConf conf = new HadoopConf(new Configuration());
        String path = folder.resolve("out").toString();
        try (OutputFolder first = OutputFolder.at(conf, path, OutputFolder.Mode.FAIL);
                OutputFolder second = OutputFolder.at(conf, path, OutputFolder.Mode.FAIL)) {
            first.begin();
            second.begin();
            first.write("U", "U1");
            first.write("V", "V1");
            second.write("U", "U2");
            first.commit(manifest(1));
            assertThatThrownBy(() -> second.commit(manifest(2)))
                    .isInstanceOf(OutputExistsException.class)
                    .hasMessageContaining("another run");
        }
        assertThat(version(conf, path)).isEqualTo(1);
        assertThat(folder)
                .isDirectoryNotContaining(p -> p.getFileName().toString().startsWith("."));
    }

    @Test
    void aFolderThatIsNoResultIsNeverReplaced() throws IOException {
        Files.createDirectories(folder.resolve("out"));
        Files.writeString(folder.resolve("out/thesis.txt"), "two years of work");
        HadoopConf conf = new HadoopConf(new Configuration());
        assertThatThrownBy(() -> write(conf, folder.resolve("out").toString(), OutputFolder.Mode.REPLACE, 2))
                .isInstanceOf(OutputExistsException.class)
                .hasMessageContaining("not a lowrank result");
        assertThat(folder.resolve("out/thesis.txt")).hasContent("two years of work");
    }

    @Test
    void theNextRunRemovesWhatADeadRunLeftAndNothingElse() throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        String path = folder.resolve("out").toString();
        OutputFolder alive = OutputFolder.at(conf, path, OutputFolder.Mode.FAIL);
        alive.begin();
        String self = "-" + ProcessHandle.current().pid() + "-";
        String own = staging();
        Path dead = Files.createDirectory(folder.resolve(own.replace(self, "-4194305-")));
        Path reused = Files.createDirectory(folder.resolve(own.replace(self, self + "1")));
        // The same process number under another kernel, boot or container, and what an older version named after its
        // host.
        String scope = own.substring(own.indexOf("staging-") + 8, own.indexOf(self));
        Path elsewhere = Files.createDirectory(folder.resolve(own.replace(scope, "0123456789abcdef")));
        Path named = Files.createDirectory(folder.resolve(own.replace(scope, "localhost")));
        write(conf, path, OutputFolder.Mode.FAIL, 1);
        assertThat(dead).doesNotExist();
        assertThat(reused).doesNotExist();
        assertThat(elsewhere).exists();
        assertThat(named).exists();
        assertThat(folder.resolve(own)).exists();
        alive.close();
    }

    /** Silence is that of everything in a folder: a run may write to one part of it for longer than a week. */
    @Test
    void aFolderOfAnotherMachineGoesAfterAWeekOfSilence() throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        String name = ".out.lowrank-staging-0123456789abcdef-7-7-" + "a".repeat(31);
        Path silent = Files.createDirectories(folder.resolve(name + "1/U")).getParent();
        Path busy = Files.createDirectories(folder.resolve(name + "2/U")).getParent();
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(8)));
        Files.setLastModifiedTime(silent.resolve("U"), longAgo);
        Files.setLastModifiedTime(silent, longAgo);
        Files.setLastModifiedTime(busy, longAgo);
        write(conf, folder.resolve("out").toString(), OutputFolder.Mode.FAIL, 1);
        assertThat(silent).doesNotExist();
        assertThat(busy).exists();
    }

    private String staging() throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(p -> p.getFileName().toString())
                    .filter(name -> name.startsWith(".out.lowrank-staging-"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aFailedRunOnAnObjectStoreTouchesNothingButItsOwnFiles() throws IOException {
        // A scheme without atomic rename: the local disk under another name.
        Configuration conf = CrashingFileSystem.dyingAfter("store", NEVER);
        conf.set("fs.store.impl", CrashingFileSystem.AsStore.class.getName());
        conf.setBoolean("fs.store.impl.disable.cache", true);
        HadoopConf store = new HadoopConf(conf);
        Path bucket = Files.createDirectories(folder.resolve("bucket"));
        Files.writeString(bucket.resolve("thesis.txt"), "two years of work");
        String path = "store://test" + bucket;
        assertThatThrownBy(() -> write(store, path, OutputFolder.Mode.FAIL, 2))
                .isInstanceOf(OutputExistsException.class);
        assertThat(bucket.resolve("thesis.txt")).hasContent("two years of work");
        String fresh = path + "/result";
        try (OutputFolder out = OutputFolder.at(store, fresh, OutputFolder.Mode.FAIL)) {
            out.begin();
            out.write("U", "U1");
        }
        assertThat(bucket.resolve("result")).doesNotExist();
        write(store, fresh, OutputFolder.Mode.FAIL, 2);
        assertThat(version(store, fresh)).isEqualTo(2);
        assertThat(bucket.resolve("result")).isDirectoryNotContaining("glob:**_lowrank_unfinished");
    }

    @Test
    void theOldVersionStaysWhileSomethingElseLiesInItsPlace() throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        String path = folder.resolve("out").toString();
        write(conf, path, OutputFolder.Mode.FAIL, 1);
        Files.move(folder.resolve("out"), folder.resolve(".out.lowrank-old"));
        Files.createDirectory(folder.resolve("out"));
        Files.writeString(folder.resolve("out/other.txt"), "not ours");
        assertThatThrownBy(() -> write(conf, path, OutputFolder.Mode.REPLACE, 2))
                .isInstanceOf(OutputExistsException.class);
        assertThat(folder.resolve(".out.lowrank-old/U")).hasContent("U1");
        Files.delete(folder.resolve("out/other.txt"));
        assertThatThrownBy(() -> write(conf, path, OutputFolder.Mode.FAIL, 2))
                .isInstanceOf(OutputExistsException.class);
        assertThat(version(conf, path)).isEqualTo(1);
    }

    @Test
    void whatIsNoRejectedResultIsNotRemoved() throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        Files.createDirectories(folder.resolve("out.rejected"));
        Files.writeString(folder.resolve("out.rejected/thesis.txt"), "two years of work");
        assertThatThrownBy(() -> write(conf, folder.resolve("out").toString(), OutputFolder.Mode.FAIL, 2))
                .isInstanceOf(OutputExistsException.class);
        assertThat(folder.resolve("out.rejected/thesis.txt")).hasContent("two years of work");
    }

    @Test
    void aLinkDoesNotHideThatAnOutputIsInItsInput() throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        Files.createDirectories(folder.resolve("model/part"));
        Files.createSymbolicLink(folder.resolve("alias"), folder.resolve("model"));
        for (String name : List.of("alias/out", "alias/part/new/out", "alias")) {
            OutputFolder out = OutputFolder.at(conf, folder.resolve(name).toString(), OutputFolder.Mode.FAIL);
            assertThatThrownBy(() -> out.requireApartFrom(
                            "read.path", folder.resolve("model").toString()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(name);
        }
        OutputFolder.at(conf, folder.resolve("model").toString(), OutputFolder.Mode.FAIL)
                .requireApartFrom("read.path", folder.resolve("models").toString());
    }

    @Test
    void whatIsNoManifestIsDamage() {
        for (String text : List.of("{\"format\": 2}", "{\"format\": 2, \"job\": \"svd\", \"passes\": []}")) {
            assertThatThrownBy(() -> Manifest.parse(text, "out"))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining("out is not a lowrank manifest");
        }
    }

    @Test
    void anOutputInItsInputIsRefused() {
        HadoopConf conf = new HadoopConf(new Configuration());
        OutputFolder out = OutputFolder.at(conf, folder.resolve("in/out").toString(), OutputFolder.Mode.FAIL);
        assertThatThrownBy(() ->
                        out.requireApartFrom("read.path", folder.resolve("in").toString()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OutputFolder.at(conf, "/", OutputFolder.Mode.FAIL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("root");
        out.requireApartFrom("read.path", folder.resolve("in/outer").toString());
        for (String pattern : List.of("in/*", "i?", "{in,other}", "*/o[tu]t", "{in/out,other}")) {
            assertThatThrownBy(() -> out.requireApartFrom(
                            "read.path", folder.resolve(pattern).toString()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("choose another write.path");
        }
        for (String pattern : List.of("in/*.npy", "in?", "in/day=*", "in/out[0-9]", "other/*")) {
            out.requireApartFrom("read.path", folder.resolve(pattern).toString());
        }
    }
}
