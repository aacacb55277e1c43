package lowrank.weights;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blocks.RowSink;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.linalg.LargeSvd;
import lowrank.store.FactorsSink;

/**
 * The spectrum of a matrix, and factors of the rank that a rule keeps; in one task, on one thread.
 *
 * @param rule how many components are kept; not asked where a {@link Task} brings its rank
 * @param sink where factors go, or null for spectra alone
 */
public record Compression(HadoopConf conf, Truncation rule, FactorsSink sink) implements Serializable {
    /** A rank that is not known yet. */
    public static final int UNDECIDED = -1;

    /**
     * A matrix to work on.
     *
     * @param index among all
     * @param rank to keep, or {@link #UNDECIDED}
     */
    public record Task(int index, Weight weight, int rank) implements Serializable {}

    /**
     * What was found.
     *
     * @param s all singular values
     * @param rank that the rule keeps
     * @param error ||W - what is stored||_F, measured with the factors as they are stored; 0 where the matrix stays as it is
     * @param part where the factors are, or null where there are none
     */
    public record Result(double[] s, int rank, double error, RowSink.Written part) implements Serializable {}

    /** Bytes off the heap for one matrix. */
    public long bytes(Weight weight) {
        long matrix = 8 * weight.count();
        return sink == null
                ? matrix + LargeSvd.valueBytes(weight.out(), weight.in())
                : matrix
                        + LargeSvd.bytes(weight.out(), weight.in())
                        + 8L * weight.most() * ((long) weight.out() + weight.in());
    }

    /** Flops for one matrix. */
    public double flops(Weight weight) {
        return sink == null
                ? LargeSvd.valueFlops(weight.out(), weight.in())
                : LargeSvd.flops(weight.out(), weight.in());
    }

    /** Works on one matrix. */
    public Result run(Task task, Arena arena) {
        Weight weight = task.weight();
        Slab w = weight.load(conf, arena);
        // The second unfolding of a convolution is looked at; what is stored are factors of the first.
        if (sink == null || weight.view() == Weight.View.UNFOLDED_IN) {
            double[] s = LargeSvd.values(w.address(), w.rows(), w.width(), weight.name(), arena);
            return new Result(s, sink == null ? 0 : rank(task, s), 0, null);
        }
        LargeSvd svd = LargeSvd.of(w.address(), w.rows(), w.width(), weight.name(), arena);
        int rank = rank(task, svd.s());
        if (rank > weight.worthwhile()) {
            return new Result(svd.s(), rank, 0, null);
        }
        FactorPair factors = FactorPair.balanced(svd, rank, sink.precision(), arena);
        double error = factors.residual(w.address());
        return new Result(
                svd.s(), rank, error, sink.write(task.index(), weight.name(), factors.outFactor(), factors.inFactor()));
    }

    private int rank(Task task, double[] s) {
        return task.rank() != UNDECIDED
                ? task.rank()
                : rule.choose(s, task.weight().out(), task.weight().in());
    }
}
