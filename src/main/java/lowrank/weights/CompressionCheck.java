package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.store.FactorsSource;

/**
 * Measures what is stored of a matrix against the matrix as it lies in its checkpoint: its norm, its singular values
 * ({@link SpectrumCheck}), ||W - out in^T||_F with the factors as they are read back, and what comes out for rows that go in, taken from the
 * rows themselves.
 *
 * @param folder of the result
 * @param whitening what ranks and factors were chosen by instead of the matrices alone, or null
 */
public record CompressionCheck(HadoopConf conf, String folder, Whitening whitening) implements Serializable {

    /**
     * A matrix to look at.
     *
     * @param s its singular values, as stored
     * @param rank of its factors
     * @param part the file with its factors, relative to the folder, or null where it has none
     * @param tensors its factors once more, or null
     */
    public record Task(Weight weight, double[] s, int rank, String part, FactorTensors.Pair tensors)
            implements Serializable {}

    /**
     * What was found.
     *
     * @param rank of the factors, or -1
     * @param residual ||W - out in^T||_F; 0 without factors
     * @param rounding how far this may be from another computation of it
     * @param digest of the part, or null
     * @param sameTensors whether the factors are the same numbers where they are stored once more
     * @param outputs for the rows that factors were chosen by, or null
     * @param heldOut for others, or null
     */
    public record Found(
            SpectrumCheck spectrum,
            int rank,
            double residual,
            double rounding,
            byte[] digest,
            boolean sameTensors,
            Outputs outputs,
            Outputs heldOut)
            implements Serializable {}

    /**
     * What comes out.
     *
     * @param norm ||X W^T||_F
     * @param missed ||X (W - out in^T)^T||_F
     * @param rounding how far the latter may be from another computation of it
     */
    public record Outputs(double norm, double missed, double rounding) implements Serializable {}

    /** Bytes off the heap for one matrix. */
    public long bytes(Weight weight, int rank) {
        long factors = FactorsSource.bytes(rank * ((long) weight.out() + weight.in()));
        long outputs = whitening == null
                ? 0
                : 8 * weight.count()
                        + Math.max(
                                whitening.rows().blockBytes(weight),
                                whitening.heldOut() == null
                                        ? 0
                                        : whitening.heldOut().blockBytes(weight));
        return 8 * weight.count() + SpectrumCheck.bytes(weight) + factors + Products.bytes(weight.in()) + outputs;
    }

    /** Flops for one matrix, those of reading rows that go in not counted. */
    public double flops(Weight weight, int rank) {
        return SpectrumCheck.flops(weight) + 2.0 * rank * weight.count();
    }

    /** Looks at one matrix. */
    public Found run(Task task, Arena arena) {
        Weight weight = task.weight();
        Slab w = weight.load(conf, arena);
        SpectrumCheck spectrum = SpectrumCheck.of(w, task.s(), weight.name(), arena);
        if (task.part() == null) {
            return new Found(spectrum, -1, 0, 0, null, task.tensors() == null, null, null);
        }
        FactorsSource.Factors stored = new FactorsSource(conf, folder, task.part())
                .read(weight.name(), weight.out(), weight.in(), task.rank(), arena);
        FactorPair factors = new FactorPair(stored.out(), stored.in());
        Products product = new Products(weight.out(), weight.in(), List.of(new Products.Term(1, factors)));
        double rounding = product.rounding(spectrum.norm());
        Slab whole = whitening == null ? null : weight.load(conf, arena);
        double residual = product.subtractedFrom(w, arena);
        return new Found(
                spectrum,
                factors.rank(),
                residual,
                rounding,
                stored.digest(),
                task.tensors() != null && task.tensors().holds(conf, factors),
                whitening == null ? null : outputs(whitening.rows(), weight, whole, w, rounding, arena),
                whitening == null || whitening.heldOut() == null
                        ? null
                        : outputs(whitening.heldOut(), weight, whole, w, rounding, arena));
    }

    private static Outputs outputs(
            Calibration rows, Weight weight, Slab whole, Slab difference, double rounding, Arena arena) {
        Calibration.Norms norms = rows.norms(weight, List.of(whole, difference), arena);
        double missed = norms.products()[1];
        // Both computations are of (X + E)(W - M)^T, |E| within roundings of each row of X for each of its numbers.
        // R of X = Q R has such an error for each block that was folded into it.
        double unit = 16 * 0x1p-53 * (weight.in() + 64.0);
        return new Outputs(
                norms.products()[0],
                missed,
                norms.rows() * (rounding + unit * Products.norm(difference)) + unit * missed);
    }
}
