package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lowrank.blas.Arena;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.ModelConfig;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.AttentionHeads;
import lowrank.weights.AttentionLayer;
import lowrank.weights.CircuitFiles;
import lowrank.weights.Composition;
import lowrank.weights.HeadNames;
import lowrank.weights.HeadSpectrum;
import lowrank.weights.Selection;
import lowrank.weights.WeightSpectrum;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every number is compared with the same taken from the matrices, formed here. */
class CircuitsJobTest {
    private static final int WIDTH = 12;
    private static final int HEADS = 3;
    private static final int SIZE = WIDTH / HEADS;

    /** Rounding of products and singular values of matrices of this size, relative. */
    private static final double ROUNDING = 1e-12;

    @TempDir
    Path folder;

    private Cli run(String path, String output, String... more) throws IOException {
        List<String> pairs = new ArrayList<>(List.of(
                "job=circuits", "read.path=" + path, "write.path=" + folder.resolve(output), "write.mode=replace"));
        pairs.addAll(List.of(more));
        return Cli.job(folder, pairs.toArray(String[]::new));
    }

    private RowTable.Columns table(String output, String name) throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        return RowTable.read(
                conf, OutputFolder.read(conf, folder.resolve(output).toString()), name);
    }

    /** Columns from..to of a matrix. */
    private static Matrix columns(Matrix m, int from, int count) {
        return m.columns(IntStream.range(from, from + count).toArray(), count);
    }

    private static double norm(Matrix m) {
        return Math.sqrt(Arrays.stream(m.values()).map(x -> x * x).sum());
    }

    /** x W_Q W_K^T and x W_V W_O of a head, width x width, from (out, in) tensors. */
    private static Matrix formed(CircuitFiles files, int layer, int head, boolean qk) {
        String prefix = "bert.encoder.layer." + layer + ".attention.";
        int at = head * SIZE;
        Matrix left = files.get(prefix + (qk ? "self.query" : "self.value") + ".weight")
                .transpose();
        Matrix right =
                qk ? files.get(prefix + "self.key.weight").transpose() : files.get(prefix + "output.dense.weight");
        return columns(left, at, SIZE).timesTranspose(columns(right, at, SIZE));
    }

    @Test
    void headsAndCompositionAreThoseOfTheMatrices() throws IOException {
        CircuitFiles files = CircuitFiles.bert(3, WIDTH);
        Cli run = run(files.write(folder.resolve("model.safetensors")), "out", "heads.preset=bert", "heads.count=3");
        assertThat(run.code()).as(run.message()).isZero();
        RowTable.Columns heads = table("out", "heads");
        RowTable.Columns spectra = table("out", "spectra");
        assertThat(heads.whole("layer")).hasSize(3 * HEADS * 2);
        assertThat(spectra.numbers("value")).hasSize(3 * HEADS * 2 * SIZE);
        for (int row = 0; row < heads.whole("layer").length; row++) {
            int layer = heads.whole("layer")[row];
            int head = heads.whole("head")[row];
            Matrix m = formed(files, layer, head, heads.texts("matrix")[row].equals("QK"));
            double[] s = Arrays.copyOf(Dense.svd(m).s(), SIZE);
            WeightSpectrum spectrum = WeightSpectrum.of(s, WIDTH, WIDTH);
            double tolerance = ROUNDING * s[0];
            assertThat(heads.numbers("norm")[row]).isCloseTo(norm(m), within(tolerance));
            assertThat(heads.numbers("s1")[row]).isCloseTo(s[0], within(tolerance));
            assertThat(heads.numbers("s_last")[row]).isCloseTo(s[SIZE - 1], within(tolerance));
            assertThat(heads.whole("r90")[row]).isEqualTo(spectrum.r90());
            assertThat(heads.whole("r99")[row]).isEqualTo(spectrum.r99());
            assertThat(heads.numbers("stable_rank")[row]).isCloseTo(spectrum.stableRank(), within(ROUNDING * SIZE));
            Dense.Eigenvalues all = Dense.eigenvalues(m);
            double trace = 0;
            double magnitudes = 0;
            for (int j = 0; j < WIDTH; j++) {
                trace += m.get(j, j);
                magnitudes += all.magnitude(j);
            }
            // Of the zero eigenvalues that the whole matrix has besides, each leaves some root of rounding.
            assertThat(heads.numbers("trace")[row]).isCloseTo(trace, within(tolerance));
            assertThat(heads.numbers("copy_score")[row]).isCloseTo(trace / magnitudes, within(1e-6));
            for (int j = 0; j < SIZE; j++) {
                assertThat(spectra.numbers("value")[row * SIZE + j]).isCloseTo(s[j], within(tolerance));
            }
        }
        RowTable.Columns composition = table("out", "composition");
        assertThat(composition.numbers("score")).hasSize(3 * 3 * HEADS * HEADS);
        for (int row = 0; row < composition.numbers("score").length; row++) {
            Matrix first = formed(
                    files, composition.whole("from_layer")[row], composition.whole("from_head")[row], false);
            String kind = composition.texts("kind")[row];
            Matrix second = formed(
                    files, composition.whole("to_layer")[row], composition.whole("to_head")[row], !kind.equals("V"));
            Matrix product = kind.equals("K") ? first.timesTranspose(second) : first.times(second);
            assertThat(composition.numbers("score")[row])
                    .isCloseTo(norm(product) / norm(first) / norm(second), within(ROUNDING));
        }
    }

    /** Tasks are cut by cost; what a layer or a pair gives in a task with others is what it gives alone, bit by bit. */
    @Test
    void bitsAreThoseOfEachLayerAlone() throws IOException {
        String path = CircuitFiles.bert(3, WIDTH).write(folder.resolve("model.safetensors"));
        assertThat(run(path, "out", "heads.preset=bert", "heads.count=3").code())
                .isZero();
        HadoopConf conf = new HadoopConf(new Configuration());
        Checkpoint checkpoint = Checkpoint.open(conf, path);
        List<AttentionLayer> layers = AttentionHeads.of(
                checkpoint,
                Selection.of(checkpoint, new Selection.Rule(List.of("*"), List.of(), List.of(), "read")),
                HeadNames.preset("bert"),
                ModelConfig.beside(conf, checkpoint),
                HEADS,
                0);
        List<Double> copy = new ArrayList<>();
        List<Double> scores = new ArrayList<>();
        for (int i = layers.size() - 1; i >= 0; i--) {
            try (Arena arena = new Arena()) {
                copy.addAll(
                        0,
                        HeadSpectrum.of(layers.get(i), conf, arena).stream()
                                .map(HeadSpectrum::copyScore)
                                .toList());
            }
        }
        for (int i = 0; i < layers.size(); i++) {
            for (int j = i + 1; j < layers.size(); j++) {
                try (Arena arena = new Arena()) {
                    Composition.Scores pair = new Composition(List.of(layers.get(i)), layers.get(j))
                            .run(conf, arena)
                            .get(0);
                    for (double[] kind : pair.of()) {
                        Arrays.stream(kind).forEach(scores::add);
                    }
                }
            }
        }
        assertThat(table("out", "heads").numbers("copy_score"))
                .containsExactly(copy.stream().mapToDouble(x -> x).toArray());
        assertThat(table("out", "composition").numbers("score"))
                .containsExactly(scores.stream().mapToDouble(x -> x).toArray());
    }

    @Test
    void sharedKeysAndFusedTensorsAreCutAsTheyLie() throws IOException {
        // The same model twice: four queries of two keys and values, as llama's tensors and as one fused (in, out)
        // tensor.
        int d = 8;
        Matrix q = CircuitFiles.random(8, d, 1);
        Matrix k = CircuitFiles.random(4, d, 2);
        Matrix v = CircuitFiles.random(4, d, 3);
        Matrix o = CircuitFiles.random(d, 8, 4);
        String llama = new CircuitFiles()
                .put("model.layers.0.self_attn.q_proj.weight", q)
                .put("model.layers.0.self_attn.k_proj.weight", k)
                .put("model.layers.0.self_attn.v_proj.weight", v)
                .put("model.layers.0.self_attn.o_proj.weight", o)
                .write(Files.createDirectory(folder.resolve("llama")).resolve("model.safetensors"));
        Files.writeString(
                folder.resolve("llama/config.json"),
                "{\"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"head_dim\": 2, \"x\": 0.5}");
        Matrix fused = q.transpose().beside(k.transpose()).beside(v.transpose());
        String gpt = new CircuitFiles()
                .put("transformer.h.0.attn.c_attn.weight", fused)
                .put("transformer.h.0.attn.c_proj.weight", o.transpose())
                .write(folder.resolve("gpt.safetensors"));
        assertThat(run(llama, "llama-out", "heads.preset=llama").message()).isEmpty();
        assertThat(run(gpt, "gpt-out", "heads.preset=gpt2", "heads.count=4", "heads.key-value-count=2")
                        .message())
                .isEmpty();
        RowTable.Columns heads = table("llama-out", "heads");
        assertThat(table("gpt-out", "heads").numbers("copy_score")).containsExactly(heads.numbers("copy_score"));
        Matrix third = columns(q.transpose(), 4, 2).timesTranspose(columns(k.transpose(), 2, 2));
        assertThat(heads.numbers("norm")[4]).isCloseTo(norm(third), within(ROUNDING * norm(third)));
        assertThat(table("llama-out", "composition").numbers("score")).isEmpty();
    }

    @Test
    void whatDoesNotFitIsNamed() throws IOException {
        String path = CircuitFiles.bert(2, WIDTH).write(folder.resolve("model.safetensors"));
        Cli none = run(path, "out", "heads.preset=gpt2", "heads.count=3");
        assertThat(none.code()).isEqualTo(64);
        assertThat(none.message()).contains("attn.c_attn", "bert.encoder.layer.0.attention.self.query.weight");
        Cli unknown = run(path, "out", "heads.preset=bert");
        assertThat(unknown.code()).isEqualTo(64);
        assertThat(unknown.message()).contains("heads.count", "config.json");
        Cli uneven = run(path, "out", "heads.preset=bert", "heads.count=5");
        assertThat(uneven.code()).isEqualTo(65);
        assertThat(uneven.message()).contains("12 outputs", "5 heads", "heads.count");
        assertThat(run(path, "out", "heads.count=3").message()).contains("heads.query", "heads.preset");
        Cli lacking = run(
                CircuitFiles.bert(2, WIDTH)
                        .remove("bert.encoder.layer.1.attention.self.key.weight")
                        .write(folder.resolve("lacking.safetensors")),
                "out",
                "heads.preset=bert",
                "heads.count=3");
        assertThat(lacking.code()).isEqualTo(65);
        assertThat(lacking.message()).contains("layer.1.attention.self.key.weight", "read.exclude");
        CircuitFiles nan = CircuitFiles.bert(2, WIDTH);
        nan.get("bert.encoder.layer.1.attention.self.value.weight").set(2, 5, Double.NaN);
        Cli bad = run(nan.write(folder.resolve("nan.safetensors")), "out", "heads.preset=bert", "heads.count=3");
        assertThat(bad.code()).isEqualTo(65);
        assertThat(bad.message()).contains("layer.1.attention.self.value.weight", "row 2, column 5");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void planSaysWhatItTakes() throws IOException {
        String path = CircuitFiles.bert(3, WIDTH).write(folder.resolve("model.safetensors"));
        Path spec = folder.resolve("plan.conf");
        Files.writeString(spec, "");
        Cli plan = Cli.run(
                "plan",
                spec.toString(),
                "--set",
                "job=circuits",
                "--set",
                "read.path=" + path,
                "--set",
                "write.path=" + folder.resolve("none"),
                "--set",
                "heads.preset=bert",
                "--set",
                "heads.count=3");
        assertThat(plan.code()).as(plan.message()).isZero();
        assertThat(plan.out()).contains("12 matrices", "heads", "composition", "no part of attention heads");
    }

    /** Figures of an independent computation in NumPy, to their digits. */
    @Test
    @Tag("models")
    void headsOfBertAreThoseOfNumPy() throws IOException {
        String models = System.getProperty("lowrank.models");
        assumeTrue(models != null && !models.isEmpty(), "lowrank.models is not set");
        Path bert = Path.of(models, "bert");
        assumeTrue(Files.exists(bert), "there is no bert in lowrank.models");
        Cli run = run(bert.toString(), "bert", "heads.preset=bert", "heads.count=12");
        assertThat(run.code()).as(run.message()).isZero();
        RowTable.Columns heads = table("bert", "heads");
        assertThat(heads.whole("layer")).hasSize(288);
        double[][] expected = {
            {10.29889, 5.67465, .177967, 27, 55, 3.2938, 47.818, -7.60250, -.33855},
            {5.45085, 1.60298, .214366, 38, 59, 11.5631, 55.591, 2.33570, .25166}
        };
        for (int row = 0; row < 2; row++) {
            double[] found = {
                heads.numbers("norm")[row],
                heads.numbers("s1")[row],
                heads.numbers("s_last")[row],
                heads.whole("r90")[row],
                heads.whole("r99")[row],
                heads.numbers("stable_rank")[row],
                heads.numbers("entropy_rank")[row],
                heads.numbers("trace")[row],
                heads.numbers("copy_score")[row]
            };
            double[] last = {5e-6, 5e-6, 5e-7, 0, 0, 5e-5, 5e-4, 5e-6, 5e-6};
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i])
                        .as("column %d of row %d", i, row)
                        .isCloseTo(expected[row][i], within(last[i] * 1.01));
            }
        }
        assertThat(table("bert", "composition").numbers("score")).hasSize(66 * 144 * 3);
        Manifest manifest = Cli.manifest(folder.resolve("bert"));
        manifest.passes()
                .forEach(pass -> System.out.printf(
                        "BERT-base, %s: %.2f s, %.1f GFLOP/s, %d tasks%n",
                        pass.label(), pass.seconds(), pass.flops() / 1e9 / pass.seconds(), pass.tasks()));
    }
}
