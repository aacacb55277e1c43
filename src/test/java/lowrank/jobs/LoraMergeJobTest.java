package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import lowrank.certify.Measure;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;
import lowrank.linalg.Matrix;
import lowrank.random.Draws;
import lowrank.weights.TestCheckpoint;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    /** Changes of rank 2 in two of four matrices, and of everything in the third. */
    @BeforeEach
    void models() throws IOException {
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
        TestCheckpoint.write(base, before);
        TestCheckpoint.write(tuned, after);
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

    /** Added and taken away: each time one rounding of half a unit in the last place. */
    @Test
    void unmergingGivesTheBaseBack() throws IOException {
        Path adapter = extract(base, tuned, "adapter");
        assertThat(merge(base, "merged", adapter(adapter)).code()).isZero();
        Path merged = folder.resolve("merged/model/base.safetensors");
        assertThat(merge(merged, "back", adapter(adapter), "read.weights=[-1]").code())
                .isZero();
        Map<String, double[]> back = values(folder.resolve("back/model/base.safetensors"));
        values(base).forEach((name, expected) -> {
            double[] found = back.get(name);
            for (int i = 0; i < expected.length; i++) {
                double unit =
                        Math.max(Math.ulp(expected[i]), Math.ulp(values(merged).get(name)[i]));
                assertThat(Math.abs(found[i] - expected[i])).isLessThanOrEqualTo(unit);
            }
        });
    }

    @Test
    void mergedThenExtractedIsTheAdapterAgain() throws IOException {
        Path adapter = extract(base, tuned, "adapter");
        assertThat(merge(base, "merged", adapter(adapter)).code()).isZero();
        Path again = extract(base, folder.resolve("merged/model/base.safetensors"), "again");
        Map<String, double[]> first = values(adapter.resolve("adapter/adapter_model.safetensors"));
        Map<String, double[]> second = values(again.resolve("adapter/adapter_model.safetensors"));
        assertThat(second.keySet()).isEqualTo(first.keySet());
        // The difference is of size 0.01 and known to roundings of its base: so are its singular vectors.
        first.forEach(
                (name, values) -> assertThat(farthest(values, second.get(name))).isLessThan(1e-11));
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
