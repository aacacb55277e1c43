package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;
import lowrank.store.OutputFolder;
import lowrank.weights.CircuitFiles;
import lowrank.weights.TestCheckpoint;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs on weights in real processes from scripts/lowrank: clusters of several shapes, and runs that are killed. */
@Tag("heavy")
class WeightsProcessTest {
    private static final int LAYERS = 6;
    private static final int WIDTH = 384;

    @TempDir
    private Path folder;

    private Launcher lowrank;
    private Path spec;

    /** Attention of six layers, and the same model tuned a little in every matrix but one. */
    @BeforeEach
    void models() throws IOException {
        lowrank = new Launcher(folder);
        CircuitFiles base = CircuitFiles.bert(LAYERS, WIDTH);
        base.write(folder.resolve("base.safetensors"));
        CircuitFiles tuned = CircuitFiles.bert(LAYERS, WIDTH);
        for (int layer = 0; layer < LAYERS; layer++) {
            for (String matrix : List.of("attention.self.query", "attention.self.value", "attention.output.dense")) {
                String name = "bert.encoder.layer." + layer + "." + matrix + ".weight";
                double[] small = new double[WIDTH];
                Arrays.fill(small, 1e-2);
                Matrix change = CircuitFiles.random(WIDTH, 3, 7 + layer)
                        .times(CircuitFiles.random(WIDTH, 3, 70 + layer).transpose())
                        .scaleColumns(small);
                tuned.put(name, base.get(name).plus(change));
            }
        }
        tuned.write(folder.resolve("tuned.safetensors"));
        TestCheckpoint.write(
                folder.resolve("tall.safetensors"),
                "F32",
                Map.of(
                        "tokens.weight", CircuitFiles.random(40_000, 20, 3),
                        "down.weight", CircuitFiles.random(24, 30_000, 4),
                        "up.weight", CircuitFiles.random(60, 40, 5)));
        spec = Files.writeString(folder.resolve("job.conf"), "");
    }

    private String keys(String job) {
        String base = "read.base=" + folder.resolve("base.safetensors");
        String path = "read.path=" + folder.resolve("base.safetensors");
        return switch (job) {
            case "compress" -> "job=compress factor.energy=0.5 " + path;
            case "compress by passes" ->
                "job=compress factor.rank=4 factor.task-entries=100000 read.path=" + folder.resolve("tall.safetensors");
            case "circuits" -> "job=circuits heads.preset=bert heads.count=12 " + path;
            case "lora-extract" ->
                "job=lora-extract factor.rank=2 " + base + " read.tuned=" + folder.resolve("tuned.safetensors");
            default -> "job=lora-merge " + base + " read.adapters=[\"" + folder.resolve("extracted/adapter") + "\"]";
        };
    }

    /**
     * Digests of the values of tables, and SHA-256 of other files but those that tell of time. Footers of Parquet list encodings in
     * an order of chance.
     */
    private static Map<String, String> digests(Path output) throws Exception {
        OutputFolder.Result found = OutputFolder.read(new HadoopConf(new Configuration()), output.toString());
        Map<String, String> digests = new TreeMap<>();
        found.manifest().factors().forEach((name, factor) -> digests.put(name, factor.digest()));
        Path folder = Path.of(found.path().replaceFirst("^file:", ""));
        try (var all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                String name = folder.relativize(file).toString();
                if (!name.matches("factorization.json|report.html|.*\\.parquet")) {
                    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                    digests.put(name, HexFormat.of().formatHex(digest));
                }
            }
        }
        return digests;
    }

    @ParameterizedTest
    @ValueSource(strings = {"compress", "compress by passes", "circuits", "lora-extract", "lora-merge"})
    void theSameBitsOnEveryShapeOfCluster(String job) throws Exception {
        if (job.equals("lora-merge")) {
            lowrank.succeed(Launcher.run(spec, folder.resolve("extracted"), keys("lora-extract")));
        }
        Set<Map<String, String>> results = new HashSet<>();
        List<String> masters = List.of("local[1]", "local[2]", "local-cluster[2,1,1024]");
        for (String master : masters) {
            Path output = folder.resolve("out" + masters.indexOf(master));
            lowrank.succeed(Launcher.on(master, Launcher.run(spec, output, keys(job))));
            results.add(digests(output));
        }
        assertThat(results).hasSize(1);
        assertThat(results.iterator().next().size()).isGreaterThan(1);
    }

    /** Adapter and ledger, or factors and spectra, of two runs in one folder would make a model that nobody has. */
    @ParameterizedTest
    @CsvSource({
        "lora-extract, factor.rank=2, factor.rank=1, factor.rank=3, _scratch, adapter",
        "compress, factor.energy=0.5, factor.energy=0.3, factor.energy=0.6, _attempts, factors"
    })
    void killedRunsLeaveTheOldResultOrTheNewOne(
            String job, String rule, String one, String other, String staging, String part) throws Exception {
        lowrank.replaceAndKill(
                spec,
                folder.resolve("out"),
                keys(job).replace(" " + rule, "") + " write.mode=replace ",
                new String[] {one, other},
                List.of(
                        Launcher.BEGUN,
                        staging,
                        part,
                        "matrices",
                        "report.html",
                        "factorization.json",
                        "_SUCCESS",
                        Launcher.REPLACING),
                WeightsProcessTest::digests);
    }
}
