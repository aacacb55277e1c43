package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.random.Draws;

/**
 * Measures what is stored of the difference D = W' - W of two matrices against both as they lie in their checkpoints: norms, the angle
 * between them, the singular values of D ({@link SpectrumCheck}), and ||D - scale B A|| with the factors as an adapter holds them.
 *
 * @param seed of the vectors that the largest singular value of what is missed is looked for with
 */
public record ExtractionCheck(HadoopConf conf, long seed) implements Serializable {
    /** Products with what is missed and its transpose: each comes nearer to the largest singular value, from below. */
    private static final int STEPS = 8;

    private static final int STREAM = 23;

    /**
     * A pair to look at.
     *
     * @param s the singular values of the difference, as stored
     * @param module of the adapter, or null where it does not hold the matrix
     */
    public record Task(TensorPair pair, double[] s, AdapterModule module) implements Serializable {}

    /**
     * What was found.
     *
     * @param base ||W||_F
     * @param cosine of the angle between W and W'; 1 where one of them is zero
     * @param residual ||D - scale B A||_F; ||D||_F without a module
     * @param rounding how far this may be from another computation of it
     * @param spectral what ||D - scale B A||_2 is at least; 0 without a module
     */
    public record Found(
            double base, double cosine, SpectrumCheck spectrum, double residual, double rounding, double spectral)
            implements Serializable {}

    /** Bytes off the heap for one pair. */
    public long bytes(Weight weight, int rank) {
        return 16 * weight.count()
                + SpectrumCheck.bytes(weight)
                + 8 * (rank + 1) * ((long) weight.out() + weight.in())
                + Products.bytes(weight.in());
    }

    /** Flops for one pair. */
    public double flops(Weight weight, int rank) {
        return SpectrumCheck.flops(weight) + 2.0 * (rank + 2 * STEPS) * weight.count();
    }

    /** Looks at one pair. */
    public Found run(Task task, Arena arena) {
        Weight weight = task.pair().tuned();
        Slab w = task.pair().base().load(conf, arena);
        Slab d = weight.load(conf, arena);
        double base = Products.norm(w);
        double tuned = Products.norm(d);
        boolean zero = base == 0 || tuned == 0;
        double inner = subtract(w, d, zero ? 1 : base, zero ? 1 : tuned);
        double cosine = zero ? 1 : inner;
        arena.free(w.address());
        SpectrumCheck spectrum = SpectrumCheck.of(d, task.s(), weight.name(), arena);
        if (task.module() == null) {
            return new Found(base, cosine, spectrum, spectrum.norm(), 0, 0);
        }
        Products product = new Products(
                weight.out(),
                weight.in(),
                List.of(new Products.Term(task.module().scale(), task.module().load(conf, arena))));
        double rounding = product.rounding(spectrum.norm());
        double residual = product.subtractedFrom(d, arena);
        return new Found(base, cosine, spectrum, residual, rounding, largest(d, arena));
    }

    /** V -= W; returns the sum of w v / (base tuned), of V as it was. */
    private static double subtract(Slab w, Slab v, double base, double tuned) {
        double[] left = new double[OffHeap.TILE];
        double[] right = new double[OffHeap.TILE];
        double inner = 0;
        for (long from = 0; from < w.count(); from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, w.count() - from);
            OffHeap.get(w.address() + 8 * from, left, 0, some);
            OffHeap.get(v.address() + 8 * from, right, 0, some);
            double part = 0;
            for (int i = 0; i < some; i++) {
                part += left[i] / base * (right[i] / tuned);
                right[i] -= left[i];
            }
            OffHeap.put(v.address() + 8 * from, right, 0, some);
            inner += part;
        }
        return inner;
    }

    /** ||E x|| / ||x|| for an x that products with E and its transpose have turned to where E is large. */
    private double largest(Slab e, Arena arena) {
        int in = e.width();
        int out = e.rows();
        long x = arena.doubles(in);
        long y = arena.doubles(out);
        double[] start = new double[in];
        new Draws(seed, STREAM).gaussians(0, start, 0, in);
        OffHeap.put(x, start, 0, in);
        double found = 0;
        for (int step = 0; step < STEPS; step++) {
            double before = FactorPair.norm(x, in);
            if (before == 0) {
                return found;
            }
            AdapterModule.scale(x, in, 1 / before);
            // Rows are columns to BLAS.
            Backend.current().gemm(Precision.DOUBLE, true, false, out, 1, in, 1, e.address(), in, x, in, 0, y, out);
            double after = FactorPair.norm(y, out);
            found = Math.max(found, after);
            if (after == 0) {
                return found;
            }
            // The direction is what counts: two products with numbers beyond 1e154 would overflow.
            AdapterModule.scale(y, out, 1 / after);
            Backend.current().gemm(Precision.DOUBLE, false, false, in, 1, out, 1, e.address(), in, y, out, 0, x, in);
        }
        return found;
    }
}
