package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.OnnxModel.attribute;
import static lowrank.io.checkpoint.OnnxModel.floats;
import static lowrank.io.checkpoint.OnnxModel.node;
import static lowrank.io.checkpoint.OnnxModel.tensor;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Graphs of ONNX models. */
class OnnxFuzz {
    static Stream<byte[]> seeds() {
        Proto branch = Proto.message().message(5, floats("inner", 2, 2));
        return Stream.of(
                        new OnnxModel()
                                .node(node("MatMul", "/a/MatMul", "y", "x", "onnx::MatMul_1"))
                                .tensor(floats("onnx::MatMul_1", 2, 3)),
                        new OnnxModel()
                                .tensor(tensor("w_quantized", 3, 2, 2).bytes(9, (byte) 1, (byte) 2, (byte) 3, (byte) 4))
                                .tensor(tensor("w_scale", 1, 2).bytes(4, Proto.floats(1, 2)))
                                .tensor(tensor("w_zero_point", 3, 2).bytes(5, (byte) 1, (byte) 2))
                                .node(node("DequantizeLinear", "", "w", "w_quantized", "w_scale", "w_zero_point")
                                        .message(5, attribute("axis", 1)))
                                .node(node("Transpose", "", "t", "w")
                                        .message(
                                                5,
                                                Proto.message().text(1, "perm").bytes(8, (byte) 1, (byte) 0))),
                        new OnnxModel()
                                .tensor(OnnxTest.external(
                                        tensor("e", 1, 2), "location", "x.bin", "offset", "4", "length", "8"))
                                .node(node("If", "/if", "z", "c")
                                        .message(
                                                5,
                                                Proto.message()
                                                        .text(1, "then_branch")
                                                        .message(6, branch)))
                                .node(node("Constant", "/c", "fixed")
                                        .message(
                                                5,
                                                Proto.message().text(1, "value").message(5, floats("", 2, 2)))))
                .map(model -> model.model().toBytes());
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "")
    void graph(byte[] file) {
        Fuzzed.beside("x.bin", new byte[64]);
        Fuzzed.read("model.onnx", file, (conf, stored) -> Fuzzed.withValues(Onnx.read(conf, stored)));
    }
}
