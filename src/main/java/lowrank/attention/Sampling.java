package lowrank.attention;

import java.util.Arrays;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.Sample;
import lowrank.kernel.SamplePass;
import lowrank.linalg.Matrix;

/**
 * How errors are measured: by exact outputs of a uniform sample of queries, which are drawn in one read and found in the next.
 *
 * <p><b>Cost</b> of s queries beside a method's reads: 2 n s (d + dv) flops, and n g^2 for g = min(s, 128) of them, whose rows of P
 * are compared with their best approximation; s (dv + 2) + g^2 numbers a task.
 *
 * @param rows queries, at most
 * @param seed of the draw
 * @param causal whether a query sees no key behind it
 * @param scale of the products of queries and keys
 */
public record Sampling(int rows, long seed, boolean causal, double scale) {
    /** The rank of the best approximation that outputs are compared with, unless the method's own is lower. */
    static final int BASELINE_RANK = 32;

    public Sampling {
        if (rows < 1) {
            throw new IllegalArgumentException("certify.rows must be at least 1, not " + rows);
        }
    }

    /** Draws queries. */
    Pass<Sample> draw(RowBlocks rows) {
        int mask = Heads.masked(rows.schema()) ? Heads.MASK : -1;
        return SamplePass.shown(seed, this.rows, rows.rows(), mask);
    }

    /** Finds what they see. */
    Pass<Pass.Both<SoftmaxSums, MeanPass.Sums>> exact(Sample drawn) {
        Matrix queries = drawn.columns();
        long[] last = causal ? drawn.rows() : null;
        return Pass.both(
                new SoftmaxPass(queries, last, scale, Math.min(queries.cols(), ScoreTile.QUERIES)),
                new MeanPass(causal ? last : new long[] {Long.MAX_VALUE}));
    }

    /** The queries with what was found of them. */
    SampledQueries found(RowBlocks rows, Sample drawn, Pass.Both<SoftmaxSums, MeanPass.Sums> sums) {
        Matrix means = sums.second().means();
        return new SampledQueries(
                drawn.rows(),
                drawn.count() < this.rows || drawn.count() == rows.rows(),
                drawn.columns(),
                sums.first().outputs(),
                causal ? means : repeated(means, drawn.count()),
                sums.first(),
                rows.schema().first().precision());
    }

    private static Matrix repeated(Matrix row, int times) {
        Matrix all = Matrix.zeros(times, row.cols());
        for (int j = 0; j < row.cols(); j++) {
            Arrays.fill(all.values(), j * times, (j + 1) * times, row.get(0, j));
        }
        return all;
    }
}
