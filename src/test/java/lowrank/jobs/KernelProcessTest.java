package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lowrank.io.HadoopConf;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kernel regression in real processes from scripts/lowrank: clusters of several shapes, and runs that are killed. */
@Tag("heavy")
class KernelProcessTest extends KernelJobCase {
    /** Six leaves in three files; no border of a file is one of a leaf. */
    private static final int[] BORDERS = {0, 11_000, 30_000, 45_000};

    private Launcher lowrank;
    private Path spec;

    @BeforeEach
    void threeFiles() throws Exception {
        lowrank = new Launcher(folder);
        for (int i = 1; i < BORDERS.length; i++) {
            table("input/" + i + ".parquet", BORDERS[i - 1], BORDERS[i]);
        }
        spec = Files.writeString(
                folder.resolve("job.conf"), "read { path = \"" + folder.resolve("input") + "\", vector = x }\n");
    }

    private List<String> run(Path output, String keys) {
        return Launcher.run(spec, output, keys);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "features.landmarks=rpcholesky read.weight=w; read.target=y,z",
                "features.map=fourier solve.select=kfold; read.label=word",
                "features.landmarks=leverage read.scale=standard; read.target=y",
                "features.landmarks=k-means blocks.precision=float; read.target=y"
            })
    void theSameBitsOnEveryShapeOfCluster(String keys, String truth) throws Exception {
        Set<Map<String, String>> models = new HashSet<>();
        Set<Map<String, String>> predictions = new HashSet<>();
        List<String> masters = List.of("local[1]", "local[2]", "local-cluster[2,1,1024]");
        for (String master : masters) {
            Path model = folder.resolve("model" + masters.indexOf(master));
            lowrank.succeed(Launcher.on(master, run(model, "job=regress features.size=40 " + keys + " " + truth)));
            models.add(digests(model));
            Path predicted = folder.resolve("predicted" + masters.indexOf(master));
            lowrank.succeed(Launcher.on(master, run(predicted, "job=predict model=" + model + " " + truth)));
            predictions.add(digests(predicted));
        }
        assertThat(models).hasSize(1);
        assertThat(models.iterator().next()).containsKeys("coefficients", "path");
        assertThat(predictions).hasSize(1);
        assertThat(predictions.iterator().next()).containsOnlyKeys("predictions");
    }

    /**
     * Tables of a model belong together: those of two runs in one folder would predict nonsense. A target of an expression has its values
     * copied first, so that there is a moment in the middle of that too.
     */
    @Test
    void killedRunsLeaveTheOldModelOrTheNewOne() throws Exception {
        lowrank.replaceAndKill(
                spec,
                folder.resolve("out"),
                "job=regress read.target=log(z) write.mode=replace features.size=",
                new String[] {"10", "20"},
                List.of(
                        Launcher.BEGUN,
                        "_scratch",
                        "inputs",
                        "coefficients",
                        "report.html",
                        "factorization.json",
                        "_SUCCESS",
                        Launcher.REPLACING,
                        Launcher.REPLACING),
                output -> {
                    lowrank.succeed("verify", output.toString());
                    return digests(output);
                });
    }

    @Test
    void killedPredictionsAreTheOldOnesOrTheNewOnes() throws Exception {
        for (String size : List.of("10", "20")) {
            lowrank.succeed(run(folder.resolve("model" + size), "job=regress read.target=y features.size=" + size));
        }
        lowrank.replaceAndKill(
                spec,
                folder.resolve("out"),
                "job=predict read.where=w>0 write.mode=replace model=" + folder.resolve("model"),
                new String[] {"10", "20"},
                List.of(
                        Launcher.BEGUN,
                        "_scratch",
                        "_attempts",
                        "predictions",
                        "factorization.json",
                        "_SUCCESS",
                        Launcher.REPLACING),
                KernelProcessTest::predictions);
    }

    /** All rows of predictions, as another reader finds them. */
    private static String predictions(Path output) throws Exception {
        String found = OutputFolder.read(new HadoopConf(new Configuration()), output.toString())
                .path()
                .replaceFirst("^file:", "");
        double[] all = query("select count(*), count(distinct row), bit_xor(hash(row, value)) from "
                        + parquet(Path.of(found, "predictions")))
                .get(0);
        assertThat(all[0]).isEqualTo(BORDERS[3]).isEqualTo(all[1]);
        return String.valueOf(all[2]);
    }
}
