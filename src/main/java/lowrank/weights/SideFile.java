package lowrank.weights;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorFile;
import lowrank.io.checkpoint.TensorReader;

/**
 * Tensors that an adapter cannot hold, whole, under their names in the model and in the order that PyTorch stores them: matrices that a graph
 * stores (in, out) become (out, in).
 */
public final class SideFile {
    /** The name of the file in a result. */
    public static final String FILE = "dense.safetensors";

    private SideFile() {}

    /** Writes tensors in the order of their names; returns the SHA-256 of the file. */
    public static String write(HadoopConf conf, String path, List<StoredTensor> tensors) {
        List<StoredTensor> ordered = tensors.stream()
                .sorted(Comparator.comparing(StoredTensor::name))
                .toList();
        List<TensorFile.Entry> entries = new ArrayList<>();
        for (StoredTensor tensor : ordered) {
            entries.add(new TensorFile.Entry(tensor.name(), type(tensor), shape(tensor)));
        }
        try (TensorFile file = TensorFile.create(conf, path, entries)) {
            for (StoredTensor tensor : ordered) {
                if (isTurned(tensor)) {
                    turned(conf, file, tensor);
                } else if (tensor.quantisation() != null) {
                    try (TensorReader reader = TensorReader.open(conf, tensor)) {
                        reader.visit(0, tensor.count(), (at, tile, n) -> file.values(type(tensor), tile, n));
                    }
                } else {
                    file.copy(conf, tensor);
                }
            }
            return file.finish();
        }
    }

    private static void turned(HadoopConf conf, TensorFile file, StoredTensor tensor) {
        try (Arena arena = new Arena()) {
            Slab matrix = Weight.of(tensor, Weight.View.IN_OUT).load(conf, arena);
            double[] tile = new double[OffHeap.TILE];
            for (long from = 0; from < matrix.count(); from += OffHeap.TILE) {
                int some = (int) Math.min(OffHeap.TILE, matrix.count() - from);
                OffHeap.get(matrix.address() + 8 * from, tile, 0, some);
                file.values(type(tensor), tile, some);
            }
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
