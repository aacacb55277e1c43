package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lowrank.io.FlakyFileSystem;
import lowrank.io.HadoopConf;
import lowrank.models.Head;
import lowrank.models.HeadTables;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention in real processes from scripts/lowrank: clusters of several shapes, attempts that fail, and runs that are killed. */
@Tag("heavy")
class AttentionProcessTest {
    private static final int WIDTH = 64;

    /** Rows of a head whose numbers, of 1536 bytes a row, are more than one task holds: six leaves. */
    private static final int LARGE = 44_000;

    /** Of heads that share tasks. */
    private static final int SHORT = 24;

    private static final List<String> SPECULATION = List.of(
            "--conf", "spark.speculation=true",
            "--conf", "spark.speculation.multiplier=1.01",
            "--conf", "spark.speculation.quantile=0.1");

    @TempDir
    private Path folder;

    private Launcher lowrank;
    private Path spec;

    @BeforeEach
    void launcher() throws Exception {
        lowrank = new Launcher(folder);
        spec = Files.writeString(
                folder.resolve("job.conf"),
                "job = attention\nread { position = pos, keys = [layer, head], mask = shown }\nattention.force = true\n");
    }

    /** Long heads, and short ones between and behind them; of each every 50th row is hidden. */
    private Path input(HeadTables tables, int... longRows) {
        List<Head> heads = new ArrayList<>();
        List<boolean[]> shown = new ArrayList<>();
        for (int h = 0; h < longRows.length + SHORT; h++) {
            int rows = h % 2 == 0 && h / 2 < longRows.length ? longRows[h / 2] : 1 + 83 * h;
            heads.add(Head.normal(h / 4, h % 4, rows, WIDTH, WIDTH, 0.3, 3L * h));
            boolean[] mask = new boolean[rows];
            for (int i = 0; i < rows; i++) {
                mask[i] = i % 50 != 7;
            }
            shown.add(mask);
        }
        return tables.doubles().write(folder.resolve("input"), heads, shown);
    }

    private List<String> run(Path input, Path output, String keys) {
        return Launcher.run(spec, output, "read.path=" + input + " " + keys);
    }

    private static OutputFolder.Result read(Path output) throws Exception {
        return OutputFolder.read(new HadoopConf(new Configuration()), output.toString());
    }

    private static Map<String, String> digests(Path output) throws Exception {
        Map<String, String> digests = new TreeMap<>();
        read(output).manifest().factors().forEach((name, factor) -> digests.put(name, factor.digest()));
        return digests;
    }

    /** Whether all tasks worked on the long head together, or one task did as on the short ones. */
    private static void assertWay(Path output, int longRows, boolean together) throws Exception {
        List<Manifest.PassRecord> passes = read(output).manifest().passes();
        String label = "attention of " + (together ? SHORT : SHORT + 1) + " groups";
        assertThat(passes).anyMatch(pass -> pass.label().equals(label) && pass.tasks() > 1);
        assertThat(passes.stream().anyMatch(pass -> pass.rows() == longRows && pass.tasks() > 1))
                .isEqualTo(together);
    }

    @ParameterizedTest
    @CsvSource({
        "attention.method=performer, 44000",
        "attention.method=performer attention.causal=true blocks.precision=float, 88000",
        "attention.method=nystrom, 44000",
        "attention.method=exact, 29000",
        "attention.method=exact attention.causal=true, 29000"
    })
    void theSameBitsOnEveryShapeOfCluster(String keys, int rows) throws Exception {
        Path input = input(HeadTables.sorted().over(5).shuffled(3), rows);
        Set<Map<String, String>> results = new HashSet<>();
        List<String> masters = List.of("local[1]", "local[2]", "local-cluster[2,1,1024]");
        for (String master : masters) {
            Path output = folder.resolve("out" + masters.indexOf(master));
            List<String> words = new ArrayList<>(master.startsWith("local-") ? SPECULATION : List.of());
            words.addAll(run(input, output, keys));
            lowrank.succeed(Launcher.on(master, words));
            // A single core shares nothing, so that it works on the long head as on the others, unless that takes many
            // flops.
            assertWay(output, rows, keys.contains("exact") || !master.equals("local[1]"));
            results.add(digests(output));
        }
        assertThat(results).hasSize(1);
        assertThat(results.iterator().next()).containsOnlyKeys("output", "heads");
    }

    /** The first attempt of each task that comes to the third of five files fails there, some of them in the middle of what they write. */
    @ParameterizedTest
    @ValueSource(strings = {"local[2,3]", "local-cluster[2,1,1024]"})
    void failedAttemptsChangeNoBit(String master) throws Exception {
        Path input = input(HeadTables.sorted().over(5), LARGE);
        String keys = "attention.method=performer attention.causal=true";
        lowrank.succeed(run(input, folder.resolve("whole"), keys));
        assertThat(digests(folder.resolve("whole"))).hasSize(2);
        Path failures = Files.createDirectory(folder.resolve("failures"));
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator)[0];
        List<String> words = new ArrayList<>(List.of("--driver-class-path", classes));
        for (String setting : List.of(
                "spark.executor.extraClassPath=" + classes,
                "spark.hadoop.fs." + FlakyFileSystem.SCHEME + ".impl=" + FlakyFileSystem.class.getName(),
                "spark.hadoop." + FlakyFileSystem.FILE + "=-00002.parquet",
                "spark.hadoop." + FlakyFileSystem.FAILURES + "=" + failures)) {
            words.addAll(List.of("--conf", setting));
        }
        Path output = folder.resolve("out");
        words.addAll(Launcher.run(spec, output, "read.path=" + FlakyFileSystem.SCHEME + "://" + input + " " + keys));
        lowrank.succeed(Launcher.on(master, words));
        assertThat(digests(output)).isEqualTo(digests(folder.resolve("whole")));
        try (var all = Files.list(failures)) {
            // In each read of keys and positions, in those of the long head, and in that of the short ones.
            assertThat(all.map(file -> file.getFileName().toString().replaceFirst("-partition.*", ""))
                            .distinct())
                    .hasSizeGreaterThanOrEqualTo(5);
        }
        assertThat(output.resolve("_attempts")).doesNotExist();
    }

    /** Outputs of one run beside the errors of another would be a lie. Rows are copied into order first, so one may be killed in that too. */
    @Test
    void killedRunsLeaveTheOldResultOrTheNewOne() throws Exception {
        Path input = input(HeadTables.sorted().over(3).shuffled(4), LARGE);
        lowrank.replaceAndKill(
                spec,
                folder.resolve("out"),
                "read.path=" + input + " attention.method=performer write.mode=replace attention.features=",
                new String[] {"32", "48"},
                List.of(
                        Launcher.BEGUN,
                        "_scratch",
                        "_attempts",
                        "output",
                        "heads",
                        "report.html",
                        "factorization.json",
                        "_SUCCESS",
                        Launcher.REPLACING),
                AttentionProcessTest::content);
    }

    /** Digests, and all rows of both tables as another reader finds them. */
    private static List<Object> content(Path output) throws Exception {
        Path found = Path.of(read(output).path().replaceFirst("^file:", ""));
        double[] rows = KernelJobCase.query("select count(*), count(distinct (layer, head, position)),"
                        + " bit_xor(hash(layer, head, position, \"values\")) from "
                        + KernelJobCase.parquet(found.resolve("output")))
                .get(0);
        assertThat(rows[0]).isEqualTo(rows[1]).isGreaterThan(LARGE);
        double[] heads = KernelJobCase.query("select count(*), bit_xor(hash(h)) from "
                        + KernelJobCase.parquet(found.resolve("heads")) + " h")
                .get(0);
        assertThat(heads[0]).isEqualTo(SHORT + 1);
        return List.of(digests(output), rows[2], heads[1]);
    }
}
