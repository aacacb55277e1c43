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
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;
import lowrank.linalg.Matrix;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.Adapter;
import lowrank.weights.TestAdapter;
import lowrank.weights.TestCheckpoint;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoraResizeJobTest {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());
    private static final int OUT = 24;
    private static final int IN = 16;

    @TempDir
    private Path folder;

    private final Random random = new Random(2);
    private Path first;
    private Path second;

    private double[][] g(int rows, int cols) {
        return TestAdapter.gaussian(random, rows, cols);
    }

    /** Two adapters of ranks 4 and 3 that meet in two of four modules; one of these is a table. */
    @BeforeEach
    void adapters() {
        first = new TestAdapter(true)
                .linear("layer.0.q", g(OUT, 4), g(4, IN), 8)
                .linear("layer.1.q", g(OUT, 4), g(4, IN), 8)
                .embedding("embed", g(IN, 4), g(4, 50))
                .set("base_model_name_or_path", "\"bert\"")
                .write(folder.resolve("first"));
        second = new TestAdapter(true)
                .linear("layer.1.q", g(OUT, 3), g(3, IN), 1)
                .linear("layer.2.q", g(OUT, 3), g(3, IN), 1)
                .embedding("embed", g(IN, 3), g(3, 50))
                .set("base_model_name_or_path", "\"bert\"")
                .write(folder.resolve("second"));
    }

    private Cli resize(String name, List<Path> adapters, String... more) throws IOException {
        String list = adapters.stream().map(path -> "\"" + path + "\"").collect(Collectors.joining(",", "[", "]"));
        return Cli.job(
                folder,
                Stream.concat(
                                Stream.of(
                                        "job=lora-resize",
                                        "read.adapters=" + list,
                                        "write.path=" + folder.resolve(name)),
                                Arrays.stream(more))
                        .toArray(String[]::new));
    }

    private Path resized(String name, List<Path> adapters, String... more) throws IOException {
        Cli cli = resize(name, adapters, more);
        assertThat(cli.code()).as(cli.err()).isZero();
        return folder.resolve(name);
    }

    private static RowTable.Columns table(Path out, String name) throws IOException {
        return RowTable.read(CONF, OutputFolder.read(CONF, out.toString()), name);
    }

    private static Map<String, Integer> ranks(Path out) throws IOException {
        RowTable.Columns table = table(out, "matrices");
        Map<String, Integer> ranks = new LinkedHashMap<>();
        for (int i = 0; i < table.texts("name").length; i++) {
            ranks.put(table.texts("name")[i], table.whole("rank")[i]);
        }
        return ranks;
    }

    private static Map<String, double[]> values(Path file) {
        Map<String, double[]> values = new LinkedHashMap<>();
        for (StoredTensor tensor : Checkpoint.open(CONF, file.toString()).tensors()) {
            values.put(tensor.name(), TensorReader.all(CONF, tensor));
        }
        return values;
    }

    private Path base() throws IOException {
        Map<String, Matrix> matrices = new LinkedHashMap<>();
        for (String name : List.of("layer.0.q", "layer.1.q", "layer.2.q")) {
            matrices.put(name + ".weight", Matrix.zeros(OUT, IN).plus(matrix(g(OUT, IN))));
        }
        matrices.put("embed.weight", matrix(g(50, IN)));
        Path file = folder.resolve("base.safetensors");
        TestCheckpoint.write(file, matrices);
        return file;
    }

    private static Matrix matrix(double[][] rows) {
        Matrix m = Matrix.zeros(rows.length, rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[0].length; j++) {
                m.set(i, j, rows[i][j]);
            }
        }
        return m;
    }

    private Map<String, double[]> merged(String name, Path base, List<Path> adapters, String... more)
            throws IOException {
        String list = adapters.stream().map(path -> "\"" + path + "\"").collect(Collectors.joining(",", "[", "]"));
        Cli cli = Cli.job(
                folder,
                Stream.concat(
                                Stream.of(
                                        "job=lora-merge",
                                        "read.base=" + base,
                                        "read.adapters=" + list,
                                        "write.path=" + folder.resolve(name)),
                                Arrays.stream(more))
                        .toArray(String[]::new));
        assertThat(cli.code()).as(cli.err()).isZero();
        return values(folder.resolve(name).resolve("model/base.safetensors"));
    }

    /**
     * Numbers are below 64; the sum of adapters, of at most 11 terms each and by one more SVD, is off by some roundings of that size, and so
     * is the sum that lora-merge makes.
     */
    private static final double ROUNDING = 16 * Math.ulp(64.0);

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[1, -1]", "[0.3, 0.7]", "[-2, 0]"})
    void theSumMergesAsTheAdaptersDoOneAfterTheOther(String weights) throws IOException {
        Path base = base();
        Path sum = resized("sum", List.of(first, second), "read.weights=" + weights);
        assertThat(Cli.measure(sum, "relative error")).isLessThan(1e-14);
        Map<String, double[]> expected = merged("apart", base, List.of(first, second), "read.weights=" + weights);
        Map<String, double[]> found = merged("together", base, List.of(sum.resolve("adapter")));
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, numbers) -> {
            double[] others = found.get(name);
            for (int i = 0; i < numbers.length; i++) {
                assertThat(others[i]).as(name).isCloseTo(numbers[i], within(ROUNDING));
            }
        });
    }

    @Test
    void ranksAreThoseOfTheSumWhereNoRuleIsGiven() throws IOException {
        Path sum = resized("sum", List.of(first, second));
        assertThat(ranks(sum))
                .containsExactly(
                        Map.entry("embed", 7),
                        Map.entry("layer.0.q", 4),
                        Map.entry("layer.1.q", 7),
                        Map.entry("layer.2.q", 3));
        Adapter adapter = Adapter.read(CONF, sum.resolve("adapter").toString());
        assertThat(adapter.settings().base()).isEqualTo("bert");
        assertThat(adapter.modules()).allMatch(module -> module.scale() == 1);
        assertThat(table(sum, "matrices").whole("given_rank")).containsExactly(7, 4, 7, 3);
        // The whole table of spectra, and nothing of zeros that no factor could hold.
        assertThat(table(sum, "spectra").texts("name")).hasSize(7 + 4 + 7 + 3);
        assertThat(Files.readString(sum.resolve("report.html")))
                .contains("for 4 of 4 modules")
                .contains("What the adapter misses, by module")
                .contains("layer.1.q");
        Cli show = Cli.run("show", sum.toString());
        assertThat(show.out())
                .contains("lora-resize of 4 matrices")
                .contains("layer.1.q")
                .contains("embed");
    }

    @ParameterizedTest
    @CsvSource({
        "factor.rank=2",
        "factor.rank=full",
        "factor.energy=0.8",
        "factor.relative-error=0.3",
        "factor.budget=400",
        "factor.ratio=0.4"
    })
    void everyRuleLeavesTheErrorOfTheTail(String rule) throws IOException {
        Path out = resized("out", List.of(first, second), rule, "write.precision=float");
        RowTable.Columns table = table(out, "matrices");
        RowTable.Columns spectra = table(out, "spectra");
        double all = 0;
        double left = 0;
        for (int i = 0; i < table.texts("name").length; i++) {
            double norm = 0;
            double tail = 0;
            for (int c = 0; c < spectra.texts("name").length; c++) {
                if (spectra.texts("name")[c].equals(table.texts("name")[i])) {
                    double s = spectra.numbers("value")[c];
                    norm = Math.hypot(norm, s);
                    tail = Math.hypot(tail, spectra.whole("component")[c] < table.whole("rank")[i] ? 0 : s);
                }
            }
            assertThat(table.numbers("relative_error")[i]).isCloseTo(tail / norm, within(1e-6));
            assertThat(table.numbers("delta_norm")[i]).isCloseTo(norm, within(1e-12 * norm));
            if (rule.startsWith("factor.rel")) {
                assertThat(tail / norm).isLessThanOrEqualTo(0.3);
            } else if (rule.startsWith("factor.energy")) {
                assertThat(tail * tail).isLessThanOrEqualTo(0.2 * norm * norm * (1 + 1e-12));
            }
            all = Math.hypot(all, norm);
            left = Math.hypot(left, tail);
        }
        assertThat(Cli.measure(out, "relative error")).isCloseTo(left / all, within(1e-6));
        if (rule.contains("budget")) {
            assertThat(Cli.measure(out, "parameters")).isBetween(400.0 - 66, 400.0);
        }
        if (rule.endsWith("rank=2")) {
            assertThat(ranks(out).values()).containsOnly(2);
        }
        assertThat(Cli.measure(out, "given parameters")).isEqualTo(4 * (40 + 40 + 66) + 3 * (40 + 40 + 66));
    }

    /** In two steps, through a rank that keeps more, the nearest adapter is the same. */
    @Test
    void resizingTwiceIsResizingOnce() throws IOException {
        Path once = resized("once", List.of(first, second), "factor.rank=2");
        Path middle = resized("middle", List.of(first, second), "factor.rank=3");
        Path twice = resized("twice", List.of(middle.resolve("adapter")), "factor.rank=2");
        Map<String, double[]> expected = values(once.resolve("adapter/adapter_model.safetensors"));
        Map<String, double[]> found = values(twice.resolve("adapter/adapter_model.safetensors"));
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        // Singular values here are 10 and more, their gaps 0.1 and more: vectors are known to some hundred roundings.
        expected.forEach((name, numbers) -> {
            for (int i = 0; i < numbers.length; i++) {
                assertThat(found.get(name)[i]).as(name).isCloseTo(numbers[i], within(1e-11));
            }
        });
    }

    @Test
    void whatCancelsIsLeftOutAndSaid() throws IOException {
        Path out = resized("out", List.of(first, second, first), "read.weights=[1, 1, -1]");
        assertThat(ranks(out)).containsEntry("layer.0.q", 0).containsEntry("layer.1.q", 3);
        assertThat(Adapter.read(CONF, out.resolve("adapter").toString()).modules())
                .extracting(module -> module.path())
                .containsExactly("embed", "layer.1.q", "layer.2.q");
        assertThat(Cli.manifest(out).findings().notes())
                .anyMatch(note -> note.contains("nothing but rounding is left in 1 of 4 modules, such as layer.0.q"));
        Cli nothing = resize("none", List.of(first, first), "read.weights=[1, -1]");
        assertThat(nothing.code()).isEqualTo(70);
        assertThat(nothing.message()).contains("nothing but rounding").contains("read.weights");
        assertThat(folder.resolve("none")).doesNotExist();
    }

    @Test
    void aTightBudgetSaysWhomItLeavesOut() throws IOException {
        Path out = resized("out", List.of(first, second), "factor.budget=70");
        assertThat(ranks(out).values().stream().filter(rank -> rank > 0)).hasSize(1);
        assertThat(Cli.manifest(out).findings().notes())
                .anyMatch(note -> note.contains("the rule keeps no component of 3 of 4"));
        Cli none = resize("none", List.of(first, second), "factor.budget=10");
        assertThat(none.code()).isEqualTo(70);
        assertThat(none.message()).contains("factor.budget");
    }

    /** A head that was trained whole goes with the adapter, byte for byte, and its settings say so. */
    @Test
    void whatIsHeldWholeIsCopied() throws IOException {
        Path head = new TestAdapter(false)
                .linear("layer.0.q", g(OUT, 2), g(2, IN))
                .whole("classifier.weight", new double[] {1, 2, 3, 4}, 2, 2)
                .set("modules_to_save", "[\"classifier\"]")
                .write(folder.resolve("head"));
        Path out = resized("out", List.of(first, head));
        double[] copied =
                values(out.resolve("adapter/adapter_model.safetensors")).get("base_model.model.classifier.weight");
        assertThat(copied).containsExactly(1, 2, 3, 4);
        assertThat(Files.readString(out.resolve("adapter/adapter_config.json"))).contains("\"classifier\"");
        assertThat(Cli.manifest(out).findings().notes()).anyMatch(note -> note.contains("copied as they are"));
        Cli twice = resize("twice", List.of(head, head));
        assertThat(twice.code()).isEqualTo(65);
        assertThat(twice.message()).contains("classifier.weight is replaced twice");
    }

    @Test
    void adaptersThatDoNotFitAreRefused() throws IOException {
        Path other = new TestAdapter(true)
                .linear("layer.1.q", g(OUT, 2), g(2, IN + 1))
                .write(folder.resolve("other"));
        Cli shape = resize("x", List.of(first, other));
        assertThat(shape.code()).isEqualTo(65);
        assertThat(shape.message())
                .contains("layer.1.q")
                .contains(first.toString())
                .contains(other.toString());
        Path foreign = new TestAdapter(true)
                .linear("layer.1.q", g(OUT, 2), g(2, IN))
                .set("base_model_name_or_path", "\"gpt\"")
                .write(folder.resolve("foreign"));
        assertThat(resize("x", List.of(first, foreign)).code()).isEqualTo(65);
        Path named = resized("named", List.of(first, foreign), "read.base=bert-large");
        assertThat(Files.readString(named.resolve("adapter/adapter_config.json")))
                .contains("\"bert-large\"");
        Path dora = new TestAdapter(true)
                .linear("layer.1.q", g(OUT, 2), g(2, IN))
                .set("use_dora", "true")
                .write(folder.resolve("dora"));
        Cli refused = resize("x", List.of(dora));
        assertThat(refused.code()).isEqualTo(65);
        assertThat(refused.message()).contains("DoRA");
        assertThat(resize("x", List.of(folder.resolve("nowhere"))).code()).isEqualTo(66);
        Path broken = new TestAdapter(true)
                .linear("layer.1.q", new double[][] {{Double.NaN}}, g(1, IN))
                .write(folder.resolve("broken"));
        Cli nan = resize("x", List.of(broken));
        assertThat(nan.code()).isEqualTo(65);
        assertThat(nan.message()).contains("lora_B").contains("NaN");
        Cli huge = resize("x", List.of(first), "read.weights=[1e308]");
        assertThat(huge.code()).isEqualTo(70);
        assertThat(huge.message()).contains("read.weights");
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @Test
    void wrongSpecsAreNamed() throws IOException {
        assertThat(resize("x", List.of()).message()).contains("read.adapters is empty");
        assertThat(resize("x", List.of()).code()).isEqualTo(64);
        assertThat(resize("x", List.of(first), "read.weights=[1, 2]").message()).contains("2 numbers for 1");
        assertThat(resize("x", List.of(first), "read.exclude=[\"*q\"]").message())
                .contains("read.exclude");
        assertThat(resize("x", List.of(first), "factor.rank=0").message()).contains("factor.rank");
        assertThat(resize("x", List.of(first), "factor.rank=50", "factor.energy=0.5")
                        .message())
                .contains("exclude each other");
        assertThat(resize("x", List.of(first), "read.side-file=a").code()).isEqualTo(64);
        Cli noise = resize("x", List.of(first), "factor.noise=gavish-donoho");
        assertThat(noise.code()).isEqualTo(64);
        assertThat(noise.message()).contains("median").contains("4 of 16");
    }

    /** Noise of full rank, and two directions a hundred times as large: what stands out can be told. */
    @Test
    void noiseIsToldFromFactorsThatReachTheMedian() throws IOException {
        double[][] b = g(OUT, IN);
        double[][] strong = g(OUT, 2);
        double[][] eye = new double[IN][IN];
        for (int j = 0; j < IN; j++) {
            eye[j][j] = 1;
            for (int i = 0; i < OUT; i++) {
                b[i][j] += j < 2 ? 100 * strong[i][j] : 0;
            }
        }
        Path noisy = new TestAdapter(true).linear("layer.0.q", b, eye).write(folder.resolve("noisy"));
        Path out = resized("out", List.of(noisy), "factor.noise=marchenko-pastur");
        // At 16 values the largest of the noise may pass the edge of the law, which holds for many.
        assertThat(ranks(out).get("layer.0.q")).isBetween(2, 3);
    }

    @Test
    void skipKnowsEveryAdapterAndRule() throws IOException {
        Path out = resized("out", List.of(first, second));
        Manifest before = Cli.manifest(out);
        Cli again = resize("out", List.of(first, second), "write.mode=skip");
        assertThat(again.lastLine()).contains("status=skipped");
        assertThat(resize("out", List.of(first, second), "write.mode=skip", "factor.rank=50")
                        .code())
                .isEqualTo(73);
        assertThat(resize("out", List.of(first, first), "write.mode=skip").code())
                .isEqualTo(73);
        assertThat(resize("out", List.of(first, second)).code()).isEqualTo(73);
        assertThat(resize("first/x", List.of(first)).code()).isNotZero();
        resized("out", List.of(first, second), "write.mode=replace");
        assertThat(Cli.manifest(out).factors()).isEqualTo(before.factors());
    }

    @Test
    void planSaysWhatItTakes() throws IOException {
        Path spec = folder.resolve("plan.conf");
        Files.writeString(
                spec,
                "job = lora-resize\nread.adapters = [\"" + first + "\", \"" + second
                        + "\"]\nfactor.budget = 500\nwrite.path = \"" + folder.resolve("p") + "\"\n");
        Cli plan = Cli.run("plan", spec.toString());
        assertThat(plan.code()).as(plan.err()).isZero();
        assertThat(plan.out())
                .contains("lora-resize of 4 matrices")
                .contains("singular values")
                .contains("factors")
                .contains("certificate");
        assertThat(Cli.run("run", spec.toString()).code()).isZero();
        assertThat(Cli.manifest(folder.resolve("p")).passes())
                .extracting(Manifest.PassRecord::label)
                .containsExactly("singular values", "factors", "certificate");
    }
}
