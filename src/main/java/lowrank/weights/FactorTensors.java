package lowrank.weights;

import java.io.Serializable;
import lowrank.blas.OffHeap;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;

public final class FactorTensors {
    private FactorTensors() {}

    public record Pair(StoredTensor out, StoredTensor in) implements Serializable {
        boolean holds(HadoopConf conf, FactorPair factors) {
            return same(conf, out, factors.outFactor()) && same(conf, in, factors.inFactor());
        }

        private static boolean same(HadoopConf conf, StoredTensor tensor, Slab factor) {
            if (tensor.shape().size() != 2
                    || tensor.shape().get(0) != factor.rows()
                    || tensor.shape().get(1) != factor.width()) {
                return false;
            }
            boolean[] same = {true};
            double[] other = new double[OffHeap.TILE];
            try (TensorReader reader = TensorReader.open(conf, tensor)) {
                reader.visit(0, factor.count(), (first, tile, count) -> {
                    OffHeap.get(factor.address() + 8 * first, other, 0, count);
                    for (int i = 0; i < count; i++) {
                        same[0] &= tile[i] == other[i];
                    }
                });
            }
            return same[0];
        }
    }
}
