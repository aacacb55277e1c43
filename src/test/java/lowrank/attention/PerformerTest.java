package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Random-feature attention in tiles and tasks, beside its definition. */
class PerformerTest {
    /** Sums of n weights whose logarithms, of some tens, are rounded. */
    private static final double ROUNDING = 1e-12;

    private static final double FLOAT_ROUNDING = 3e-4;

    static FeatureDraws draws(FeatureKind kind, int size, int repeats) {
        return new FeatureDraws(kind, size, repeats, true, 9);
    }

    static Stream<Arguments> cases() {
        return Stream.of(1, 2, 129, 700, 1500)
                .flatMap(n -> Stream.of(
                        Arguments.of(n, 0.5, draws(FeatureKind.POSITIVE, 17, 1), false, false),
                        Arguments.of(n, 2.0, draws(FeatureKind.POSITIVE, 40, 1), true, true),
                        Arguments.of(n, 1.0, draws(FeatureKind.POSITIVE, 9, 3), true, false),
                        Arguments.of(n, 2.0, draws(FeatureKind.HYPERBOLIC, 12, 2), false, true),
                        Arguments.of(n, 1.0, draws(FeatureKind.HYPERBOLIC, 34, 1), true, true),
                        Arguments.of(n, 0.5, draws(FeatureKind.TRIGONOMETRIC, 200, 1), true, true),
                        Arguments.of(n, 0.5, draws(FeatureKind.TRIGONOMETRIC, 150, 2), true, false)));
    }

    private static TestHead head(int n, double scale, boolean masked) {
        TestHead head = TestHead.normal(n, 7, 5, scale, n);
        Matrix shifted = head.k().plus(constant(n, 7, 1.5));
        head = new TestHead(head.q().plus(constant(n, 7, -0.5)), shifted, head.v(), null);
        return masked ? head.hiding(i -> i >= n / 3 && i % 5 != 2 || i == n - 1) : head;
    }

    static Matrix constant(int rows, int cols, double value) {
        Matrix m = Matrix.zeros(rows, cols);
        Arrays.fill(m.values(), value);
        return m;
    }

    static Matrix outputs(TestHead head, AttentionMethod<?, ?> method, Precision precision, Layout layout, int tasks) {
        HeadFit fit = HeadFit.of(
                head.rows(precision, layout, tasks),
                method,
                new Sampling(8, 5, false, Heads.scale(head.q().cols())));
        return AllRows.of(fit.approximation().outputs().of(head.rows(precision, layout, tasks)));
    }

    /** phi(q)'S / phi(q)'z of aligned queries and keys, feature by feature and without any shift. */
    static Matrix definition(TestHead head, FeatureDraws draws, Alignment alignment, boolean causal) {
        int n = head.q().rows();
        Matrix w = draws.frequencies(head.q().cols());
        Matrix out = Matrix.zeros(n, head.v().cols());
        double[][] y = new double[n][];
        double[][] x = new double[n][];
        for (int i = 0; i < n; i++) {
            y[i] = aligned(head.q(), i, alignment.queryMap(), alignment.queryCentre(), alignment.scale());
            x[i] = aligned(head.k(), i, alignment.keyMap(), alignment.keyCentre(), alignment.scale());
        }
        for (int r = 0; r < draws.repeats(); r++) {
            double[][] ofQueries = new double[n][draws.size()];
            double[][] ofKeys = new double[n][draws.size()];
            for (int i = 0; i < n; i++) {
                double lean = alignment.isNone() ? 0 : dot(alignment.lean(), x[i]);
                ofQueries[i] = features(draws, w, r, y[i], 0);
                ofKeys[i] = features(draws, w, r, x[i], lean);
            }
            for (int i = 0; i < n; i++) {
                double sum = 0;
                double[] row = new double[head.v().cols()];
                for (int j = 0; j < (causal ? i + 1 : n); j++) {
                    double weight = shown(head, j) ? dot(ofQueries[i], ofKeys[j]) : 0;
                    sum += weight;
                    for (int c = 0; c < row.length; c++) {
                        row[c] += weight * head.v().get(j, c);
                    }
                }
                for (int c = 0; c < row.length && shown(head, i); c++) {
                    out.set(i, c, out.get(i, c) + row[c] / sum / draws.repeats());
                }
            }
        }
        return out;
    }

    private static double[] features(FeatureDraws draws, Matrix w, int draw, double[] x, double log) {
        double[] features = new double[draws.size()];
        int products = draws.products();
        for (int f = 0; f < products; f++) {
            double angle = dot(column(w, draw * products + f), x);
            if (draws.kind() == FeatureKind.TRIGONOMETRIC) {
                features[f] = Math.exp(dot(x, x) / 2 + log) * Math.cos(angle);
                features[products + f] = Math.exp(dot(x, x) / 2 + log) * Math.sin(angle);
            } else {
                features[f] = Math.exp(angle - dot(x, x) / 2 + log);
            }
        }
        return features;
    }

    private static boolean shown(TestHead head, int row) {
        return head.mask() == null || head.mask().get(row, 0) != 0;
    }

    private static double[] aligned(Matrix rows, int row, Matrix map, double[] centre, double scale) {
        double[] x = column(rows.transpose(), row);
        if (map == null) {
            return Arrays.stream(x).map(value -> Math.sqrt(scale) * value).toArray();
        }
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                y[i] += map.get(j, i) * (x[j] - centre[j]);
            }
        }
        return y;
    }

    private static double[] column(Matrix m, int j) {
        return Arrays.copyOfRange(m.values(), j * m.rows(), (j + 1) * m.rows());
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    static double largest(Matrix m) {
        return Arrays.stream(m.values()).map(Math::abs).max().orElse(0);
    }

    private static Alignment alignment(TestHead head, Layout layout, boolean balanced) {
        double scale = Heads.scale(head.q().cols());
        return balanced
                ? Alignment.balanced(HeadMoments.of(head.rows(Precision.DOUBLE, layout, 1)), scale)
                : Alignment.none(scale);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tilesGiveTheDefinition(int n, double scale, FeatureDraws draws, boolean balanced, boolean masked) {
        TestHead head = head(n, scale, masked);
        Layout layout = new Layout(n, 512, 512);
        Matrix expected = definition(head, draws, alignment(head, layout, balanced), false);
        Performer performer = new Performer(draws, balanced, Heads.scale(7));
        assertThat(largest(outputs(head, performer, Precision.DOUBLE, layout, 1).minus(expected)))
                .isLessThan(ROUNDING);
        assertThat(largest(outputs(head, performer, Precision.FLOAT, layout, 1).minus(expected)))
                .isLessThan(FLOAT_ROUNDING);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void bitsDoNotDependOnTasks(int n, double scale, FeatureDraws draws, boolean balanced, boolean masked) {
        TestHead head = head(n, scale, masked);
        Layout layout = new Layout(n, 64, 32);
        Performer performer = new Performer(draws, balanced, Heads.scale(7));
        for (Precision precision : Precision.values()) {
            Matrix one = outputs(head, performer, precision, layout, 1);
            for (int tasks : new int[] {2, 7}) {
                assertThat(outputs(head, performer, precision, layout, tasks).values())
                        .isEqualTo(one.values());
            }
        }
    }

    @Test
    void alignedScoresAreTheScoresButForWhatTheQueryAlonePays() {
        TestHead head = head(300, 2, true);
        double scale = Heads.scale(7);
        Alignment alignment = alignment(head, new Layout(300, 64, 32), true);
        double[] x0 = aligned(head.k(), 0, alignment.keyMap(), alignment.keyCentre(), scale);
        for (int i = 0; i < 20; i++) {
            double[] y = aligned(head.q(), i, alignment.queryMap(), alignment.queryCentre(), scale);
            double[] q = column(head.q().transpose(), i);
            double own = scale * dot(q, column(head.k().transpose(), 0)) - dot(y, x0) - dot(alignment.lean(), x0);
            for (int j = 1; j < 300; j++) {
                double[] x = aligned(head.k(), j, alignment.keyMap(), alignment.keyCentre(), scale);
                double score = scale * dot(q, column(head.k().transpose(), j));
                assertThat(Math.abs(score - dot(y, x) - dot(alignment.lean(), x) - own))
                        .isLessThan(ROUNDING);
            }
        }
    }

    @Test
    void balancedQueriesAndKeysHaveOneCovarianceAndTheLeastNorms() {
        TestHead head = head(2000, 1, false);
        // Long in one direction of keys, short in it of queries.
        for (int i = 0; i < 2000; i++) {
            head.k().set(i, 0, head.k().get(i, 0) * 30);
            head.q().set(i, 0, head.q().get(i, 0) / 20);
            head.q().set(i, 3, head.q().get(i, 3) + head.q().get(i, 2));
        }
        Layout layout = new Layout(2000, 256, 128);
        HeadMoments moments = head.rows(Precision.DOUBLE, layout, 1).pass(new HeadMomentsPass());
        Alignment balanced = Alignment.balanced(moments, Heads.scale(7));
        Matrix q = balanced.queryMap().times(moments.query().covariance(2000)).times(balanced.queryMap());
        Matrix k = balanced.keyMap().times(moments.key().covariance(2000)).times(balanced.keyMap());
        assertThat(largest(q.minus(k))).isLessThan(1e-6 * largest(q));
        double least = balanced.squaredNorms(moments);
        assertThat(least).isLessThan(0.05 * Alignment.none(Heads.scale(7)).squaredNorms(moments));
        // Other maps have longer queries and keys: M + t D for symmetric D.
        Matrix step = TestHead.gaussians(7, 7, 0.02, 4, 1);
        step = step.plus(step.transpose());
        Matrix other = balanced.queryMap().times(Matrix.identity(7).plus(step));
        Matrix symmetric = other.plus(other.transpose());
        symmetric = symmetric.scaleColumns(new double[] {.5, .5, .5, .5, .5, .5, .5});
        var inverse = lowrank.linalg.TruncatedInverse.of(lowrank.linalg.Dense.svd(symmetric), 0);
        double s = Heads.scale(7);
        Matrix keyMap = inverse.times(Matrix.identity(7)).scaleColumns(new double[] {s, s, s, s, s, s, s});
        Alignment near =
                new Alignment(s, symmetric, balanced.queryCentre(), keyMap, balanced.keyCentre(), balanced.lean());
        assertThat(near.squaredNorms(moments)).isGreaterThan(least);
    }

    @Test
    void momentsAreThoseOfTheShownRows() {
        TestHead head = head(500, 1, true);
        for (int i = 0; i < 500; i++) {
            head.q().set(i, 1, head.q().get(i, 1) + 1e6);
        }
        for (int tasks : new int[] {1, 7}) {
            HeadMoments moments =
                    head.rows(Precision.DOUBLE, new Layout(500, 64, 32), tasks).pass(new HeadMomentsPass());
            int count = 0;
            double[] mean = new double[7];
            for (int i = 0; i < 500; i++) {
                count += shown(head, i) ? 1 : 0;
                for (int j = 0; j < 7 && shown(head, i); j++) {
                    mean[j] += head.q().get(i, j);
                }
            }
            assertThat(moments.count()).isEqualTo(count);
            Matrix covariance = moments.query().covariance(count);
            for (int a = 0; a < 7; a++) {
                mean[a] /= count;
            }
            for (int a = 0; a < 7; a++) {
                for (int b = 0; b < 7; b++) {
                    double sum = 0;
                    for (int i = 0; i < 500; i++) {
                        sum += shown(head, i)
                                ? (head.q().get(i, a) - mean[a]) * (head.q().get(i, b) - mean[b])
                                : 0;
                    }
                    // A mean of 1e6 deviations takes six digits of sums of doubles.
                    assertThat(Math.abs(covariance.get(a, b) - sum / count)).isLessThan(1e-8);
                }
            }
        }
    }

    /** Heads whose covariances have no inverse, and rows of any length: outputs lie between the values. */
    @Test
    void degenerateHeadsHaveOutputsBetweenTheValues() {
        TestHead normal = TestHead.normal(600, 7, 5, 1, 3);
        Matrix q = normal.q();
        Matrix k = normal.k();
        Matrix zeros = Matrix.zeros(600, 7);
        Matrix twice = new Matrix(600, 7, k.values().clone());
        System.arraycopy(twice.values(), 0, twice.values(), 600, 600);
        TestHead[] heads = {
            new TestHead(constant(600, 7, 2), k, normal.v(), null),
            new TestHead(q, constant(600, 7, 2), normal.v(), null),
            new TestHead(zeros, zeros, normal.v(), null),
            new TestHead(q, twice, normal.v(), null),
            new TestHead(q.scaleColumns(hundreds(7)), k.scaleColumns(hundreds(7)), normal.v(), null),
            new TestHead(TestHead.gaussians(600, 64, 1, 4, 1), TestHead.gaussians(600, 64, 1, 4, 2), normal.v(), null)
                    .hiding(i -> i < 20),
            new TestHead(q, k, Matrix.zeros(600, 5), null),
        };
        for (TestHead head : heads) {
            for (boolean balanced : new boolean[] {false, true}) {
                for (Precision precision : Precision.values()) {
                    Performer performer = new Performer(
                            draws(FeatureKind.POSITIVE, 24, 1),
                            balanced,
                            Heads.scale(head.q().cols()));
                    Matrix outputs = outputs(head, performer, precision, new Layout(600, 128, 64), 2);
                    double most = largest(head.v()) * (1 + FLOAT_ROUNDING);
                    assertThat(Arrays.stream(outputs.values()).allMatch(x -> Math.abs(x) <= most))
                            .isTrue();
                }
            }
        }
    }

    private static double[] hundreds(int count) {
        double[] factors = new double[count];
        Arrays.fill(factors, 100);
        return factors;
    }

    /** Constant queries are one query: balanced features make all keys short, and the exact weights do the rest. */
    @Test
    void constantQueriesAreExact() {
        TestHead normal = TestHead.normal(800, 7, 5, 2, 3);
        TestHead head = new TestHead(constant(800, 7, 1.5), normal.k(), normal.v(), null);
        Matrix outputs = outputs(
                head,
                new Performer(draws(FeatureKind.POSITIVE, 16, 1), true, Heads.scale(7)),
                Precision.DOUBLE,
                new Layout(800, 256, 128),
                1);
        assertThat(SampledQueries.relative(outputs, head.exact(false))).isLessThan(1e-4);
    }

    @Test
    void wavesOfLongRowsAreRefusedWithTheWayOut() {
        TestHead head = TestHead.normal(500, 64, 5, 1, 3);
        Performer waves = new Performer(draws(FeatureKind.TRIGONOMETRIC, 256, 1), true, Heads.scale(64));
        assertThatThrownBy(() -> outputs(head, waves, Precision.DOUBLE, head.layout(), 1))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("attention.map = positive");
        TestHead shorter = TestHead.normal(500, 64, 5, 0.5, 3);
        Performer few = new Performer(draws(FeatureKind.TRIGONOMETRIC, 32, 1), false, Heads.scale(64));
        assertThatThrownBy(() -> outputs(shorter, few, Precision.DOUBLE, shorter.layout(), 1))
                .hasMessageContaining("or attention.features = ");
    }

    @Test
    void impossibleFeaturesAreRefusedByName() {
        assertThatThrownBy(() -> draws(FeatureKind.HYPERBOLIC, 7, 1)).hasMessageContaining("must be even");
        assertThatThrownBy(() -> draws(FeatureKind.POSITIVE, 0, 1)).hasMessageContaining("attention.features");
        assertThatThrownBy(() -> FeatureKind.of("cosine")).hasMessageContaining("trigonometric");
        assertThatThrownBy(() -> Alignment.none(-1)).hasMessageContaining("attention.scale");
    }
}
