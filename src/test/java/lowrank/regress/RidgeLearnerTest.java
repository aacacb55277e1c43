package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lowrank.blocks.LocalBlocks;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which solver is taken, and which lambda is chosen by what. */
class RidgeLearnerTest {
    private static final int N = 300;
    private static final int D = 17;
    /** What the issue promises of fits. */
    private static final double PROMISED = 1e-8;
    /** Sums of N squares. */
    private static final double ROUNDED = N * 0x1p-52;

    private final Matrix z = Tables.features(N, D, 1e-3, 0.5, 1);
    private final Matrix y = Tables.targets(z, 1, 0.1, 20, 5);
    private final Matrix w = Tables.counts(N, 9);
    private final LocalBlocks rows = Tables.of(z, y, w);
    private final double weight = Arrays.stream(w.values()).sum();

    private static RidgeSettings settings(RidgeSettings.Select select, RidgeSettings.Solver solver, Double... lambdas) {
        return new RidgeSettings(List.of(lambdas), select, 5, true, solver, Double.NaN, 100, 3);
    }

    private static RidgeSettings settings(Double... lambdas) {
        return settings(RidgeSettings.Select.GCV, RidgeSettings.Solver.AUTO, lambdas);
    }

    private RidgeFit fit(RidgeSettings settings, int features, boolean compared) {
        return RidgeLearner.of(settings, rows, false, features, compared, false).fit(rows);
    }

    private Matrix reference(double lambda) {
        return Reference.fitted(z, Reference.ridge(z, y, w.values(), weight * lambda, true));
    }

    /** Sum of w (y - mean)^2. */
    private double spread() {
        double mean = 0;
        for (int i = 0; i < N; i++) {
            mean += w.get(i, 0) * y.get(i, 0) / weight;
        }
        double spread = 0;
        for (int i = 0; i < N; i++) {
            spread += w.get(i, 0) * Math.pow(y.get(i, 0) - mean, 2);
        }
        return spread;
    }

    @ParameterizedTest
    @EnumSource(RidgeSettings.Select.class)
    void theLambdaOfTheLeastErrorIsFitted(RidgeSettings.Select select) {
        RidgeFit fit = fit(settings(select, RidgeSettings.Solver.AUTO), D, true);
        LambdaPath path = fit.path();
        double[] errors = switch (select) {
            case GCV -> path.gcv();
            case LOO -> path.looError();
            case KFOLD -> path.cvError();
        };
        assertThat(path.lambda()).hasSize(Lambdas.PATH);
        double least = Arrays.stream(errors).min().orElseThrow();
        assertThat(errors[fit.chosen()]).isEqualTo(least);
        assertThat(fit.score()).isCloseTo(weight * least / spread(), within(2 * ROUNDED));
        double lambda = path.lambda()[fit.chosen()];
        assertThat(fit.model().lambda()).isEqualTo(lambda);
        Matrix reference = reference(lambda);
        assertThat(Reference.distance(Reference.fitted(z, fit.model()), reference))
                .isLessThan(PROMISED);
        double rss = Reference.rss(y, reference, w.values())[0];
        assertThat(fit.trainingError()).isCloseTo(Math.sqrt(rss / weight), within(PROMISED));
        double r = Arrays.stream(w.values()).filter(a -> a > 0).count();
        assertThat(fit.noise()[0]).isCloseTo(rss / weight * r / (r - path.df()[fit.chosen()]), within(PROMISED));
        // What was not asked for is not said.
        assertThat(Double.isNaN(path.looError()[0])).isEqualTo(select != RidgeSettings.Select.LOO);
        assertThat(Double.isNaN(path.cvError()[0])).isEqualTo(select != RidgeSettings.Select.KFOLD);
    }

    @Test
    void oneLambdaIsSolvedForAsAmongSeveral() {
        RidgeFit several = fit(settings(1e-3, 1e-6), D, true);
        RidgeFit one = fit(settings(several.model().lambda()), D, true);
        assertThat(Reference.distance(Reference.fitted(z, one.model()), Reference.fitted(z, several.model())))
                .isLessThan(PROMISED);
        assertThat(one.score()).isCloseTo(several.score(), within(PROMISED));
        assertThat(one.ridge().df()).isCloseTo(several.ridge().df(), within(PROMISED));
        assertThat(one.featureSquares()).isEqualTo(several.featureSquares());
        assertThat(one.eigenvalues()).as("not needed").isEmpty();
        double trace = Arrays.stream(several.eigenvalues()).sum();
        assertThat(several.eigenvalues()).hasSize(D).isSortedAccordingTo((a, b) -> Double.compare(b, a));
        assertThat(trace).as("of the centred Gram matrix").isLessThan(several.featureSquares());
        assertThat(one.leastChosen()).isFalse();
        assertThat(fit(settings(1.0, 1e-3), D, true).leastChosen()).isTrue();
    }

    @Test
    void iterationTakesOverWhereNormalEquationsCannot() {
        RidgeFit small = fit(settings(1e-16), D, false);
        assertThat(small.way().solver()).isEqualTo(RidgeSettings.Solver.CONJUGATE_GRADIENTS);
        assertThat(small.way().refused()).contains("lose smaller ones to rounding");
        RidgeFit wide = fit(settings(1e-5), RidgeSettings.MOST_DIRECT + 1, false);
        assertThat(wide.way().solver()).isEqualTo(RidgeSettings.Solver.CONJUGATE_GRADIENTS);
        assertThat(wide.way().refused()).isNull();
        assertThat(Reference.distance(Reference.fitted(z, wide.model()), reference(1e-5)))
                .isLessThan(PROMISED);
        for (RidgeFit fit : List.of(small, wide)) {
            assertThat(fit.residual()).isLessThanOrEqualTo(1e-10);
            assertThat(fit.score()).isNaN();
            assertThat(fit.ridge().doubtful()).isFalse();
        }
    }

    @Test
    void itDoesNotWhereAScoreOrTheEquationsAreAskedFor() {
        RidgeSettings equations = settings(RidgeSettings.Select.GCV, RidgeSettings.Solver.NORMAL_EQUATIONS, 1e-16);
        assertThatThrownBy(() -> fit(equations, D, false)).isInstanceOf(LambdaTooSmallException.class);
        assertThatThrownBy(() -> fit(settings(1e-16), D, true)).isInstanceOf(LambdaTooSmallException.class);
        assertThatThrownBy(() -> fit(settings(1e-16, 1.0), D, false)).isInstanceOf(LambdaTooSmallException.class);
    }

    @Test
    void theMeanOfModelsPredictsTheMeanOfTheirPredictions() {
        Matrix other = Tables.features(N, 5, 0.1, 1, 7);
        LinearModel first = fit(settings(1e-4), D, false).model();
        LocalBlocks others = Tables.of(other, y, w);
        LinearModel second = RidgeLearner.of(settings(1e-2), others, false, 5, false, false)
                .fit(others)
                .model();
        LinearModel mean = LinearModel.mean(List.of(first, second), 1e-4);
        double[] half = new double[D + 5];
        Arrays.fill(half, Math.sqrt(0.5));
        Matrix expected = Reference.fitted(z, first).plus(Reference.fitted(other, second));
        for (int i = 0; i < N; i++) {
            expected.set(i, 0, expected.get(i, 0) / 2);
        }
        assertThat(Reference.distance(Reference.fitted(z.beside(other).scaleColumns(half), mean), expected))
                .isLessThan((D + 5) * 0x1p-50);
        assertThat(mean.lambda()).isEqualTo(1e-4);
    }
}
