package lowrank.attention;

import java.io.Serializable;
import lowrank.linalg.Matrix;

/**
 * What makes features of keys. With x = A (k - mu) the logarithm of positive feature f is w_f'x - |x|^2 / 2 + n'x: that of the weight
 * exp(n'x), which is exact, among them.
 *
 * @param draws what is drawn
 * @param frequencies A'W, a column for each product
 * @param offsets w_f'A mu
 * @param map A', or null where A is the square root of the scale and mu and n are 0
 * @param centre A mu
 * @param lean n
 * @param scale of the products of queries and keys
 */
record KeyFeatures(
        FeatureDraws draws,
        Matrix frequencies,
        double[] offsets,
        Matrix map,
        double[] centre,
        double[] lean,
        double scale)
        implements Serializable {}
