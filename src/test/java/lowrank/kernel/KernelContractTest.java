package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for every kernel, on random rows and on rows that make trouble: equal, parallel, opposite, zero, tiny and far ones. */
class KernelContractTest {
    private static final int WIDTH = 5;

    /** Sums of five products and an exp: tens of roundings. */
    private static final double TOLERANCE = 1e-13;

    /** What sqrt(2e), e a few roundings, leaves of the angle of parallel rows. */
    private static final double ANGLE_TOLERANCE = 3e-8;

    static Stream<Kernel> kernels() {
        return KernelCases.all().keySet().stream();
    }

    static Stream<Kernel> withBandwidth() {
        return kernels().filter(kernel -> Kernels.hasBandwidth(kernel.name()));
    }

    private static Kernel withBandwidth(Kernel kernel, double bandwidth) {
        Map<String, Double> parameters = new HashMap<>(kernel.parameters());
        parameters.put("bandwidth", bandwidth);
        return Kernels.of(kernel.name(), parameters);
    }

    private static double tolerance(Kernel kernel) {
        return kernel.equals(new ArcCosine(0)) ? ANGLE_TOLERANCE : TOLERANCE;
    }

    static double[][] rows(boolean counts) {
        Random random = new Random(11);
        double[][] rows = new double[40][WIDTH];
        for (int i = 0; i < 30; i++) {
            for (int j = 0; j < WIDTH; j++) {
                double value = random.nextGaussian();
                rows[i][j] = counts ? Math.rint(2 * Math.abs(value)) / 2 : value;
            }
        }
        for (int j = 0; j < WIDTH; j++) {
            rows[31][j] = rows[0][j];
            rows[32][j] = 3 * rows[0][j];
            rows[33][j] = (counts ? 1 : -1) * rows[0][j];
            rows[34][j] = rows[1][j] * (1 + 1e-15);
            rows[35][j] = 1e-140 * rows[2][j];
            rows[36][j] = 10 * rows[3][j];
        }
        rows[37][2] = 1;
        return rows;
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void valuesAreThoseOfTheFormula(Kernel kernel) {
        double[][] rows = rows(KernelCases.ofCounts(kernel));
        KernelCases.Formula formula = KernelCases.all().get(kernel);
        for (double[] x : rows) {
            for (double[] y : rows) {
                double expected = formula.applyAsDouble(x, y);
                assertThat(KernelCases.value(kernel, x, y))
                        .isCloseTo(expected, within(tolerance(kernel) * Math.max(1, Math.abs(expected))));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void aRowWithItselfIsSelf(Kernel kernel) {
        for (double[] x : rows(KernelCases.ofCounts(kernel))) {
            double self = kernel.self(KernelCases.form(kernel.form(), x, x));
            assertThat(KernelCases.value(kernel, x, x)).isCloseTo(self, within(TOLERANCE * Math.max(1, self)));
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void theMatrixIsSymmetricAndPositiveSemidefinite(Kernel kernel) {
        double[][] rows = rows(KernelCases.ofCounts(kernel));
        int n = rows.length;
        Matrix k = Matrix.zeros(n, n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                k.set(i, j, KernelCases.value(kernel, rows[i], rows[j]));
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                assertThat(k.get(i, j)).isEqualTo(k.get(j, i));
            }
        }
        double[] values = Dense.eigen(k).w();
        assertThat(values[0]).isGreaterThan(-n * tolerance(kernel) * values[n - 1]);
    }

    /** Values of many rows at once are those of one after the other, and nothing else is touched. */
    @ParameterizedTest
    @MethodSource("kernels")
    void manyValuesAreThoseOfOneAtATime(Kernel kernel) {
        double[][] rows = rows(KernelCases.ofCounts(kernel));
        int count = 700;
        double[] values = new double[count + 10];
        double[] sizes = new double[count + 3];
        double[] x = rows[5];
        for (int j = 0; j < count; j++) {
            values[7 + j] = KernelCases.form(kernel.form(), x, rows[j % rows.length]);
            sizes[3 + j] = KernelCases.form(kernel.form(), rows[j % rows.length], rows[j % rows.length]);
        }
        values[6] = values[7 + count] = -77;
        kernel.apply(values, 7, count, KernelCases.form(kernel.form(), x, x), sizes, 3);
        for (int j = 0; j < count; j++) {
            assertThat(values[7 + j]).isEqualTo(KernelCases.value(kernel, x, rows[j % rows.length]));
        }
        assertThat(List.of(values[6], values[7 + count])).containsOnly(-77.0);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void aKernelIsWrittenOutAndReadBack(Kernel kernel) {
        assertThat(Kernels.of(kernel.name(), kernel.parameters())).isEqualTo(kernel);
        // None is missing, which might have its default here.
        List<String> keys = kernel.parameters().keySet().stream()
                .map(parameter -> "kernel." + parameter)
                .toList();
        assertThatThrownBy(() -> Kernels.of(kernel.name(), Map.of("none", 1.0)))
                .extracting(e -> e.getMessage().replaceAll(".*which takes |; remove it", ""))
                .satisfies(taken -> assertThat(taken.equals("no parameters") ? List.of() : List.of(taken.split(", ")))
                        .containsExactlyInAnyOrderElementsOf(keys));
    }

    @Test
    void everyRegisteredKernelIsHeldToTheContract() {
        List<String> held = kernels().map(Kernel::name).distinct().toList();
        // "cauchy" is another name for rational-quadratic with alpha = 1.
        assertThat(Kernels.names()).containsAll(held).hasSize(held.size() + 1).contains("cauchy");
    }

    /** Equal rows are equal, and rows apart are apart, at any bandwidth that a double can hold. */
    @ParameterizedTest
    @MethodSource("withBandwidth")
    void bandwidthsMayBeTinyOrHuge(Kernel kernel) {
        double[] x = {1, 2, 3, 4, 5};
        double[] y = {2, 2, 3, 4, 5};
        Kernel narrow = withBandwidth(kernel, Double.MIN_VALUE);
        Kernel wide = withBandwidth(kernel, Double.MAX_VALUE);
        assertThat(KernelCases.value(narrow, x, x)).isEqualTo(1);
        assertThat(KernelCases.value(narrow, x, y)).isCloseTo(0, within(1e-100));
        assertThat(KernelCases.value(wide, x, y)).isEqualTo(1);
    }
}
