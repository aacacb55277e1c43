package lowrank.weights;

import java.io.Serializable;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.linalg.LargeSvd;

/**
 * The spectrum of what a tuned matrix has over its base, and factors of the rank that a rule keeps: D = W' - W = U diag(s) V^T,
 * outFactor = U_k diag(s_k)^(1/2), inFactor = V_k diag(s_k)^(1/2); in one task, on one thread.
 *
 * @param rule how many components are kept; not asked where a {@link Task} brings its rank
 * @param stored type of the factors
 * @param folder for factors, or null for spectra alone
 */
public record Extraction(HadoopConf conf, Truncation rule, Precision stored, String folder) implements Serializable {

    /**
     * A matrix to work on.
     *
     * @param rank to keep, or {@link Compression#UNDECIDED}
     */
    public record Task(TensorPair pair, AdapterModule.Kind kind, int rank) implements Serializable {}

    /**
     * What was found.
     *
     * @param s all singular values of the difference
     * @param rank that the rule keeps
     * @param spectralSlack what rounding the factors, and the SVD itself, add at most to s_(rank + 1) in the spectral norm of the error
     * @param part where the factors are, or null where there are none
     */
    public record Result(double[] s, int rank, double spectralSlack, AdapterPart part) implements Serializable {

        /** ||D - stored factors||_2 is at most this: s_(rank + 1), and what rounding adds. */
        public double spectralBound() {
            return (rank < s.length ? s[rank] : 0) + spectralSlack;
        }

        /** The share of ||D||_F^2 that the kept components hold. */
        public double energy() {
            double[] tails = WeightSpectrum.tails(s);
            return tails[0] == 0 ? 1 : 1 - tails[Math.min(rank, s.length)] / tails[0];
        }
    }

    /** Bytes off the heap for one matrix. */
    public long bytes(Weight weight) {
        long matrix = 8 * weight.count();
        if (folder == null) {
            return matrix + Math.max(matrix, LargeSvd.valueBytes(weight.out(), weight.in()));
        }
        // Factors, a transpose of one of them, and both once more as floats.
        long factors = 20L * weight.worthwhile() * ((long) weight.out() + weight.in());
        return matrix
                + Math.max(
                        LargeSvd.bytes(weight.out(), weight.in()),
                        LargeSvd.vectorBytes(weight.out(), weight.in()) + factors);
    }

    /** Flops for one matrix. */
    public double flops(Weight weight) {
        return folder == null
                ? LargeSvd.valueFlops(weight.out(), weight.in())
                : LargeSvd.flops(weight.out(), weight.in());
    }

    /** Works on one matrix. */
    public Result run(Task task, Arena arena) {
        Weight weight = task.pair().tuned();
        Slab d = task.pair().delta(conf, arena);
        if (folder == null) {
            double[] s = LargeSvd.values(d.address(), d.rows(), d.width(), weight.name(), arena);
            return new Result(s, 0, 0, null);
        }
        LargeSvd svd = LargeSvd.of(d.address(), d.rows(), d.width(), weight.name(), arena);
        int rank = task.rank() != Compression.UNDECIDED ? task.rank() : rule.choose(svd.s(), weight.out(), weight.in());
        rank = Math.min(rank, positive(svd.s()));
        double slack = slack(svd.s(), rank, Math.max(weight.out(), weight.in()), stored);
        if (rank == 0 || rank > weight.worthwhile()) {
            return new Result(svd.s(), rank, slack, null);
        }
        FactorPair factors = FactorPair.balanced(svd, rank, stored, arena).fitting(weight.name());
        return new Result(svd.s(), rank, slack, AdapterPart.write(conf, folder, factors, task.kind(), stored, arena));
    }

    /** Components beyond the last singular value that is not zero would be columns of zeros. */
    static int positive(double[] s) {
        int k = 0;
        while (k < s.length && s[k] > 0) {
            k++;
        }
        return k;
    }

    /**
     * Each factor has the norm (sum s_k)^(1/2) and the spectral norm s_1^(1/2); its numbers are rounded to within u of themselves, or, in
     * a type whose numbers end at a smallest one, of that: u (2 + u) (s_1 sum s_k)^(1/2) and a term for those. The SVD is that of a matrix within
     * max(m, n) eps s_1.
     *
     * @param longer side of the matrix
     */
    static double slack(double[] s, int rank, int longer, Precision stored) {
        if (rank == 0 || s.length == 0) {
            return 0;
        }
        double sum = 0;
        for (int j = 0; j < rank; j++) {
            sum += s[j];
        }
        double u = stored == Precision.FLOAT ? 0x1p-24 : 0x1p-53;
        double least = stored == Precision.FLOAT ? Float.MIN_VALUE : Double.MIN_VALUE;
        double norms = Math.sqrt(s[0]) * Math.sqrt(sum);
        double tiny = least * Math.sqrt((double) rank * longer) * Math.sqrt(s[0]);
        return u * (2 + u) * norms + 2 * tiny + longer * Math.ulp(1.0) * s[0];
    }
}
