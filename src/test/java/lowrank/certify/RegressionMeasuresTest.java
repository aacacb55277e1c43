package lowrank.certify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.PairedSource;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Features;
import lowrank.kernel.Gaussian;
import lowrank.kernel.Nystrom;
import lowrank.kernel.RandomFeatures;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;
import lowrank.regress.RidgeFit;
import lowrank.regress.RidgeLearner;
import lowrank.regress.RidgeSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the whole kernel matrix of weighted rows, the first of which are landmarks. */
class RegressionMeasuresTest {
    private static final int N = 80;
    private static final int LANDMARKS = 12;
    private static final Gaussian KERNEL = new Gaussian(1.5);

    /** W of the landmarks magnifies roundings of k by the root of their condition, here below 1e6. */
    private static final double KNOWN = 1e-9;

    private final Matrix x = Matrix.zeros(N, 2);
    private final Matrix y = Matrix.zeros(N, 1);
    private final Matrix w = Matrix.zeros(N, 1);
    private final double[][] weighted = new double[N][N];
    private double weight;

    RegressionMeasuresTest() {
        Philox random = new Philox(5, 90);
        for (int i = 0; i < N; i++) {
            x.set(i, 0, 4 * random.uniformAt(i, 0));
            x.set(i, 1, 4 * random.uniformAt(i, 1));
            y.set(i, 0, Math.sin(x.get(i, 0)) + x.get(i, 1));
            w.set(i, 0, 1 + i % 3);
            weight += w.get(i, 0);
        }
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                double square = Math.pow(x.get(i, 0) - x.get(j, 0), 2) + Math.pow(x.get(i, 1) - x.get(j, 1), 2);
                weighted[i][j] = Math.sqrt(w.get(i, 0) * w.get(j, 0)) * Math.exp(-square / 4.5);
            }
        }
    }

    private RidgeFit fit(FeatureMap map, double lambda, boolean intercept) {
        Layout layout = new Layout(N, 32, 16);
        RowBlocks rows = LocalBlocks.of(new PairedSource(
                new MatrixRows(x, "x", Precision.DOUBLE, layout),
                new PairedSource(
                        new MatrixRows(y, "y", Precision.DOUBLE, layout),
                        new MatrixRows(w, "w", Precision.DOUBLE, layout))));
        // Two lambdas, so that the eigenvalues are there.
        RidgeSettings settings = new RidgeSettings(
                List.of(lambda, lambda),
                RidgeSettings.Select.GCV,
                5,
                intercept,
                RidgeSettings.Solver.AUTO,
                Double.NaN,
                1,
                0);
        return RidgeLearner.of(settings, rows, false, LANDMARKS, false, false).fit(rows.map(new Features(map)));
    }

    private static Measure measure(List<Measure> measures, String name) {
        return measures.stream()
                .filter(measure -> measure.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** What is left of the diagonal when the landmarks are eliminated, as a part of it. */
    private double left() {
        double[][] k = Arrays.stream(weighted).map(double[]::clone).toArray(double[][]::new);
        for (int p = 0; p < LANDMARKS; p++) {
            for (int i = p + 1; i < N; i++) {
                double factor = k[i][p] / k[p][p];
                for (int j = p; j < N; j++) {
                    k[i][j] -= factor * k[p][j];
                }
            }
        }
        double left = 0;
        for (int i = LANDMARKS; i < N; i++) {
            left += k[i][i];
        }
        return left / weight;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void landmarksMissWhatTheyMissAndTheKernelLiesInTheBracket(boolean intercept) {
        int[] first = new int[LANDMARKS];
        Arrays.setAll(first, i -> i);
        Matrix landmarks = x.transpose().columns(first, LANDMARKS).transpose();
        Nystrom map = Nystrom.of(KERNEL, landmarks, Precision.DOUBLE);
        assertThat(Math.sqrt(map.core().condition())).isLessThan(1e6);
        Matrix k = Matrix.zeros(N, N);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                k.set(i, j, weighted[i][j]);
            }
        }
        double[] eigenvalues = Dense.eigen(k).w();
        for (double lambda : new double[] {1, 1e-1, 1e-3}) {
            List<Measure> measures =
                    RegressionMeasures.of(fit(map, lambda, intercept), intercept, map, N, new double[1], null);
            assertThat(measure(measures, "trace residual").value()).isCloseTo(left(), within(KNOWN));
            double truth =
                    EffectiveDimension.of(eigenvalues, weight * lambda, 0, 0).lower();
            Measure dimension = measure(measures, "effective dimension");
            assertThat(dimension.lower()).isLessThan(truth);
            assertThat(dimension.upper()).isBetween(truth, (double) N);
        }
    }

    @Test
    void whatIsNotKnownIsLeftOut() {
        FeatureMap map = RandomFeatures.of("fourier", KERNEL, 2, 20, 3);
        Measure error = Measure.exact("kernel error", 0.1, "given");
        List<Measure> measures =
                RegressionMeasures.of(fit(map, 1e-3, true), true, map, N, new double[] {0.5, 0.7}, error);
        assertThat(measures.stream().map(Measure::name))
                .contains("GCV", "kernel error")
                .doesNotContain("trace residual", "k-fold error", "leave-one-out error", "iterations");
        assertThat(measure(measures, "effective dimension").upper()).isEqualTo(N);
        Measure draws = measure(measures, "score over draws");
        assertThat(List.of(draws.lower(), draws.value(), draws.upper())).containsExactly(0.5, 0.6, 0.7);
    }
}
