package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RidgeTest {
    private static final int N = 300;
    private static final int D = 17;
    private static final int T = 3;
    /** What the issue promises. */
    private static final double PROMISED = 1e-8;

    private final Matrix z = Tables.features(N, D, 1e-3, 0.5, 1);
    private final Matrix y = Tables.targets(z, T, 0.1, 20, 5);
    private final Matrix w = Tables.counts(N, 9);

    private static RidgePath path(LocalBlocks rows, boolean intercept) {
        double[] origin = intercept
                ? Origin.of(rows)
                : Tables.zeros(rows.schema().columns().get(1).width());
        return RidgePath.of(NormalPass.over(rows, origin), origin, intercept);
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void aPathOfTwentyEqualsTwentyExplicitSolves(boolean intercept, boolean weighted) {
        double[] weights = weighted ? w.values() : Reference.ones(N);
        RidgePath path = path(weighted ? Tables.of(z, y, w) : Tables.of(z, y), intercept);
        double n = java.util.Arrays.stream(weights).sum();
        assertThat(path.weight()).isEqualTo(n);
        long rows = java.util.Arrays.stream(weights).filter(a -> a > 0).count();

        double[] lambdas = path.lambdas(20);
        lambdas[19] = path.least();
        for (double lambda : lambdas) {
            Matrix reference = Reference.fitted(z, Reference.ridge(z, y, weights, n * lambda, intercept));
            Matrix fitted = Reference.fitted(z, path.model(lambda));
            assertThat(Reference.distance(fitted, reference)).isLessThan(PROMISED);

            RidgeScore score = path.score(lambda);
            double[] rss = Reference.rss(y, reference, weights);
            for (int k = 0; k < T; k++) {
                assertThat(score.rss()[k]).isCloseTo(rss[k], within(PROMISED * rss[k]));
                double part = 1 - score.df() / rows;
                assertThat(score.gcv()[k]).isCloseTo(rss[k] / n / (part * part), within(PROMISED * score.gcv()[k]));
                assertThat(score.noise()[k]).isCloseTo(rss[k] / n / part, within(PROMISED * score.noise()[k]));
            }
            assertThat(score.doubtful()).isFalse();
        }
    }

    @Test
    void degreesOfFreedomAreTheTraceOfTheHatMatrix() {
        RidgePath path = path(Tables.of(z, y), true);
        double lambda = path.lambdas()[8];
        double trace = 0;
        for (int i = 0; i < N; i++) {
            // What row i of the fit moves when its own target moves by one.
            Matrix unit = Matrix.zeros(N, 1);
            unit.set(i, 0, 1);
            trace += Reference.fitted(z, Reference.ridge(z, unit, Reference.ones(N), N * lambda, true))
                    .get(i, 0);
        }
        assertThat(path.score(lambda).df()).isCloseTo(trace, within(1e-9 * trace));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void choleskyGivesWhatThePathGives(boolean intercept) {
        LocalBlocks rows = Tables.of(z, y, w);
        double[] origin = intercept ? Origin.of(rows) : Tables.zeros(T);
        NormalSums sums = NormalPass.over(rows, origin);
        RidgePath path = RidgePath.of(sums, origin, intercept);
        for (double lambda : new double[] {path.lambdas()[1], path.lambdas()[9], path.lambdas()[15]}) {
            RidgeCholesky.Fit fit = RidgeCholesky.of(sums, origin, intercept, lambda);
            RidgeScore score = path.score(lambda);
            assertThat(Reference.distance(Reference.fitted(z, fit.model()), Reference.fitted(z, path.model(lambda))))
                    .isLessThan(PROMISED);
            assertThat(fit.residual()).isLessThan(1e-12);
            assertThat(fit.score().df()).isCloseTo(score.df(), within(PROMISED));
            assertThat(fit.score().gcv()[1]).isCloseTo(score.gcv()[1], within(PROMISED * score.gcv()[1]));
        }
    }

    @Test
    void weightsCountRowsTwice() {
        RidgePath weighted = path(Tables.of(z, y, w), true);
        RidgePath repeated = path(Tables.of(Tables.repeated(z, w), Tables.repeated(y, w)), true);
        double lambda = repeated.lambdas()[7];
        assertThat(Reference.distance(
                        weighted.model(lambda).coefficients(),
                        repeated.model(lambda).coefficients()))
                .isLessThan(PROMISED);
        assertThat(weighted.score(lambda).rss()[0])
                .isCloseTo(repeated.score(lambda).rss()[0], within(PROMISED));
    }

    /** Twice the weights for all rows say nothing new: not of the fit, nor how good it is, nor how sure it is. */
    @Test
    void theUnitOfWeightsDoesNotMatter() {
        RidgePath path = path(Tables.of(z, y, w), true);
        double lambda = path.lambdas()[7];
        Variance variance = Variance.of(path, lambda, path.score(lambda).rss());
        for (double unit : new double[] {1.0 / N, 1e-3, 1000}) {
            Matrix scaled = w.scaleColumns(new double[] {unit});
            RidgePath other = path(Tables.of(z, y, scaled), true);
            assertThat(other.lambdas()[7]).isCloseTo(lambda, within(PROMISED * lambda));
            assertThat(Reference.distance(
                            other.model(lambda).coefficients(),
                            path.model(lambda).coefficients()))
                    .isLessThan(PROMISED);
            double gcv = path.score(lambda).gcv()[0];
            assertThat(other.score(lambda).gcv()[0]).isCloseTo(gcv, within(PROMISED * gcv));
            Variance same = Variance.of(other, lambda, other.score(lambda).rss());
            assertThat(same.noise()[0]).isCloseTo(variance.noise()[0], within(PROMISED * variance.noise()[0]));
            assertThat(same.constant()).isEqualTo(variance.constant());
            assertThat(same.mu()).isCloseTo(variance.mu(), within(PROMISED * variance.mu()));
            assertThat(Reference.distance(
                            same.root().times(same.root().transpose()),
                            variance.root().times(variance.root().transpose())))
                    .isLessThan(PROMISED);
        }
    }

    @Test
    void sumsThatOverflowAreRefused() {
        Matrix huge = z.scaleColumns(Reference.ones(z.cols()));
        huge.set(3, 1, 1e200);
        LocalBlocks rows = Tables.of(huge, y);
        NormalSums sums = NormalPass.over(rows, Tables.zeros(T));
        assertThatThrownBy(() -> RidgeCholesky.of(sums, Tables.zeros(T), false, 1e-3))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("the Gram matrix of the features overflows");
        assertThatThrownBy(() -> RidgePath.of(sums, Tables.zeros(T), false)).isInstanceOf(NumericalException.class);
        Matrix far = y.scaleColumns(new double[] {1e300, 1, 1});
        huge.set(3, 1, 1e100);
        assertThatThrownBy(() -> new ConjugateGradients(1e-3, false, 5, 1e-8, 10, 1).fit(Tables.of(huge, far)))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("overflow");
    }

    @Test
    void manyTargetsAreOneByOne() {
        RidgePath all = path(Tables.of(z, y), true);
        double lambda = all.lambdas()[9];
        for (int k = 0; k < T; k++) {
            LinearModel one =
                    path(Tables.of(z, y.columns(new int[] {k}, 1)), true).model(lambda);
            LinearModel of = all.model(lambda);
            assertThat(Reference.distance(of.coefficients().columns(new int[] {k}, 1), one.coefficients()))
                    .isLessThan(PROMISED);
            assertThat(of.intercepts()[k]).isCloseTo(one.intercepts()[0], within(PROMISED * 20));
        }
    }

    @Test
    void sumsHaveTheSameBitsForAnyNumberOfTasks() {
        for (Precision precision : Precision.values()) {
            NormalSums one = sums(precision, 1);
            for (int tasks : new int[] {2, 5}) {
                NormalSums many = sums(precision, tasks);
                assertThat(many.gram().values()).isEqualTo(one.gram().values());
                assertThat(many.cross().values()).isEqualTo(one.cross().values());
                assertThat(many.targetSquares()).isEqualTo(one.targetSquares());
                assertThat(many.rows()).isEqualTo(one.rows());
            }
        }
    }

    private NormalSums sums(Precision precision, int tasks) {
        return NormalPass.over(Tables.of(precision, new Layout(N, 64, 32), tasks, z, y, w), Tables.zeros(T));
    }

    @Test
    void floatFeaturesGiveFloatsDigits() {
        NormalSums floats = sums(Precision.FLOAT, 1);
        NormalSums doubles = sums(Precision.DOUBLE, 1);
        // Inputs are rounded once, products and sums of 64 rows once more each.
        double bound = 66 * Precision.FLOAT.roundoff();
        for (int j = 0; j < D; j++) {
            double size = Math.sqrt(doubles.gram().get(j, j));
            for (int i = 0; i <= j; i++) {
                double sizes = size * Math.sqrt(doubles.gram().get(i, i));
                assertThat(floats.gram().get(i, j)).isCloseTo(doubles.gram().get(i, j), within(bound * sizes));
            }
        }
        assertThat(floats.targetSquares()).isEqualTo(doubles.targetSquares());
        RidgePath path = RidgePath.of(floats, Tables.zeros(T), false);
        assertThat(path.least()).isCloseTo(1e-6 * path.eigenvalues()[D - 1] / path.weight(), within(1e-20));
    }

    @Test
    void aLambdaThatRoundingWouldLoseIsRefusedWithTheLeastThatIsNot() {
        NormalSums sums = NormalPass.over(Tables.of(z, y), Tables.zeros(T));
        RidgePath path = RidgePath.of(sums, Tables.zeros(T), false);
        double least = path.least();
        double[] all = path.lambdas();
        double last = all[all.length - 1];
        assertThat(last).isGreaterThanOrEqualTo(least * (1 - 1e-9));
        // Where the path ends before the least, hardly anything is shrunk there.
        double full = path.score(least).df();
        assertThat(full - path.score(last).df()).isLessThanOrEqualTo(1.01e-3 * full);
        assertThatThrownBy(() -> path.model(0.5 * least))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("solve.lambda must be at least " + least);
        assertThatThrownBy(() -> RidgeCholesky.of(sums, Tables.zeros(T), false, 0.5 * least))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("solve.lambda must be at least");
        assertThatThrownBy(() -> path.score(-1)).hasMessage("solve.lambda must be a positive number, not -1.0");
        assertThatThrownBy(() -> path.score(Double.NaN)).hasMessageStartingWith("solve.lambda must be a positive");
    }

    @Test
    void aPerfectFitIsSaidToBeInDoubt() {
        Matrix exact = Tables.targets(z, 1, 0, 3, 5);
        RidgePath path = path(Tables.of(z, exact), true);
        RidgeScore score = path.score(path.least());
        assertThat(score.doubtful()).isTrue();
        assertThat(score.rss()[0]).isPositive();
        assertThat(score.gcv()[0]).isPositive().isFinite();
    }

    @Test
    void theLeastScoreWinsAndTiesGoToTheLargerLambda() {
        double[] lambdas = {1, 0.1, 0.01};
        double[] one = {1};
        assertThat(Lambdas.best(lambdas, new double[][] {{2}, {1}, {1}}, one)).isEqualTo(1);
        assertThat(Lambdas.best(new double[] {0.01, 0.1, 1}, new double[][] {{1}, {1}, {2}}, one))
                .isEqualTo(1);
        assertThat(Lambdas.best(lambdas, new double[][] {{Double.NaN}, {Double.POSITIVE_INFINITY}, {5}}, one))
                .isEqualTo(2);
        // In units of 100 the first target weighs little.
        assertThat(Lambdas.best(lambdas, new double[][] {{0, 2}, {50, 1}, {90, 3}}, new double[] {100, 1}))
                .isEqualTo(1);
        RidgePath path = path(Tables.of(z, y), true);
        double[] all = path.lambdas();
        List<RidgeScore> scores = path.scores(all);
        int best = Lambdas.best(
                all, scores.stream().map(RidgeScore::gcv).toArray(double[][]::new), new double[] {1, 0, 0});
        scores.forEach(s ->
                assertThat(s.gcv()[0]).isGreaterThanOrEqualTo(scores.get(best).gcv()[0]));
    }

    @Test
    void constantFeaturesAndMoreFeaturesThanRowsAreFitted() {
        Matrix constant = Matrix.zeros(40, 2);
        java.util.Arrays.fill(constant.values(), 3);
        Matrix target = Tables.targets(constant, 1, 1, 0, 3);
        RidgePath path = path(Tables.of(constant, target), true);
        double mean = java.util.Arrays.stream(target.values()).average().orElseThrow();
        LinearModel model = path.model(path.lambdas()[0]);
        assertThat(Reference.fitted(constant, model).get(0, 0)).isCloseTo(mean, within(1e-10));

        Matrix wide = Tables.gaussian(10, 30, 4);
        Matrix few = Tables.targets(wide, 1, 0.1, 0, 3);
        RidgePath of = path(Tables.of(wide, few), true);
        for (RidgeScore score : of.scores(of.lambdas())) {
            // Twenty eigenvalues are zero but for rounding, of which lambda may be as small as a thousandth.
            assertThat(score.df()).isBetween(1.0, 10.1);
            assertThat(score.gcv()[0]).isGreaterThan(0);
        }
        assertThat(of.score(of.least()).gcv()[0]).isInfinite();
    }

    @Test
    void weightsThatAreNoneAreNamed() {
        Matrix bad = new Matrix(N, 1, w.values().clone());
        bad.set(71, 0, -1);
        bad.set(200, 0, -2);
        for (int tasks : new int[] {1, 4}) {
            LocalBlocks rows = Tables.of(Precision.DOUBLE, new Layout(N, 64, 32), tasks, z, y, bad);
            assertThatThrownBy(() -> NormalPass.over(rows, Tables.zeros(T)))
                    .isInstanceOf(lowrank.blocks.DataException.class)
                    .hasMessageContaining("weight of row 71 ");
        }
        assertThatThrownBy(() -> NormalPass.over(Tables.of(z, y, Matrix.zeros(N, 1)), Tables.zeros(T)))
                .isInstanceOf(lowrank.blocks.DataException.class)
                .hasMessageContaining("no row has a weight above 0");
    }

    @Test
    void argumentsAreLeftAsTheyWere() {
        // The second pass compares the values with those of the first.
        LocalBlocks rows = Tables.of(z, y, w);
        NormalSums first = NormalPass.over(rows, Tables.zeros(T));
        NormalSums second = NormalPass.over(rows, Tables.zeros(T));
        assertThat(second.gram().values()).isEqualTo(first.gram().values());
    }

    @Test
    void roundingOfSumsAboutALargeMeanRaisesTheLeastLambda() {
        // Features of means 1 and deviations 1e-3: rounding of the sums is a million times that of the centred ones.
        Matrix near = Tables.features(N, D, 1, 0, 1);
        for (int i = 0; i < near.values().length; i++) {
            near.values()[i] = 1 + 1e-3 * near.values()[i];
        }
        Matrix target = Tables.targets(near, 1, 1e-4, 0, 3);
        LocalBlocks floats = Tables.of(Precision.FLOAT, new Layout(N, 64, 32), 1, near, target);
        RidgePath path = path(floats, true);
        double means = path.weight() * D;
        assertThat(path.least()).isCloseTo(1e-6 * means / path.weight(), within(1e-2 * path.least()));
        double[] lambdas = path.lambdas(20);
        assertThat(lambdas[0]).isGreaterThan(lambdas[19]);
        assertThat(lambdas[19]).isCloseTo(path.least(), within(1e-9 * path.least()));
        double[] weights = Reference.ones(N);
        Matrix reference = Reference.ridge(near, target, weights, N * lambdas[19], true);
        Matrix fitted = Reference.fitted(near, path.model(lambdas[19]));
        double[] rss = Reference.rss(target, Reference.fitted(near, reference), weights);
        // u times the size of the sums over the least lambda, 6e-2, bounds the change of the fit.
        assertThat(Reference.rss(Reference.fitted(near, reference), fitted, weights)[0])
                .isLessThan(6e-2 * 6e-2 * (rss[0] + path.targetSquares()[0]));
    }
}
