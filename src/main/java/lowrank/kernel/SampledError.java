package lowrank.kernel;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RowReader;
import lowrank.blocks.RowWriter;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;

/**
 * How far the inner products of features are from the kernel, from a block of s sampled rows: the certificate of random features, for
 * which no exact residual exists.
 *
 * <p>The interval is for r = sqrt(sum (z_i'z_j - k_ij)^2 / sum k_ij^2) over all pairs of n rows, when the s rows are drawn independently
 * and uniformly. With h in [0, b] the mean U of h over the pairs of distinct draws is Hoeffding's U-statistic, whose exponential moments
 * are at most those of a mean of m = floor(s/2) independent values (Hoeffding 1963, section 5), and E (h - t)^2 <= b t for its mean t, so
 * that by Bernstein's inequality |U - t| <= sqrt(2 b t L / m) + b L / (3 m) but for a probability of 2 exp(-L). Solved for t once for
 * k^2 (b = 1) and once for the squared error, b the square of the largest error of any pair:
 *
 * <ul>
 *   <li>independent Fourier features: 2 sqrt(ln(n^2 / p) / D) but for a probability p over the seed (Hoeffding for D/2 cosines, all pairs)
 *   <li>other Fourier features, those of the exponential chi-squared kernel and of arc-cosine of order 0: 2
 *   <li>Nyström features: k(x, x), where that is the same for all rows; averages of maps: the largest of their parts'
 *   <li>kernels and features without a bound: the interval is [0, infinity)
 * </ul>
 *
 * The three statements fail with a third of the failure probability each.
 *
 * @param rows s
 * @param frobenius ||Z_s Z_s' - K_ss|| / ||K_ss||, Frobenius norms of the block
 * @param largest the largest |z_i'z_j - k_ij| of the block
 * @param lower r is at least this
 * @param upper and at most this
 * @param failureProbability with which either may be wrong
 */
public record SampledError(
        int rows, double frobenius, double largest, double lower, double upper, double failureProbability)
        implements Serializable {

    /** Rows that are mapped together. */
    private static final int BLOCK = 256;

    /**
     * Measures a map. Costs s^2 (inputs + D) operations and holds s (D + s) doubles off the heap, s (2 s + 3 inputs) on it.
     *
     * @param sample s rows, drawn independently and uniformly
     * @param precision in which features are made
     * @param total n, the rows of the table
     */
    public static SampledError of(
            Matrix sample, FeatureMap map, Precision precision, long total, double failureProbability) {
        int s = sample.rows();
        if (s < 2) {
            throw new IllegalArgumentException("the error of a kernel needs at least 2 sampled rows, not " + s);
        }
        double[] kernel = kernel(sample, map.kernel());
        double[] products = products(sample, map, precision);
        double[] sums = new double[4];
        double largest = 0;
        for (int i = 0; i < s; i++) {
            for (int j = 0; j < s; j++) {
                double k = kernel[i * s + j];
                double error = products[i * s + j] - k;
                int diagonal = i == j ? 2 : 0;
                sums[diagonal] += error * error;
                sums[diagonal + 1] += k * k;
                largest = Math.max(largest, Math.abs(error));
            }
        }
        double frobenius = ratio(Math.sqrt(sums[0] + sums[2]), Math.sqrt(sums[1] + sums[3]));
        double part = failureProbability / 3;
        double bound = largestError(map, total, part);
        if (Double.isInfinite(bound)) {
            return new SampledError(s, frobenius, largest, 0, bound, failureProbability);
        }
        double pairs = (double) s * (s - 1);
        double[] errors = mean(sums[0] / pairs, bound * bound, s / 2, part);
        double[] squares = mean(sums[1] / pairs, 1, s / 2, part);
        return new SampledError(
                s,
                frobenius,
                largest,
                Math.sqrt(ratio(errors[0], squares[1])),
                Math.sqrt(ratio(errors[1], squares[0])),
                failureProbability);
    }

    private static double ratio(double numerator, double denominator) {
        return numerator == 0 ? 0 : numerator / denominator;
    }

    /** The least and largest mean t of values in [0, b] that a U-statistic of m independent pairs leaves. */
    static double[] mean(double u, double b, int m, double failureProbability) {
        double l = Math.log(2 / failureProbability);
        double root = Math.sqrt(2 * b * l / m);
        double rest = b * l / (3 * m);
        double least = u <= rest ? 0 : (Math.sqrt(root * root + 4 * (u - rest)) - root) / 2;
        double most = (root + Math.sqrt(root * root + 4 * (u + rest))) / 2;
        return new double[] {least * least, Math.min(b, most * most)};
    }

    /** A bound of |z(x)'z(y) - k(x, y)| over all pairs of the rows, but for a probability over the seed. */
    static double largestError(FeatureMap map, long rows, double failureProbability) {
        if (map instanceof Fourier fourier) {
            boolean independent = fourier.projection() instanceof DenseProjection dense && !dense.isOrthogonal();
            double l = 2 * Math.log(rows) - Math.log(failureProbability);
            return independent ? Math.min(2, 2 * Math.sqrt(l / map.size())) : 2;
        }
        if (map instanceof SideBySide draws) {
            // The error of a mean is at most the largest of its parts'; all of them hold but for their share.
            return draws.maps().stream()
                    .mapToDouble(one -> largestError(
                            one, rows, failureProbability / draws.maps().size()))
                    .max()
                    .orElseThrow();
        }
        if (map instanceof Nystrom && TracePass.constant(map.kernel())) {
            // K - K^ is positive semidefinite, so no entry is larger than its diagonal's, at most k(x, x).
            return map.kernel().self(0);
        }
        // Both z'z and k lie in [-1, 1], or in [0, 2] and [0, 1].
        boolean bounded = map instanceof Stages stages && stages.second() instanceof Fourier
                || map instanceof ArcCosineFeatures arcCosine
                        && arcCosine.kernel().order() == 0;
        return bounded ? 2 : Double.POSITIVE_INFINITY;
    }

    /** K_ss, with forms summed coordinate by coordinate over all pairs of a row. */
    private static double[] kernel(Matrix sample, Kernel kernel) {
        int s = sample.rows();
        double[][] columns = new double[sample.cols()][];
        for (int c = 0; c < sample.cols(); c++) {
            columns[c] = Arrays.copyOfRange(sample.values(), c * s, (c + 1) * s);
        }
        double[] sizes = new double[s];
        for (double[] column : columns) {
            for (int j = 0; j < s; j++) {
                sizes[j] += kernel.form() == Kernel.Form.HARMONIC ? column[j] : column[j] * column[j];
            }
        }
        double[] all = new double[Math.multiplyExact(s, s)];
        double[] row = new double[s];
        for (int i = 0; i < s; i++) {
            Arrays.fill(row, 0);
            for (double[] column : columns) {
                add(kernel.form(), column[i], column, row);
            }
            kernel.apply(row, 0, s, sizes[i], sizes, 0);
            System.arraycopy(row, 0, all, i * s, s);
        }
        return all;
    }

    private static void add(Kernel.Form form, double x, double[] column, double[] sums) {
        switch (form) {
            case PRODUCT -> {
                for (int j = 0; j < sums.length; j++) {
                    sums[j] = Math.fma(x, column[j], sums[j]);
                }
            }
            case SQUARED_DISTANCE -> {
                for (int j = 0; j < sums.length; j++) {
                    double apart = x - column[j];
                    sums[j] = Math.fma(apart, apart, sums[j]);
                }
            }
            case ABSOLUTE_DISTANCE -> {
                for (int j = 0; j < sums.length; j++) {
                    sums[j] += Math.abs(x - column[j]);
                }
            }
            case HARMONIC -> {
                for (int j = 0; j < sums.length; j++) {
                    double both = x + column[j];
                    sums[j] += both == 0 ? 0 : 2 * x * column[j] / both;
                }
            }
            case CHI_SQUARED -> {
                for (int j = 0; j < sums.length; j++) {
                    double both = x + column[j];
                    double apart = x - column[j];
                    sums[j] += both == 0 ? 0 : apart * apart / both;
                }
            }
        }
    }

    /** Bytes that this holds, on the heap and off it. */
    public static long bytes(int rows, int inputs, int features) {
        return 8L * rows * (features + 3L * rows + 3L * inputs);
    }

    /** Z_s Z_s', of features as columns off the heap, D x s. */
    private static double[] products(Matrix sample, FeatureMap map, Precision precision) {
        int s = sample.rows();
        int width = sample.cols();
        int d = map.size();
        if (d == 0) {
            return new double[Math.multiplyExact(s, s)];
        }
        Matrix rows = sample.transpose();
        try (Arena arena = new Arena()) {
            long features = arena.doubles((long) d * s);
            Column input = new Column("features", width, precision);
            Layout layout = new Layout(s, BLOCK, BLOCK);
            FeatureMap.Mapper mapper = map.open(arena, input, layout);
            long address = arena.allocate((long) BLOCK * width, precision);
            RowWriter writer = new RowWriter(precision);
            RowReader reader = new RowReader(new Column("features", d, precision));
            for (int first = 0; first < s; first += BLOCK) {
                Slab slab = new Slab(address, Math.min(BLOCK, s - first), width, precision);
                writer.put(slab.address(), rows.values(), first * width, slab.rows() * width);
                Slab mapped = mapper.map(slab);
                for (int i = 0; i < slab.rows(); i++) {
                    OffHeap.put(features + 8L * d * (first + i), reader.read(mapped, i, 1), 0, d);
                }
            }
            long products = arena.doubles((long) s * s);
            Backend.current().gemm(Precision.DOUBLE, true, false, s, s, d, 1, features, d, features, d, 0, products, s);
            return Matrix.load(products, s, s, s).values();
        }
    }
}
