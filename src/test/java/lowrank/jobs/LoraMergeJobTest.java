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
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;
import lowrank.linalg.Matrix;
import lowrank.random.Draws;
import lowrank.weights.TestAdapter;
import lowrank.weights.TestCheckpoint;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoraMergeJobTest {
    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    @TempDir
    private Path folder;

    private Path base;
    private Path tuned;

    private static Matrix gaussian(int rows, int cols, int stream) {
        Draws draws = new Draws(9, stream);
        double[] values = new double[rows * cols];
        for (int j = 0; j < cols; j++) {
            draws.gaussians(j, values, j * rows, rows);
        }
        return new Matrix(rows, cols, values);
    }

    @BeforeEach
    void models() throws IOException {
        write(true);
    }

    /** Changes of rank 2 in two of four matrices, and of everything in the third. */
    private void write(boolean doubles) throws IOException {
        Map<String, Matrix> before = new LinkedHashMap<>();
        before.put("layer.0.query.weight", gaussian(24, 24, 1));
        before.put("layer.0.dense.weight", gaussian(40, 24, 2));
        before.put("layer.1.dense.weight", gaussian(40, 24, 3));
        before.put("embeddings.weight", gaussian(30, 24, 4));
        Map<String, Matrix> after = new LinkedHashMap<>(before);
        double[] small = new double[24];
        Arrays.fill(small, 0.01);
        after.put(
                "layer.0.query.weight",
                before.get("layer.0.query.weight")
                        .plus(gaussian(24, 2, 5)
                                .times(gaussian(24, 2, 6).transpose())
                                .scaleColumns(small)));
        after.put(
                "layer.1.dense.weight",
                before.get("layer.1.dense.weight")
                        .plus(gaussian(40, 2, 7)
                                .times(gaussian(24, 2, 8).transpose())
                                .scaleColumns(small)));
        after.put(
                "embeddings.weight",
                before.get("embeddings.weight").plus(gaussian(30, 24, 9).scaleColumns(small)));
        base = folder.resolve("base.safetensors");
        tuned = folder.resolve("tuned.safetensors");
        TestCheckpoint.write(base, before, doubles);
        TestCheckpoint.write(tuned, after, doubles);
    }

    private Path extract(Path from, Path to, String name) throws IOException {
        Path out = folder.resolve(name);
        Cli cli = Cli.job(
                folder,
                "job=lora-extract",
                "read.base=" + from,
                "read.tuned=" + to,
                "factor.rank=2",
                "write.side-file=true",
                "write.path=" + out);
        assertThat(cli.code()).as(cli.err()).isZero();
        return out;
    }

    private Cli merge(Path into, String name, String... more) throws IOException {
        String[] pairs = {"job=lora-merge", "read.base=" + into, "write.path=" + folder.resolve(name)};
        String[] all = Arrays.copyOf(pairs, pairs.length + more.length);
        System.arraycopy(more, 0, all, pairs.length, more.length);
        return Cli.job(folder, all);
    }

    private static String adapter(Path extracted) {
        return "read.adapters=[\"" + extracted.resolve("adapter") + "\"]";
    }

    private static Map<String, double[]> values(Path file) {
        Map<String, double[]> values = new LinkedHashMap<>();
        for (StoredTensor tensor : Checkpoint.open(CONF, file.toString()).tensors()) {
            values.put(tensor.name(), TensorReader.all(CONF, tensor));
        }
        return values;
    }

    private static double farthest(double[] a, double[] b) {
        double farthest = 0;
        for (int i = 0; i < a.length; i++) {
            farthest = Math.max(farthest, Math.abs(a[i] - b[i]));
        }
        return farthest;
    }

    /** Entries are below 8: sums of a few roundings of numbers of that size. */
    private static final double ROUNDING = 8 * Math.ulp(4.0);

    @Test
    void baseAndAdapterAndSideFileAreTheTunedModel() throws IOException {
        Path adapter = extract(base, tuned, "adapter");
        Cli cli = merge(base, "merged", adapter(adapter), "read.side-file=" + adapter.resolve("dense.safetensors"));
        assertThat(cli.code()).as(cli.err()).isZero();
        Map<String, double[]> merged = values(folder.resolve("merged/model/base.safetensors"));
        values(tuned)
                .forEach((name, expected) -> assertThat(farthest(merged.get(name), expected))
                        .as(name)
                        .isLessThan(ROUNDING));
        assertThat(merged.get("embeddings.weight")).isEqualTo(values(tuned).get("embeddings.weight"));
    }

    /** Square matrices stored both ways: one word of PEFT's settings cannot tell them apart, the patterns of the spec do. */
    @Test
    void matricesStoredBothWaysGoBackWithTheSamePatterns() throws IOException {
        Map<String, Matrix> before =
                Map.of("h.0.c_proj.weight", gaussian(9, 9, 1), "h.0.linear.weight", gaussian(9, 9, 2));
        Map<String, Matrix> after = new LinkedHashMap<>();
        before.forEach((name, w) -> after.put(
                name,
                w.plus(gaussian(9, 1, name.length())
                        .scaleColumns(new double[] {0.1})
                        .times(gaussian(9, 1, 3).transpose()))));
        TestCheckpoint.write(base, before, true);
        TestCheckpoint.write(tuned, after, true);
        String patterns = "read.in-out=[\"*c_proj*\"]";
        Cli extracted = Cli.job(
                folder,
                "job=lora-extract",
                "read.base=" + base,
                "read.tuned=" + tuned,
                "factor.rank=1",
                patterns,
                "write.path=" + folder.resolve("adapter"));
        assertThat(extracted.code()).as(extracted.err()).isZero();
        assertThat(Cli.manifest(folder.resolve("adapter")).findings().notes())
                .anyMatch(note -> note.contains("fan_in_fan_out") && note.contains("read.in-out"));
        Cli merged = merge(base, "merged", adapter(folder.resolve("adapter")), patterns);
        assertThat(merged.code()).as(merged.err()).isZero();
        Map<String, double[]> found = values(folder.resolve("merged/model/base.safetensors"));
        values(tuned)
                .forEach((name, expected) ->
                        assertThat(farthest(found.get(name), expected)).as(name).isLessThan(ROUNDING));
    }

    @Test
    void whatNoAdapterTouchesIsTheSameByteForByte() throws IOException {
        Path adapter = extract(base, tuned, "adapter");
        assertThat(merge(base, "merged", adapter(adapter)).code()).isZero();
        Path merged = folder.resolve("merged/model/base.safetensors");
        assertThat(Files.size(merged)).isEqualTo(Files.size(base));
        assertThat(values(merged).get("layer.0.dense.weight"))
                .isEqualTo(values(base).get("layer.0.dense.weight"));
        assertThat(values(merged).get("embeddings.weight"))
                .isEqualTo(values(base).get("embeddings.weight"));
        assertThat(values(merged).get("layer.1.dense.weight"))
                .isNotEqualTo(values(base).get("layer.1.dense.weight"));
    }

    private double ulp(double value, boolean doubles) {
        return doubles ? Math.ulp(value) : Math.ulp((float) value);
    }

    /** Added and taken away: each time one rounding of half a unit in the last place, so at most one unit of the larger of both numbers. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void unmergingGivesTheBaseBackToOneUlp(boolean doubles) throws IOException {
        write(doubles);
        Path adapter = extract(base, tuned, "adapter");
        assertThat(merge(base, "merged", adapter(adapter)).code()).isZero();
        Path merged = folder.resolve("merged/model/base.safetensors");
        assertThat(merge(merged, "back", adapter(adapter), "read.weights=[-1]").code())
                .isZero();
        Map<String, double[]> back = values(folder.resolve("back/model/base.safetensors"));
        Map<String, double[]> between = values(merged);
        double worst = 0;
        for (Map.Entry<String, double[]> tensor : values(base).entrySet()) {
            double[] expected = tensor.getValue();
            double[] found = back.get(tensor.getKey());
            for (int i = 0; i < expected.length; i++) {
                double larger = Math.max(Math.abs(expected[i]), Math.abs(between.get(tensor.getKey())[i]));
                worst = Math.max(worst, Math.abs(found[i] - expected[i]) / ulp(larger, doubles));
            }
        }
        assertThat(worst).as("largest error in ulp").isLessThanOrEqualTo(1);
    }

    /**
     * W' = W + D + E with |E| at most half a unit in the last place of W', entry by entry. The nearest matrix of rank 2 to D + E is at most
     * 2 |E|_F from D: by root mean square, one unit.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void mergedThenExtractedIsTheAdapterToOneUlpOfTheModel(boolean doubles) throws IOException {
        write(doubles);
        Path adapter = extract(base, tuned, "adapter");
        assertThat(merge(base, "merged", adapter(adapter)).code()).isZero();
        Path merged = folder.resolve("merged/model/base.safetensors");
        Path again = extract(base, merged, "again");
        Map<String, double[]> first = values(adapter.resolve("adapter/adapter_model.safetensors"));
        Map<String, double[]> second = values(again.resolve("adapter/adapter_model.safetensors"));
        assertThat(second.keySet()).isEqualTo(first.keySet());
        for (String module : List.of("layer.0.query", "layer.1.dense")) {
            double[] model = values(merged).get(module + ".weight");
            double[] change = change(first, module);
            double[] found = change(second, module);
            double squares = 0;
            double units = 0;
            for (int i = 0; i < model.length; i++) {
                squares += Math.pow(found[i] - change[i], 2);
                units += Math.pow(ulp(model[i], doubles), 2);
            }
            assertThat(Math.sqrt(squares / units))
                    .as("root mean square error of %s in ulp", module)
                    .isLessThanOrEqualTo(1);
        }
    }

    /** B A of rank 2, row by row. */
    private static double[] change(Map<String, double[]> adapter, String module) {
        double[] b = adapter.get("base_model.model." + module + ".lora_B.weight");
        double[] a = adapter.get("base_model.model." + module + ".lora_A.weight");
        int in = a.length / 2;
        double[] change = new double[b.length / 2 * in];
        for (int i = 0; i < change.length; i++) {
            change[i] = b[2 * (i / in)] * a[i % in] + b[2 * (i / in) + 1] * a[in + i % in];
        }
        return change;
    }

    @Test
    void twoAdaptersAddUp() throws IOException {
        Path adapter = extract(base, tuned, "adapter");
        String twice = "read.adapters=[\"" + adapter.resolve("adapter") + "\",\"" + adapter.resolve("adapter") + "\"]";
        assertThat(merge(base, "half", twice, "read.weights=[0.25, 0.75]").code())
                .isZero();
        double[] expected = values(tuned).get("layer.1.dense.weight");
        assertThat(farthest(
                        values(folder.resolve("half/model/base.safetensors")).get("layer.1.dense.weight"), expected))
                .isLessThan(ROUNDING);
        double largest = Cli.manifest(folder.resolve("half")).findings().measures().stream()
                .filter(m -> m.name().equals("largest rounding"))
                .mapToDouble(Measure::value)
                .findFirst()
                .orElseThrow();
        assertThat(largest).isCloseTo(0.5, within(0.5)).isLessThanOrEqualTo(0.5);
    }

    /** A tensor that an adapter holds whole is put in the place of the base's: once, never 0.5 or -1 times. */
    @Test
    void whatIsHeldWholeIsNotAddedByHalves() throws IOException {
        Path adapter = folder.resolve("whole");
        new TestAdapter(true)
                .linear("layer.0.query", new double[24][1], new double[1][24])
                .whole("layer.0.dense.weight", new double[40 * 24], 40, 24)
                .write(adapter);
        String key = "read.adapters=[\"" + adapter + "\"]";
        for (String weight : List.of("-1", "0.5", "0")) {
            Cli refused = merge(base, "refused", key, "read.weights=[" + weight + "]");
            assertThat(refused.code()).isEqualTo(65);
            assertThat(refused.message()).contains("layer.0.dense.weight whole", "weight 1");
        }
        assertThat(merge(base, "once", key).code()).isZero();
        assertThat(values(folder.resolve("once/model/base.safetensors")).get("layer.0.dense.weight"))
                .containsOnly(0);
    }

    @Test
    void anAdapterOfAnotherModelIsRefused() throws IOException {
        Path adapter = extract(base, tuned, "adapter");
        Path other = folder.resolve("other.safetensors");
        TestCheckpoint.write(other, Map.of("layer.0.query.weight", gaussian(24, 24, 1)));
        Cli missing = merge(other, "x", adapter(adapter));
        assertThat(missing.code()).isEqualTo(65);
        assertThat(missing.message()).contains("layer.1.dense").contains("does not have");
        TestCheckpoint.write(
                other,
                Map.of("layer.0.query.weight", gaussian(24, 20, 1), "layer.1.dense.weight", gaussian(40, 24, 1)));
        Cli shape = merge(other, "x", adapter(adapter));
        assertThat(shape.code()).isEqualTo(65);
        assertThat(shape.message()).contains("layer.0.query is [24, 20]").contains("24 x 24");
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @Test
    void wrongSpecsAreNamed() throws IOException {
        Path adapter = extract(base, tuned, "adapter");
        assertThat(merge(base, "x").message()).contains("read.adapters is empty");
        assertThat(merge(base, "x", adapter(adapter), "read.weights=[1, 2]").message())
                .contains("2 numbers for 1");
        assertThat(merge(base, "x", adapter(adapter), "read.weights=[half]").message())
                .contains("not half");
        assertThat(merge(base, "x", "read.adapters=[\"" + folder.resolve("none") + "\"]")
                        .code())
                .isEqualTo(66);
    }
}
