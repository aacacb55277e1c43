package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
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
        return formed(files, layer, head * SIZE, SIZE, qk);
    }

    private static Matrix formed(CircuitFiles files, int layer, int at, int size, boolean qk) {
        String prefix = "bert.encoder.layer." + layer + ".attention.";
        Matrix left = files.get(prefix + (qk ? "self.query" : "self.value") + ".weight")
                .transpose();
        Matrix right =
                qk ? files.get(prefix + "self.key.weight").transpose() : files.get(prefix + "output.dense.weight");
        return columns(left, at, size).timesTranspose(columns(right, at, size));
    }

    /** The score of W_OV of an earlier head and W_QK or W_OV of a later one, both formed. */
    private static void requireScore(double score, String kind, Matrix first, Matrix second) {
        Matrix product = kind.equals("K") ? first.timesTranspose(second) : first.times(second);
        assertThat(score).isCloseTo(norm(product) / norm(first) / norm(second), within(ROUNDING));
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
            requireScore(composition.numbers("score")[row], kind, first, second);
        }
    }

    /** Heads may have more numbers than a place: their products then have the rank of a place. */
    @Test
    void headsWiderThanTheModelCompose() throws IOException {
        int width = 4;
        int count = 2;
        int size = 7;
        CircuitFiles files = new CircuitFiles();
        for (int layer = 0; layer < 3; layer++) {
            String prefix = "bert.encoder.layer." + layer + ".attention.";
            files.put(prefix + "self.query.weight", CircuitFiles.random(count * size, width, 10 + layer))
                    .put(prefix + "self.key.weight", CircuitFiles.random(count * size, width, 20 + layer))
                    .put(prefix + "self.value.weight", CircuitFiles.random(count * size, width, 30 + layer))
                    .put(prefix + "output.dense.weight", CircuitFiles.random(width, count * size, 40 + layer));
        }
        Cli run = run(files.write(folder.resolve("model.safetensors")), "out", "heads.preset=bert", "heads.count=2");
        assertThat(run.code()).as(run.message()).isZero();
        RowTable.Columns composition = table("out", "composition");
        assertThat(composition.numbers("score")).hasSize(3 * 3 * count * count);
        for (int row = 0; row < composition.numbers("score").length; row++) {
            Matrix first = formed(
                    files,
                    composition.whole("from_layer")[row],
                    composition.whole("from_head")[row] * size,
                    size,
                    false);
            String kind = composition.texts("kind")[row];
            Matrix second = formed(
                    files,
                    composition.whole("to_layer")[row],
                    composition.whole("to_head")[row] * size,
                    size,
                    !kind.equals("V"));
            requireScore(composition.numbers("score")[row], kind, first, second);
        }
        Cli verified = Cli.run("verify", folder.resolve("out").toString());
        assertThat(verified.code()).as(verified.out()).isZero();
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

    /** Names that no preset knows, in a family that shares keys and values; every number as from the tensors, formed here. */
    @Test
    void patternsNameTensorsOfAnyFamilyAlsoWithSharedKeys() throws IOException {
        int width = 6;
        int size = 2;
        int count = 4;
        int shared = 2;
        CircuitFiles files = new CircuitFiles();
        for (int layer = 0; layer < 2; layer++) {
            files.put("net/block_" + layer + "/ask", CircuitFiles.random(count * size, width, 50 + layer))
                    .put("net/block_" + layer + "/find", CircuitFiles.random(shared * size, width, 60 + layer))
                    .put("net/block_" + layer + "/carry", CircuitFiles.random(shared * size, width, 70 + layer))
                    .put("net/block_" + layer + "/put", CircuitFiles.random(width, count * size, 80 + layer));
        }
        Cli run = run(
                files.write(folder.resolve("own.safetensors")),
                "own",
                "heads.query=*block_{layer}/ask",
                "heads.key=*block_{layer}/find",
                "heads.value=*block_{layer}/carry",
                "heads.output=*block_{layer}/put",
                "heads.count=" + count,
                "heads.key-value-count=" + shared);
        assertThat(run.code()).as(run.message()).isZero();
        RowTable.Columns heads = table("own", "heads");
        assertThat(heads.whole("layer")).hasSize(2 * count * 2);
        for (int row = 0; row < heads.whole("layer").length; row++) {
            Matrix m = grouped(
                    files,
                    heads.whole("layer")[row],
                    heads.whole("head")[row],
                    heads.texts("matrix")[row].equals("QK"));
            assertThat(heads.numbers("norm")[row]).isCloseTo(norm(m), within(ROUNDING * norm(m)));
            assertThat(heads.numbers("s1")[row]).isCloseTo(Dense.svd(m).s()[0], within(ROUNDING * norm(m)));
        }
        RowTable.Columns composition = table("own", "composition");
        assertThat(composition.numbers("score")).hasSize(3 * count * count);
        for (int row = 0; row < composition.numbers("score").length; row++) {
            Matrix first = grouped(files, 0, composition.whole("from_head")[row], false);
            String kind = composition.texts("kind")[row];
            Matrix second = grouped(files, 1, composition.whole("to_head")[row], !kind.equals("V"));
            requireScore(composition.numbers("score")[row], kind, first, second);
        }
    }

    /** W_QK or W_OV where four heads of two numbers share two keys and values. */
    private static Matrix grouped(CircuitFiles files, int layer, int head, boolean qk) {
        String block = "net/block_" + layer + "/";
        Matrix left = qk
                ? columns(files.get(block + "ask").transpose(), 2 * head, 2)
                : columns(files.get(block + "carry").transpose(), 2 * (head / 2), 2);
        Matrix right = qk
                ? columns(files.get(block + "find").transpose(), 2 * (head / 2), 2)
                : columns(files.get(block + "put"), 2 * head, 2);
        return left.timesTranspose(right);
    }

    /** Runs of several earlier layers; rows stay in the order of layers. */
    @Test
    void compositionIsThatOfTheMatricesInRunsOfLayers() throws IOException {
        CircuitFiles files = CircuitFiles.bert(7, WIDTH);
        Cli run = run(files.write(folder.resolve("model.safetensors")), "out", "heads.preset=bert", "heads.count=3");
        assertThat(run.code()).as(run.message()).isZero();
        RowTable.Columns composition = table("out", "composition");
        assertThat(composition.numbers("score")).hasSize(21 * 3 * HEADS * HEADS);
        int row = 0;
        for (int from = 0; from < 7; from++) {
            for (int to = from + 1; to < 7; to++) {
                for (int i = 0; i < 3 * HEADS * HEADS; i++) {
                    assertThat(composition.whole("from_layer")[row]).isEqualTo(from);
                    assertThat(composition.whole("to_layer")[row]).isEqualTo(to);
                    Matrix first = formed(files, from, composition.whole("from_head")[row], false);
                    String kind = composition.texts("kind")[row];
                    Matrix second = formed(files, to, composition.whole("to_head")[row], !kind.equals("V"));
                    requireScore(composition.numbers("score")[row], kind, first, second);
                    row++;
                }
            }
        }
    }

    /** Weights whose squares are no doubles have the scores of the same weights at an ordinary scale, and zeros have none. */
    @Test
    void scaleDoesNotChangeScores() throws IOException {
        CircuitFiles files = CircuitFiles.bert(3, WIDTH);
        String[] options = {"heads.preset=bert", "heads.count=3"};
        assertThat(run(files.write(folder.resolve("a.safetensors")), "a", options)
                        .code())
                .isZero();
        double[] plain = table("a", "composition").numbers("score");
        int[] exponents = {240, -240, 0};
        for (int layer = 0; layer < 3; layer++) {
            for (String part : List.of("self.query", "self.key", "self.value", "output.dense")) {
                double[] values = files.get("bert.encoder.layer." + layer + ".attention." + part + ".weight")
                        .values();
                for (int i = 0; i < values.length; i++) {
                    values[i] = Math.scalb(values[i], exponents[layer]);
                }
            }
        }
        Arrays.fill(
                files.get("bert.encoder.layer.2.attention.self.value.weight").values(), 0);
        Cli run = run(files.write(folder.resolve("b.safetensors")), "b", options);
        assertThat(run.code()).as(run.message()).isZero();
        RowTable.Columns scaled = table("b", "composition");
        for (int row = 0; row < plain.length; row++) {
            boolean zero = scaled.whole("to_layer")[row] == 2 && scaled.texts("kind")[row].equals("V");
            assertThat(scaled.numbers("score")[row]).isCloseTo(zero ? 0 : plain[row], within(ROUNDING));
        }
        assertThat(Files.readString(folder.resolve("b/report.html"))).doesNotContain("NaN", "Infinity");
    }

    @Test
    void reportAndTerminalNameTheHeadsOfTheTables() throws IOException {
        String path = CircuitFiles.bert(3, WIDTH).write(folder.resolve("model.safetensors"));
        assertThat(run(path, "out", "heads.preset=bert", "heads.count=3").code())
                .isZero();
        String page = Files.readString(folder.resolve("out/report.html"));
        Cli show = Cli.run("show", folder.resolve("out").toString());
        assertThat(show.code()).as(show.message()).isZero();
        RowTable.Columns heads = table("out", "heads");
        double[] scores = heads.numbers("copy_score");
        for (String matrix : List.of("QK", "OV")) {
            List<Integer> order = IntStream.range(0, scores.length)
                    .filter(i -> heads.texts("matrix")[i].equals(matrix))
                    .boxed()
                    .sorted((i, j) -> Double.compare(scores[j], scores[i]))
                    .toList();
            for (int row : List.of(order.get(0), order.get(order.size() - 1))) {
                String name = "L" + heads.whole("layer")[row] + "H" + heads.whole("head")[row];
                assertThat(show.out()).contains(String.format(Locale.ROOT, "%s %.4f", name, scores[row]));
                assertThat(page).contains("scope=\"row\">" + name + "<");
            }
        }
        RowTable.Columns composition = table("out", "composition");
        for (String kind : List.of("Q", "K", "V")) {
            int best = IntStream.range(0, composition.numbers("score").length)
                    .filter(i -> composition.texts("kind")[i].equals(kind))
                    .boxed()
                    .max(Comparator.comparingDouble(i -> composition.numbers("score")[i]))
                    .orElseThrow();
            String from = "L" + composition.whole("from_layer")[best] + "H"
                    + composition.whole("from_head")[best];
            String to = "L" + composition.whole("to_layer")[best] + "H"
                    + composition.whole("to_head")[best];
            assertThat(show.out())
                    .containsPattern(kind + " +strongest +"
                            + String.format(
                                    Locale.ROOT,
                                    "%s to %s %.4f",
                                    from,
                                    to,
                                    composition.numbers("score")[best]));
            assertThat(page).contains("<td>" + from + "</td>", "<td>" + to + "</td>");
        }
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
        compositionIsThatOfNumPy(table("bert", "composition"));
        Manifest manifest = Cli.manifest(folder.resolve("bert"));
        manifest.passes()
                .forEach(pass -> System.out.printf(
                        "BERT-base, %s: %.2f s, %.1f GFLOP/s, %d tasks%n",
                        pass.label(), pass.seconds(), pass.flops() / 1e9 / pass.seconds(), pass.tasks()));
    }

    /**
     * Pairs of NumPy's, in double from the norms of Gram matrices (||V O A B'||^2 = sum of (V'V O A) * (O A B'B), entry by entry), not from
     * triangles; 60 pairs of it agree with formed matrices to 1e-16.
     */
    private static void compositionIsThatOfNumPy(RowTable.Columns composition) {
        assertThat(composition.numbers("score")).hasSize(66 * 144 * 3);
        double[][] expected = {
            // kind, layer and head of the earlier one, of the later one, score
            {0, 0, 6, 1, 2, 0.160772594630010},
            {1, 1, 11, 3, 0, 0.174297005036122},
            {2, 2, 3, 3, 7, 0.193131810233289},
            {0, 0, 0, 11, 11, 0.041439795895972},
            {1, 5, 7, 6, 3, 0.035587530073228},
            {2, 10, 4, 11, 0, 0.037556413200550},
            {0, 3, 9, 8, 1, 0.037773807566628},
            {1, 0, 0, 1, 0, 0.062085644484804},
            {2, 0, 0, 1, 0, 0.035360490488671}
        };
        for (double[] pair : expected) {
            String kind = List.of("Q", "K", "V").get((int) pair[0]);
            int row = IntStream.range(0, composition.numbers("score").length)
                    .filter(i -> composition.texts("kind")[i].equals(kind)
                            && composition.whole("from_layer")[i] == pair[1]
                            && composition.whole("from_head")[i] == pair[2]
                            && composition.whole("to_layer")[i] == pair[3]
                            && composition.whole("to_head")[i] == pair[4])
                    .findFirst()
                    .orElseThrow();
            assertThat(composition.numbers("score")[row])
                    .as("%s of %s", kind, Arrays.toString(pair))
                    .isCloseTo(pair[5], within(ROUNDING));
        }
    }
}
