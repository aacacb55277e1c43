package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConjugateGradientsTest {
    private static final int N = 300;
    private static final int D = 40;
    private static final int T = 3;

    private final Matrix z = Tables.features(N, D, 1e-4, 0.5, 1);
    private final Matrix y = Tables.targets(z, T, 0.1, 20, 5);
    private final Matrix w = Tables.counts(N, 9);

    @ParameterizedTest
    @CsvSource({"false, false, 20", "false, true, 40", "true, false, 0", "true, true, 20"})
    void fitsAreThoseOfTheDirectSolver(boolean intercept, boolean weighted, int rank) {
        LocalBlocks rows = weighted ? Tables.of(z, y, w) : Tables.of(z, y);
        double[] origin = intercept ? Origin.of(rows) : Tables.zeros(T);
        RidgePath path = RidgePath.of(NormalPass.over(rows, origin), origin, intercept);
        double[] weights = weighted ? w.values() : Reference.ones(N);
        for (double lambda : new double[] {1e-2, 1e-6}) {
            ConjugateGradients.Fit fit = new ConjugateGradients(lambda, intercept, rank, 1e-13, 500, 3).fit(rows);
            assertThat(Arrays.stream(fit.residuals()).max().orElseThrow()).isLessThanOrEqualTo(1e-13);
            Matrix direct = Reference.fitted(z, path.model(lambda));
            assertThat(Reference.distance(Reference.fitted(z, fit.model()), direct))
                    .isLessThan(1e-8);
            double[] rss = Reference.rss(y, direct, weights);
            for (int k = 0; k < T; k++) {
                assertThat(fit.rss()[k]).isCloseTo(rss[k], within(1e-8 * rss[k]));
                assertThat(fit.residuals()[k]).isLessThanOrEqualTo(1e-13);
            }
        }
    }

    @Test
    void aPreconditionerSavesIterations() {
        LocalBlocks rows = Tables.of(z, y);
        int plain =
                new ConjugateGradients(1e-6, true, 0, 1e-10, 500, 3).fit(rows).iterations();
        int half =
                new ConjugateGradients(1e-6, true, 20, 1e-10, 500, 3).fit(rows).iterations();
        int full =
                new ConjugateGradients(1e-6, true, D, 1e-10, 500, 3).fit(rows).iterations();
        assertThat(half).isLessThan(plain);
        assertThat(full).isLessThan(10);
    }

    @Test
    void lambdasBelowTheLimitOfNormalEquationsAreSolved() {
        // Singular values over eight decades: their squares leave nothing of the last ones.
        Matrix steep = Tables.features(N, 12, 1e-8, 0, 3);
        Matrix targets = Tables.targets(steep, 1, 1e-3, 0, 5);
        LocalBlocks rows = Tables.of(steep, targets);
        double[] origin = Tables.zeros(1);
        RidgePath path = RidgePath.of(NormalPass.over(rows, origin), origin, false);
        double lambda = 1e-2 * path.least();
        assertThatThrownBy(() -> path.model(lambda)).hasMessageStartingWith("solve.lambda must be at least");

        ConjugateGradients.Fit fit = new ConjugateGradients(lambda, false, 12, 1e-15, 400, 3).fit(rows);
        // The QR factorisation of [Z; sqrt(mu) I], which does not square.
        Matrix tall = Matrix.zeros(N + 12, 12);
        Matrix long1 = Matrix.zeros(N + 12, 1);
        for (int j = 0; j < 12; j++) {
            for (int i = 0; i < N; i++) {
                tall.set(i, j, steep.get(i, j));
                long1.set(i, 0, targets.get(i, 0));
            }
            tall.set(N + j, j, Math.sqrt(N * lambda));
        }
        Matrix q = Dense.qr(tall).q();
        Matrix exact = q.times(q.transposeTimes(long1));
        Matrix fitted = Reference.fitted(steep, fit.model());
        Matrix first = Matrix.zeros(N, 1);
        System.arraycopy(exact.values(), 0, first.values(), 0, N);
        // The normal equations, solved all the same, are off by some 1e-6.
        double direct = Reference.distance(Reference.fitted(steep, path.near(lambda)), first);
        assertThat(direct).isGreaterThan(1e-7);
        assertThat(Reference.distance(fitted, first)).isLessThan(1e-3 * direct);
        // A tolerance that rounding does not allow is not claimed.
        assertThat(fit.residuals()[0]).isBetween(1e-15, 1e-11);
    }

    @Test
    void bitsDoNotDependOnTasks() {
        ConjugateGradients solver = new ConjugateGradients(1e-4, true, 10, 1e-8, 50, 3);
        Matrix[] coefficients = new Matrix[2];
        for (int i = 0; i < 2; i++) {
            LocalBlocks rows = Tables.of(Precision.FLOAT, new Layout(N, 64, 32), 1 + 4 * i, z, y, w);
            coefficients[i] = solver.fit(rows).model().coefficients();
        }
        assertThat(coefficients[1].values()).isEqualTo(coefficients[0].values());
    }

    @Test
    void aFitThatIsNotReachedSaysSo() {
        ConjugateGradients.Fit fit = new ConjugateGradients(1e-6, true, 0, 1e-12, 3, 3).fit(Tables.of(z, y));
        assertThat(fit.iterations()).isEqualTo(3);
        assertThat(fit.residuals()[0]).isGreaterThan(1e-12);
    }

    @Test
    void targetsThatAreZeroAndBadWeightsAreSeen() {
        ConjugateGradients solver = new ConjugateGradients(1e-4, false, 5, 1e-8, 50, 3);
        ConjugateGradients.Fit fit = solver.fit(Tables.of(z, Matrix.zeros(N, 1)));
        assertThat(fit.residuals()).containsOnly(0);
        assertThat(fit.model().coefficients().values()).containsOnly(0);
        Matrix bad = new Matrix(N, 1, w.values().clone());
        bad.set(99, 0, -1);
        assertThatThrownBy(() -> solver.fit(Tables.of(z, y, bad)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("row 99 ");
    }
}
