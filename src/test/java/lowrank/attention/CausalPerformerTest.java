package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Causal attention by prefix sums beside the same features without them, and that no output knows a later row. */
class CausalPerformerTest {
    /** Sums of n weights whose logarithms, shifted by some hundreds, are rounded. */
    private static final double ROUNDING = 1e-12;

    private static final double FLOAT_ROUNDING = 3e-4;

    static Stream<Arguments> cases() {
        return Stream.of(1, 2, 129, 700, 1500)
                .flatMap(n -> Stream.of(
                        Arguments.of(n, 0.5, PerformerTest.draws(FeatureKind.POSITIVE, 17, 1), false, false),
                        Arguments.of(n, 2.0, PerformerTest.draws(FeatureKind.POSITIVE, 40, 1), true, false),
                        Arguments.of(n, 1.0, PerformerTest.draws(FeatureKind.POSITIVE, 9, 3), true, true),
                        Arguments.of(n, 2.0, PerformerTest.draws(FeatureKind.HYPERBOLIC, 34, 2), false, true)));
    }

    private static TestHead head(int n, double scale, boolean masked) {
        TestHead head = leaning(n, scale, n);
        return masked ? head.hiding(i -> i >= n / 3 && i % 5 != 2 || i == n - 1) : head;
    }

    /** Queries and keys with means, the keys longer. */
    private static TestHead leaning(int n, double scale, long seed) {
        TestHead head = TestHead.normal(n, 7, 5, scale, seed);
        return new TestHead(
                head.q().plus(PerformerTest.constant(n, 7, -0.3)),
                head.k().plus(head.k()).plus(PerformerTest.constant(n, 7, 1)),
                head.v(),
                null);
    }

    /** What others are aligned by: of rows that are no head's here. */
    private static HeadMoments statistics(double scale) {
        return HeadMoments.of(leaning(400, scale, 77).rows());
    }

    private static Matrix outputs(
            TestHead head, FeatureDraws draws, HeadMoments given, Precision precision, Layout layout, int tasks) {
        return PerformerTest.outputs(head, new CausalPerformer(draws, given, Heads.scale(7)), precision, layout, tasks);
    }

    private static double[] row(Matrix m, int row) {
        return m.transpose().columns(new int[] {row}, 1).values();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tilesGiveTheDefinition(int n, double scale, FeatureDraws draws, boolean masked, boolean aligned) {
        TestHead head = head(n, scale, masked);
        Layout layout = new Layout(n, 512, 256);
        HeadMoments given = aligned ? statistics(scale) : null;
        Alignment alignment = aligned ? Alignment.balanced(given, Heads.scale(7)) : Alignment.none(Heads.scale(7));
        Matrix expected = PerformerTest.definition(head, draws, alignment, true);
        assertThat(PerformerTest.largest(
                        outputs(head, draws, given, Precision.DOUBLE, layout, 1).minus(expected)))
                .isLessThan(ROUNDING);
        assertThat(PerformerTest.largest(
                        outputs(head, draws, given, Precision.FLOAT, layout, 1).minus(expected)))
                .isLessThan(FLOAT_ROUNDING);
    }

    /** The last query sees all keys: it has the output that it has where attention is not causal. */
    @ParameterizedTest
    @ValueSource(ints = {129, 1500})
    void theLastOutputIsThatOfAllKeys(int n) {
        TestHead head = head(n, 1, false);
        FeatureDraws draws = PerformerTest.draws(FeatureKind.POSITIVE, 40, 1);
        Layout layout = new Layout(n, 512, 256);
        Performer plain = new Performer(draws, false, Heads.scale(7));
        Performer aligned = new Performer(draws, true, Heads.scale(7));
        HeadMoments own = HeadMoments.of(head.rows(Precision.DOUBLE, layout, 1));
        double[] last = row(outputs(head, draws, null, Precision.DOUBLE, layout, 1), n - 1);
        assertThat(last)
                .containsExactly(
                        row(PerformerTest.outputs(head, plain, Precision.DOUBLE, layout, 1), n - 1), within(ROUNDING));
        double[] lastAligned = row(outputs(head, draws, own, Precision.DOUBLE, layout, 1), n - 1);
        assertThat(lastAligned)
                .containsExactly(
                        row(PerformerTest.outputs(head, aligned, Precision.DOUBLE, layout, 1), n - 1),
                        within(ROUNDING));
    }

    /** Statistics of other rows leave attention what it is, and bring features nearer to it. */
    @Test
    void statisticsBringFeaturesNearer() {
        TestHead head = head(1500, 0.3, false);
        Matrix exact = head.exact(true);
        double plain = 0;
        double aligned = 0;
        for (int seed = 0; seed < 5; seed++) {
            FeatureDraws draws = new FeatureDraws(FeatureKind.POSITIVE, 512, 1, true, seed);
            plain += SampledQueries.relative(outputs(head, draws, null, Precision.DOUBLE, head.layout(), 1), exact);
            aligned += SampledQueries.relative(
                    outputs(head, draws, statistics(0.3), Precision.DOUBLE, head.layout(), 1), exact);
        }
        assertThat(aligned).isLessThan(plain / 2);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void bitsDoNotDependOnTasks(int n, double scale, FeatureDraws draws, boolean masked, boolean aligned) {
        TestHead head = head(n, scale, masked);
        HeadMoments given = aligned ? statistics(scale) : null;
        // Two blocks of two tiles in each leaf.
        Layout layout = new Layout(n, 512, 256);
        Layout small = new Layout(n, 64, 32);
        for (Precision precision : Precision.values()) {
            for (Layout one : new Layout[] {layout, small}) {
                Matrix outputs = outputs(head, draws, given, precision, one, 1);
                for (int tasks : new int[] {2, 7}) {
                    assertThat(outputs(head, draws, given, precision, one, tasks)
                                    .values())
                            .isEqualTo(outputs.values());
                }
            }
        }
    }

    /** Row t becomes another in q, k and v, with keys of a hundred times the length: nothing before it changes by a bit. */
    @Test
    void noOutputKnowsALaterRow() {
        int n = 900;
        TestHead head = head(n, 1, false);
        Layout layout = new Layout(n, 512, 256);
        for (FeatureDraws draws : new FeatureDraws[] {
            PerformerTest.draws(FeatureKind.POSITIVE, 40, 1), PerformerTest.draws(FeatureKind.HYPERBOLIC, 12, 2)
        }) {
            HeadMoments given = draws.kind() == FeatureKind.HYPERBOLIC ? statistics(1) : null;
            for (Precision precision : Precision.values()) {
                Matrix before = outputs(head, draws, given, precision, layout, 2);
                for (int t : new int[] {0, 1, 127, 128, 200, 256, 511, 512, 700, 899}) {
                    Matrix after = outputs(changed(head, t), draws, given, precision, layout, 2);
                    for (int j = 0; j < 5; j++) {
                        for (int i = 0; i < t; i++) {
                            assertThat(Double.doubleToRawLongBits(after.get(i, j)))
                                    .isEqualTo(Double.doubleToRawLongBits(before.get(i, j)));
                        }
                    }
                    assertThat(row(after, t)).isNotEqualTo(row(before, t));
                }
            }
        }
    }

    private static TestHead changed(TestHead head, int row) {
        Matrix q = new Matrix(head.q().rows(), 7, head.q().values().clone());
        Matrix k = new Matrix(head.k().rows(), 7, head.k().values().clone());
        Matrix v = new Matrix(head.v().rows(), 5, head.v().values().clone());
        for (int j = 0; j < 7; j++) {
            q.set(row, j, -q.get(row, j));
            k.set(row, j, (row == 0 ? 2 : 100) * k.get(row, j));
        }
        for (int j = 0; j < 5; j++) {
            v.set(row, j, 7 - 2 * v.get(row, j));
        }
        return new TestHead(q, k, v, null);
    }

    /** The first query sees one key. */
    @Test
    void theFirstOutputIsTheFirstValue() {
        TestHead head = head(300, 2, false);
        Matrix outputs = outputs(
                head, PerformerTest.draws(FeatureKind.POSITIVE, 16, 2), null, Precision.DOUBLE, head.layout(), 1);
        for (int j = 0; j < 5; j++) {
            assertThat(Math.abs(outputs.get(0, j) - head.v().get(0, j))).isLessThan(ROUNDING);
        }
    }

    @Test
    void keysBeyondTheRangeAreRefusedByPosition() {
        TestHead head = head(300, 400, false);
        for (Precision precision : Precision.values()) {
            assertThatThrownBy(() -> outputs(
                            head, PerformerTest.draws(FeatureKind.POSITIVE, 16, 1), null, precision, head.layout(), 1))
                    .isInstanceOf(NumericalException.class)
                    .hasMessageContaining("in row")
                    .hasMessageContaining("attention.method = exact");
        }
    }

    @Test
    void wavesAreRefused() {
        assertThatThrownBy(() -> new CausalPerformer(PerformerTest.draws(FeatureKind.TRIGONOMETRIC, 16, 1), null, 1))
                .hasMessageContaining("must not know");
    }
}
