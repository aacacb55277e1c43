package lowrank.factor;

import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowBlocks;

/** A way to factor a tall matrix. */
public sealed interface SvdAlgorithm permits Tsqr, BlockKrylov, Gram, Lapack {

    /** The name a spec uses. */
    String name();

    /**
     * Factors the first column of a table.
     *
     * @throws lowrank.blocks.DataException when the input cannot be factored, naming the cells
     * @throws lowrank.linalg.NumericalException when a step breaks down
     */
    Svd factor(RowBlocks rows);

    /**
     * The passes that a matrix takes, U included. What only values can tell is left out: another unit for magnitudes outside of
     * [1e-70, 1e70], the substitution of steep spectra, a correction of U, more rounds for a tolerance, directions that turn out to be
     * rounding.
     */
    List<PlannedPass> passes(long rows, int cols);

    /** Bytes of the largest node that a task sends to the driver. */
    long partialBytes(int cols);

    /** Bytes of the largest matrices that a pass sends to every executor; as for {@link #passes}, values may ask for more. */
    long broadcastBytes(long rows, int cols);

    /** Bytes off the heap that a task needs at most beside the input's block. */
    long taskBytes(Layout layout, int cols);

    /** Bytes, on the heap and off it, that the algebra of the driver needs at most beside the nodes; an estimate. */
    long driverBytes(long rows, int cols);

    /**
     * Bytes off the heap of a task that multiplies blocks by an n x k matrix.
     *
     * @param packed whether blocks are packed (centred) first, which takes a copy
     */
    static long productBytes(Layout layout, int cols, int width, boolean packed) {
        return 8
                * ((packed ? (long) layout.blockRows() * cols : 0)
                        + RightProduct.entries(layout.blockRows(), width)
                        + (long) cols * width);
    }
}
