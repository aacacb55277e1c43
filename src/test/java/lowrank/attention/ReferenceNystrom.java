package lowrank.attention;

import java.util.Arrays;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * Nyström attention (Xiong et al. 2021): F A^+ (B V), F = softmax(Q Kl^T), A = softmax(Ql Kl^T), B = softmax(Ql K^T), landmarks the means
 * of segments. Hidden rows are left out of the segments, which are those of all positions.
 *
 * @param f n x m
 * @param a m x m
 * @param bv m x dv
 */
public record ReferenceNystrom(Matrix f, Matrix a, Matrix bv) {
    /** Of m segments; those that are hidden whole have no landmark. */
    public static ReferenceNystrom of(Matrix q, Matrix k, Matrix v, int m, boolean[] shown) {
        Matrix ql = means(q, m, shown);
        Matrix kl = means(k, m, shown);
        Matrix keys = shown == null ? k : rows(k, shown);
        Matrix values = shown == null ? v : rows(v, shown);
        Matrix f = ReferenceAttention.weights(q, kl);
        for (int i = 0; shown != null && i < f.rows(); i++) {
            for (int j = 0; !shown[i] && j < f.cols(); j++) {
                f.set(i, j, 0);
            }
        }
        return new ReferenceNystrom(
                f,
                ReferenceAttention.weights(ql, kl),
                ReferenceAttention.weights(ql, keys).times(values));
    }

    /** With A^+ of the singular values above a part of the largest. */
    public Matrix cut(double relative) {
        Dense.SmallSvd svd = Dense.svd(a);
        double[] inverse = Arrays.stream(svd.s())
                .map(s -> s > relative * svd.s()[0] ? 1 / s : 0)
                .toArray();
        return f.times(svd.v().scaleColumns(inverse)).times(svd.u().transposeTimes(bv));
    }

    /**
     * With the cut that misses least of exact outputs on some rows: 1e-1, 10^(-3/2), ..., 1e-8 are tried.
     *
     * @param exact outputs, of which these rows are looked at
     */
    public Matrix bestCut(Matrix exact, int[] rows) {
        Matrix best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int half = 2; half <= 16; half++) {
            Matrix tried = cut(Math.pow(10, -half / 2.0));
            double missed = missed(tried, exact, rows);
            if (missed < least) {
                least = missed;
                best = tried;
            }
        }
        return best;
    }

    private static double missed(Matrix a, Matrix b, int[] rows) {
        double squares = 0;
        for (int i : rows) {
            for (int j = 0; j < a.cols(); j++) {
                squares += Math.pow(a.get(i, j) - b.get(i, j), 2);
            }
        }
        return squares;
    }

    /** With (A^T A + (ridge s_1)^2 I)^-1 A^T in the place of A^+. */
    public Matrix ridge(double relative) {
        Dense.SmallSvd svd = Dense.svd(a);
        double square = Math.pow(relative * svd.s()[0], 2);
        double[] inverse = Arrays.stream(svd.s()).map(s -> s / (s * s + square)).toArray();
        return f.times(svd.v().scaleColumns(inverse)).times(svd.u().transposeTimes(bv));
    }

    /** With so many steps of Z (13 I - A Z (15 I - A Z (7 I - A Z))) / 4 from Z = A^T / (|A|_1 |A|_inf). */
    public Matrix iterated(int steps) {
        Matrix eye = Matrix.identity(a.rows());
        Matrix z = times(a.transpose(), 1 / (largestColumn(a) * largestColumn(a.transpose())));
        for (int step = 0; step < steps; step++) {
            Matrix az = a.times(z);
            Matrix inner = times(eye, 15).minus(az.times(times(eye, 7).minus(az)));
            z = times(z.times(times(eye, 13).minus(az.times(inner))), 0.25);
        }
        return f.times(z).times(bv);
    }

    /** Means of the shown rows of each segment: row i of n belongs to segment floor(i m / n). */
    static Matrix means(Matrix x, int m, boolean[] shown) {
        Matrix sums = Matrix.zeros(m, x.cols());
        int[] counts = new int[m];
        for (int i = 0; i < x.rows(); i++) {
            if (shown == null || shown[i]) {
                int segment = (int) ((long) i * m / x.rows());
                counts[segment]++;
                for (int j = 0; j < x.cols(); j++) {
                    sums.set(segment, j, sums.get(segment, j) + x.get(i, j));
                }
            }
        }
        boolean[] kept = new boolean[m];
        for (int segment = 0; segment < m; segment++) {
            kept[segment] = counts[segment] > 0;
            for (int j = 0; j < x.cols() && kept[segment]; j++) {
                sums.set(segment, j, sums.get(segment, j) / counts[segment]);
            }
        }
        return rows(sums, kept);
    }

    private static Matrix rows(Matrix x, boolean[] kept) {
        Matrix turned = x.transpose();
        int[] chosen = new int[x.rows()];
        int count = 0;
        for (int i = 0; i < x.rows(); i++) {
            if (kept[i]) {
                chosen[count++] = i;
            }
        }
        return turned.columns(chosen, count).transpose();
    }

    private static double largestColumn(Matrix x) {
        double largest = 0;
        for (int j = 0; j < x.cols(); j++) {
            double sum = 0;
            for (int i = 0; i < x.rows(); i++) {
                sum += Math.abs(x.get(i, j));
            }
            largest = Math.max(largest, sum);
        }
        return largest;
    }

    private static Matrix times(Matrix x, double factor) {
        double[] factors = new double[x.cols()];
        Arrays.fill(factors, factor);
        return x.scaleColumns(factors);
    }
}
