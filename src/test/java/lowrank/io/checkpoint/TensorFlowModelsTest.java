package lowrank.io.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import lowrank.io.StoredFile;
import lowrank.io.checkpoint.StoredTensor.Role;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** BERT-base as TensorFlow stores it, against NumPy. */
@Tag("models")
final class TensorFlowModelsTest {
    private static final String ENCODER = "module.bert.encoder.layer.";

    @Test
    void bertBase() {
        StoredFile index = ModelFiles.stored("bert/variables.index");
        ModelFiles.path("bert/variables.data-00000-of-00001");
        List<StoredTensor> tensors = TensorFlowBundle.read(OnnxModel.CONF, index);
        assertThat(tensors).hasSize(204);
        assertThat(tensors.stream().mapToLong(StoredTensor::count).sum()).isEqualTo(110_104_890L);
        assertThat(tensors).allMatch(tensor -> tensor.type() == ElementType.F32);
        assertThat(tensors.stream().filter(tensor -> tensor.role() == Role.EMBEDDING))
                .extracting(StoredTensor::name)
                .containsExactly(
                        "module.bert.embeddings.position_embeddings.weight",
                        "module.bert.embeddings.token_type_embeddings.weight",
                        "module.bert.embeddings.word_embeddings.weight");
        // Six in each of twelve layers, the pooler, and the transformation before predictions.
        assertThat(tensors.stream().filter(tensor -> tensor.role() == Role.IN_OUT))
                .hasSize(74);
        for (int layer = 0; layer < 12; layer++) {
            for (String module : List.of("attention.self.query", "attention.self.key", "attention.self.value")) {
                OnnxModelsTest.holdShape(
                        OnnxModelsTest.find(tensors, ENCODER + layer + "." + module + ".weight"), 768, 768);
            }
            OnnxModelsTest.holdShape(OnnxModelsTest.find(tensors, ENCODER + layer + ".output.dense.weight"), 3072, 768);
            assertThat(OnnxModelsTest.find(tensors, ENCODER + layer + ".output.LayerNorm.weight")
                            .storedName())
                    .isEqualTo("module/bert/encoder/layer_" + layer + "/output/LayerNorm/gamma");
        }
        OnnxModelsTest.hold(
                tensors,
                ENCODER + "0.attention.self.query.weight",
                33.11571418721026,
                -0.01640571653842926,
                0.010462949052453041);
        OnnxModelsTest.hold(
                tensors,
                ENCODER + "0.output.dense.weight",
                55.06171964690664,
                -0.037101708352565765,
                0.007585656363517046);
        OnnxModelsTest.hold(
                tensors,
                "module.bert.pooler.dense.weight",
                21.920848964045753,
                -0.0012742475373670459,
                -0.03863145411014557);
        OnnxModelsTest.hold(
                tensors,
                "module.bert.embeddings.word_embeddings.weight",
                247.15071744261058,
                -0.010182573460042477,
                -0.0264968890696764);
    }

    @Test
    void allValuesFitTheirChecksums() {
        StoredFile index = ModelFiles.stored("bert/variables.index");
        assertThatCode(() -> TensorFlowBundle.verify(OnnxModel.CONF, index)).doesNotThrowAnyException();
    }
}
