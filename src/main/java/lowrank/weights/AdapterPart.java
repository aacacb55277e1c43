package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import java.util.UUID;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.Tensor;
import lowrank.io.TensorWriter;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;

/**
 * The factors of one module as a task leaves them, in the order in which PEFT stores them: all that remains is to put the bytes of
 * all parts into one file.
 *
 * @param folder that holds them
 */
record AdapterPart(String folder) implements Serializable {
    private static final String OUT = "out";
    private static final String IN = "in";

    /**
     * Writes factors that are rounded already.
     *
     * @param folder for all parts; an attempt that is repeated leaves another part
     * @param turned which of the two is stored as its transpose: the inner one, of an embedding the outer one
     */
    static AdapterPart write(
            HadoopConf conf,
            String folder,
            FactorPair factors,
            AdapterModule.Kind turned,
            Precision stored,
            Arena arena) {
        boolean table = turned == AdapterModule.Kind.EMBEDDING;
        Slab out = table ? transposed(factors.outFactor(), arena) : factors.outFactor();
        Slab in = table ? factors.inFactor() : transposed(factors.inFactor(), arena);
        AdapterPart part = new AdapterPart(folder + "/" + UUID.randomUUID());
        Tensor ofOut = new Tensor(OUT, out.rows(), out.width(), stored, false);
        Tensor ofIn = new Tensor(IN, in.rows(), in.width(), stored, false);
        try (TensorWriter writer =
                new TensorWriter(conf, part.folder, TensorWriter.Format.SAFETENSORS, List.of(ofOut, ofIn))) {
            writer.begin(ofOut);
            writer.append(narrowed(out, stored, arena));
            writer.end();
            writer.begin(ofIn);
            writer.append(narrowed(in, stored, arena));
            writer.end();
        }
        return part;
    }

    /** The stored tensors: of the outer factor, and of the inner one. */
    List<StoredTensor> tensors(HadoopConf conf) {
        List<StoredTensor> tensors = Checkpoint.open(conf, folder).tensors();
        return tensors.get(0).name().equals(OUT) ? tensors : List.of(tensors.get(1), tensors.get(0));
    }

    private static Slab narrowed(Slab values, Precision stored, Arena arena) {
        if (stored == Precision.DOUBLE) {
            return values;
        }
        Slab floats = new Slab(arena.allocate(values.count(), stored), values.rows(), values.width(), stored);
        OffHeap.narrow(values.address(), floats.address(), values.count());
        return floats;
    }

    private static Slab transposed(Slab from, Arena arena) {
        Slab to = new Slab(arena.doubles(from.count()), from.width(), from.rows(), Precision.DOUBLE);
        double[] row = new double[from.width()];
        for (int i = 0; i < from.rows(); i++) {
            OffHeap.get(from.row(i), row, 0, row.length);
            for (int j = 0; j < row.length; j++) {
                OffHeap.putDouble(to.row(j) + 8L * i, row[j]);
            }
        }
        return to;
    }
}
