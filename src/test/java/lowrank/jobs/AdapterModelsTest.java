package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lowrank.models.OnnxRun;
import lowrank.models.Sentences;
import lowrank.models.WordPiece;
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
        Path out = folder.resolve("rank" + rank);
        Cli cli = Cli.job(
                folder,
                "job=lora-extract",
                "read.base=" + models.resolve("bge-small-en.onnx"),
                "read.tuned=" + models.resolve("bge-small-en-v1.5.onnx"),
                "read.include=[\"encoder.layer.*\"]",
                "factor.rank=" + rank,
                "write.precision=float",
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
