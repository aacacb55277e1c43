package lowrank.attention;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.Schema;
import lowrank.certify.Measure;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.TruncatedInverse;

/**
 * Nyström attention, O = F A^+ (B V): landmarks are the means of m segments of the queries, Q_l, and of the keys, K_l; F = softmax(Q K_l'),
 * A = softmax(Q_l K_l'), B = softmax(Q_l K') (Xiong et al. 2021, "Nyströmformer"). Means of fewer keys weigh less in F and A.
 *
 * <p>Small singular values of A hold mostly rounding and what landmarks do not know; their inverses blow it up. They are cut at a part of
 * the largest that is given, or at the rank which leaves the least error on sampled queries, which are not those that measure it. Rows of
 * F A^+ B need not sum to one, and its entries may be negative.
 *
 * <p>There is no causal form: each landmark is a mean over rows that early queries must not see.
 *
 * <p><b>Cost</b>: one read for the means, one for B V (2 n m (d + dv) flops), 2 n m (d + dv) flops for the outputs; 26 m^3 for the SVD.
 *
 * @param landmarks m
 * @param inverse how A is inverted
 */
public record NystromAttention(int landmarks, Inverse inverse, double scale)
        implements AttentionMethod<SegmentMeans, SoftmaxSums> {
    /** Singular values below this part of the largest are rounding alone, and are not tried. */
    private static final double LEAST = 1e-13;

    /** How A is inverted. */
    public sealed interface Inverse extends Serializable {
        /** By as many singular values as leave the least error on sampled queries. */
        record BySample() implements Inverse {}

        /** By singular values above this part of the largest. */
        record Cut(double relative) implements Inverse {}

        /**
         * By Z = Z (13 I - A Z (15 I - A Z (7 I - A Z))) / 4, so many times, from A' / (|A|_1 |A|_inf): it has inverted the large singular
         * values first, and where it ends the small ones are still small.
         */
        record Iteration(int steps) implements Inverse {}
    }

    @Override
    public String name() {
        return "nystrom";
    }

    @Override
    public boolean chooses() {
        return inverse instanceof Inverse.BySample;
    }

    @Override
    public Pass<SegmentMeans> survey(Schema schema, Layout layout) {
        return SegmentPass.of(landmarks, false, layout);
    }

    @Override
    public Pass<SoftmaxSums> sums(SegmentMeans survey, Schema schema) {
        return new SoftmaxPass(survey.shown().queries(), null, scale, 0);
    }

    @Override
    public Approximation approximation(SegmentMeans survey, SoftmaxSums sums, SampledQueries sample) {
        SegmentMeans means = survey.shown();
        Core core = new Core(means, sums.outputs(), scale);
        Dense.SmallSvd svd = Dense.svd(core.a);
        List<Measure> measures = new ArrayList<>();
        measures.add(Measure.exact(
                "condition",
                TruncatedInverse.of(svd, 0).condition(),
                "largest by least singular value of the landmarks' attention to each other"));
        Matrix values;
        Matrix ones = Matrix.zeros(means.segments(), 1);
        Arrays.fill(ones.values(), 1);
        Matrix rowSums;
        if (inverse instanceof Inverse.Iteration iteration) {
            Matrix z = iterated(core.a, iteration.steps());
            values = z.times(core.bv);
            rowSums = z.times(ones);
        } else {
            TruncatedInverse kept = inverse instanceof Inverse.Cut cut
                    ? TruncatedInverse.of(svd, cut.relative())
                    : bySample(svd, core, sample);
            values = kept.times(core.bv);
            rowSums = kept.times(ones);
            measures.add(Measure.exact("kept rank", kept.rank(), "singular values of it that are inverted"));
            measures.add(Measure.exact("kept condition", kept.condition(), "condition of what is inverted"));
        }
        Matrix sumsOfRows = sample.outputs(core.outputs(rowSums));
        measures.add(Measure.exact(
                "row sums at least",
                least(sumsOfRows, 1),
                "smallest sum of the approximated weights of a sampled query; 1 is exact"));
        measures.add(Measure.exact(
                "row sums at most",
                -least(sumsOfRows, -1),
                "largest sum of the approximated weights of a sampled query"));
        return new Approximation(
                name(), means.segments(), new Outputs.Mapped(core.outputs(values)), List.copyOf(measures));
    }

    private static double least(Matrix m, int sign) {
        return Arrays.stream(m.values()).map(x -> sign * x).min().orElse(Double.NaN);
    }

    /** A and B V of the landmarks, and what makes outputs of them. */
    private static final class Core {
        private final SegmentMeans means;
        private final Matrix a;
        private final Matrix bv;
        private final double scale;

        Core(SegmentMeans means, Matrix bv, double scale) {
            this.means = means;
            this.bv = bv;
            this.scale = scale;
            a = softmax(means.queries().transposeTimes(means.keys()), means.logCounts(), scale);
        }

        /** F times a matrix with a row for each landmark. */
        LandmarkOutputs outputs(Matrix rows) {
            return new LandmarkOutputs(means.keys(), rows.transpose(), means.logCounts(), scale);
        }
    }

    /**
     * The rank that leaves the least error on the sampled queries, of all: F A_r^+ B V grows by one product of a column with a row from rank
     * to rank, F v_r (u_r'B V) / s_r.
     */
    private static TruncatedInverse bySample(Dense.SmallSvd svd, Core core, SampledQueries sample) {
        Matrix left = sample.outputs(core.outputs(svd.v()));
        Matrix right = svd.u().transposeTimes(core.bv);
        Matrix missed = sample.exact();
        double least = Double.POSITIVE_INFINITY;
        int best = 1;
        for (int r = 0; r < svd.s().length && svd.s()[r] > LEAST * svd.s()[0]; r++) {
            missed = less(missed, left, right, r, 1 / svd.s()[r]);
            double error = SampledQueries.norm(missed);
            if (error < least) {
                least = error;
                best = r + 1;
            }
        }
        return new TruncatedInverse(svd, best);
    }

    /** M less a multiple of column r of one matrix times row r of another. */
    private static Matrix less(Matrix m, Matrix columns, Matrix rows, int r, double factor) {
        Matrix result = new Matrix(m.rows(), m.cols(), m.values().clone());
        for (int j = 0; j < m.cols(); j++) {
            double by = factor * rows.get(r, j);
            for (int i = 0; i < m.rows(); i++) {
                result.set(i, j, result.get(i, j) - columns.get(i, r) * by);
            }
        }
        return result;
    }

    /** softmax of each row of scale S + bias. */
    private static Matrix softmax(Matrix s, double[] bias, double scale) {
        Matrix p = Matrix.zeros(s.rows(), s.cols());
        for (int i = 0; i < s.rows(); i++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < s.cols(); j++) {
                max = Math.max(max, scale * s.get(i, j) + bias[j]);
            }
            double sum = 0;
            for (int j = 0; j < s.cols(); j++) {
                double weight = StrictMath.exp(scale * s.get(i, j) + bias[j] - max);
                p.set(i, j, weight);
                sum += weight;
            }
            for (int j = 0; j < s.cols(); j++) {
                p.set(i, j, p.get(i, j) / sum);
            }
        }
        return p;
    }

    private static Matrix iterated(Matrix a, int steps) {
        Matrix z = a.transpose();
        double start = 1 / (largestSum(a) * largestSum(z));
        z = scaled(z, start);
        for (int step = 0; step < steps; step++) {
            Matrix az = a.times(z);
            Matrix inner = less(7, az);
            inner = less(15, az.times(inner));
            inner = less(13, az.times(inner));
            z = scaled(z.times(inner), 0.25);
        }
        return z;
    }

    /** The largest sum of magnitudes of a row. */
    private static double largestSum(Matrix m) {
        double largest = 0;
        for (int i = 0; i < m.rows(); i++) {
            double sum = 0;
            for (int j = 0; j < m.cols(); j++) {
                sum += Math.abs(m.get(i, j));
            }
            largest = Math.max(largest, sum);
        }
        return largest;
    }

    private static Matrix scaled(Matrix m, double factor) {
        double[] factors = new double[m.cols()];
        Arrays.fill(factors, factor);
        return m.scaleColumns(factors);
    }

    /** c I - M. */
    private static Matrix less(double c, Matrix m) {
        Matrix result = scaled(m, -1);
        for (int i = 0; i < m.rows(); i++) {
            result.set(i, i, result.get(i, i) + c);
        }
        return result;
    }
}
