package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;
import lowrank.models.OnnxRun;
import lowrank.models.Sentences;
import lowrank.models.WordPiece;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real pair bge-small-en and bge-small-en-v1.5: {@code scripts/fetch-models FOLDER bge}, then {@code mvn verify -Pmodels
 * -Dlowrank.models=FOLDER}. ONNX Runtime runs the merged models.
 */
@Tag("models")
class AdapterModelsTest {
    private static final double DIGITS = 5e-6;

    @TempDir
    private Path folder;

    private Path models;

    @BeforeEach
    void models() {
        String given = System.getProperty("lowrank.models");
        assumeTrue(given != null && Files.exists(Path.of(given, "bge-small-en.onnx")), "lowrank.models is not set");
        models = Path.of(given);
    }

    private Path extract(int rank) throws IOException {
        return extract(rank, "float");
    }

    private Path extract(int rank, String precision) throws IOException {
        Path out = folder.resolve("rank" + rank);
        Cli cli = Cli.job(
                folder,
                "job=lora-extract",
                "read.base=" + models.resolve("bge-small-en.onnx"),
                "read.tuned=" + models.resolve("bge-small-en-v1.5.onnx"),
                "read.include=[\"encoder.layer.*\"]",
                "factor.rank=" + rank,
                "write.precision=" + precision,
                "write.side-file=true",
                "write.path=" + out);
        assertThat(cli.code()).as(cli.err()).isZero();
        return out;
    }

    private Path merge(Path adapter, Path side) throws IOException {
        Path out = folder.resolve(adapter.getFileName() + (side == null ? "-merged" : "-whole"));
        Cli cli = Cli.job(
                folder,
                "job=lora-merge",
                "read.base=" + models.resolve("bge-small-en.onnx"),
                "read.adapters=[\"" + adapter.resolve("adapter") + "\"]",
                side == null ? "read.side-file=null" : "read.side-file=" + side,
                "write.path=" + out);
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(Cli.measure(out, "largest rounding")).isLessThanOrEqualTo(0.5);
        return out.resolve("model/bge-small-en.onnx");
    }

    private double[][] embeddings(Path model) {
        WordPiece words = WordPiece.read(models.resolve("bge-small-en-v1.5-tokenizer.json"));
        try (OnnxRun run = new OnnxRun(model)) {
            return Sentences.TEXTS.stream()
                    .map(sentence -> Sentences.first(run.lastHiddenState(words.sentence(sentence))))
                    .toArray(double[][]::new);
        }
    }

    private static double meanCosine(double[][] a, double[][] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Sentences.cosine(a[i], b[i]) / a.length;
        }
        return sum;
    }

    /** Table b6 of the research notes: errors of the weights, and what becomes of embeddings. */
    @Test
    void errorsAreThePublishedOnesAndEmbeddingsComeNearer() throws IOException {
        double[][] target = embeddings(models.resolve("bge-small-en-v1.5.onnx"));
        double last = meanCosine(embeddings(models.resolve("bge-small-en.onnx")), target);
        System.out.printf("rank 0: mean cosine %.6f%n", last);
        int[] ranks = {4, 16, 64, 191};
        double[] errors = {.90668, .80695, .59945, Double.NaN};
        Path side = null;
        for (int i = 0; i < ranks.length; i++) {
            Path out = extract(ranks[i]);
            assertThat(Cli.measure(out, "relative delta")).isCloseTo(0.0213, within(5e-5));
            if (!Double.isNaN(errors[i])) {
                assertThat(Cli.measure(out, "relative error")).isCloseTo(errors[i], within(DIGITS));
            }
            side = out.resolve("dense.safetensors");
            double adapter = meanCosine(embeddings(merge(out, null)), target);
            double whole = meanCosine(embeddings(merge(out, side)), target);
            System.out.printf("rank %d: mean cosine %.6f, with the side-file %.6f%n", ranks[i], adapter, whole);
            assertThat(adapter).isGreaterThan(last).isLessThan(0.999);
            assertThat(whole).isGreaterThan(adapter);
            last = adapter;
            if (ranks[i] == 191) {
                assertThat(1 - whole).isLessThan((1 - adapter) / 10);
            }
        }
    }

    /**
     * The nearest adapter of rank 16 is the leading part of the one of rank 64, and both errors are orthogonal: what direct extraction
     * gives comes out of the larger adapter too. Singular values of neighbouring components differ by 1e-4 of the largest and more, so
     * vectors are known to a few thousand roundings.
     */
    @Test
    void anAdapterThatIsMadeSmallerIsTheOneExtractedAtThatRank() throws IOException {
        Path large = extract(64, "double");
        Path small = folder.resolve("resized");
        Cli cli = Cli.job(
                folder,
                "job=lora-resize",
                "read.adapters=[\"" + large.resolve("adapter") + "\"]",
                "factor.rank=16",
                "write.path=" + small);
        assertThat(cli.code()).as(cli.err()).isZero();
        double missed = Cli.measure(large, "relative error");
        double overall = Math.hypot(missed, Cli.measure(small, "relative error") * Math.sqrt(1 - missed * missed));
        Path direct = extract(16, "double");
        System.out.printf(
                "rank 64, then 16: relative error %.15f; at once: %.15f%n",
                overall, Cli.measure(direct, "relative error"));
        assertThat(overall).isCloseTo(Cli.measure(direct, "relative error"), within(1e-13));
        assertThat(overall).isCloseTo(.80695, within(DIGITS));
        Map<String, double[]> expected = factors(direct);
        Map<String, double[]> found = factors(small);
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        double worst = 0;
        for (Map.Entry<String, double[]> factor : expected.entrySet()) {
            double largest =
                    Arrays.stream(factor.getValue()).map(Math::abs).max().orElseThrow();
            for (int i = 0; i < factor.getValue().length; i++) {
                double off = Math.abs(found.get(factor.getKey())[i] - factor.getValue()[i]);
                worst = Math.max(worst, off / largest);
            }
        }
        System.out.printf("factors differ by %.3g of their largest entry%n", worst);
        assertThat(worst).isLessThan(1e-11);
    }

    private static Map<String, double[]> factors(Path extracted) {
        HadoopConf conf = new HadoopConf(new Configuration());
        Map<String, double[]> factors = new LinkedHashMap<>();
        for (StoredTensor tensor : Checkpoint.open(
                        conf,
                        extracted.resolve("adapter/adapter_model.safetensors").toString())
                .tensors()) {
            factors.put(tensor.name(), TensorReader.all(conf, tensor));
        }
        return factors;
    }

    @Test
    void anotherModelIsNoBase() throws IOException {
        assumeTrue(Files.exists(models.resolve("e5-small-v2.onnx")));
        Cli cli = Cli.job(
                folder,
                "job=lora-extract",
                "read.base=" + models.resolve("e5-small-v2.onnx"),
                "read.tuned=" + models.resolve("bge-small-en-v1.5.onnx"),
                "read.include=[\"encoder.layer.*\"]",
                "write.path=" + folder.resolve("wrong"));
        assertThat(cli.code()).isEqualTo(65);
        assertThat(cli.message()).contains("was not tuned from");
    }
}
