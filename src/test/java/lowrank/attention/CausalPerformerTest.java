package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Causal attention by prefix sums beside the same features without them, and that no output knows a later row. */
class CausalPerformerTest {
    /** Sums of n weights whose logarithms, shifted by some hundreds, are rounded. */
    private static final double ROUNDING = 1e-12;

    private static final double FLOAT_ROUNDING = 3e-4;

    static Stream<Arguments> cases() {
        return Stream.of(1, 2, 129, 700, 1500)
                .flatMap(n -> Stream.of(
                        Arguments.of(n, 0.5, PerformerTest.draws(FeatureKind.POSITIVE, 17, 1), false),
                        Arguments.of(n, 2.0, PerformerTest.draws(FeatureKind.POSITIVE, 40, 1), true),
                        Arguments.of(n, 1.0, PerformerTest.draws(FeatureKind.POSITIVE, 9, 3), true),
                        Arguments.of(n, 2.0, PerformerTest.draws(FeatureKind.HYPERBOLIC, 34, 2), false)));
    }

    private static TestHead head(int n, double scale, boolean masked) {
        TestHead head = TestHead.normal(n, 7, 5, scale, n);
        return masked ? head.hiding(i -> i >= n / 3 && i % 5 != 2 || i == n - 1) : head;
    }

    private static Matrix outputs(TestHead head, FeatureDraws draws, Precision precision, Layout layout, int tasks) {
        return PerformerTest.outputs(head, new CausalPerformer(draws, Heads.scale(7)), precision, layout, tasks);
    }

    /** The first rows of a head. */
    private static TestHead first(TestHead head, int rows) {
        return new TestHead(
                rows(head.q(), rows),
                rows(head.k(), rows),
                rows(head.v(), rows),
                head.mask() == null ? null : rows(head.mask(), rows));
    }

    private static Matrix rows(Matrix m, int rows) {
        return m.transpose().columns(rows).transpose();
    }

    private static double[] row(Matrix m, int row) {
        return m.transpose().columns(new int[] {row}, 1).values();
    }

    /** Output t is the last one of a head that ends there and is not causal. */
    @ParameterizedTest
    @MethodSource("cases")
    void eachOutputIsThatOfAHeadThatEndsThere(int n, double scale, FeatureDraws draws, boolean masked) {
        TestHead head = head(n, scale, masked);
        Layout layout = new Layout(n, 512, 256);
        Performer whole = new Performer(draws, false, Heads.scale(7));
        for (Precision precision : Precision.values()) {
            Matrix causal = outputs(head, draws, precision, layout, 1);
            for (int t : new int[] {0, n / 3, n / 2, n - 1}) {
                TestHead until = first(head, t + 1);
                double[] expected = new double[5];
                if (head.mask() == null || head.mask().get(t, 0) != 0) {
                    Layout some = new Layout(t + 1, 512, 256);
                    expected = row(PerformerTest.outputs(until, whole, precision, some, 1), t);
                }
                double[] found = row(causal, t);
                for (int j = 0; j < 5; j++) {
                    assertThat(Math.abs(found[j] - expected[j]))
                            .isLessThan(precision == Precision.DOUBLE ? ROUNDING : FLOAT_ROUNDING);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void bitsDoNotDependOnTasks(int n, double scale, FeatureDraws draws, boolean masked) {
        TestHead head = head(n, scale, masked);
        // Two blocks of two tiles in each leaf.
        Layout layout = new Layout(n, 512, 256);
        Layout small = new Layout(n, 64, 32);
        for (Precision precision : Precision.values()) {
            for (Layout one : new Layout[] {layout, small}) {
                Matrix outputs = outputs(head, draws, precision, one, 1);
                for (int tasks : new int[] {2, 7}) {
                    assertThat(outputs(head, draws, precision, one, tasks).values())
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
            for (Precision precision : Precision.values()) {
                Matrix before = outputs(head, draws, precision, layout, 2);
                for (int t : new int[] {0, 1, 127, 128, 200, 256, 511, 512, 700, 899}) {
                    Matrix after = outputs(changed(head, t), draws, precision, layout, 2);
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
        Matrix outputs =
                outputs(head, PerformerTest.draws(FeatureKind.POSITIVE, 16, 2), Precision.DOUBLE, head.layout(), 1);
        for (int j = 0; j < 5; j++) {
            assertThat(Math.abs(outputs.get(0, j) - head.v().get(0, j))).isLessThan(ROUNDING);
        }
    }

    @Test
    void keysBeyondTheRangeAreRefusedByPosition() {
        TestHead head = head(300, 400, false);
        for (Precision precision : Precision.values()) {
            assertThatThrownBy(() -> outputs(
                            head, PerformerTest.draws(FeatureKind.POSITIVE, 16, 1), precision, head.layout(), 1))
                    .isInstanceOf(NumericalException.class)
                    .hasMessageContaining("in row")
                    .hasMessageContaining("attention.method = exact");
        }
    }

    @Test
    void wavesAreRefused() {
        assertThatThrownBy(() -> new CausalPerformer(PerformerTest.draws(FeatureKind.TRIGONOMETRIC, 16, 1), 1))
                .hasMessageContaining("must not know");
    }
}
