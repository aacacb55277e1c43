package lowrank.kernel;

import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import lowrank.linalg.PseudoInverse;

/**
 * Nyström features z(x) = K(x, L) W with W W^T = K(L, L)^+: Z Z^T = K_nm K_mm^+ K_mn, the best approximation of K from below whose
 * rows are in the span of those of the landmarks (Williams and Seeger, 2001). As many features as eigenvalues kept.
 *
 * <p><b>Cost</b>: two gemms per block, 2 d m + 2 m r flops a row, and m kernel values. <b>Memory</b> of a task: K(X_b, L), Z_b, L, W,
 * and a centred copy of the block where the kernel is of distances.
 *
 * @param landmarks L, m x d
 * @param core K(L, L)^+
 */
public record Nystrom(Kernel kernel, Matrix landmarks, PseudoInverse core) implements FeatureMap {
    public Nystrom {
        if (core.order() != landmarks.rows()) {
            throw new IllegalArgumentException(
                    "a core of order " + core.order() + " with " + landmarks.rows() + " landmarks");
        }
    }

    /**
     * Of landmarks, for rows of this precision: K(L, L) is formed in double, but its directions below m times the roundoff of the rows'
     * precision are dropped, since K(X, L) is no better than that and W would magnify its rounding.
     */
    public static Nystrom of(Kernel kernel, Matrix landmarks, Precision precision) {
        if (landmarks.rows() == 0) {
            throw new IllegalArgumentException("features.size must be at least 1: there are no landmarks");
        }
        PseudoInverse core = PseudoInverse.of(KernelMatrices.gram(kernel, landmarks), precision);
        if (core.rank() == 0) {
            throw new NumericalException(
                    "the kernel " + kernel.name()
                            + " is 0 between all landmarks, so they give no features; choose other landmarks or another kernel");
        }
        return new Nystrom(kernel, landmarks, core);
    }

    @Override
    public int inputs() {
        return landmarks.cols();
    }

    @Override
    public int size() {
        return core.rank();
    }

    @Override
    public double flops(long rows) {
        return planned().flops(rows);
    }

    @Override
    public long mapperBytes(Layout layout, Column input) {
        return planned().mapperBytes(layout, input);
    }

    private PlannedNystrom planned() {
        return new PlannedNystrom(kernel, landmarks.rows(), inputs(), size());
    }

    @Override
    public Mapper open(Arena arena, Column input, Layout layout) {
        CrossKernel cross = new CrossKernel(kernel, landmarks, arena, input, layout);
        RightProduct whiten = new RightProduct(arena, core.whitening(), input.precision(), layout);
        return new Mapper() {
            @Override
            public Slab map(Slab rows) {
                return map(rows, 0);
            }

            @Override
            public Slab map(Slab rows, long firstRow) {
                return whiten.of(cross.of(rows, firstRow));
            }
        };
    }
}
