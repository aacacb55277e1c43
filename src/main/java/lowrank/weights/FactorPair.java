package lowrank.weights;

import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.linalg.LargeSvd;
import lowrank.linalg.NumericalException;

/**
 * W ~ outFactor inFactor^T, both off the heap as doubles, row by row.
 *
 * @param outFactor out x rank
 * @param inFactor in x rank
 */
record FactorPair(Slab outFactor, Slab inFactor) {

    /**
     * U_k diag(s_k)^(1/2) and V_k diag(s_k)^(1/2), rounded to a type; in each pair of columns the entry of largest magnitude of the outer
     * one is positive.
     */
    static FactorPair balanced(LargeSvd svd, int rank, Precision stored, Arena arena) {
        FactorPair pair = allocate(svd.rows(), svd.cols(), rank, arena);
        for (int j = 0; j < rank; j++) {
            double[] left = svd.left(j);
            double root = Math.sqrt(svd.s()[j]);
            pair.put(j, left, sign(left) * root, svd.right(j), root, stored);
        }
        return pair;
    }

    static FactorPair allocate(int out, int in, int rank, Arena arena) {
        return new FactorPair(
                new Slab(arena.doubles((long) out * rank), out, rank, Precision.DOUBLE),
                new Slab(arena.doubles((long) in * rank), in, rank, Precision.DOUBLE));
    }

    /** -1 where the entry of largest magnitude (the first of several) is negative, else 1. */
    static double sign(double[] column) {
        double largest = 0;
        for (double value : column) {
            largest = Math.abs(value) > Math.abs(largest) ? value : largest;
        }
        return largest < 0 ? -1 : 1;
    }

    /** Column j = left times a factor, right times the magnitude of another that has the same sign. */
    void put(int j, double[] left, double ofLeft, double[] right, double ofRight, Precision stored) {
        put(outFactor, j, left, ofLeft, stored);
        put(inFactor, j, right, Math.copySign(ofRight, ofLeft), stored);
    }

    private static void put(Slab factor, int j, double[] column, double times, Precision stored) {
        for (int i = 0; i < column.length; i++) {
            double value = column[i] * times;
            OffHeap.putDouble(factor.row(i) + 8L * j, stored == Precision.FLOAT ? (float) value : value);
        }
    }

    /**
     * These factors, all of whose numbers the type holds that they were rounded to.
     *
     * @throws NumericalException if some became infinite
     */
    FactorPair fitting(String name) {
        if (OffHeap.allFinite(outFactor.address(), outFactor.count())
                && OffHeap.allFinite(inFactor.address(), inFactor.count())) {
            return this;
        }
        throw beyond(name);
    }

    static NumericalException beyond(String name) {
        return new NumericalException("the factors of " + name
                + " hold numbers beyond the largest float (3.4e38); set write.precision = double, or exclude it");
    }

    int rank() {
        return outFactor.width();
    }

    /** Numbers held. */
    long count() {
        return outFactor.count() + inFactor.count();
    }

    /** ||W - outFactor inFactor^T||_F; W is out x in, row by row, and becomes the difference. */
    double residual(long w) {
        add(-1, w);
        return norm(w, (long) outFactor.rows() * inFactor.rows());
    }

    /** W += times outFactor inFactor^T; W is out x in, row by row. */
    void add(double times, long w) {
        int out = outFactor.rows();
        int in = inFactor.rows();
        if (rank() > 0) {
            // W^T += times inFactor outFactor^T, as LAPACK sees rows.
            Backend.current()
                    .gemm(
                            Precision.DOUBLE,
                            true,
                            false,
                            in,
                            out,
                            rank(),
                            times,
                            inFactor.address(),
                            rank(),
                            outFactor.address(),
                            rank(),
                            1,
                            w,
                            in);
        }
    }

    /** The Euclidean norm of numbers off the heap, in units of the largest. */
    static double norm(long address, long count) {
        double[] tile = new double[OffHeap.TILE];
        double largest = 0;
        for (long from = 0; from < count; from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, count - from);
            OffHeap.get(address + 8 * from, tile, 0, some);
            for (int i = 0; i < some; i++) {
                largest = Math.max(largest, Math.abs(tile[i]));
            }
        }
        if (largest == 0) {
            return 0;
        }
        // A power of two changes no digit.
        double unit = Math.scalb(1.0, -Math.max(-1000, Math.getExponent(largest)));
        double sum = 0;
        for (long from = 0; from < count; from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, count - from);
            OffHeap.get(address + 8 * from, tile, 0, some);
            double part = 0;
            for (int i = 0; i < some; i++) {
                double scaled = tile[i] * unit;
                part += scaled * scaled;
            }
            sum += part;
        }
        return Math.sqrt(sum) / unit;
    }
}
