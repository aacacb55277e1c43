package lowrank.factor;

/**
 * A read of the input that an algorithm is going to make.
 *
 * @param label as the pass will be called
 * @param flops floating-point operations, those of the maps before it included
 * @param nodeBytes of what a task sums ({@link lowrank.blocks.Pass#nodeBytes})
 * @param part of the bytes of a row that are read ({@link lowrank.blocks.Pass#reads})
 */
public record PlannedPass(String label, double flops, long nodeBytes, double part) {
    /** Of a pass that reads all columns. */
    public PlannedPass(String label, double flops, long nodeBytes) {
        this(label, flops, nodeBytes, 1);
    }

    /** The pass that writes U = A T, T n x k, sums U^T U and confirms what is written. */
    static PlannedPass ofU(long rows, int cols, int rank) {
        return new PlannedPass(
                "U",
                2.0 * rows * cols * rank + GramPass.flops(rows, rank) + ofConfirmation(rows, cols, rank),
                GramPass.nodeBytes(rank));
    }

    /** What confirming U adds to the pass that writes it. */
    static double ofConfirmation(long rows, int cols, int rank) {
        return WithResidual.flops(rows, cols, rank, Probing.PROBES);
    }
}
