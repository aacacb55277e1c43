package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.RowBlocks;
import lowrank.kernel.Gaussian;
import lowrank.kernel.SelfColumn;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class PredictorTest {
    private static final int N = 200;
    private static final int D = 7;
    private static final int T = 2;

    private final Matrix z = Tables.features(N, D, 1e-2, 0.5, 1);
    private final Matrix y = Tables.targets(z, T, 0.1, 20, 5);
    private final Matrix w = Tables.counts(N, 9);

    private RidgePath path(LocalBlocks rows) {
        double[] origin = Origin.of(rows);
        return RidgePath.of(NormalPass.over(rows, origin), origin, true);
    }

    @Test
    void valuesAreTheFitAndScoresAreTheirs() {
        for (int tasks : new int[] {1, 3}) {
            LocalBlocks rows = Tables.of(Precision.DOUBLE, new Layout(N, 64, 32), tasks, z, y, w);
            RidgePath path = path(rows);
            LinearModel model = path.model(path.lambdas()[8]);
            RowBlocks predicted = rows.map(Predictor.values(model).keeping(1, 2));
            Matrix fitted = Reference.fitted(z, model);
            assertThat(Reference.distance(Collect.of(predicted, "values"), fitted))
                    .isLessThan(1e-14);

            Scores.Numbers scores = (Scores.Numbers) predicted.pass(new ScorePass(1, 2, null));
            double[] rss = Reference.rss(y, fitted, w.values());
            RidgeScore closed = path.score(model.lambda());
            for (int k = 0; k < T; k++) {
                assertThat(scores.rss()[k]).isCloseTo(rss[k], within(1e-12 * rss[k]));
                assertThat(closed.rss()[k]).isCloseTo(rss[k], within(1e-8 * rss[k]));
                assertThat(scores.rmse(k)).isCloseTo(Math.sqrt(rss[k] / path.weight()), within(1e-12));
                double squares = path.targetSquares()[k];
                assertThat(scores.r2(k)).isCloseTo(1 - rss[k] / squares, within(1e-10));
            }
        }
    }

    @Test
    void aConstantTargetHasNoR2() {
        Matrix constant = Matrix.zeros(N, 1);
        java.util.Arrays.fill(constant.values(), 4);
        LinearModel four = new LinearModel(1, Matrix.zeros(D, 1), new double[] {4});
        RowBlocks predicted = Tables.of(z, constant).map(Predictor.values(four).keeping(1));
        Scores.Numbers scores = (Scores.Numbers) predicted.pass(new ScorePass(1, -1, null));
        assertThat(scores.rmse(0)).isZero();
        assertThat(scores.r2(0)).isNaN();
    }

    @Test
    void varianceIsThatOfARowAddedToTheRegression() {
        LocalBlocks rows = Tables.of(z, y);
        RidgePath path = path(rows);
        double lambda = path.lambdas()[8];
        double mu = N * lambda;
        RidgeScore score = path.score(lambda);
        Variance variance = Variance.of(path, lambda, score.rss());
        RowBlocks predicted = rows.map(Predictor.values(path.model(lambda)).with(variance));
        Matrix given = Collect.of(predicted, "variance");
        double[] mean = new double[D];
        for (int j = 0; j < D; j++) {
            for (int i = 0; i < N; i++) {
                mean[j] += z.get(i, j) / N;
            }
        }
        for (int i = 0; i < N; i += 17) {
            // (G_c + mu I) x = z_c by elimination: ridge regression on the centred rows, with Z'y = z_c.
            Matrix centred = Matrix.zeros(N, D);
            Matrix one = Matrix.zeros(D, 1);
            for (int j = 0; j < D; j++) {
                for (int r = 0; r < N; r++) {
                    centred.set(r, j, z.get(r, j) - mean[j]);
                }
                one.set(j, 0, z.get(i, j) - mean[j]);
            }
            Matrix unit = Matrix.zeros(N, 1);
            unit.set(i, 0, 1);
            Matrix solved = Reference.ridge(centred, unit, Reference.ones(N), mu, false);
            double square = 0;
            for (int j = 0; j < D; j++) {
                square += one.get(j, 0) * solved.get(j, 0);
            }
            for (int k = 0; k < T; k++) {
                double s2 = score.rss()[k] / (N - score.df());
                double expected = s2 * (1 + square + 1.0 / N);
                assertThat(given.get(i, k)).isCloseTo(expected, within(1e-9 * expected));
            }
        }
    }

    @Test
    void whatFeaturesMissOfTheKernelIsNoveltyAndWidensTheVariance() {
        // Rows of norm up to 1 as their own features, and a kernel with k(x, x) = 1.
        Matrix small = new Matrix(N, D, z.values().clone());
        for (int i = 0; i < N; i++) {
            double square = 0;
            for (int j = 0; j < D; j++) {
                square += small.get(i, j) * small.get(i, j);
            }
            for (int j = 0; j < D; j++) {
                small.set(i, j, small.get(i, j) * i / (N * Math.sqrt(square)));
            }
        }
        LocalBlocks rows = Tables.of(small, y);
        RidgePath path = path(rows);
        double lambda = path.lambdas()[5];
        Variance variance = Variance.of(path, lambda, path.score(lambda).rss());
        Predictor predictor = Predictor.values(path.model(lambda)).with(variance);
        RowBlocks plain = rows.map(predictor);
        RowBlocks wide = rows.map(new SelfColumn(new Gaussian(1)))
                .map(predictor.withSelf(2).withNovelty());
        Matrix novelty = Collect.of(wide, "novelty");
        Matrix narrow = Collect.of(plain, "variance");
        Matrix widened = Collect.of(wide, "variance");
        for (int i = 0; i < N; i++) {
            double missed = 1 - (double) i * i / N / N;
            assertThat(novelty.get(i, 0)).isCloseTo(missed, within(1e-14));
            double added = variance.noise()[0] * missed / (N * lambda);
            assertThat(widened.get(i, 0)).isCloseTo(narrow.get(i, 0) + added, within(1e-10 * widened.get(i, 0)));
        }
        assertThatThrownBy(() -> rows.map(predictor.withNovelty()).schema())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("novelty is measured against k(x, x)");
    }

    @Test
    void aModelOfAnotherWidthIsRefused() {
        LinearModel other = new LinearModel(1, Matrix.zeros(D + 1, 1), new double[1]);
        assertThatThrownBy(() -> Tables.of(z, y).map(Predictor.values(other)).schema())
                .hasMessage("the rows have 7 features, the model takes 8");
    }

    @Test
    void floatFeaturesPredictDoubles() {
        LinearModel model = path(Tables.of(z, y)).model(1e-3);
        RowBlocks floats =
                Tables.of(Precision.FLOAT, new Layout(N, 64, 32), 1, z, y).map(Predictor.values(model));
        assertThat(floats.schema().first().precision()).isEqualTo(Precision.DOUBLE);
        assertThat(Reference.distance(Collect.of(floats, "values"), Reference.fitted(z, model)))
                .isLessThan(D * Precision.FLOAT.roundoff());
    }
}
