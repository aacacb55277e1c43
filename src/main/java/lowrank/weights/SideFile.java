package lowrank.weights;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
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

    /**
     * A tensor of the model, and what the file holds of it.
     *
     * @param held the tensor of the file
     */
    public record Copy(StoredTensor tensor, StoredTensor held) implements Serializable {
        /** Whether both are the same numbers, in the type of the file and in PyTorch's order. */
        public boolean isExact(HadoopConf conf, Arena arena) {
            if (!held.shape().equals(shape(tensor)) || held.type() != type(tensor)) {
                return false;
            }
            long expected = isTurned(tensor)
                    ? Weight.of(tensor, Weight.View.IN_OUT).load(conf, arena).address()
                    : numbers(conf, tensor, arena);
            long found = numbers(conf, held, arena);
            double[] left = new double[OffHeap.TILE];
            double[] right = new double[OffHeap.TILE];
            for (long from = 0; from < held.count(); from += OffHeap.TILE) {
                int some = (int) Math.min(OffHeap.TILE, held.count() - from);
                OffHeap.get(expected + 8 * from, left, 0, some);
                OffHeap.get(found + 8 * from, right, 0, some);
                if (held.type().floating()) {
                    held.type().rounded(left, some, left);
                }
                if (!Arrays.equals(left, 0, some, right, 0, some)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** The numbers of a tensor of any dimensions, in their order. */
    static long numbers(HadoopConf conf, StoredTensor tensor, Arena arena) {
        long address = arena.doubles(tensor.count());
        try (TensorReader reader = TensorReader.open(conf, tensor)) {
            reader.read(0, tensor.count(), address);
        }
        return address;
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
