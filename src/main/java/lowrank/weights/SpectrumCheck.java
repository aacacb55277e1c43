package lowrank.weights;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.linalg.NumericalException;

/**
 * Singular values held to another factorisation than the one that found them: their squares are the eigenvalues of A A^T or A^T A, the
 * smaller of the two. That tells values above the root of rounding well, and of smaller ones that they are small.
 *
 * @param norm ||A||_F, from A itself
 * @param off the largest |s_j^2 - lambda_j|, in units of the largest eigenvalue
 * @param accepted what rounding of both computations makes of it at most
 */
public record SpectrumCheck(double norm, double off, double accepted) implements Serializable {
    private static final double ROUNDOFF = 0x1p-53;

    /** Between these exponents squares, and sums of them, neither overflow nor vanish. */
    private static final int SAFE = 300;

    /** Bytes off the heap: the product, LAPACK's copy of its vectors and its workspace. */
    static long bytes(Weight weight) {
        long k = weight.most();
        return 8 * (4 * k * k + 8 * k);
    }

    /** Flops of {@link #of}. */
    static double flops(Weight weight) {
        double k = weight.most();
        return 2.0 * weight.count() * k + 9 * k * k * k;
    }

    /** Compares values that are stored with those of a matrix, which is left as it is. */
    static SpectrumCheck of(Slab a, double[] s, String name, Arena arena) {
        double norm = Products.norm(a);
        int k = Math.min(a.rows(), a.width());
        if (s.length != k || !isDescending(s)) {
            throw new NumericalException("spectra/ does not hold the " + k + " singular values of " + name
                    + " in their order; run the job again");
        }
        if (norm == 0) {
            return new SpectrumCheck(0, s[0], 0);
        }
        double unit = Math.abs(Math.getExponent(norm)) < SAFE ? 1 : Math.scalb(1.0, -Math.getExponent(norm));
        AdapterModule.scale(a.address(), a.count(), unit);
        double[] w = eigenvalues(a, k, name, arena);
        AdapterModule.scale(a.address(), a.count(), 1 / unit);
        double largest = w[k - 1];
        double off = 0;
        for (int j = 0; j < k; j++) {
            double value = s[j] * unit;
            off = Math.max(off, Math.abs(value * value - w[k - 1 - j]) / largest);
        }
        // Each number of the product has the longer side's roundings of what norms of rows make of it. The eigenvalues
        // and the values themselves are those of matrices within a few of them.
        double sides = a.rows() + (double) a.width();
        double whole = unit * norm * unit * norm / largest;
        return new SpectrumCheck(norm, off, 4 * ROUNDOFF * sides * (2 + whole));
    }

    private static boolean isDescending(double[] s) {
        for (int j = 0; j < s.length; j++) {
            if (!(s[j] >= 0) || j > 0 && s[j] > s[j - 1]) {
                return false;
            }
        }
        return true;
    }

    private static double[] eigenvalues(Slab a, int k, String name, Arena arena) {
        long gram = arena.doubles((long) k * k);
        OffHeap.zero(gram, 8L * k * k);
        boolean wide = a.rows() <= a.width();
        // Rows are columns to BLAS: A is in x out by columns.
        Backend.current()
                .syrk(Precision.DOUBLE, wide, k, wide ? a.width() : a.rows(), 1, a.address(), a.width(), 0, gram, k);
        double[] w = new double[k];
        int info = Backend.current().eigen(k, gram, k, w);
        arena.free(gram);
        if (info != 0 || !Double.isFinite(Arrays.stream(w).sum())) {
            throw new NumericalException("the eigenvalues of " + name + " did not converge (LAPACK " + info + ")");
        }
        return w;
    }
}
