package lowrank.attention;

import java.util.Arrays;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;

/**
 * Nyström attention (Xiong et al. 2021): F A^+ (B V), F = softmax(Q Kl^T), A = softmax(Ql Kl^T), B = softmax(Ql K^T), landmarks the means
 * of segments. Hidden rows are left out of the segments, which are those of all positions. A column of F or A, before rows are divided by
 * their sums, counts as often as its landmark has keys.
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
        double[] counts = Arrays.stream(counts(q.rows(), m, shown))
                .filter(count -> count > 0)
                .toArray();
        Matrix f = weighted(ReferenceAttention.weights(q, kl), counts);
        for (int i = 0; shown != null && i < f.rows(); i++) {
            for (int j = 0; !shown[i] && j < f.cols(); j++) {
                f.set(i, j, 0);
            }
        }
        return new ReferenceNystrom(
                f,
                weighted(ReferenceAttention.weights(ql, kl), counts),
                ReferenceAttention.weights(ql, keys).times(values));
    }

    /** Columns times their counts, and rows of sum one again. */
    private static Matrix weighted(Matrix p, double[] counts) {
        Matrix columns = p.scaleColumns(counts);
        Matrix ones = Matrix.zeros(counts.length, 1);
        Arrays.fill(ones.values(), 1);
        double[] sums = columns.times(ones).values();
        return columns.transpose()
                .scaleColumns(Arrays.stream(sums).map(sum -> 1 / sum).toArray())
                .transpose();
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

    /** Shown rows of each segment: row i of n belongs to segment floor(i m / n). */
    private static double[] counts(int n, int m, boolean[] shown) {
        double[] counts = new double[m];
        for (int i = 0; i < n; i++) {
            counts[segment(i, n, m)] += shown == null || shown[i] ? 1 : 0;
        }
        return counts;
    }

    private static int segment(int i, int n, int m) {
        return (int) ((long) i * m / n);
    }

    /** Means of the shown rows of each segment that has some. */
    static Matrix means(Matrix x, int m, boolean[] shown) {
        Matrix means = Matrix.zeros(m, x.cols());
        double[] counts = counts(x.rows(), m, shown);
        for (int i = 0; i < x.rows(); i++) {
            int to = segment(i, x.rows(), m);
            for (int j = 0; j < x.cols() && (shown == null || shown[i]); j++) {
                means.set(to, j, means.get(to, j) + x.get(i, j) / counts[to]);
            }
        }
        boolean[] kept = new boolean[m];
        for (int to = 0; to < m; to++) {
            kept[to] = counts[to] > 0;
        }
        return rows(means, kept);
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
