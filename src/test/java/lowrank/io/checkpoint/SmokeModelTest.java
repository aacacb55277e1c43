package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.OnnxModel.CONF;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lowrank.io.StoredFile;
import lowrank.models.OnnxRun;
import lowrank.models.Sentences;
import lowrank.models.SmokeModel;
import lowrank.models.WordPiece;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real model of 8-bit weights, in every build. */
final class SmokeModelTest {
    private static final String SHA256 = "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1";

    @TempDir
    private static Path folder;

    private static StoredFile file;
    private static WordPiece tokens;

    @BeforeAll
    static void unpack() {
        file = StoredFile.look(CONF, SmokeModel.onnx(folder).toString());
        tokens = SmokeModel.tokens(folder);
    }

    @Test
    void itsMatricesAreReadByName() {
        List<StoredTensor> tensors = Onnx.read(CONF, file);
        assertThat(tensors).hasSize(180 - 2 * 39);
        OnnxModelsTest.holdLayers(tensors, 6);
        for (StoredTensor tensor : tensors) {
            if (tensor.quantisation() != null) {
                boolean finite = Arrays.stream(TensorReader.all(CONF, tensor)).allMatch(Double::isFinite);
                assertThat(finite).as(tensor.name()).isTrue();
            }
        }
        OnnxModelsTest.hold(
                tensors, "encoder.layer.0.attention.self.query.weight", 36.65962321950523, -0.14740535, -0.05758876);
        OnnxModelsTest.hold(tensors, "encoder.layer.5.output.dense.weight", 29.78535133677366, -0.05594466, 0.05318783);
        OnnxModelsTest.hold(tensors, "embeddings.word_embeddings.weight", 190.60103114148166, -0.01646118, -0.01646118);
    }

    @Test
    void itsCopyIsByteExact() {
        PatchedCopy.Written written = PatchedCopy.file(
                CONF,
                file,
                List.of(),
                PatchedCopyTest::same,
                folder.resolve("copy.onnx").toString());
        assertThat(written.sha256()).isEqualTo(SHA256);
        assertThat(written.bytes()).isEqualTo(22_972_370);
    }

    @Test
    void itRunsAndTellsSentencesApart() {
        try (OnnxRun run = new OnnxRun(Path.of(file.path()))) {
            double[] matrix = embed(run, "Apache Spark distributes a matrix over many machines.");
            double[] rows = embed(run, "The rows of a matrix are spread over a cluster by Spark.");
            double[] soup = embed(run, "My grandmother cooks soup with carrots on Sundays.");
            assertThat(Sentences.cosine(matrix, rows)).isGreaterThan(0.6);
            assertThat(Sentences.cosine(matrix, soup)).isLessThan(0.2);
        }
    }

    private static double[] embed(OnnxRun run, String text) {
        float[][] states = run.lastHiddenState(tokens.sentence(text));
        assertThat(states[0]).hasSize(384);
        return Sentences.mean(states);
    }

    @Test
    void tokensAreThoseOfBert() {
        assertThat(tokens.sentence("Apache Spark distributes a matrix over many machines."))
                .containsExactly(101, 15895, 12125, 16062, 2015, 1037, 8185, 2058, 2116, 6681, 1012, 102);
        assertThat(tokens.pieces("\u00dcnaffable caf\u00e9\u2014na\u00efve $5.00 (don't) tensorisation \u2603"))
                .containsExactly(
                        14477, 20961, 3468, 7668, 1517, 15743, 1002, 1019, 1012, 4002, 1006, 2123, 1005, 1056, 1007,
                        23435, 6648, 100);
    }
}
