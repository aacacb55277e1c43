package lowrank.weights;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.RowSink;
import lowrank.blocks.Slab;
import lowrank.factor.TallSvd;
import lowrank.io.HadoopConf;
import lowrank.linalg.LargeSvd;
import lowrank.store.FactorsSink;

/**
 * The spectrum of a matrix, and factors of the rank that a rule keeps; in one task, on one thread.
 *
 * @param rule how many components are kept; not asked where a {@link Task} brings its rank
 * @param sink where factors go, or null for spectra alone
 * @param whitening what ranks and factors are chosen by instead of the matrix alone, or null
 */
public record Compression(HadoopConf conf, Truncation rule, FactorsSink sink, Whitening whitening)
        implements Serializable {
    /** A rank that is not known yet. */
    public static final int UNDECIDED = -1;

    /**
     * A matrix to work on.
     *
     * @param index among all
     * @param rank to keep, or {@link #UNDECIDED}
     */
    public record Task(int index, Weight weight, int rank) implements Serializable {

        /** The rank to keep of all singular values. */
        int rank(Truncation rule, double[] s) {
            return rank != UNDECIDED ? rank : rule.choose(s, weight.out(), weight.in());
        }
    }

    /**
     * What was found.
     *
     * @param s all singular values
     * @param rank that the rule keeps
     * @param error ||W - what is stored||_F, measured with the factors as they are stored; 0 where the matrix stays as it is
     * @param part where the factors are, or null where there are none
     * @param outputs how far outputs are off; null without rows to measure on, or where the matrix stays as it is
     */
    public record Result(double[] s, int rank, double error, RowSink.Written part, Whitening.Measured outputs)
            implements Serializable {

        /** Of a matrix that stays as it is. */
        static Result whole(double[] s, int rank) {
            return new Result(s, rank, 0, null, null);
        }
    }

    /** Bytes off the heap for one matrix: the most that is held in any of the steps of {@link #run}. */
    public long bytes(Weight weight) {
        long matrix = 8 * weight.count();
        boolean looked = weight.view() == Weight.View.UNFOLDED_IN;
        boolean weighted = whitening != null && !looked;
        long triangle = 8L * weight.in() * weight.in();
        if (sink == null || looked) {
            long values = matrix + LargeSvd.valueBytes(weight.out(), weight.in());
            return weighted
                    ? Math.max(matrix + whitening.rows().triangleBytes(weight), triangle + matrix + values)
                    : values;
        }
        // Factors are there when LAPACK's copy of the matrix is gone, and are smaller.
        long svd = matrix + LargeSvd.bytes(weight.out(), weight.in());
        if (!weighted) {
            return svd;
        }
        long vectors = LargeSvd.vectorBytes(weight.out(), weight.in());
        long factors = 16L * weight.worthwhile() * ((long) weight.out() + weight.in());
        long reading = matrix + vectors + whitening.rows().triangleBytes(weight);
        long second = svd + matrix + vectors + triangle;
        long both = 2 * matrix + 2 * vectors + triangle + factors;
        long measuring = both + 2 * matrix;
        if (whitening.heldOut() != null) {
            measuring = Math.max(both + whitening.heldOut().triangleBytes(weight), measuring + triangle);
        }
        return Math.max(Math.max(reading, second), measuring);
    }

    /** Flops for one matrix, those of reading rows that go in not counted. */
    public double flops(Weight weight) {
        double out = weight.out();
        double in = weight.in();
        if (sink == null) {
            return LargeSvd.valueFlops(out, in);
        }
        return whitening == null ? LargeSvd.flops(out, in) : 2 * LargeSvd.flops(out, in) + 8 * in * in * out;
    }

    /** Works on one matrix. */
    public Result run(Task task, Arena arena) {
        Weight weight = task.weight();
        Slab w = sink == null && whitening == null ? weight.loadEitherWay(conf, arena) : weight.load(conf, arena);
        // The second unfolding of a convolution is looked at; what is stored are factors of the first.
        if (sink == null || weight.view() == Weight.View.UNFOLDED_IN) {
            double[] s = values(weight, w, arena);
            return Result.whole(s, s.length);
        }
        LargeSvd svd = LargeSvd.of(w.address(), w.rows(), w.width(), weight.name(), arena);
        TallSvd.finite(svd.s(), weight.name());
        Whitening.Weighted weighted = whitening == null ? null : whitening.weighted(weight, w, arena);
        int rank = task.rank(rule, weighted == null ? svd.s() : weighted.svd().s());
        if (rank > weight.worthwhile()) {
            return Result.whole(svd.s(), rank);
        }
        FactorPair plain =
                FactorPair.balanced(svd, rank, sink.precision(), arena).fitting(weight.name());
        FactorPair factors = weighted == null
                ? plain
                : Whitening.factors(w, weighted.svd(), rank, sink.precision(), arena)
                        .fitting(weight.name());
        Whitening.Measured outputs = weighted == null ? null : measured(weight, w, weighted.r(), factors, plain, arena);
        double error = factors.residual(w.address());
        return new Result(
                svd.s(),
                rank,
                error,
                sink.write(task.index(), weight.name(), factors.outFactor(), factors.inFactor()),
                outputs);
    }

    private double[] values(Weight weight, Slab w, Arena arena) {
        return whitening == null || weight.view() == Weight.View.UNFOLDED_IN
                ? TallSvd.finite(LargeSvd.values(w.address(), w.rows(), w.width(), weight.name(), arena), weight.name())
                : whitening.weightedValues(weight, w, arena);
    }

    private Whitening.Measured measured(
            Weight weight, Slab w, long r, FactorPair factors, FactorPair plain, Arena arena) {
        Whitening.Outputs chosenBy = outputs(w, r, factors, plain, arena);
        return new Whitening.Measured(
                chosenBy,
                whitening.heldOut() == null
                        ? null
                        : outputs(w, whitening.heldOut().triangle(weight, arena), factors, plain, arena));
    }

    private static Whitening.Outputs outputs(Slab w, long r, FactorPair factors, FactorPair plain, Arena arena) {
        Slab difference = new Slab(arena.doubles(w.count()), w.rows(), w.width(), w.precision());
        double[] missed = new double[2];
        for (int i = 0; i < 2; i++) {
            OffHeap.copy(w.address(), difference.address(), w.bytes());
            (i == 0 ? factors : plain).residual(difference.address());
            missed[i] = Whitening.outputNorm(r, difference, arena);
        }
        arena.free(difference.address());
        return new Whitening.Outputs(Whitening.outputNorm(r, w, arena), missed[0], missed[1]);
    }
}
