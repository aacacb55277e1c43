package lowrank.io.checkpoint;

import static lowrank.io.checkpoint.OnnxModel.CONF;
import static lowrank.io.checkpoint.OnnxModel.attribute;
import static lowrank.io.checkpoint.OnnxModel.floats;
import static lowrank.io.checkpoint.OnnxModel.node;
import static lowrank.io.checkpoint.OnnxModel.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lowrank.io.StoredFile;
import lowrank.io.checkpoint.StoredTensor.Role;
import lowrank.models.OnnxRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small graphs, by ONNX Runtime and by what is read of them: for x = I the output of a product is the weight itself, as (in, out). All
 * numbers are small whole ones or halves, so the comparison is exact.
 */
final class OnnxRuntimeTest {
    private static final int FLOAT = 1;

    @TempDir
    Path folder;

    /** Shape of an input or output: n x n of floats. */
    private static Proto value(String name, long rows, long cols) {
        Proto shape = Proto.message()
                .message(1, Proto.message().number(1, rows))
                .message(1, Proto.message().number(1, cols));
        Proto type = Proto.message().number(1, FLOAT).message(2, shape);
        return Proto.message().text(1, name).message(2, Proto.message().message(1, type));
    }

    /** A model that ONNX Runtime takes: x of (3, 3) in, y of (3, 2) out. */
    private StoredFile write(OnnxModel model) throws IOException {
        model.graph().text(2, "graph").message(11, value("x", 3, 3)).message(12, value("y", 3, 2));
        Proto complete = model.model().message(8, Proto.message().text(1, "").number(2, 13));
        return OnnxModel.write(folder, complete.toBytes());
    }

    /** The weight as ONNX Runtime multiplies with it must be the one that is read. */
    private void compare(OnnxModel model) throws IOException {
        StoredFile file = write(model);
        List<StoredTensor> tensors = Onnx.read(CONF, file);
        assertThat(tensors).hasSize(1);
        StoredTensor weight = tensors.get(0);
        double[] values = TensorReader.all(CONF, weight);
        float[][] y;
        try (OnnxRun run = new OnnxRun(Path.of(file.path()))) {
            y = run.matrix(new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
        }
        for (int in = 0; in < 3; in++) {
            for (int out = 0; out < 2; out++) {
                double read = weight.role() == Role.IN_OUT ? values[2 * in + out] : values[3 * out + in];
                assertThat(read).isEqualTo(y[in][out]);
            }
        }
    }

    @Test
    void products() throws IOException {
        compare(new OnnxModel().tensor(floats("w", 3, 2)).node(node("MatMul", "", "y", "x", "w")));
        compare(new OnnxModel()
                .tensor(floats("w", 2, 3))
                .node(node("Gemm", "", "y", "x", "w")
                        .message(
                                5,
                                Proto.message().text(1, "transB").number(3, 1).number(20, 2))));
        compare(new OnnxModel()
                .tensor(floats("w", 2, 3))
                .node(node("Transpose", "", "t", "w")
                        .message(
                                5,
                                Proto.message()
                                        .text(1, "perm")
                                        .number(8, 1)
                                        .number(8, 0)
                                        .number(20, 7)))
                .node(node("MatMul", "", "y", "x", "t")));
    }

    @Test
    void listsOfFloats() throws IOException {
        compare(new OnnxModel()
                .tensor(tensor("w", FLOAT, 3, 2).bytes(4, Proto.floats(1, -2, 3, 4, 5, 0.5)))
                .node(node("MatMul", "", "y", "x", "w")));
    }

    @Test
    void quantisedWeights() throws IOException {
        byte[] numbers = {1, -128, 127, 4, 0, -6};
        compare(new OnnxModel()
                .tensor(tensor("w", 3, 3, 2).bytes(9, numbers))
                .tensor(tensor("s", FLOAT, 2).bytes(9, Proto.floats(0.5, 4)))
                .tensor(tensor("z", 3, 2).bytes(5, (byte) 3, (byte) 0))
                .node(node("DequantizeLinear", "", "d", "w", "s", "z").message(5, attribute("axis", 1)))
                .node(node("MatMul", "", "y", "x", "d")));
        compare(new OnnxModel()
                .tensor(tensor("w", 2, 2, 3).bytes(9, numbers))
                .tensor(tensor("s", FLOAT, 2).bytes(9, Proto.floats(0.25, 2)))
                .tensor(tensor("z", 2, 2).bytes(9, (byte) 200, (byte) 1))
                .node(node("DequantizeLinear", "", "d", "w", "s", "z").message(5, attribute("axis", 0)))
                .node(node("Transpose", "", "t", "d")
                        .message(
                                5,
                                Proto.message()
                                        .text(1, "perm")
                                        .number(8, 1)
                                        .number(8, 0)
                                        .number(20, 7)))
                .node(node("MatMul", "", "y", "x", "t")));
        compare(new OnnxModel()
                .tensor(tensor("w", 2, 3, 2).bytes(9, numbers))
                .tensor(tensor("s", FLOAT).bytes(4, Proto.floats(0.5)))
                .tensor(tensor("z", 2).bytes(5, (byte) 0x85, (byte) 1)) // 133
                .node(node("DequantizeLinear", "", "d", "w", "s", "z"))
                .node(node("MatMul", "", "y", "x", "d")));
    }
}
