package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

/** What the references are by other routes. */
class ReferenceTest {
    private static final int ROWS = 40;
    private static final int WIDTH = 8;

    /** Of sums of some hundred products of numbers of size one. */
    private static final double ROUNDING = 1e-13;

    private final Random random = new Random(11);

    private Matrix normal(int rows, int cols, double scale) {
        Matrix table = Matrix.zeros(rows, cols);
        Arrays.setAll(table.values(), i -> scale * random.nextGaussian());
        return table;
    }

    private final Matrix q = normal(ROWS, WIDTH, 1);
    private final Matrix k = normal(ROWS, WIDTH, 1);
    private final Matrix v = normal(ROWS, 5, 1);

    /** The output of row i over some keys, entry by entry. */
    private double[] output(int i, int[] keys) {
        double[] sum = new double[v.cols()];
        double total = 0;
        for (int j : keys) {
            double product = 0;
            for (int c = 0; c < WIDTH; c++) {
                product += q.get(i, c) * k.get(j, c);
            }
            double weight = Math.exp(product / Math.sqrt(WIDTH));
            total += weight;
            for (int c = 0; c < sum.length; c++) {
                sum[c] += weight * v.get(j, c);
            }
        }
        double whole = total;
        return Arrays.stream(sum).map(value -> value / whole).toArray();
    }

    private static boolean[] shown(IntPredicate which) {
        boolean[] shown = new boolean[ROWS];
        for (int i = 0; i < ROWS; i++) {
            shown[i] = which.test(i);
        }
        return shown;
    }

    private static double[] row(Matrix a, int i) {
        return a.transpose().columns(new int[] {i}, 1).values();
    }

    private static void hold(Matrix a, Matrix b, double tolerance) {
        assertThat(ReferenceAttention.error(a, b)).isLessThan(tolerance);
    }

    @Test
    void aRowSeesItsKeys() {
        boolean[] shown = shown(i -> i % 3 != 1);
        for (boolean causal : new boolean[] {false, true}) {
            Matrix all = ReferenceAttention.exact(q, k, v, causal, null);
            Matrix some = ReferenceAttention.exact(q, k, v, causal, shown);
            for (int i = 0; i < ROWS; i++) {
                int last = causal ? i : ROWS - 1;
                int[] keys = IntStream.rangeClosed(0, last).toArray();
                assertThat(row(all, i)).containsExactly(output(i, keys), within(ROUNDING));
                int[] seen = Arrays.stream(keys).filter(j -> shown[j]).toArray();
                double[] expected = shown[i] ? output(i, seen) : new double[v.cols()];
                assertThat(row(some, i)).containsExactly(expected, within(ROUNDING));
            }
        }
    }

    @Test
    void uniformIsTheMean() {
        Matrix uniform = ReferenceAttention.uniform(v, true, null);
        assertThat(uniform.get(1, 0)).isCloseTo((v.get(0, 0) + v.get(1, 0)) / 2, within(ROUNDING));
        double sum = 0;
        for (int i = 0; i < ROWS; i++) {
            sum += v.get(i, 2);
        }
        assertThat(uniform.get(ROWS - 1, 2)).isCloseTo(sum / ROWS, within(ROUNDING));
    }

    @Test
    void balancingKeepsWeightsAndMakesCovariancesAlike() {
        Matrix shifted = k.plus(ReferenceAttention.uniform(normal(ROWS, WIDTH, 5), false, null));
        ReferenceFavor.Aligned rows = ReferenceFavor.balanced(q, shifted, null);
        // One column more brings the weights of keys into products; the reference divides by sqrt of all columns.
        Matrix ones = Matrix.zeros(ROWS, 1);
        Arrays.fill(ones.values(), 1);
        double[] factor = new double[WIDTH + 1];
        Arrays.fill(factor, Math.sqrt(WIDTH + 1));
        Matrix queries = rows.q().beside(ones).scaleColumns(factor);
        Matrix keys = rows.k().beside(new Matrix(ROWS, 1, rows.logWeights()));
        hold(
                ReferenceAttention.exact(queries, keys, v),
                ReferenceAttention.exact(q, shifted, v),
                1e3 * ROUNDING); // roots of covariances, of condition below a hundred
        hold(rows.q().transposeTimes(rows.q()), rows.k().transposeTimes(rows.k()), 1e3 * ROUNDING);
    }

    @Test
    void balancingLeavesHiddenRowsOut() {
        boolean[] shown = shown(i -> i < 30);
        Matrix wild = k.plus(Matrix.zeros(ROWS, WIDTH));
        wild.set(35, 2, 1e3);
        assertThat(ReferenceFavor.balanced(q, wild, shown).k().get(4, 1))
                .isEqualTo(ReferenceFavor.balanced(q, k, shown).k().get(4, 1));
    }

    @Test
    void frequenciesAreOrthogonalByBlocks() {
        Matrix w = ReferenceFavor.frequencies(WIDTH, 2 * WIDTH, 3);
        Matrix first = w.columns(WIDTH);
        Matrix gram = first.transposeTimes(first);
        for (int i = 0; i < WIDTH; i++) {
            for (int j = 0; j < i; j++) {
                assertThat(gram.get(i, j)).isCloseTo(0, within(100 * ROUNDING));
            }
        }
        // chi squared with d degrees of freedom each: mean d, variance 2 d.
        int count = 4096;
        double squares = Math.pow(ReferenceAttention.norm(ReferenceFavor.frequencies(WIDTH, count, 4)), 2);
        assertThat(squares / count).isCloseTo(WIDTH, within(5 * Math.sqrt(2.0 * WIDTH / count)));
    }

    @Test
    void manyFeaturesComeNear() {
        boolean[] shown = shown(i -> i != 7);
        // Rows of norms about 1, beyond which the variance exp(|x + y|^2) lies in tails that no few draws see.
        Matrix queries = normal(ROWS, WIDTH, 0.5);
        Matrix keys = normal(ROWS, WIDTH, 0.5);
        for (boolean causal : new boolean[] {false, true}) {
            Matrix exact = ReferenceAttention.exact(queries, keys, v, causal, shown);
            for (ReferenceFavor.Aligned rows :
                    List.of(ReferenceFavor.plain(queries, keys), ReferenceFavor.balanced(queries, keys, shown))) {
                double few = 0;
                double many = 0;
                for (int seed = 0; seed < 5; seed++) {
                    Matrix small = ReferenceFavor.frequencies(WIDTH, 64, seed);
                    Matrix large = ReferenceFavor.withOpposites(ReferenceFavor.frequencies(WIDTH, 8192, seed));
                    few += ReferenceAttention.error(ReferenceFavor.outputs(rows, v, small, causal, shown), exact);
                    many += ReferenceAttention.error(ReferenceFavor.outputs(rows, v, large, causal, shown), exact);
                }
                // Errors fall with the root of the number of features, 16 times here; 8 leaves room for chance.
                assertThat(many).isLessThan(few / 8);
            }
        }
    }

    @Test
    void asManyLandmarksAsRowsAreExact() {
        Matrix exact = ReferenceAttention.exact(q, k, v);
        ReferenceNystrom all = ReferenceNystrom.of(q, k, v, ROWS, null);
        hold(all.cut(0), exact, 1e-9); // A has a condition of some 1e4
        hold(all.ridge(1e-12), exact, 1e-9);
        hold(all.iterated(40), exact, 1e-9);
    }

    @Test
    void landmarksOfHiddenRows() {
        boolean[] shown = shown(i -> i >= 10);
        Matrix means = ReferenceNystrom.means(v, 8, shown);
        assertThat(means.rows()).isEqualTo(6);
        assertThat(means.get(0, 1))
                .isCloseTo(
                        (v.get(10, 1) + v.get(11, 1) + v.get(12, 1) + v.get(13, 1) + v.get(14, 1)) / 5,
                        within(ROUNDING));
        Matrix exact = ReferenceAttention.exact(q, k, v, false, shown);
        hold(ReferenceNystrom.of(q, k, v, ROWS, shown).cut(0), exact, 1e-9);
    }

    @Test
    void oursIsTheReference() {
        boolean[] shown = shown(i -> i % 7 != 2 && i / 8 != 3);
        TestHead head = new TestHead(q, k, v, null).hiding(i -> shown[i]);
        double scale = Heads.scale(WIDTH);
        Sampling sampling = new Sampling(10, 1, false, scale);
        ReferenceNystrom reference = ReferenceNystrom.of(q, k, v, 9, shown);
        for (double cut : new double[] {1e-13, 0.05, 0.3}) {
            HeadFit fit = HeadFit.of(
                    head.rows(), new NystromAttention(9, new NystromAttention.Inverse.Cut(cut), scale), sampling);
            hold(AllRows.of(fit.approximation().outputs().of(head.rows())), reference.cut(cut), 100 * ROUNDING);
        }
        HeadFit iterated = HeadFit.of(
                head.rows(), new NystromAttention(9, new NystromAttention.Inverse.Iteration(6), scale), sampling);
        hold(AllRows.of(iterated.approximation().outputs().of(head.rows())), reference.iterated(6), 100 * ROUNDING);
        for (boolean causal : new boolean[] {false, true}) {
            Matrix exact = AllRows.of(
                    head.rows().map(new ExactOutputs(head.source(Precision.DOUBLE, head.layout()), causal, scale)));
            hold(exact, ReferenceAttention.exact(q, k, v, causal, shown), 100 * ROUNDING);
        }
    }
}
