package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lowrank.blocks.LocalBlocks;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;

class OneVsAllTest {
    private static final int N = 400;
    private static final double[] CODES = {-3, 0, 7, 8.5};

    /** Clouds of a cross, one per class, which overlap a little. */
    private final Matrix z = Tables.gaussian(N, 2, 3);

    private final Matrix labels = Matrix.zeros(N, 1);

    OneVsAllTest() {
        for (int i = 0; i < N; i++) {
            int c = (i * 7 + i / 5) % 4;
            labels.set(i, 0, CODES[c]);
            z.set(i, c / 2, z.get(i, c / 2) + (c % 2 == 0 ? 3 : -3));
        }
    }

    /** Products of two coordinates make the clouds of a cross separable. */
    private Matrix features() {
        Matrix all = Matrix.zeros(N, 5);
        for (int i = 0; i < N; i++) {
            double a = z.get(i, 0);
            double b = z.get(i, 1);
            double[] row = {a, b, a * a, b * b, a * b};
            for (int j = 0; j < 5; j++) {
                all.set(i, j, row[j]);
            }
        }
        return all;
    }

    @Test
    void eachClassIsATargetOfItsOwn() {
        RowBlocks targets = Tables.of(z, labels).map(new OneVsAll(CODES));
        Matrix y = Collect.of(targets, "target");
        assertThat(y.cols()).isEqualTo(4);
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < 4; k++) {
                assertThat(y.get(i, k)).isEqualTo(labels.get(i, 0) == CODES[k] ? 1 : -1);
            }
        }
        assertThat(Reference.distance(Collect.of(targets, "values"), z)).isZero();
    }

    @Test
    void heldOutRatesAreThoseOfRefits() {
        Matrix features = features();
        LocalBlocks labelled = Tables.of(features, labels);
        RowBlocks rows = labelled.map(new OneVsAll(CODES));
        double[] origin = Tables.zeros(4);
        Folds folds = new Folds(3, 8);
        double[] lambdas = {10, 1e-1, 1e-6};
        FoldSums sums = FoldsPass.over(rows, folds, origin);
        CrossValidation validation = CrossValidation.of(sums, origin, true, lambdas);
        CrossValidation.Measured measured = CrossValidation.measured(rows, sums, folds, origin, true, lambdas, true);
        // Two lambdas at a time, fold by fold.
        CrossValidation.Measured apart = CrossValidation.measured(rows, sums, folds, origin, true, lambdas, true, 1);
        assertThat(apart.rates()).isEqualTo(measured.rates());
        RidgePath[] paths = new RidgePath[3];
        for (int f = 0; f < 3; f++) {
            NormalSums outside = sums.total().minus(sums.folds().get(f));
            paths[f] = RidgePath.of(outside, origin, true);
        }
        for (int l = 0; l < lambdas.length; l++) {
            int wrong = 0;
            for (int i = 0; i < N; i++) {
                LinearModel model = paths[folds.of(i, folds.numbers())].near(lambdas[l]);
                Matrix one = Reference.fitted(Tables.rows(features, java.util.List.of(i)), model);
                wrong += CODES[largest(one)] == labels.get(i, 0) ? 0 : 1;
            }
            assertThat(measured.rates()[l]).isCloseTo(wrong / (double) N, within(1e-12));
            for (int k = 0; k < 4; k++) {
                assertThat(measured.errors()[l][k])
                        .isCloseTo(validation.errors()[l][k], within(1e-8 * measured.errors()[l][k]));
            }
        }
        assertThat(measured.rates()[measured.bestByRate()]).isLessThan(0.15);
    }

    private static int largest(Matrix row) {
        int best = 0;
        for (int k = 1; k < row.cols(); k++) {
            best = row.get(0, k) > row.get(0, best) ? k : best;
        }
        return best;
    }

    @Test
    void predictedClassesAreScored() {
        Matrix features = features();
        Matrix weights = Tables.counts(N, 2);
        LocalBlocks labelled = Tables.of(features, labels, weights);
        RowBlocks rows = labelled.map(new OneVsAll(CODES));
        RidgePath path = RidgePath.of(NormalPass.over(rows, Tables.zeros(4)), Tables.zeros(4), true);
        LinearModel model = path.model(path.lambdas()[6]);
        // The model does not know the last class.
        double[] known = {-3, 0, 7};
        LinearModel fewer =
                new LinearModel(1, model.coefficients().columns(3), java.util.Arrays.copyOf(model.intercepts(), 3));
        RowBlocks predicted = labelled.map(Predictor.classes(fewer, known).keeping(1, 2));
        assertThat(predicted.schema().columns().stream().map(c -> c.name()))
                .containsExactly("class", "score", "target", "weight");
        Matrix code = Collect.of(predicted, "class");
        Matrix score = Collect.of(predicted, "score");
        Matrix fitted = Reference.fitted(features, fewer);
        double[][] confusion = new double[3][3];
        double wrong = 0;
        double unknown = 0;
        double total = 0;
        for (int i = 0; i < N; i++) {
            int best = largest(Tables.rows(fitted, java.util.List.of(i)));
            assertThat(code.get(i, 0)).isEqualTo(known[best]);
            assertThat(score.get(i, 0)).isCloseTo(fitted.get(i, best), within(1e-12));
            double w = weights.get(i, 0);
            int truth = java.util.Arrays.binarySearch(known, labels.get(i, 0));
            total += w;
            wrong += truth == best ? 0 : w;
            unknown += truth < 0 ? w : 0;
            if (truth >= 0) {
                confusion[truth][best] += w;
            }
        }
        Scores.Labels scores = (Scores.Labels) predicted.pass(new ScorePass(2, 3, known));
        assertThat(scores.weight()).isEqualTo(total);
        assertThat(scores.errorRate()).isCloseTo(wrong / total, within(1e-14));
        assertThat(scores.unknown()).isEqualTo(unknown).isPositive();
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                assertThat(scores.confusion().get(i, j)).isEqualTo(confusion[i][j]);
            }
        }
    }

    @Test
    void tiesGoToTheLowestClass() {
        LinearModel flat = new LinearModel(1, Matrix.zeros(2, 3), new double[] {0.5, 1, 1});
        Matrix code = Collect.of(Tables.of(z).map(Predictor.classes(flat, new double[] {1, 2, 3})), "class");
        assertThat(code.values()).containsOnly(2);
    }
}
