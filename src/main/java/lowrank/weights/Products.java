package lowrank.weights;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;

/**
 * A sum of products, P = sum_i times_i outFactor_i inFactor_i^T, a block of rows at a time: what is measured with it does not come from the
 * computation that made the factors.
 *
 * @param out rows of P
 * @param in columns of P
 * @param terms of the sum
 */
record Products(int out, int in, List<Term> terms) {
    /** Numbers of a block: two megabytes. */
    private static final int BLOCK = 1 << 18;

    private static final double ROUNDOFF = 0x1p-53;

    /** One product, and how often it is added. */
    record Term(double times, FactorPair factors) {}

    /** Takes rows of P. */
    @FunctionalInterface
    interface Rows {
        /** Rows {@code first .. first + count} of P, one after the other; the memory may be changed. */
        void rows(int first, int count, long product);
    }

    private int blockRows() {
        return Math.max(1, Math.min(out, BLOCK / in));
    }

    /** Bytes off the heap of any of these methods. */
    static long bytes(long in) {
        return 8 * Math.max(BLOCK, in);
    }

    /** Visits all rows. */
    void visit(Arena arena, Rows visitor) {
        int most = blockRows();
        long block = arena.doubles((long) most * in);
        for (int first = 0; first < out; first += most) {
            int count = Math.min(most, out - first);
            OffHeap.zero(block, 8L * count * in);
            for (Term term : terms) {
                Slab left = term.factors.outFactor();
                Slab right = term.factors.inFactor();
                int rank = left.width();
                if (rank > 0) {
                    // Rows are columns to BLAS: P^T += times inFactor outFactor^T.
                    Backend.current()
                            .gemm(
                                    Precision.DOUBLE,
                                    true,
                                    false,
                                    in,
                                    count,
                                    rank,
                                    term.times,
                                    right.address(),
                                    rank,
                                    left.row(first),
                                    rank,
                                    1,
                                    block,
                                    in);
                }
            }
            visitor.rows(first, count, block);
        }
        arena.free(block);
    }

    /** ||P||_F. */
    double norm(Arena arena) {
        double[] norm = new double[1];
        visit(arena, (first, count, p) -> norm[0] = Math.hypot(norm[0], FactorPair.norm(p, (long) count * in)));
        return norm[0];
    }

    /** A -= P, for an out x in matrix A; returns ||A - P||_F. */
    double subtractedFrom(Slab a, Arena arena) {
        double[] norm = new double[1];
        double[] left = new double[OffHeap.TILE];
        double[] right = new double[OffHeap.TILE];
        visit(arena, (first, count, p) -> {
            long numbers = (long) count * in;
            for (long from = 0; from < numbers; from += OffHeap.TILE) {
                int some = (int) Math.min(OffHeap.TILE, numbers - from);
                OffHeap.get(a.row(first) + 8 * from, left, 0, some);
                OffHeap.get(p + 8 * from, right, 0, some);
                for (int i = 0; i < some; i++) {
                    left[i] -= right[i];
                }
                OffHeap.put(a.row(first) + 8 * from, left, 0, some);
            }
            norm[0] = Math.hypot(norm[0], FactorPair.norm(a.row(first), numbers));
        });
        return norm[0];
    }

    /**
     * How far two computations of ||A - P||_F may be apart: each number of P has rank roundings of what its terms add up to in magnitude, whose
     * norm is at most sum |times| ||outFactor||_F ||inFactor||_F, and one of its own.
     *
     * @param norm of A, or of the difference where that is larger
     */
    double rounding(double norm) {
        double sum = 0;
        for (Term term : terms) {
            FactorPair factors = term.factors;
            sum += (factors.rank() + 2) * Math.abs(term.times) * norm(factors.outFactor()) * norm(factors.inFactor());
        }
        return 2 * ROUNDOFF * (sum + norm) + summing((long) out * in) * norm;
    }

    /** The part of a root of a sum of so many squares that adding them up in tiles may lose. */
    static double summing(long count) {
        return ROUNDOFF * (OffHeap.TILE + (double) count / OffHeap.TILE + 8);
    }

    static double norm(Slab slab) {
        return FactorPair.norm(slab.address(), slab.count());
    }
}
