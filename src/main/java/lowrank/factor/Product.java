package lowrank.factor;

import java.io.Serializable;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;

/**
 * M = left right^T, rows x cols, by its two thin factors on the heap; M itself is never formed. Everything asked of it costs a small
 * multiple of (rows + cols) k^2 flops, k being the inner dimension: adapters of weights, and what a head of attention reads and writes.
 *
 * <p>Errors are those of M with each column of the factors off by rounding: eps sum_j |left_j| |right_j|, which is eps s_1 where the
 * terms left_j right_j^T do not cancel, and what forming M would cost where they do. Singular values are never taken from
 * left^T left right^T right, whose eigenvalues are their squares: that loses those below sqrt(eps) s_1.
 *
 * @param left rows x k
 * @param right cols x k
 */
public record Product(Matrix left, Matrix right) implements Serializable {
    /** The part of its terms' magnitudes that a sum must be, for its digits to count: below, some 5 bits are lost. */
    private static final double CANCELLED = 1.0 / 32;

    public Product {
        if (left.cols() != right.cols()) {
            throw new IllegalArgumentException(
                    "the factors of a product have as many columns each, not " + left.cols() + " and " + right.cols());
        }
    }

    /** u v^T. */
    public static Product rankOne(double[] u, double[] v) {
        return new Product(new Matrix(u.length, 1, u.clone()), new Matrix(v.length, 1, v.clone()));
    }

    /** Rows of M. */
    public int rows() {
        return left.rows();
    }

    /** Columns of M. */
    public int cols() {
        return right.rows();
    }

    /** k, the columns of each factor: the rank of M is at most this. */
    public int inner() {
        return left.cols();
    }

    /** Numbers held: k (rows + cols). */
    public long count() {
        return inner() * ((long) rows() + cols());
    }

    /**
     * M = U diag(s) V^T: left = Q_l R_l, right = Q_r R_r, R_l R_r^T = X diag(s) Y^T, U = Q_l X, V = Q_r Y. There are min(rows, cols, k)
     * values, descending; the entry of largest magnitude in each v is positive.
     *
     * <p><b>Cost</b>: about 8 (rows + cols) k^2 + 20 k^3 flops.
     *
     * @throws NumericalException if a factor holds infinities or NaN
     */
    public Dense.SmallSvd svd() {
        Dense.SmallQr l = thin(left);
        Dense.SmallQr r = thin(right);
        Dense.SmallSvd small = Dense.svd(l.r().timesTranspose(r.r()));
        Matrix v = r.q() == null ? small.v() : r.q().times(small.v());
        Matrix u = l.q() == null ? small.u() : l.q().times(small.u());
        double[] signs = Signs.of(v);
        return new Dense.SmallSvd(u.scaleColumns(signs), small.s(), v.scaleColumns(signs));
    }

    /** A factor that is wider than tall is its own triangle, times an identity that is not formed. */
    private static Dense.SmallQr thin(Matrix factor) {
        return factor.rows() < factor.cols() ? new Dense.SmallQr(null, factor) : Dense.qr(factor);
    }

    /**
     * The min(rows, cols, k) singular values of M, those of R_l R_r^T.
     *
     * <p><b>Cost</b>: about 2 (rows + cols) k^2 + 5 k^3 flops.
     */
    public double[] singularValues() {
        return Dense.singularValues(core());
    }

    /** R_l R_r^T = Q_l^T M Q_r, min(rows, k) x min(cols, k): M in bases of what the factors span. */
    public Matrix core() {
        return Dense.triangle(left).timesTranspose(Dense.triangle(right));
    }

    /**
     * ||M||_F: the root of the sum of the entries of left^T left times those of right^T right, and where the sum cancels the norm of
     * R_l R_r^T, which does not take a root of rounding.
     *
     * <p><b>Cost</b>: 2 (rows + cols) k^2 flops, twice that where it cancels.
     *
     * @throws NumericalException if a factor holds infinities or NaN, or the norm is beyond the largest double
     */
    public double frobeniusNorm() {
        int[] exponents = new int[inner()];
        int common = exponents(exponents);
        Product unit = scaled(exponents, common);
        Matrix g = unit.left.transposeTimes(unit.left);
        Matrix h = unit.right.transposeTimes(unit.right);
        double sum = 0;
        double magnitudes = 0;
        for (int i = 0; i < g.values().length; i++) {
            double term = g.values()[i] * h.values()[i];
            sum += term;
            magnitudes += Math.abs(term);
        }
        double norm = magnitudes == 0
                ? 0
                : Math.scalb(sum > CANCELLED * magnitudes ? Math.sqrt(sum) : norm(unit.core()), common);
        if (!Double.isFinite(norm)) {
            throw new NumericalException("the norm of a product of " + rows() + " x " + cols()
                    + " is beyond the largest double (1.8e308); scale its factors by powers of two");
        }
        return norm;
    }

    /** Of entries of at most about k. */
    private static double norm(Matrix a) {
        double sum = 0;
        for (double value : a.values()) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    /** The binary exponent of each left_j right_j^T; returns the largest. */
    private int exponents(int[] exponents) {
        int common = Integer.MIN_VALUE;
        for (int j = 0; j < exponents.length; j++) {
            double l = largest(left, j);
            double r = largest(right, j);
            exponents[j] = l == 0 || r == 0 ? Integer.MIN_VALUE : Math.getExponent(l) + Math.getExponent(r);
            common = Math.max(common, exponents[j]);
        }
        return common == Integer.MIN_VALUE ? 0 : common;
    }

    /** 2^-common M, the columns of its left factor about 1 and those of the right one at most about 1. */
    private Product scaled(int[] exponents, int common) {
        Matrix l = Matrix.zeros(rows(), inner());
        Matrix r = Matrix.zeros(cols(), inner());
        for (int j = 0; j < inner(); j++) {
            if (exponents[j] != Integer.MIN_VALUE) {
                int ofLeft = Math.getExponent(largest(left, j));
                shift(left, l, j, -ofLeft);
                shift(right, r, j, ofLeft - common);
            }
        }
        return new Product(l, r);
    }

    private static void shift(Matrix from, Matrix to, int j, int exponent) {
        for (int i = j * from.rows(); i < (j + 1) * from.rows(); i++) {
            to.values()[i] = Math.scalb(from.values()[i], exponent);
        }
    }

    /** The largest magnitude of a column; NaN where one is. */
    private static double largest(Matrix a, int j) {
        double largest = 0;
        for (int i = j * a.rows(); i < (j + 1) * a.rows(); i++) {
            largest = Math.max(largest, Math.abs(a.values()[i]));
        }
        return largest;
    }

    /** sum_i left_i . right_i over rows, for a square M. <b>Cost</b>: 2 rows k flops. */
    public double trace() {
        requireSquare();
        double trace = 0;
        for (int i = 0; i < left.values().length; i++) {
            trace += left.values()[i] * right.values()[i];
        }
        return trace;
    }

    /**
     * The eigenvalues of a square M that are not zero for want of rank: those of right^T left, min(rows, k) of them.
     *
     * <p><b>Cost</b>: 2 rows k^2 + 10 k^3 flops.
     */
    public Dense.Eigenvalues eigenvalues() {
        requireSquare();
        return Dense.eigenvalues(inner() <= rows() ? right.transposeTimes(left) : left.timesTranspose(right));
    }

    private void requireSquare() {
        if (rows() != cols()) {
            throw new IllegalArgumentException(
                    "only a square matrix has a trace and eigenvalues, not " + rows() + " x " + cols());
        }
    }

    /** factor M. */
    public Product scaled(double factor) {
        double[] factors = new double[inner()];
        java.util.Arrays.fill(factors, factor);
        return new Product(left.scaleColumns(factors), right);
    }

    /** M + N = [left, left of N] [right, right of N]^T: exact, of inner dimension k of M + k of N. */
    public Product plus(Product other) {
        if (other.rows() != rows() || other.cols() != cols()) {
            throw new IllegalArgumentException(
                    "shapes differ: " + rows() + " x " + cols() + " and " + other.rows() + " x " + other.cols());
        }
        return new Product(left.beside(other.left), right.beside(other.right));
    }

    /**
     * M N = left C (right of N)^T with C = right^T (left of N), which goes to the side that leaves the smaller inner dimension.
     *
     * <p><b>Cost</b>: 2 cols k k' + 2 n k k' flops, n being the rows of N's right factor or those of M's left one.
     */
    public Product times(Product other) {
        if (cols() != other.rows()) {
            throw new IllegalArgumentException("inner dimensions differ: " + cols() + " and " + other.rows());
        }
        Matrix c = right.transposeTimes(other.left);
        return inner() <= other.inner()
                ? new Product(left, other.right.timesTranspose(c))
                : new Product(left.times(c), other.right);
    }

    /** M X = left (right^T X), X being inputs side by side, cols x count. <b>Cost</b>: 2 (rows + cols) k count flops. */
    public Matrix times(Matrix inputs) {
        return left.times(right.transposeTimes(inputs));
    }

    /** M^T = right left^T. */
    public Product transpose() {
        return new Product(right, left);
    }
}
