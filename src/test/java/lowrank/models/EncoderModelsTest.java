package lowrank.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lowrank.io.checkpoint.Activations;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The forward pass in doubles beside ONNX Runtime's in floats: {@code mvn verify -Pmodels}, as {@link RealHeads} says. */
@Tag("models")
class EncoderModelsTest {
    /** Floats carry 6e-8; sums of 512 terms and twelve layers multiply it, by some ten in what is measured. */
    private static final double FLOATS = 1e-5;

    @TempDir
    private Path folder;

    private static Matrix matrix(float[][] rows) {
        Matrix m = Matrix.zeros(rows.length, rows[0].length);
        for (int i = 0; i < m.rows(); i++) {
            for (int j = 0; j < m.cols(); j++) {
                m.set(i, j, rows[i][j]);
            }
        }
        return m;
    }

    /** The largest difference, relative to the largest entry. */
    private static double difference(Matrix a, Matrix b) {
        double most = Arrays.stream(b.values()).map(Math::abs).max().orElseThrow();
        return Arrays.stream(a.minus(b).values()).map(Math::abs).max().orElseThrow() / most;
    }

    @Test
    void withExactAttentionItIsTheModel() throws Exception {
        RealHeads real = RealHeads.load();
        List<String> parts = List.of("query", "key", "value");
        List<String> outputs = new ArrayList<>();
        for (int layer = 0; layer < 12; layer++) {
            for (String part : parts) {
                outputs.add(output(layer, part));
            }
        }
        Path open = folder.resolve("open.onnx");
        Activations.addOutputs(real.model(), open, outputs);
        outputs.add("last_hidden_state");
        Map<String, float[][]> values;
        try (OnnxRun run = new OnnxRun(open)) {
            values = run.values(real.ids(), outputs);
        }
        assertThat(real.encoder().layers()).isEqualTo(12);
        double worst = 0;
        for (int layer = 0; layer < 12; layer++) {
            Matrix q = Matrix.zeros(real.ids().length, 0);
            Matrix k = q;
            Matrix v = q;
            for (int head = 0; head < RealHeads.HEADS_PER_LAYER; head++) {
                q = q.beside(real.head(layer, head).q());
                k = k.beside(real.head(layer, head).k());
                v = v.beside(real.head(layer, head).v());
            }
            List<Matrix> ours = List.of(q, k, v);
            for (int part = 0; part < 3; part++) {
                Matrix theirs = matrix(values.get(output(layer, parts.get(part))));
                worst = Math.max(worst, difference(ours.get(part), theirs));
            }
        }
        double last = difference(
                real.encoder().states(real.ids(), RealHeads.exact()), matrix(values.get("last_hidden_state")));
        System.out.printf("largest difference of q, k, v: %.1e, of the last state: %.1e%n", worst, last);
        assertThat(worst).isLessThan(FLOATS);
        assertThat(last).isLessThan(FLOATS);
    }

    private static String output(int layer, String part) {
        return "/encoder/layer." + layer + "/attention/self/" + part + "/Add_output_0";
    }
}
