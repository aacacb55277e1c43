package lowrank.io.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.conf.Configuration;

/** Writes small ONNX models. */
final class OnnxModel {
    static final HadoopConf CONF = new HadoopConf(new Configuration());

    private final Proto graph = Proto.message();

    OnnxModel tensor(Proto tensor) {
        graph.message(5, tensor);
        return this;
    }

    OnnxModel node(Proto node) {
        graph.message(1, node);
        return this;
    }

    Proto graph() {
        return graph;
    }

    Proto model() {
        return Proto.message().number(1, 6).text(2, "test").message(7, graph);
    }

    static Proto tensor(String name, int type, long... shape) {
        Proto tensor = Proto.message();
        for (long size : shape) {
            tensor.number(1, size);
        }
        return tensor.number(2, type).text(8, name);
    }

    /** A matrix of floats 0, 1, 2, ... */
    static Proto floats(String name, long... shape) {
        return tensor(name, 1, shape).bytes(9, Proto.floats(count(shape)));
    }

    static double[] count(long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = i;
        }
        return values;
    }

    static Proto node(String operator, String name, String output, String... inputs) {
        Proto node = Proto.message();
        for (String input : inputs) {
            node.text(1, input);
        }
        return node.text(2, output).text(3, name).text(4, operator);
    }

    static Proto attribute(String name, long value) {
        return Proto.message().text(1, name).number(3, value).number(20, 2);
    }

    static StoredFile write(Path folder, byte[] bytes) throws IOException {
        Path file = folder.resolve("model.onnx");
        Files.write(file, bytes);
        return StoredFile.look(CONF, file.toString());
    }

    static List<StoredTensor> read(Path folder, Proto model) throws IOException {
        return Onnx.read(CONF, write(folder, model.toBytes()));
    }

    List<StoredTensor> read(Path folder) throws IOException {
        return read(folder, model());
    }
}
