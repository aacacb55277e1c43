package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.certify.Measure;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.linalg.Matrix;
import lowrank.random.Draws;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.TestCheckpoint;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoraExtractJobTest {
    private static final int LAYERS = 3;
    private static final int WIDTH = 24;
    private static final int INNER = 40;
    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    @TempDir
    private Path folder;

    private static Matrix gaussian(int rows, int cols, int stream) {
        Draws draws = new Draws(9, stream);
        double[] values = new double[rows * cols];
        for (int j = 0; j < cols; j++) {
            draws.gaussians(j, values, j * rows, rows);
        }
        return new Matrix(rows, cols, values);
    }

    private static Map<String, Matrix> base() {
        Map<String, Matrix> base = new LinkedHashMap<>();
        for (int l = 0; l < LAYERS; l++) {
            base.put("layer." + l + ".query.weight", gaussian(WIDTH, WIDTH, 10 + l));
            base.put("layer." + l + ".dense.weight", gaussian(INNER, WIDTH, 20 + l));
        }
        base.put("embeddings.weight", gaussian(50, WIDTH, 1));
        return base;
    }

    /** Layer l changes by a matrix of rank l + 1, a hundredth of its size; layer 0's query not at all. */
    private static Map<String, Matrix> tuned() {
        Map<String, Matrix> tuned = new LinkedHashMap<>();
        base().forEach((name, w) -> {
            int layer = name.startsWith("layer") ? name.charAt(6) - '0' : 0;
            Matrix change = gaussian(w.rows(), layer + 1, 31)
                    .times(gaussian(w.cols(), layer + 1, 32).transpose());
            double size = name.equals("layer.0.query.weight") ? 0 : 0.01;
            double[] sizes = new double[w.cols()];
            Arrays.fill(sizes, size);
            tuned.put(name, w.plus(change.scaleColumns(sizes)));
        });
        return tuned;
    }

    private Path write(String name, Map<String, Matrix> matrices) throws IOException {
        Path file = folder.resolve(name + ".safetensors");
        TestCheckpoint.write(file, matrices);
        return file;
    }

    private Cli run(Path base, Path tuned, String... more) throws IOException {
        String[] pairs = {
            "job=lora-extract",
            "read.base=" + base,
            "read.tuned=" + tuned,
            "write.path=" + folder.resolve("out"),
            "write.mode=replace"
        };
        String[] all = Arrays.copyOf(pairs, pairs.length + more.length);
        System.arraycopy(more, 0, all, pairs.length, more.length);
        return Cli.job(folder, all);
    }

    private OutputFolder.Result result() throws IOException {
        return OutputFolder.read(CONF, folder.resolve("out").toString());
    }

    private double measure(String name) throws IOException {
        return result().manifest().findings().measures().stream()
                .filter(m -> m.name().equals(name))
                .mapToDouble(Measure::value)
                .findFirst()
                .orElseThrow();
    }

    /** Ranks by energy are those that were planted; what is written misses nothing but rounding. */
    @Test
    void plantedChangesComeBackWithTheirRanks() throws IOException {
        Cli cli = run(write("base", base()), write("tuned", tuned()), "factor.energy=0.999999999");
        assertThat(cli.code()).as(cli.err()).isZero();
        RowTable.Columns table = RowTable.read(CONF, result(), "matrices");
        List<String> names = List.of(table.texts("name"));
        for (int l = 0; l < LAYERS; l++) {
            assertThat(table.whole("rank")[names.indexOf("layer." + l + ".dense.weight")])
                    .isEqualTo(l + 1);
        }
        assertThat(table.whole("factored")[names.indexOf("layer.0.query.weight")])
                .isZero();
        // W' - W of numbers of size 1 is known to 1e-16, and is of size 0.01.
        assertThat(measure("relative error")).isLessThan(1e-12);
        assertThat(Files.readString(folder.resolve("out/adapter/adapter_config.json")))
                .contains("\"layer.2.dense\"")
                .doesNotContain("layer.0.query");
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void theErrorIsThatOfWhatIsLeftOut(int rank) throws IOException {
        Cli cli = run(write("base", base()), write("tuned", tuned()), "factor.rank=" + rank, "write.precision=float");
        assertThat(cli.code()).as(cli.err()).isZero();
        RowTable.Columns table = RowTable.read(CONF, result(), "matrices");
        RowTable.Columns spectra = RowTable.read(CONF, result(), "spectra");
        for (int i = 0; i < table.texts("name").length; i++) {
            double tail = 0;
            double all = 0;
            for (int c = 0; c < spectra.texts("name").length; c++) {
                if (spectra.texts("name")[c].equals(table.texts("name")[i])) {
                    all = Math.hypot(all, spectra.numbers("value")[c]);
                    tail = Math.hypot(tail, spectra.whole("component")[c] < rank ? 0 : spectra.numbers("value")[c]);
                }
            }
            double expected = all == 0 ? 0 : tail / all;
            assertThat(table.numbers("relative_error")[i]).isCloseTo(expected, within(1e-6));
            assertThat(table.numbers("spectral_bound")[i]).isGreaterThanOrEqualTo(0);
        }
    }

    /** Every tensor of the tuned model has one line; the side-file holds those that changed and are not in the adapter. */
    @Test
    void theLedgerCountsEveryTensorAndTheSideFileHoldsTheRest() throws IOException {
        Path tuned = write("tuned", tuned());
        Cli cli = run(write("base", base()), tuned, "factor.rank=3", "write.side-file=true");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(result().manifest().factors().get("ledger").rows()).isEqualTo(2 * LAYERS + 1);
        Checkpoint side =
                Checkpoint.open(CONF, folder.resolve("out/dense.safetensors").toString());
        assertThat(side.tensors()).extracting(t -> t.name()).containsExactly("embeddings.weight");
        assertThat(measure("change elsewhere")).isBetween(0.01, 0.99);
    }

    @Test
    void withoutASideFileItSaysWhatIsLost() throws IOException {
        Cli cli = run(write("base", base()), write("tuned", tuned()), "factor.rank=3");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(result().manifest().findings().notes())
                .anyMatch(note -> note.startsWith("1 changed tensors are in no file"));
    }

    @Test
    void layersPairedWronglyAreRefusedAndTheRightOneIsNamed() throws IOException {
        Map<String, Matrix> swapped = new LinkedHashMap<>(tuned());
        Matrix one = swapped.get("layer.1.dense.weight");
        swapped.put("layer.1.dense.weight", swapped.get("layer.2.dense.weight"));
        swapped.put("layer.2.dense.weight", one);
        Cli cli = run(write("base", base()), write("swapped", swapped));
        assertThat(cli.code()).isEqualTo(65);
        assertThat(cli.message()).contains("it resembles layer.").contains("paired wrongly");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void anotherBaseIsRefused() throws IOException {
        Map<String, Matrix> other = new LinkedHashMap<>();
        base().forEach((name, w) -> other.put(name, gaussian(w.rows(), w.cols(), 77 + name.length() + name.charAt(6))));
        Cli cli = run(write("other", other), write("tuned", tuned()));
        assertThat(cli.code()).isEqualTo(65);
        assertThat(cli.message()).contains("was not tuned from").contains("read.base");
    }

    @Test
    void modelsThatAreTheSameMakeNoAdapter() throws IOException {
        Path base = write("base", base());
        Cli cli = run(base, write("same", base()));
        assertThat(cli.code()).isEqualTo(70);
        assertThat(cli.message()).contains("no matrix is left for an adapter");
    }

    @Test
    void aBudgetIsKept() throws IOException {
        Cli cli = run(write("base", base()), write("tuned", tuned()), "factor.budget=300");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(measure("parameters")).isBetween(200.0, 300.0);
    }

    @Test
    void skipKnowsBothModels() throws IOException {
        Path base = write("base", base());
        Path tuned = write("tuned", tuned());
        assertThat(run(base, tuned, "factor.rank=2").code()).isZero();
        Manifest first = result().manifest();
        Cli again = run(base, tuned, "factor.rank=2", "write.mode=skip");
        assertThat(again.lastLine()).contains("status=skipped");
        assertThat(run(tuned, base, "factor.rank=2", "write.mode=skip").code()).isEqualTo(73);
        assertThat(result().manifest().factors()).isEqualTo(first.factors());
    }

    @Test
    void planSaysWhatItTakesAndKeysOfOtherJobsAreRefused() throws IOException {
        Path spec = folder.resolve("plan.conf");
        Files.writeString(
                spec,
                "job = lora-extract\nread { base = \"" + write("base", base()) + "\", tuned = \""
                        + write("tuned", tuned())
                        + "\", include = [\"layer.*\"] }\nfactor.budget = 500\nwrite.path = \"" + folder.resolve("p")
                        + "\"\n");
        Cli plan = Cli.run("plan", spec.toString());
        assertThat(plan.code()).as(plan.err()).isZero();
        assertThat(plan.out())
                .contains("comparison")
                .contains("singular values")
                .contains("factors");
        assertThat(Cli.run("run", spec.toString(), "--set", "factor.scale=true").code())
                .isEqualTo(64);
        assertThat(Cli.run("run", spec.toString(), "--set", "factor.rank=3").message())
                .contains("factor.rank and factor.budget exclude each other");
    }
}
