package lowrank.kernel;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.Slab;

/** X W: the products of rows with random frequencies, the columns of W, which are made of a seed wherever they are needed. */
sealed interface Projection extends Serializable permits DenseProjection, StructuredProjection {
    /** Values of a row. */
    int inputs();

    /** Frequencies. */
    int count();

    /** Floating-point operations for so many rows. */
    double flops(long rows);

    /** Bytes off the heap of the working half. */
    long bytes(Layout layout, Column input);

    /** The working half for one task. */
    Working open(Arena arena, Column input, Layout layout);

    /** Owned by one thread. */
    interface Working {
        /** The products of the rows of a block, row by row; valid until the next call. */
        Slab of(Slab rows);
    }

    /**
     * A projection.
     *
     * @param law frequencies are those of this kernel; N(0, I) are those of the Gaussian of bandwidth 1
     * @throws IllegalArgumentException when directions are not independent and the kernel is not isotropic
     */
    static Projection of(Directions directions, ShiftInvariant law, int inputs, int count, long seed) {
        if (directions != Directions.INDEPENDENT && !law.isotropic()) {
            throw new IllegalArgumentException(
                    "features.map = " + directions.map() + " does not apply to kernel.name = " + law.name()
                            + ", whose frequencies are not isotropic; use features.map = fourier");
        }
        return directions == Directions.STRUCTURED
                ? new StructuredProjection(law, inputs, count, seed)
                : new DenseProjection(law, inputs, count, directions == Directions.ORTHOGONAL, seed);
    }
}
