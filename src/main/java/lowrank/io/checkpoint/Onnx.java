package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;

/**
 * Tensors of an ONNX model: its initialisers, and constants that are matrices. Exporters leave weights of products without a name; they
 * take the path of the node that multiplies with them: {@code /encoder/layer.0/attention/self/query/MatMul} makes
 * {@code onnx::MatMul_1525} the tensor {@code encoder.layer.0.attention.self.query.weight}.
 */
final class Onnx {
    /** Names that say no more than a number, or that a value is some node's output. */
    private static final Pattern ANONYMOUS =
            Pattern.compile("onnx::.*|(?:_?val_|_?v_|t|const_|tensor_)?\\d+|/.*_output_\\d+");

    /** The part of a node's name that is its operator. */
    private static final Pattern OPERATOR =
            Pattern.compile("(?:MatMul|FusedMatMul|Gemm|Conv|Gather|QLinearMatMul|MatMulInteger)(?:_.*)?");

    private Onnx() {}

    /**
     * Reads the graph of a model, by range: values are passed over.
     *
     * <p>Text is left out; so are scales and zero points, which belong to the tensors they scale, and whole numbers that ONNX stores with
     * varying length, which are no weights.
     *
     * @return tensors with unique names, in the order of the file
     * @throws lowrank.io.CorruptFileException if it is not an ONNX model
     * @throws DataException naming a tensor whose values cannot be read in place, or lie outside the model's folder
     */
    static List<StoredTensor> read(HadoopConf conf, StoredFile file) {
        OnnxGraph graph;
        try (FileBytes bytes = FileBytes.open(conf, file)) {
            graph = OnnxGraph.read(bytes, new ExternalFiles(conf, file));
        }
        OnnxUses uses = new OnnxUses(graph);
        Set<OnnxTensor> parts = Collections.newSetFromMap(new IdentityHashMap<>());
        for (OnnxTensor tensor : graph.tensors()) {
            OnnxUses.Scaled scaled = uses.scaled(tensor);
            if (scaled != null) {
                parts.add(scaled.scale());
                if (scaled.zeroPoint() != null) {
                    parts.add(scaled.zeroPoint());
                }
            }
        }
        List<String> names = UniqueNames.of(
                file,
                graph.tensors().stream().map(OnnxTensor::name).toList(),
                graph.tensors().stream().map(tensor -> found(tensor, uses)).toList());
        List<StoredTensor> stored = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            OnnxTensor tensor = graph.tensors().get(i);
            OnnxUses.Scaled scaled = uses.scaled(tensor);
            boolean weight = tensor.type().floating() || scaled != null;
            if (!parts.contains(tensor) && (weight || tensor.unreadable() == null)) {
                stored.add(stored(tensor, names.get(i), uses.use(tensor), scaled));
            }
        }
        StoredRanges.refuseOverlaps(stored);
        return stored;
    }

    private static StoredTensor stored(OnnxTensor tensor, String name, OnnxUses.Use use, OnnxUses.Scaled scaled) {
        readable(tensor);
        StoredTensor.Quantisation quantisation = null;
        if (scaled != null) {
            readable(scaled.scale());
            OnnxTensor zero = scaled.zeroPoint();
            if (zero != null) {
                readable(zero);
            }
            quantisation = new StoredTensor.Quantisation(
                    part(scaled.scale()), zero == null ? null : part(zero), scaled.axis());
        }
        return tensor.stored(name, use == null ? StoredTensor.Role.UNKNOWN : use.role(), quantisation);
    }

    private static StoredTensor part(OnnxTensor tensor) {
        return tensor.stored(tensor.name(), StoredTensor.Role.UNKNOWN, null);
    }

    private static void readable(OnnxTensor tensor) {
        if (tensor.unreadable() != null) {
            throw new DataException(tensor.unreadable());
        }
    }

    private static String found(OnnxTensor tensor, OnnxUses uses) {
        String stored = uses.scaled(tensor) == null ? tensor.name() : OnnxUses.stem(tensor.name());
        OnnxUses.Use use = uses.use(tensor);
        if (use == null || !ANONYMOUS.matcher(stored).matches()) {
            return stored;
        }
        String path = use.node().name();
        int last = path.lastIndexOf('/');
        if (last < 1 || !OPERATOR.matcher(path.substring(last + 1)).matches()) {
            return stored;
        }
        return path.substring(path.startsWith("/") ? 1 : 0, last).replace('/', '.') + ".weight";
    }
}
