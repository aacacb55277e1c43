package lowrank.factor;

import lowrank.blocks.RowBlocks;

/** A way to factor a tall matrix. */
public sealed interface SvdAlgorithm permits Tsqr, BlockKrylov {

    /** The name a spec uses. */
    String name();

    /**
     * Factors the first column of a table.
     *
     * @throws lowrank.blocks.DataException when the input cannot be factored, naming the cells
     * @throws lowrank.linalg.NumericalException when a step breaks down
     */
    Svd factor(RowBlocks rows);
}
