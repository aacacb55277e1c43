package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        List<String> words = new ArrayList<>(List.of("run", spec.toString(), "--set", "write.path=" + output));
        for (String key : keys.split(" ")) {
            words.addAll(List.of("--set", key));
        }
        return words;
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
            List<String> words = new ArrayList<>(List.of("--master", master));
            words.addAll(run(model, "job=regress features.size=40 " + keys + " " + truth));
            lowrank.succeed(words);
            models.add(digests(model));
            Path predicted = folder.resolve("predicted" + masters.indexOf(master));
            words = new ArrayList<>(List.of("--master", master));
            words.addAll(run(predicted, "job=predict model=" + model + " " + truth));
            lowrank.succeed(words);
            predictions.add(digests(predicted));
        }
        assertThat(models).hasSize(1);
        assertThat(models.iterator().next()).containsKeys("coefficients", "path");
        assertThat(predictions).hasSize(1);
        assertThat(predictions.iterator().next()).containsOnlyKeys("predictions");
    }

    /** What is there, in any form that equals itself. */
    private interface Content {
        Object of(Path output) throws Exception;
    }

    /** Kills runs that replace one of two results by the other: after each of them one of the two is there, and no more. */
    private void replaceAndKill(Path output, String keys, String[] choices, List<String> moments, Content content)
            throws Exception {
        List<Object> whole = new ArrayList<>();
        for (String choice : choices) {
            lowrank.succeed(run(output, keys + choice));
            whole.add(content.of(output));
        }
        assertThat(whole.get(0)).isNotEqualTo(whole.get(1));
        int now = 1;
        List<String> killed = new ArrayList<>();
        for (String moment : moments) {
            if (lowrank.kill(output, moment, run(output, keys + choices[1 - now]))) {
                killed.add(moment);
            }
            assertThat(Launcher.staging(output)).as("of this run alone").hasSizeLessThan(2);
            Object left = content.of(output);
            assertThat(left).as("after %s", moment).isIn(whole);
            now = whole.indexOf(left);
        }
        assertThat(killed).contains(Launcher.BEGUN, "_scratch");
        lowrank.succeed(run(output, keys + choices[1 - now]));
        assertThat(content.of(output)).isEqualTo(whole.get(1 - now));
        Launcher.assertNothingLeft(output);
    }

    /**
     * Tables of a model belong together: those of two runs in one folder would predict nonsense. A target of an expression has its values
     * copied first, so that there is a moment in the middle of that too.
     */
    @Test
    void killedRunsLeaveTheOldModelOrTheNewOne() throws Exception {
        replaceAndKill(
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
        replaceAndKill(
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
