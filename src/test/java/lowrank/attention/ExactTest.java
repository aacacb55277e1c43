package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.linalg.Matrix;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exact attention, by tiles and in any number of tasks, beside its definition. */
class ExactTest {
    /** Sums of n positive weights, products over d and exponentials of scores of a few units. */
    private static final double ROUNDING = 1e-13;

    private static final double FLOAT_ROUNDING = 2e-5;

    static Stream<Arguments> heads() {
        return Stream.of(1, 2, 129, 700, 1500)
                .flatMap(n -> Stream.of(
                        Arguments.of(n, 0.3, false, false),
                        Arguments.of(n, 3.0, false, true),
                        Arguments.of(n, 1.0, true, false),
                        Arguments.of(n, 3.0, true, true)));
    }

    private static TestHead head(int n, double scale, boolean masked) {
        TestHead head = TestHead.normal(n, 7, 5, scale, n);
        // Padding on the left and holes: early queries of causal attention see nothing.
        return masked ? head.hiding(i -> i >= n / 3 && i % 5 != 2 || i == n - 1) : head;
    }

    private static double largest(Matrix m) {
        double largest = 0;
        for (double x : m.values()) {
            largest = Math.max(largest, Math.abs(x));
        }
        return largest;
    }

    @ParameterizedTest
    @MethodSource("heads")
    void tilesGiveTheDefinition(int n, double scale, boolean causal, boolean masked) {
        TestHead head = head(n, scale, masked);
        Layout layout = new Layout(n, 256, 128);
        Matrix exact = head.exact(causal);
        for (Precision precision : Precision.values()) {
            ExactOutputs map = new ExactOutputs(head.source(precision, layout), causal, Heads.scale(7));
            Matrix outputs = AllRows.of(head.rows(precision, layout, 1).map(map));
            double tolerance = precision == Precision.DOUBLE ? ROUNDING : FLOAT_ROUNDING * Math.max(1, scale * scale);
            assertThat(largest(outputs.minus(exact))).isLessThan(tolerance);
            assertThat(AllRows.of(head.rows(precision, layout, 3).map(map)).values())
                    .isEqualTo(outputs.values());
        }
    }

    /**
     * Shifts are found among the first keys of a query: here later ones, in the same tile, in the next and in another leaf, have scores
     * hundreds above them for some queries and hundreds below for others, by steps that floats hold exactly.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void laterScoresMayBeFarAboveTheFirst(boolean causal) {
        int n = 1500;
        Matrix q = Matrix.zeros(n, 1);
        Matrix k = Matrix.zeros(n, 1);
        for (int i = 0; i < n; i++) {
            q.set(i, 0, i % 9 / 2.0 - 2);
            int step = i < 40 ? 0 : i < 140 ? 12 : i < 600 ? 20 : i < 900 ? 500 : i < 1300 ? -700 : 2000;
            k.set(i, 0, step + i % 16 / 8.0);
        }
        TestHead open = new TestHead(q, k, TestHead.gaussians(n, 5, 1, 1, 3), null);
        for (TestHead head : List.of(open, open.hiding(i -> i >= 45 && i % 3 != 0))) {
            Layout layout = new Layout(n, 1024, 512);
            for (Precision precision : Precision.values()) {
                ExactOutputs map = new ExactOutputs(head.source(precision, layout), causal, Heads.scale(1));
                Matrix outputs = AllRows.of(head.rows(precision, layout, 1).map(map));
                assertThat(largest(outputs.minus(head.exact(causal))))
                        .isLessThan(precision == Precision.DOUBLE ? ROUNDING : FLOAT_ROUNDING);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("heads")
    void sampledQueriesHaveTheirExactOutputs(int n, double scale, boolean causal, boolean masked) {
        TestHead head = head(n, scale, masked);
        Matrix exact = head.exact(causal);
        Sampling sampling = new Sampling(200, 5, causal, Heads.scale(7));
        SampledQueries sample = null;
        for (int tasks : new int[] {1, 2, 7}) {
            SampledQueries found = HeadFit.of(
                            head.rows(Precision.DOUBLE, new Layout(n, 64, 32), tasks),
                            new Linformer(3, Heads.scale(7)),
                            sampling)
                    .sample();
            if (sample != null) {
                assertThat(found.exact().values()).isEqualTo(sample.exact().values());
                assertThat(found.uniform().values()).isEqualTo(sample.uniform().values());
                assertThat(found.sums().products()).isEqualTo(sample.sums().products());
            }
            sample = found;
        }
        assertThat(sample.positions()).doesNotHaveDuplicates();
        for (int i = 0; i < sample.positions().length; i++) {
            int position = (int) sample.positions()[i];
            assertThat(head.mask() == null || head.mask().get(position, 0) != 0).isTrue();
            for (int j = 0; j < 5; j++) {
                assertThat(Math.abs(sample.exact().get(i, j) - exact.get(position, j)))
                        .isLessThan(ROUNDING);
            }
        }
    }
}
