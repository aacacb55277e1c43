package lowrank.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import lowrank.linalg.Matrix;
import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The forward pass on the model that every build has, whose weights ONNX Runtime multiplies with rounded activations. */
class EncoderTest {
    private static final int HEADS = 12;

    /** Activations of 8 bits, each rounded to a part in some hundred, move a state by a few parts in a hundred. */
    private static final double EIGHT_BITS = 0.98;

    @TempDir
    private Path folder;

    @Test
    void itIsNearTheModelOfEightBits() {
        Path model = SmokeModel.onnx(folder);
        WordPiece words = SmokeModel.tokens(folder);
        Encoder encoder = Encoder.read(model, HEADS);
        assertThat(encoder.layers()).isEqualTo(6);
        try (OnnxRun run = new OnnxRun(model)) {
            for (String text : Sentences.TEXTS) {
                long[] ids = words.sentence(text);
                double[] theirs = Sentences.mean(run.lastHiddenState(ids));
                double[] ours = Sentences.mean(floats(encoder.states(ids, RealHeads.exact())));
                assertThat(Sentences.cosine(ours, theirs)).isGreaterThan(EIGHT_BITS);
            }
        }
    }

    @Test
    void headsAreAskedInOrder() {
        Encoder encoder = Encoder.read(SmokeModel.onnx(folder), HEADS);
        long[] ids = SmokeModel.tokens(folder).sentence(Sentences.TEXTS.get(0));
        List<Head> heads = encoder.heads(ids, (layer, head, q, k, v) -> v);
        assertThat(heads).hasSize(6 * HEADS);
        for (int i = 0; i < heads.size(); i++) {
            assertThat(heads.get(i).layer()).isEqualTo(i / HEADS);
            assertThat(heads.get(i).head()).isEqualTo(i % HEADS);
            assertThat(heads.get(i).q().rows()).isEqualTo(ids.length);
            assertThat(heads.get(i).k().cols()).isEqualTo(384 / HEADS);
        }
    }

    @Test
    void errorFunction() {
        for (double x = -7; x < 7; x += 0.01) {
            assertThat(Encoder.erf(x)).isCloseTo(Erf.erf(x), within(1e-14));
        }
    }

    private static float[][] floats(Matrix a) {
        float[][] rows = new float[a.rows()][a.cols()];
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < a.cols(); j++) {
                rows[i][j] = (float) a.get(i, j);
            }
        }
        return rows;
    }
}
