package lowrank.io.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import lowrank.io.checkpoint.StoredTensor.Role;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real ONNX models, against NumPy: names, shapes, first values and norms. */
@Tag("models")
final class OnnxModelsTest {
    private static List<StoredTensor> read(String name) {
        return Onnx.read(OnnxModel.CONF, ModelFiles.stored(name));
    }

    static StoredTensor find(List<StoredTensor> tensors, String name) {
        return tensors.stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static void hold(List<StoredTensor> tensors, String name, double norm, double first, double third) {
        double[] values = TensorReader.all(OnnxModel.CONF, find(tensors, name));
        double squares = 0;
        for (double value : values) {
            squares += value * value;
        }
        double rounding = values.length * 0x1p-53; // of a sum of squares taken one after the other
        assertThat(Math.sqrt(squares)).isCloseTo(norm, within(rounding * norm));
        assertThat(values[0]).isCloseTo(first, within(1e-8));
        assertThat(values[2]).isCloseTo(third, within(1e-8));
    }

    /** Six matrices in each layer, as Hugging Face names them, stored (in, out); three tables of embeddings. */
    static void holdLayers(List<StoredTensor> tensors, int layers) {
        Map<String, StoredTensor> named =
                tensors.stream().collect(Collectors.toMap(StoredTensor::name, Function.identity()));
        for (int layer = 0; layer < layers; layer++) {
            String prefix = "encoder.layer." + layer + ".";
            for (String square : List.of("self.query", "self.key", "self.value", "output.dense")) {
                holdShape(named.get(prefix + "attention." + square + ".weight"), 384, 384);
            }
            holdShape(named.get(prefix + "intermediate.dense.weight"), 384, 1536);
            holdShape(named.get(prefix + "output.dense.weight"), 1536, 384);
        }
        assertThat(tensors.stream().filter(tensor -> tensor.role() == Role.IN_OUT))
                .hasSize(6 * layers);
        assertThat(tensors.stream().filter(tensor -> tensor.role() == Role.EMBEDDING))
                .extracting(StoredTensor::name)
                .containsExactlyInAnyOrder(
                        "embeddings.word_embeddings.weight",
                        "embeddings.position_embeddings.weight",
                        "embeddings.token_type_embeddings.weight");
    }

    static void holdShape(StoredTensor tensor, long in, long out) {
        assertThat(tensor.shape()).containsExactly(in, out);
        assertThat(tensor.role()).isEqualTo(Role.IN_OUT);
    }

    @Test
    void theBaseOfThePair() {
        List<StoredTensor> tensors = read("bge-small-en.onnx");
        assertThat(tensors).hasSize(197);
        holdLayers(tensors, 12);
        assertThat(tensors.stream().mapToLong(StoredTensor::count).sum()).isEqualTo(33_212_160L);
        hold(tensors, "encoder.layer.0.attention.self.query.weight", 38.60888397628252, -0.24291992, -0.08978271);
        hold(tensors, "encoder.layer.11.output.dense.weight", 4.229968096607629, 0.00291443, -0.00160599);
        hold(tensors, "embeddings.word_embeddings.weight", 236.3468027481135, -0.01997375, -0.01467133);
    }

    @Test
    void theTunedOfThePairHasTheSameTensors() {
        List<StoredTensor> tensors = read("bge-small-en-v1.5.onnx");
        holdLayers(tensors, 12);
        assertThat(tensors)
                .extracting(StoredTensor::name, StoredTensor::shape)
                .isEqualTo(read("bge-small-en.onnx").stream()
                        .map(tensor -> tuple(tensor.name(), tensor.shape()))
                        .toList());
        hold(tensors, "encoder.layer.0.attention.self.query.weight", 38.59752152150515, -0.24365234, -0.08666992);
        hold(tensors, "encoder.layer.11.output.dense.weight", 4.251741835351491, 0.003479, -0.00216293);
    }

    @Test
    void anotherModelOfTheSameShapesWithPositions() {
        List<StoredTensor> tensors = read("e5-small-v2.onnx");
        assertThat(tensors).hasSize(198);
        holdLayers(tensors, 12);
        assertThat(find(tensors, "embeddings.position_ids").isWeight()).isFalse();
        hold(tensors, "encoder.layer.0.attention.self.query.weight", 36.88083854564133, -0.18640137, -0.05615234);
    }

    @Test
    void quantisedWeightsBecomeWeights() {
        List<StoredTensor> tensors = read("bge-small-en-q.onnx");
        assertThat(tensors).hasSize(347 - 2 * 75);
        holdLayers(tensors, 12);
        assertThat(tensors.stream().filter(tensor -> tensor.quantisation() != null))
                .hasSize(75);
        hold(tensors, "encoder.layer.0.attention.self.query.weight", 38.6121636355117, -0.24490356, -0.0887146);
        hold(tensors, "encoder.layer.11.output.dense.weight", 4.2347596204229125, 0.00263214, -0.00182152);
        hold(tensors, "embeddings.word_embeddings.weight", 236.60002785257038, -0.02259498, -0.01129749);
    }

    @Test
    void theSmallestModel() {
        List<StoredTensor> tensors = read("all-minilm-l6-v2-q.onnx");
        holdLayers(tensors, 6);
        hold(tensors, "encoder.layer.0.attention.self.query.weight", 36.65962321950523, -0.14740535, -0.05758876);
        hold(tensors, "encoder.layer.5.output.dense.weight", 29.78535133677366, -0.05594466, 0.05318783);
        hold(tensors, "embeddings.word_embeddings.weight", 190.60103114148166, -0.01646118, -0.01646118);
    }
}
