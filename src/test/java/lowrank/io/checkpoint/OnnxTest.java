package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.OnnxModel.CONF;
import static lowrank.io.checkpoint.OnnxModel.attribute;
import static lowrank.io.checkpoint.OnnxModel.floats;
import static lowrank.io.checkpoint.OnnxModel.node;
import static lowrank.io.checkpoint.OnnxModel.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.StoredTensor.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of ONNX models that are right. */
final class OnnxTest {
    @TempDir
    Path folder;

    private static double[] values(StoredTensor tensor) {
        return TensorReader.all(CONF, tensor);
    }

    private static Proto transpose(String output, String input) {
        return node("Transpose", "", output, input)
                .message(5, Proto.message().text(1, "perm").number(8, 1).number(8, 0));
    }

    @Test
    void aProductNamesTheWeightThatHasNoName() throws IOException {
        List<StoredTensor> tensors = new OnnxModel()
                .node(node("MatMul", "/encoder/layer.0/attention/self/query/MatMul", "y", "x", "onnx::MatMul_1525"))
                .tensor(floats("onnx::MatMul_1525", 2, 3))
                .tensor(floats("encoder.layer.0.attention.self.query.bias", 3))
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name, StoredTensor::storedName, StoredTensor::role, StoredTensor::shape)
                .containsExactly(
                        tuple(
                                "encoder.layer.0.attention.self.query.weight",
                                "onnx::MatMul_1525",
                                Role.IN_OUT,
                                List.of(2L, 3L)),
                        tuple(
                                "encoder.layer.0.attention.self.query.bias",
                                "encoder.layer.0.attention.self.query.bias",
                                Role.UNKNOWN,
                                List.of(3L)));
        assertThat(values(tensors.get(0))).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void theSideOfInputsFollowsFromTheNode() throws IOException {
        List<StoredTensor> tensors = new OnnxModel()
                .tensor(floats("straight", 2, 3))
                .tensor(floats("gemm", 2, 3))
                .tensor(floats("gemm.transposed", 2, 3))
                .tensor(floats("left", 2, 3))
                .tensor(floats("turned", 2, 3))
                .tensor(floats("twice", 2, 3))
                .tensor(floats("table", 2, 3))
                .tensor(floats("columns", 2, 3))
                .node(node("Identity", "", "straight.copy", "straight"))
                .node(node("MatMul", "/a/MatMul", "1", "x", "straight.copy"))
                .node(node("Gemm", "/b/Gemm", "2", "x", "gemm"))
                .node(node("Gemm", "/c/Gemm", "3", "x", "gemm.transposed").message(5, attribute("transB", 1)))
                .node(node("MatMul", "/d/MatMul", "4", "left", "x"))
                .node(transpose("turned.back", "turned"))
                .node(node("MatMul", "/e/MatMul", "5", "x", "turned.back"))
                .node(transpose("twice.1", "twice"))
                .node(transpose("twice.2", "twice.1"))
                .node(node("MatMul", "/f/MatMul", "6", "x", "twice.2"))
                .node(node("Gather", "/g/Gather", "7", "table", "ids"))
                .node(node("Gather", "/h/Gather", "8", "columns", "ids").message(5, attribute("axis", 1)))
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name, StoredTensor::role)
                .containsExactly(
                        tuple("straight", Role.IN_OUT),
                        tuple("gemm", Role.IN_OUT),
                        tuple("gemm.transposed", Role.OUT_IN),
                        tuple("left", Role.OUT_IN),
                        tuple("turned", Role.OUT_IN),
                        tuple("twice", Role.IN_OUT),
                        tuple("table", Role.EMBEDDING),
                        tuple("columns", Role.UNKNOWN));
    }

    @Test
    void theFirstOfSeveralNodesNamesAWeightAndClashesKeepTheStoredNames() throws IOException {
        List<StoredTensor> tensors = new OnnxModel()
                .node(node("MatMul", "/first/MatMul", "1", "x", "onnx::MatMul_1"))
                .node(node("MatMul", "/second/MatMul", "2", "x", "onnx::MatMul_1"))
                .node(node("MatMul", "/both/MatMul", "3", "x", "onnx::MatMul_2"))
                .node(node("MatMul", "/both/MatMul_1", "4", "x", "onnx::MatMul_3"))
                .node(node("MatMul", "/named/MatMul", "5", "x", "onnx::MatMul_4"))
                .node(node("MatMul", "MatMul_17", "6", "x", "17"))
                .tensor(floats("onnx::MatMul_1", 2, 2))
                .tensor(floats("onnx::MatMul_2", 2, 2))
                .tensor(floats("onnx::MatMul_3", 2, 2))
                .tensor(floats("onnx::MatMul_4", 2, 2))
                .tensor(floats("named.weight", 2, 2))
                .tensor(floats("17", 2, 2))
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name)
                .containsExactly(
                        "first.weight", "onnx::MatMul_2", "onnx::MatMul_3", "onnx::MatMul_4", "named.weight", "17");
    }

    @Test
    void dynamicallyQuantisedWeightsCarryTheirScales() throws IOException {
        List<StoredTensor> tensors = new OnnxModel()
                .node(node(
                        "MatMulInteger",
                        "/q/MatMul_quant",
                        "1",
                        "x",
                        "onnx::MatMul_7_quantized",
                        "z",
                        "onnx::MatMul_7_zero_point"))
                .node(node("Gather", "/t/Gather", "rows", "table.weight_quantized", "ids"))
                .node(node("DequantizeLinear", "", "real", "rows", "table.weight_scale", "table.weight_zero_point"))
                .tensor(tensor("onnx::MatMul_7_scale", 1, 3).bytes(4, Proto.floats(0.5, 2, 4)))
                .tensor(tensor("onnx::MatMul_7_zero_point", 3, 3).bytes(5, (byte) 0, (byte) 1, (byte) 0))
                .tensor(tensor("onnx::MatMul_7_quantized", 3, 2, 3)
                        .bytes(9, (byte) -2, (byte) 3, (byte) 1, (byte) 4, (byte) 1, (byte) -1))
                .tensor(tensor("table.weight_scale", 1).bytes(4, Proto.floats(0.25)))
                .tensor(tensor("table.weight_zero_point", 2).bytes(5, (byte) 0x80, (byte) 1))
                .tensor(tensor("table.weight_quantized", 2, 2, 1).bytes(9, (byte) 0, (byte) 130))
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name, StoredTensor::storedName, StoredTensor::role)
                .containsExactly(
                        tuple("q.weight", "onnx::MatMul_7_quantized", Role.IN_OUT),
                        tuple("table.weight", "table.weight_quantized", Role.EMBEDDING));
        assertThat(tensors).allMatch(StoredTensor::isWeight);
        assertThat(values(tensors.get(0))).containsExactly(-1, 4, 4, 2, 0, -4);
        assertThat(values(tensors.get(1))).containsExactly(-32, 0.5);
    }

    @Test
    void otherQuantisedOperatorsNameTheirScales() throws IOException {
        List<StoredTensor> tensors = new OnnxModel()
                .tensor(tensor("a", 3, 1, 2).bytes(9, (byte) 1, (byte) 2))
                .tensor(tensor("b", 3, 2, 1).bytes(9, (byte) 1, (byte) 2))
                .tensor(tensor("c", 3, 2, 1).bytes(9, (byte) 1, (byte) 2))
                .tensor(tensor("s2", 1, 2).bytes(9, Proto.floats(10, 100)))
                .tensor(tensor("s1", 1, 1).bytes(9, Proto.floats(10)))
                .tensor(tensor("z1", 3, 1).bytes(9, (byte) -1))
                .node(node("DynamicQuantizeMatMul", "", "1", "x", "a", "s2"))
                .node(node("QLinearMatMul", "", "2", "x", "xs", "xz", "b", "s1", "z1"))
                .node(node("DequantizeLinear", "", "cd", "c", "s2").message(5, attribute("axis", -2)))
                .node(transpose("ct", "cd"))
                .node(node("MatMul", "", "3", "x", "ct"))
                .read(folder);
        assertThat(tensors).extracting(StoredTensor::role).containsExactly(Role.IN_OUT, Role.IN_OUT, Role.OUT_IN);
        assertThat(values(tensors.get(0))).containsExactly(10, 200);
        assertThat(values(tensors.get(1))).containsExactly(20, 30);
        assertThat(values(tensors.get(2))).containsExactly(10, 200);
        assertThat(tensors).extracting(tensor -> tensor.quantisation().axis()).containsExactly(1, 0, 0);
    }

    @Test
    void valuesAreReadFromListsThatLieInPlace() throws IOException {
        List<StoredTensor> tensors = new OnnxModel()
                .tensor(tensor("floats", 1, 3).bytes(4, Proto.floats(1, 2, 3)))
                .tensor(tensor("doubles", 11, 2).bytes(10, Proto.doubles(1e300, -1)))
                .tensor(tensor("one", 1).tag(4, ProtoFields.FIXED32).raw(Proto.floats(7)))
                .tensor(tensor("half", 10, 2).bytes(9, (byte) 0, (byte) 0x3c, (byte) 0, (byte) 0xc0))
                .tensor(tensor("brain", 16, 1).bytes(9, (byte) 0x80, (byte) 0x3f))
                .tensor(tensor("empty", 1, 0, 4))
                .tensor(tensor("small", 3, 3).bytes(5, (byte) 1, (byte) 2, (byte) 3))
                .tensor(tensor("minus", 3).number(5, -5))
                .tensor(tensor("shape", 7, 2).bytes(7, (byte) 1, (byte) 2))
                .tensor(tensor("words", 8, 1).text(6, "word"))
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name)
                .containsExactly("floats", "doubles", "one", "half", "brain", "empty", "small", "minus");
        assertThat(values(tensors.get(0))).containsExactly(1, 2, 3);
        assertThat(values(tensors.get(1))).containsExactly(1e300, -1);
        assertThat(values(tensors.get(2))).containsExactly(7);
        assertThat(values(tensors.get(3))).containsExactly(1, -2);
        assertThat(values(tensors.get(4))).containsExactly(1);
        assertThat(values(tensors.get(5))).isEmpty();
        assertThat(values(tensors.get(6))).containsExactly(1, 2, 3);
        assertThat(values(tensors.get(7))).containsExactly(-5);
    }

    @Test
    void branchesAndConstantsHoldTensorsToo() throws IOException {
        Proto then = new OnnxModel()
                .tensor(floats("inner", 2, 2))
                .node(node("MatMul", "/deep/MatMul", "1", "x", "onnx::MatMul_9"))
                .graph();
        Proto other = new OnnxModel().tensor(floats("inner", 1, 2)).graph();
        List<StoredTensor> tensors = new OnnxModel()
                .node(node("If", "/if", "y", "x")
                        .message(5, Proto.message().text(1, "then_branch").message(6, then))
                        .message(5, Proto.message().text(1, "else_branch").message(6, other)))
                .node(node("Constant", "/c", "fixed")
                        .message(5, Proto.message().text(1, "value").message(5, floats("", 2, 2))))
                .node(node("Constant", "/d", "axes")
                        .message(5, Proto.message().text(1, "value").message(5, floats("", 2))))
                .tensor(floats("onnx::MatMul_9", 2, 2))
                .read(folder);
        assertThat(tensors)
                .extracting(StoredTensor::name, StoredTensor::storedName)
                .containsExactly(
                        tuple("inner", "inner"),
                        tuple("inner#2", "inner"),
                        tuple("fixed", "fixed"),
                        tuple("deep.weight", "onnx::MatMul_9"));
    }

    static Proto external(Proto tensor, String... entries) {
        for (int i = 0; i < entries.length; i += 2) {
            tensor.message(13, Proto.message().text(1, entries[i]).text(2, entries[i + 1]));
        }
        return tensor.number(14, 1);
    }

    @Test
    void valuesMayLieInAFileBeside() throws IOException {
        Files.write(folder.resolve("weights.bin"), Proto.floats(9, 1, 2, 3, 4));
        List<StoredTensor> tensors = new OnnxModel()
                .tensor(external(
                        tensor("w", 1, 2, 2),
                        "location",
                        "weights.bin",
                        "offset",
                        "4",
                        "length",
                        "16",
                        "checksum",
                        "-"))
                .tensor(external(tensor("v", 1, 1), "location", "weights.bin"))
                .read(folder);
        assertThat(values(tensors.get(0))).containsExactly(1, 2, 3, 4);
        assertThat(values(tensors.get(1))).containsExactly(9);
    }

    @Test
    void linksAreNotFollowed() throws IOException {
        Files.write(folder.resolve("real.bin"), Proto.floats(1));
        Files.createSymbolicLink(folder.resolve("link.bin"), folder.resolve("real.bin"));
        OnnxModel model = new OnnxModel().tensor(external(tensor("w", 1, 1), "location", "link.bin"));
        assertThatThrownBy(() -> model.read(folder))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("links are not followed");
    }
}
