package lowrank.weights;

import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.linalg.LargeSvd;
import lowrank.linalg.NumericalException;

/**
 * A sum of products of low rank by its factors side by side: sum_i times_i outFactor_i inFactor_i^T = L R^T with
 * L = [times_1 outFactor_1, times_2 outFactor_2, ...], out x k, and R = [inFactor_1, inFactor_2, ...], in x k, off the heap. The sum
 * itself, out x in, is never formed: L = Q_l R_l, R = Q_r R_r, and R_l R_r^T, k x k, has its singular values.
 *
 * <p>Householder's QR is exact for factors each of whose columns is off by rounding of that column, so what is found is the sum to
 * within rounding of (sum_j |l_j|^2 |r_j|^2)^(1/2), however much its terms cancel. Each instance is used once: what it computes
 * takes the place of the factors.
 *
 * @param what the sum in an error
 * @param left L^T, k x out, row by row
 * @param right R^T, k x in, row by row
 */
record FactorStack(String what, Slab left, Slab right) {

    /** The sum of parts, in memory of the arena. */
    static FactorStack load(HadoopConf conf, String what, int out, int in, List<Merging.Part> parts, Arena arena) {
        int inner = parts.stream().mapToInt(part -> part.module().rank()).reduce(0, Math::addExact);
        FactorStack stack = new FactorStack(
                what,
                new Slab(arena.doubles((long) inner * out), inner, out, Precision.DOUBLE),
                new Slab(arena.doubles((long) inner * in), inner, in, Precision.DOUBLE));
        int first = 0;
        for (Merging.Part part : parts) {
            Slab outer = part.module().outColumns(conf, arena);
            AdapterModule.scale(outer.address(), outer.count(), part.times());
            move(outer, stack.left.row(first), arena);
            move(part.module().inColumns(conf, arena), stack.right.row(first), arena);
            first += part.module().rank();
        }
        return stack;
    }

    private static void move(Slab from, long to, Arena arena) {
        OffHeap.copy(from.address(), to, from.bytes());
        arena.free(from.address());
    }

    /** k. */
    int inner() {
        return left.rows();
    }

    private int out() {
        return left.width();
    }

    private int in() {
        return right.width();
    }

    /** Bytes off the heap of {@link #svd}, loading included. */
    static long bytes(int out, int in, int inner) {
        long p = Math.min(out, inner);
        long q = Math.min(in, inner);
        long sides = (long) out + in;
        // What L and R become beside them, and the core's SVD.
        return normBytes(out, in, inner) + 8 * inner * sides + LargeSvd.bytes(p, q);
    }

    /** Bytes off the heap of {@link #norm}, loading included. */
    static long normBytes(int out, int in, int inner) {
        long square = (long) inner * inner;
        long triangles = (out < inner ? 0 : square) + (in < inner ? 0 : square);
        long core = (long) Math.min(out, inner) * Math.min(in, inner);
        long factors = inner * ((long) out + in);
        // L and R, beside them a part that is loaded, or both triangles and the core.
        return 8 * (factors + Math.max((long) inner * Math.max(out, in), triangles + core));
    }

    /** Flops of {@link #svd}: two QRs with their Q, the SVD of the core, and both products. */
    static double flops(int out, int in, int inner) {
        double k = inner;
        return 6 * ((double) out + in) * k * k + LargeSvd.flops(k, k);
    }

    /**
     * What rounding of the terms leaves of the sum: max(out, in, k) eps (sum_j |l_j|^2 |r_j|^2)^(1/2). It is the cut of NumPy's
     * {@code matrix_rank} with the magnitude of the terms in the place of s_1, which the terms may cancel. Singular values up to this
     * are not known to differ from 0.
     *
     * @throws NumericalException if the terms are beyond the largest double
     */
    double noise() {
        double terms = 0;
        for (int j = 0; j < inner(); j++) {
            terms = Math.hypot(terms, FactorPair.norm(left.row(j), out()) * FactorPair.norm(right.row(j), in()));
        }
        if (!Double.isFinite(terms)) {
            throw new NumericalException(what
                    + " has factors whose product is beyond the largest double (1.8e308); lower read.weights, or repair"
                    + " the adapters");
        }
        return Math.max(Math.max(out(), in()), inner()) * Math.ulp(1.0) * terms;
    }

    /** All min(out, in, k) singular values, those up to a level as 0. <b>Cost</b>: 2 (out + in) k^2 + 3 k^3 flops. */
    double[] values(double noise, Arena arena) {
        if (inner() == 0) {
            return new double[0];
        }
        Slab core = core(triangle(left, arena), triangle(right, arena), arena);
        return cut(LargeSvd.values(core.address(), core.rows(), core.width(), what, arena), noise);
    }

    /**
     * The SVD of the sum, with all min(out, in, k) components; singular values up to a level are 0.
     *
     * <p><b>Cost</b>: 6 (out + in) k^2 + 26 k^3 flops.
     */
    LargeSvd svd(double noise, Arena arena) {
        if (inner() == 0) {
            return new LargeSvd(out(), in(), 0, new double[0], 0);
        }
        Slab r = factored(left, arena);
        Slab t = factored(right, arena);
        Slab core = core(r, t, arena);
        LargeSvd small = LargeSvd.of(core.address(), core.rows(), core.width(), what, arena);
        long u = lifted(left, r, small.u(), small.s().length, arena);
        long v = lifted(right, t, small.v(), small.s().length, arena);
        return new LargeSvd(out(), in(), u, cut(small.s(), noise), v);
    }

    /** ||L R^T||_F, that of the core: no root is taken of what cancels. <b>Cost</b>: 2 (out + in) k^2 + 2 k^3 flops. */
    double norm(Arena arena) {
        Slab core = core(triangle(left, arena), triangle(right, arena), arena);
        return FactorPair.norm(core.address(), core.count());
    }

    private static double[] cut(double[] s, double noise) {
        for (int j = 0; j < s.length; j++) {
            s[j] = s[j] > noise ? s[j] : 0;
        }
        return s;
    }

    /** R of a factor, by columns; Q takes the place of the factor. A factor that is wider than tall is its own R. */
    private static Slab factored(Slab factor, Arena arena) {
        int k = factor.rows();
        if (factor.width() < k) {
            return factor;
        }
        Slab r = square(k, arena);
        Backend.current().qr(factor.width(), k, factor.address(), factor.width(), r.address(), k, arena);
        return r;
    }

    /** R of a factor, by columns, which takes its place. */
    private static Slab triangle(Slab factor, Arena arena) {
        int k = factor.rows();
        int m = factor.width();
        if (m < k) {
            return factor;
        }
        Backend.current().qrTriangle(Precision.DOUBLE, m, k, factor.address(), m, arena);
        Slab r = square(k, arena);
        for (int j = 0; j < k; j++) {
            OffHeap.copy(factor.row(j), r.row(j), 8L * (j + 1));
            OffHeap.zero(r.row(j) + 8L * (j + 1), 8L * (k - j - 1));
        }
        return r;
    }

    private static Slab square(int k, Arena arena) {
        return new Slab(arena.doubles((long) k * k), k, k, Precision.DOUBLE);
    }

    /** R_l R_r^T, row by row, of the two by columns. */
    private static Slab core(Slab r, Slab t, Arena arena) {
        int p = r.width();
        int q = t.width();
        Slab core = new Slab(arena.doubles((long) p * q), p, q, Precision.DOUBLE);
        if (r.rows() == 0) {
            OffHeap.zero(core.address(), core.bytes());
        } else {
            gemm(q, p, r.rows(), t.address(), q, true, r.address(), p, core.address(), q);
        }
        return core;
    }

    /** Q X, by columns: the small vectors in the space of the factor. */
    private static long lifted(Slab q, Slab r, long x, int count, Arena arena) {
        if (q.equals(r) || count == 0) {
            return x;
        }
        long lifted = arena.doubles((long) q.width() * count);
        int k = q.rows();
        gemm(q.width(), count, k, q.address(), q.width(), false, x, k, lifted, q.width());
        arena.free(q.address());
        return lifted;
    }

    private static void gemm(int m, int n, int k, long a, int lda, boolean turned, long b, int ldb, long c, int ldc) {
        Blas blas = Backend.current();
        blas.gemm(Precision.DOUBLE, false, turned, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
    }
}
