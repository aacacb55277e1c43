package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.factor.Product;
import lowrank.io.HadoopConf;
import lowrank.linalg.Dense;

/**
 * What is known of W_QK = W_Q W_K^T or W_OV = W_V W_O of a head, without the scale of attention, biases or layer norms.
 *
 * @param matrix {@code QK} or {@code OV}
 * @param s all singular values that the size of the head leaves
 * @param spectrum norm and ranks
 * @param trace of the matrix
 * @param copyScore sum Re(lambda) / sum |lambda| over its eigenvalues: 1 where it only keeps directions, -1 where it only turns them round;
 *     0 without eigenvalues
 */
public record HeadSpectrum(
        int layer, int head, String matrix, double[] s, WeightSpectrum spectrum, double trace, double copyScore)
        implements Serializable {

    /** A head's matrix of queries and keys. */
    public static final String QK = "QK";

    /** A head's matrix of values and outputs. */
    public static final String OV = "OV";

    /** All heads of a layer, both matrices of each. <b>Cost</b>: {@link #flops}. */
    public static List<HeadSpectrum> of(AttentionLayer layer, HadoopConf conf, Arena arena) {
        AttentionLayer.Loaded loaded = layer.load(conf, arena);
        List<HeadSpectrum> found = new ArrayList<>();
        for (int head = 0; head < layer.heads(); head++) {
            found.add(of(layer.number(), head, QK, loaded.queryKey(head)));
            found.add(of(layer.number(), head, OV, loaded.outputValue(head)));
        }
        return found;
    }

    static HeadSpectrum of(int layer, int head, String matrix, Product product) {
        double[] s = product.singularValues();
        Dense.Eigenvalues values = product.eigenvalues();
        double real = 0;
        double all = 0;
        for (int j = 0; j < values.real().length; j++) {
            real += values.real()[j];
            all += values.magnitude(j);
        }
        return new HeadSpectrum(
                layer,
                head,
                matrix,
                s,
                WeightSpectrum.of(s, product.rows(), product.cols()),
                product.trace(),
                all == 0 ? 0 : real / all);
    }

    /** Flops for a layer: of each of two matrices two triangles, a core, its singular values and eigenvalues. */
    public static double flops(AttentionLayer layer) {
        double k = layer.size();
        return 2.0 * layer.heads() * (6 * layer.width() * k * k + 17 * k * k * k);
    }

    /** Bytes off the heap for a layer: its values, and copies of a head's. */
    public static long bytes(AttentionLayer layer) {
        return 8 * layer.count() + 32L * layer.width() * layer.size();
    }
}
