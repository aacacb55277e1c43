package lowrank.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.certify.Measure;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Approximations by means of segments: Nyström and pooled attention. */
class LandmarksTest {
    private static final int WIDTH = 6;
    private static final double SCALE = Heads.scale(WIDTH);
    private static final NystromAttention.Inverse ALL = new NystromAttention.Inverse.Cut(1e-13);

    private static HeadFit fit(TestHead head, AttentionMethod<?, ?> method, int tasks) {
        Layout layout = new Layout(head.q().rows(), 64, 32);
        return HeadFit.of(head.rows(Precision.DOUBLE, layout, tasks), method, new Sampling(50, 1, false, SCALE));
    }

    private static Matrix outputs(TestHead head, AttentionMethod<?, ?> method) {
        Layout layout = new Layout(head.q().rows(), 64, 32);
        return AllRows.of(fit(head, method, 1).approximation().outputs().of(head.rows(Precision.DOUBLE, layout, 1)));
    }

    private static double measure(HeadFit fit, String name) {
        return fit.approximation().measures().stream()
                .filter(m -> m.name().equals(name))
                .mapToDouble(Measure::value)
                .findFirst()
                .orElseThrow();
    }

    private static double relative(Matrix approximated, Matrix exact) {
        return SampledQueries.relative(approximated, exact);
    }

    @Test
    void aLandmarkForEachRowIsExact() {
        TestHead head = TestHead.normal(90, WIDTH, 4, 1, 3);
        Matrix exact = head.exact(false);
        assertThat(relative(outputs(head, new Linformer(90, SCALE)), exact)).isLessThan(1e-14);
        // P P^+ P = P, as far as the condition of P leaves digits.
        HeadFit fit = fit(head, new NystromAttention(90, ALL, SCALE), 1);
        double digits = 1e-14 * measure(fit, "condition");
        assertThat(relative(outputs(head, new NystromAttention(90, ALL, SCALE)), exact))
                .isLessThan(digits);
        assertThat(digits).isLessThan(1e-6);
    }

    @Test
    void rowsThatAreAlikeWithinSegmentsAreOnlyCounted() {
        // 200 rows of 10 different ones: the means are these, and attention to them is exact for both methods.
        TestHead few = TestHead.normal(10, WIDTH, 4, 1, 5);
        int[] segment = new int[200];
        for (int i = 0; i < 200; i++) {
            segment[i] = i * 10 / 200;
        }
        TestHead head = repeated(few, segment);
        assertThat(relative(outputs(head, new Linformer(10, SCALE)), head.exact(false)))
                .isLessThan(1e-14);
        assertThat(relative(outputs(head, new NystromAttention(10, ALL, SCALE)), head.exact(false)))
                .isLessThan(1e-10);
    }

    @Test
    void hiddenRowsCountInNoMean() {
        TestHead few = TestHead.normal(10, WIDTH, 4, 1, 5);
        int[] segment = new int[203];
        for (int i = 0; i < 203; i++) {
            segment[i] = i * 10 / 203;
        }
        // What is hidden lies far off; segment 4 has no row left, and the others have from 1 to 21.
        TestHead all = repeated(few, segment);
        for (int i = 0; i < 203; i++) {
            if (hidden(i, segment[i])) {
                for (int j = 0; j < WIDTH; j++) {
                    all.q().set(i, j, 50);
                    all.k().set(i, j, -50);
                }
                all.v().set(i, 0, 1e6);
            }
        }
        TestHead head = all.hiding(i -> !hidden(i, segment[i]));
        Matrix exact = head.exact(false);
        assertThat(relative(outputs(head, new Linformer(10, SCALE)), exact)).isLessThan(1e-13);
        assertThat(relative(outputs(head, new NystromAttention(10, ALL, SCALE)), exact))
                .isLessThan(1e-9);
    }

    private static boolean hidden(int row, int segment) {
        return segment == 4 || segment % 2 == 1 && row % 7 != 0;
    }

    private static TestHead repeated(TestHead few, int[] which) {
        return new TestHead(chosen(few.q(), which), chosen(few.k(), which), chosen(few.v(), which), null);
    }

    private static Matrix chosen(Matrix m, int[] rows) {
        Matrix all = Matrix.zeros(rows.length, m.cols());
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < m.cols(); j++) {
                all.set(i, j, m.get(rows[i], j));
            }
        }
        return all;
    }

    static Stream<AttentionMethod<?, ?>> methods() {
        return Stream.of(
                new Linformer(7, SCALE),
                new NystromAttention(7, new NystromAttention.Inverse.BySample(), SCALE),
                new NystromAttention(300, new NystromAttention.Inverse.Iteration(6), SCALE),
                new BetterOf<>(
                        new Linformer(9, SCALE),
                        new NystromAttention(9, new NystromAttention.Inverse.BySample(), SCALE)));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void anyNumberOfTasksGivesTheSameBits(AttentionMethod<?, ?> method) {
        TestHead head = TestHead.normal(451, WIDTH, 4, 1, 8).hiding(i -> i % 11 != 3);
        Layout layout = new Layout(451, 64, 32);
        Matrix one = null;
        for (int tasks : new int[] {1, 2, 7}) {
            Matrix outputs = AllRows.of(
                    fit(head, method, tasks).approximation().outputs().of(head.rows(Precision.DOUBLE, layout, tasks)));
            if (one != null) {
                assertThat(outputs.values()).isEqualTo(one.values());
            }
            one = outputs;
        }
        for (int i = 3; i < 451; i += 11) {
            assertThat(one.get(i, 0)).isZero();
        }
    }

    @Test
    void theCutThatIsChosenLeavesTheLeastErrorOnTheSample() {
        TestHead head = TestHead.normal(400, WIDTH, 4, 1.5, 4);
        HeadFit bySample = fit(head, new NystromAttention(40, new NystromAttention.Inverse.BySample(), SCALE), 1);
        for (double cut : List.of(0.3, 0.1, 3e-2, 1e-2, 1e-3, 1e-6)) {
            HeadFit byCut = fit(head, new NystromAttention(40, new NystromAttention.Inverse.Cut(cut), SCALE), 1);
            SampledQueries choosing = byCut.sample().choosing();
            assertThat(choosing.error(bySample.approximation().outputs()))
                    .isLessThanOrEqualTo(choosing.error(byCut.approximation().outputs()));
        }
    }

    @Test
    void whatChoosesDoesNotMeasure() {
        TestHead head = TestHead.normal(400, WIDTH, 4, 1.5, 4);
        SampledQueries all = fit(head, new Linformer(40, SCALE), 1).sample();
        SampledQueries left = fit(head, new NystromAttention(40, new NystromAttention.Inverse.BySample(), SCALE), 1)
                .sample();
        assertThat(left.positions()).isEqualTo(Arrays.copyOf(all.positions(), 25));
        assertThat(all.choosing().positions()).isEqualTo(Arrays.copyOfRange(all.positions(), 25, 50));
        assertThat(left.exact().values()).isEqualTo(all.exact().rows(0, 25).values());
        assertThat(left.bestRank(10)).isLessThan(left.bestRank(5));
        assertThat(left.bestRank(25)).isLessThan(1e-7);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 6, 20})
    void theIterationNearsTheInverse(int steps) {
        TestHead head = TestHead.normal(60, WIDTH, 4, 2, 4);
        Matrix inverted = outputs(head, new NystromAttention(12, ALL, SCALE));
        Matrix iterated = outputs(head, new NystromAttention(12, new NystromAttention.Inverse.Iteration(steps), SCALE));
        double apart = relative(iterated, inverted);
        if (steps == 20) {
            assertThat(apart).isLessThan(1e-8);
        } else {
            assertThat(apart).isGreaterThan(1e-6);
        }
    }

    @Test
    void theBetterOfTwoIsTaken() {
        TestHead head = TestHead.normal(300, WIDTH, 4, 1, 2);
        Linformer coarse = new Linformer(2, SCALE);
        Linformer fine = new Linformer(300, SCALE);
        Outputs coarseOutputs = fit(head, coarse, 1).approximation().outputs();
        for (HeadFit fit :
                List.of(fit(head, new BetterOf<>(coarse, fine), 1), fit(head, new BetterOf<>(fine, coarse), 1))) {
            assertThat(fit.approximation().rank()).isEqualTo(300);
            assertThat(measure(fit, "relative error of linformer"))
                    .isCloseTo(fit(head, coarse, 1).sample().choosing().error(coarseOutputs), within(1e-12));
        }
    }
}
