package lowrank.weights;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.factor.Product;
import lowrank.io.HadoopConf;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Draws;

/**
 * Measures what is stored of attention heads by other ways than those that found it. With M = U V^T, G = U^T U and H = V^T V: ||M||_F^2 is
 * the sum of the entries of G times those of H, the squares of the singular values are the eigenvalues of R H R^T, R being the triangle
 * of U, and ||M_1 M_2||_F^2 is the sum of the entries of G_1 times those of C H_2 C^T, C = V_1^T U_2.
 */
public record CircuitCheck(HadoopConf conf) implements Serializable {
    private static final double ROUNDOFF = 0x1p-53;

    /** What a matrix is changed by, in units of its norm, to see how far eigenvalues move that rounding moves less. */
    private static final double CHANGE = 1e-10;

    private static final int STREAM = 29;

    /**
     * A layer to look at.
     *
     * @param s the singular values of each head's QK and OV, as stored
     */
    public record Task(AttentionLayer layer, double[][] s) implements Serializable {}

    /** A number, and how far it may be from another computation of it. */
    public record Measured(double value, double rounding) implements Serializable {}

    /**
     * What was found of a matrix of a head.
     *
     * @param off the largest |s_j^2 - lambda_j|, in units of the largest, and what rounding may make of it
     */
    public record Head(
            int layer, int head, String matrix, int width, Measured norm, Measured off, Measured trace, Measured copy)
            implements Serializable {
        /** What its singular values say of it. */
        public WeightSpectrum spectrumOf(double[] s) {
            return WeightSpectrum.of(s, width, width);
        }
    }

    /**
     * Scores of a pair of layers: kind, then {@code from} head times heads of the later layer + {@code to} head.
     *
     * @param of what was measured
     * @param rounding how far each may be from another computation of it
     */
    public record Scores(double[][] of, double[][] rounding) implements Serializable {}

    /** Looks at all heads of a layer. */
    public List<Head> heads(Task task, Arena arena) {
        AttentionLayer layer = task.layer();
        AttentionLayer.Loaded loaded = layer.load(conf, arena);
        List<Head> heads = new ArrayList<>();
        for (int head = 0; head < layer.heads(); head++) {
            for (int m = 0; m < 2; m++) {
                String matrix = m == 0 ? HeadSpectrum.QK : HeadSpectrum.OV;
                Product product = m == 0 ? loaded.queryKey(head) : loaded.outputValue(head);
                heads.add(head(layer, head, matrix, product, task.s()[2 * head + m]));
            }
        }
        return heads;
    }

    private static Head head(AttentionLayer layer, int head, String matrix, Product product, double[] s) {
        double terms = product.inner() + Math.max(product.rows(), product.cols());
        double unit = 8 * ROUNDOFF * terms;
        double norm = product.frobeniusNorm();
        double size = norm(product.left()) * norm(product.right());
        double trace = 0;
        Matrix small = product.right().transposeTimes(product.left());
        for (int j = 0; j < product.inner(); j++) {
            trace += small.get(j, j);
        }
        return new Head(
                layer.number(),
                head,
                matrix,
                layer.width(),
                // Where terms cancel the norm is known to roundings of their sizes.
                new Measured(norm, unit * size),
                spectrum(product, s, unit),
                new Measured(trace, unit * size),
                copyScore(product));
    }

    private static Measured spectrum(Product product, double[] s, double unit) {
        int left = exponent(product.left());
        int right = exponent(product.right());
        Matrix u = scaled(product.left(), -left);
        Matrix v = scaled(product.right(), -right);
        Matrix r = Dense.triangle(u);
        double[] w = Dense.eigen(symmetric(r.times(v.transposeTimes(v)).timesTranspose(r)))
                .w();
        double largest = w[w.length - 1];
        double sizes = norm(u) * norm(v);
        double off = 0;
        for (int j = 0; j < s.length; j++) {
            double value = Math.scalb(s[j], -left - right);
            off = Math.max(off, Math.abs(value * value - (j < w.length ? w[w.length - 1 - j] : 0)));
        }
        return largest > 0
                ? new Measured(off / largest, 4 * unit * sizes * sizes / largest)
                : new Measured(off, 4 * unit * sizes * sizes);
    }

    private static Matrix symmetric(Matrix a) {
        Matrix half = Matrix.zeros(a.rows(), a.cols());
        for (int j = 0; j < a.cols(); j++) {
            for (int i = 0; i < a.rows(); i++) {
                half.set(i, j, (a.get(i, j) + a.get(j, i)) / 2);
            }
        }
        return half;
    }

    /** By the eigenvalues of Q^T M Q with U = Q R: R (V^T Q), which has other roundings than V^T U. */
    private static Measured copyScore(Product product) {
        Matrix u = scaled(product.left(), -exponent(product.left()));
        Matrix v = scaled(product.right(), -exponent(product.right()));
        if (u.rows() < u.cols()) {
            return copyScore(u.timesTranspose(v));
        }
        Dense.SmallQr qr = Dense.qr(u);
        return copyScore(qr.r().times(v.transposeTimes(qr.q())));
    }

    /** Eigenvalues move by more than rounding where they are badly conditioned: a change that is larger than rounding tells how far. */
    private static Measured copyScore(Matrix m) {
        double score = score(m);
        double norm = norm(m);
        double[] noise = new double[m.values().length];
        new Draws(m.rows(), STREAM).gaussians(0, noise, 0, noise.length);
        Matrix change = new Matrix(m.rows(), m.cols(), noise);
        double times = norm == 0 ? 0 : CHANGE * norm / norm(change);
        for (int i = 0; i < noise.length; i++) {
            noise[i] = m.values()[i] + times * noise[i];
        }
        return new Measured(score, 4 * Math.abs(score(change) - score) + CHANGE);
    }

    private static double score(Matrix m) {
        Dense.Eigenvalues values =
                Dense.eigenvalues(new Matrix(m.rows(), m.cols(), m.values().clone()));
        double real = 0;
        double all = 0;
        for (int j = 0; j < values.real().length; j++) {
            real += values.real()[j];
            all += values.magnitude(j);
        }
        return all == 0 ? 0 : real / all;
    }

    /** U, G and V, H of a head's matrix, in units of powers of two. */
    private record Factors(Matrix u, Matrix v, Matrix g, Matrix h, double square, double rounding) {
        static Factors of(Matrix left, Matrix right) {
            Matrix u = scaled(left, -exponent(left));
            Matrix v = scaled(right, -exponent(right));
            Matrix g = u.transposeTimes(u);
            Matrix h = v.transposeTimes(v);
            double unit = 8 * ROUNDOFF * (left.rows() + left.cols());
            return new Factors(u, v, g, h, inner(g, h), unit * CircuitCheck.norm(g) * CircuitCheck.norm(h));
        }
    }

    /** An earlier layer and a later one. */
    public record Pair(AttentionLayer from, AttentionLayer to) implements Serializable {
        /** All pairs, in the order of the earlier layer, then of the later one. */
        public static List<Pair> of(List<AttentionLayer> layers) {
            List<Pair> pairs = new ArrayList<>();
            for (int from = 0; from < layers.size(); from++) {
                for (int to = from + 1; to < layers.size(); to++) {
                    pairs.add(new Pair(layers.get(from), layers.get(to)));
                }
            }
            return pairs;
        }

        /** Numbers read. */
        public long count() {
            return from.outputValueCount() + to.count();
        }

        /** Flops: of each two heads, three times a thin product and two small ones. */
        public double flops() {
            double k = from.size();
            double l = to.size();
            return 3.0 * from.heads() * to.heads() * (2 * from.width() * k * l + 2 * k * l * (k + l));
        }

        /** Bytes off the heap: both layers, and copies of a head's factors. */
        public long bytes() {
            return 8 * count() + 32L * (from.size() + to.size()) * from.width();
        }
    }

    /** Looks at all heads of a pair of layers. */
    public Scores scores(Pair pair, Arena arena) {
        AttentionLayer.Loaded earlier = pair.from().loadOutputValue(conf, arena);
        AttentionLayer.Loaded later = pair.to().load(conf, arena);
        int froms = pair.from().heads();
        int tos = pair.to().heads();
        int kinds = Composition.Kind.values().length;
        double[][] scores = new double[kinds][froms * tos];
        double[][] rounding = new double[kinds][froms * tos];
        List<Factors> written = new ArrayList<>();
        for (int from = 0; from < froms; from++) {
            written.add(Factors.of(earlier.value(from), earlier.output(from)));
        }
        for (int to = 0; to < tos; to++) {
            for (Composition.Kind kind : Composition.Kind.values()) {
                Factors read = switch (kind) {
                    case Q -> Factors.of(later.query(to), later.key(to));
                    case K -> Factors.of(later.key(to), later.query(to));
                    case V -> Factors.of(later.value(to), later.output(to));
                };
                for (int from = 0; from < froms; from++) {
                    Measured score = score(written.get(from), read);
                    scores[kind.ordinal()][from * tos + to] = score.value();
                    rounding[kind.ordinal()][from * tos + to] = score.rounding();
                }
            }
        }
        return new Scores(scores, rounding);
    }

    private static Measured score(Factors one, Factors two) {
        double whole = one.square * two.square;
        if (!(whole > 0)) {
            return new Measured(0, 0);
        }
        Matrix c = one.v.transposeTimes(two.u);
        double square = Math.max(0, inner(one.g, c.times(two.h).timesTranspose(c))) / whole;
        double unit = 8 * ROUNDOFF * (one.u.rows() + 2.0 * (one.u.cols() + two.u.cols()));
        double size = norm(c);
        double off = unit * norm(one.g) * size * size * norm(two.h) / whole
                + square * (one.rounding / one.square + two.rounding / two.square);
        double score = Math.sqrt(square);
        // |a - b| = |a^2 - b^2| / (a + b), and at most the root of |a^2 - b^2|.
        return new Measured(score, off / Math.max(score, Math.sqrt(off)) + 4 * unit);
    }

    private static double inner(Matrix a, Matrix b) {
        double sum = 0;
        for (int i = 0; i < a.values().length; i++) {
            sum += a.values()[i] * b.values()[i];
        }
        return sum;
    }

    private static double norm(Matrix a) {
        double norm = 0;
        int exponent = exponent(a);
        for (double column : scaled(a, -exponent).columnNorms()) {
            norm = Math.hypot(norm, column);
        }
        return Math.scalb(norm, exponent);
    }

    /** The binary exponent of the largest number. */
    private static int exponent(Matrix a) {
        double largest = 0;
        for (double value : a.values()) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest == 0 ? 0 : Math.getExponent(largest);
    }

    private static Matrix scaled(Matrix a, int exponent) {
        double[] values = new double[a.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.scalb(a.values()[i], exponent);
        }
        return new Matrix(a.rows(), a.cols(), values);
    }
}
