package lowrank.attention;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.linalg.Matrix;

/**
 * What is summed over keys, of each feature f: z_f = sum_j phi_f(k_j) and S_f = sum_j phi_f(k_j) v_j, both times exp(-shift_f).
 *
 * @param width values of v, dv
 * @param shift of each feature; minus infinity where no key was seen
 * @param weights z
 * @param weighted S, feature by feature
 */
record FeatureSums(int width, double[] shift, double[] weights, double[] weighted) implements Serializable {

    /** Sums over no keys. */
    static FeatureSums none(int features, int width) {
        double[] shift = new double[features];
        Arrays.fill(shift, Double.NEGATIVE_INFINITY);
        return new FeatureSums(width, shift, new double[features], new double[features * width]);
    }

    static long bytes(int features, int width) {
        return 8L * features * (width + 2);
    }

    /** Sums over both sets of keys, with the larger shift of both; equal shifts leave sums as they are. */
    FeatureSums and(FeatureSums other) {
        int m = shift.length;
        FeatureSums both = new FeatureSums(width, new double[m], new double[m], new double[m * width]);
        for (int f = 0; f < m; f++) {
            double largest = Math.max(shift[f], other.shift[f]);
            double mine = SoftmaxSums.factor(shift[f], largest);
            double others = SoftmaxSums.factor(other.shift[f], largest);
            both.shift[f] = largest;
            both.weights[f] = mine * weights[f] + others * other.weights[f];
            for (int j = f * width; j < (f + 1) * width; j++) {
                both.weighted[j] = mine * weighted[j] + others * other.weighted[j];
            }
        }
        return both;
    }

    /** Brings the sums of this to another, larger shift, in place. */
    void raise(double[] to) {
        for (int f = 0; f < shift.length; f++) {
            double factor = SoftmaxSums.factor(shift[f], to[f]);
            shift[f] = to[f];
            weights[f] *= factor;
            for (int j = f * width; j < (f + 1) * width; j++) {
                weighted[j] *= factor;
            }
        }
    }

    /** The sums of the features from {@code first} on. */
    FeatureSums part(int first, int count) {
        return new FeatureSums(
                width,
                Arrays.copyOfRange(shift, first, first + count),
                Arrays.copyOfRange(weights, first, first + count),
                Arrays.copyOfRange(weighted, first * width, (first + count) * width));
    }

    /** S_f / z_f, a column for each feature: the mean of the values as it weighs them; zeros where it has seen none. */
    Matrix means() {
        Matrix means = new Matrix(width, shift.length, weighted.clone());
        double[] inverse = new double[shift.length];
        Arrays.setAll(inverse, f -> weights[f] > 0 ? 1 / weights[f] : 0);
        return means.scaleColumns(inverse);
    }

    /** log z_f, without the shift. */
    double[] logWeights() {
        double[] logs = new double[shift.length];
        Arrays.setAll(logs, f -> weights[f] > 0 ? shift[f] + StrictMath.log(weights[f]) : Double.NEGATIVE_INFINITY);
        return logs;
    }
}
