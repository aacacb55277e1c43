package lowrank.io.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.io.StoredFile;

/** What goes into the weights of an ONNX model, as outputs of a copy of it. */
public final class Activations {
    private static final int FLOAT = 1;

    private Activations() {}

    /** The value that each weight is multiplied with, {@code value W}, by the names of weights. */
    public static Map<String, String> names(Path model) {
        StoredFile file = StoredFile.look(OnnxModel.CONF, model.toString());
        Map<String, String> values = new LinkedHashMap<>();
        for (StoredTensor tensor : Onnx.read(OnnxModel.CONF, file)) {
            if (tensor.role() == StoredTensor.Role.IN_OUT) {
                values.put(tensor.name(), "");
            }
        }
        // encoder.layer.0.attention.self.query.weight belongs to node /encoder/layer.0/attention/self/query/MatMul.
        for (OnnxNode node : graph(file).nodes()) {
            String name = node.name().replaceFirst("/MatMul$", "").replace('/', '.');
            values.computeIfPresent(name.substring(Math.min(1, name.length())) + ".weight", (w, v) -> node.input(0));
        }
        return values;
    }

    private static OnnxGraph graph(StoredFile file) {
        try (FileBytes bytes = FileBytes.open(OnnxModel.CONF, file)) {
            return OnnxGraph.read(bytes, new ExternalFiles(OnnxModel.CONF, file));
        }
    }

    /** A copy with these values as outputs: protobuf joins a second graph that follows with the first. */
    public static void addOutputs(Path model, Path target, Collection<String> values) throws IOException {
        Proto graph = Proto.message();
        for (String value : List.copyOf(values)) {
            Proto type = Proto.message().message(1, Proto.message().number(1, FLOAT));
            graph.message(12, Proto.message().text(1, value).message(2, type));
        }
        Files.copy(model, target);
        Files.write(target, Proto.message().message(7, graph).toBytes(), StandardOpenOption.APPEND);
    }
}
