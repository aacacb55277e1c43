package lowrank.weights;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.factor.TallSvd;
import lowrank.linalg.LargeSvd;

/**
 * Truncation by what comes out: of all matrices of rank k, the one that minimises ||X (W - M)^T||_F over the rows X that go in.
 *
 * <p>With X = Q R the outputs X W^T have the singular values of R W^T = P diag(s) Z^T, and the best M is Z_k Z_k^T W: nothing is
 * inverted, and nothing squared, so rows that span few directions do no harm (Wang et al., 2024, "SVD-LLM", and Drone, Chen et al.,
 * 2021, whiten by an inverse of what may be singular). The outputs then miss exactly sqrt(s_(k+1)^2 + ...).
 *
 * @param rows that go in
 * @param heldOut others to measure on, or null
 */
public record Whitening(Calibration rows, Calibration heldOut) implements Serializable {

    /**
     * How far outputs are from those of the matrix itself: Frobenius norms over all rows.
     *
     * @param norm ||X W^T||_F
     * @param whitened what factors miss that are chosen by outputs, ||X (W - M)^T||_F
     * @param plain what factors of the same rank miss that are chosen by the matrix alone
     */
    public record Outputs(double norm, double whitened, double plain) implements Serializable {}

    /**
     * Outputs for the rows that factors were chosen by, and for others.
     *
     * @param heldOut null without such rows
     */
    public record Measured(Outputs chosenBy, Outputs heldOut) implements Serializable {}

    /** Looks for the rows of a matrix; see {@link Calibration#table}. */
    public void require(Weight weight) {
        rows.table(weight);
        if (heldOut != null) {
            heldOut.table(weight);
        }
    }

    /** The SVD of W R^T, and R. */
    record Weighted(long r, LargeSvd svd) {}

    /** The singular values of the outputs, and their directions. */
    Weighted weighted(Weight weight, Slab w, Arena arena) {
        long r = rows.triangle(weight, arena);
        long outputs = product(r, w.address(), w.rows(), w.width(), arena);
        String what = outputsOf(weight);
        LargeSvd svd = LargeSvd.of(outputs, w.rows(), w.width(), what, arena);
        TallSvd.finite(svd.s(), what);
        return new Weighted(r, svd);
    }

    /** The singular values of the outputs alone. */
    double[] weightedValues(Weight weight, Slab w, Arena arena) {
        long r = rows.triangle(weight, arena);
        long outputs = product(r, w.address(), w.rows(), w.width(), arena);
        String what = outputsOf(weight);
        return TallSvd.finite(LargeSvd.values(outputs, w.rows(), w.width(), what, arena), what);
    }

    private static String outputsOf(Weight weight) {
        return "what comes out of " + weight.name();
    }

    /** Z_k and W^T Z_k, their columns scaled to equal norms, rounded to a type. */
    static FactorPair factors(Slab w, LargeSvd outputs, int rank, Precision stored, Arena arena) {
        int out = w.rows();
        int in = w.width();
        FactorPair pair = FactorPair.allocate(out, in, rank, arena);
        long inner = arena.doubles((long) in * rank);
        if (rank > 0) {
            // Rows of W are columns to LAPACK: W^T Z is in x rank.
            Backend.current()
                    .gemm(
                            Precision.DOUBLE,
                            false,
                            false,
                            in,
                            rank,
                            out,
                            1,
                            w.address(),
                            in,
                            outputs.u(),
                            out,
                            0,
                            inner,
                            in);
        }
        double[] right = new double[in];
        for (int j = 0; j < rank; j++) {
            double[] left = outputs.left(j);
            OffHeap.get(inner + 8L * in * j, right, 0, in);
            double norm = FactorPair.norm(inner + 8L * in * j, in);
            double root = Math.sqrt(norm);
            pair.put(j, left, FactorPair.sign(left) * root, right, norm == 0 ? 0 : 1 / root, stored);
        }
        arena.free(inner);
        return pair;
    }

    /** R E^T, in x out by columns, for an out x in matrix E by rows. */
    private static long product(long r, long e, int out, int in, Arena arena) {
        long product = arena.doubles((long) in * out);
        Backend.current().gemm(Precision.DOUBLE, false, false, in, out, in, 1, r, in, e, in, 0, product, in);
        return product;
    }

    /** ||X E^T||_F. */
    static double outputNorm(long r, Slab e, Arena arena) {
        long product = product(r, e.address(), e.rows(), e.width(), arena);
        double norm = FactorPair.norm(product, e.count());
        arena.free(product);
        return norm;
    }
}
