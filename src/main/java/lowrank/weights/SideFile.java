package lowrank.weights;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lowrank.blas.Arena;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.io.checkpoint.SafetensorsWriter;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;

/**
 * Tensors that an adapter cannot hold, whole, under their names in the model and in the order that PyTorch stores them: matrices that a graph
 * stores (in, out) become (out, in).
 */
public final class SideFile {
    /** The name of the file in a result. */
    public static final String FILE = "dense.safetensors";

    private SideFile() {}

    /** Writes the tensors; returns the length and the digest of the file. */
    public static SafetensorsWriter.Written write(HadoopConf conf, String path, List<StoredTensor> tensors) {
        Map<String, StoredTensor> named =
                tensors.stream().collect(Collectors.toMap(StoredTensor::name, tensor -> tensor));
        List<SafetensorsWriter.Entry> entries = tensors.stream()
                .map(tensor -> new SafetensorsWriter.Entry(tensor.name(), type(tensor), shape(tensor)))
                .toList();
        try (SafetensorsWriter file = SafetensorsWriter.create(conf, path, Map.of("format", "pt"), entries)) {
            for (SafetensorsWriter.Entry entry : file.order()) {
                StoredTensor tensor = named.get(entry.name());
                file.begin(entry.name());
                if (isTurned(tensor)) {
                    try (Arena arena = new Arena()) {
                        Slab matrix = Weight.of(tensor, Weight.View.IN_OUT).load(conf, arena);
                        file.values(matrix.address(), matrix.count());
                    }
                } else if (tensor.quantisation() != null) {
                    try (TensorReader reader = TensorReader.open(conf, tensor)) {
                        reader.visit(0, tensor.count(), (at, tile, n) -> file.values(tile, n));
                    }
                } else {
                    file.copy(tensor);
                }
            }
            return file.finish();
        }
    }

    /** Whether a graph says that the matrix is stored the other way than PyTorch does. */
    static boolean isTurned(StoredTensor tensor) {
        return tensor.role() == StoredTensor.Role.IN_OUT
                && tensor.shape().size() == 2
                && tensor.isWeight()
                && tensor.count() > 0;
    }

    static List<Long> shape(StoredTensor tensor) {
        return isTurned(tensor) ? List.of(tensor.shape().get(1), tensor.shape().get(0)) : tensor.shape();
    }

    private static ElementType type(StoredTensor tensor) {
        return tensor.quantisation() == null ? tensor.type() : ElementType.F32;
    }
}
