package lowrank.weights;

import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;

/**
 * What rounding to the type of storage adds to a tensor.
 *
 * <p>Numbers of the binade [2^e, 2^(e+1)) are rounded by at most u 2^e, evenly spread, hence by u 2^e / sqrt 3 in the root mean square;
 * over a tensor that makes u / sqrt 3 times the root of the sum of 4^e, about 0.42 u ||W||_F. Whole numbers with a scale s are rounded by
 * at most s / 2, hence by s / sqrt 12.
 */
final class StorageNoise {
    private StorageNoise() {}

    /** 2^e of a number of the binade [2^e, 2^(e+1)); 0 of 0. */
    static double binade(double value) {
        // The exponent alone: the fraction becomes 1.0, and of 0 remains 0.
        return Double.longBitsToDouble(Double.doubleToRawLongBits(value) & 0x7ff0000000000000L);
    }

    /**
     * The larger of the noises of the two of a pair.
     *
     * @param binades the root of the sum of 4^e over all numbers of the tuned one
     */
    static double of(HadoopConf conf, TensorPair pair, double binades) {
        return Math.max(of(conf, pair.baseTensor(), binades), of(conf, pair.tunedTensor(), binades));
    }

    private static double of(HadoopConf conf, StoredTensor tensor, double binades) {
        if (tensor.quantisation() == null) {
            return tensor.type().roundoff() / Math.sqrt(3) * binades;
        }
        double[] scales = TensorReader.all(conf, tensor.quantisation().scale());
        double sum = 0;
        for (double scale : scales) {
            sum += scale * scale;
        }
        return Math.sqrt(sum / scales.length * tensor.count() / 12);
    }
}
