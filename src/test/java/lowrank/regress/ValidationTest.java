package lowrank.regress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.linalg.Matrix;
import lowrank.random.Philox;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidationTest {
    private static final int N = 300;
    private static final int D = 11;
    private static final int T = 3;
    /** What the issue promises. */
    private static final double PROMISED = 1e-8;

    private final Matrix z = Tables.features(N, D, 1e-3, 0.5, 1);
    private final Matrix y = Tables.targets(z, T, 0.1, 20, 5);
    private final Matrix w = Tables.counts(N, 9);

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void foldsEqualRefits(boolean intercept, boolean weighted) {
        LocalBlocks rows = weighted ? Tables.of(z, y, w) : Tables.of(z, y);
        double[] weights = weighted ? w.values() : Reference.ones(N);
        double[] origin = intercept ? Origin.of(rows) : Tables.zeros(T);
        Folds folds = new Folds(5, 42);
        FoldSums sums = FoldsPass.over(rows, folds, origin);
        NormalSums all = NormalPass.over(rows, origin);
        assertThat(Reference.distance(sums.total().cross(), all.cross())).isLessThan(1e-13);
        assertThat(sums.total().rows()).isEqualTo(all.rows());

        foldsEqualRefits(rows, sums, folds, origin, weights, new double[] {1e-1, 1e-4, 1e-8});
        // More coefficients than V and b: these travel, and three lambdas are taken at a time.
        foldsEqualRefits(rows, sums, folds, origin, weights, new double[] {1e-1, 1e-2, 1e-4, 1e-5, 1e-8});
    }

    private void foldsEqualRefits(
            LocalBlocks rows, FoldSums sums, Folds folds, double[] origin, double[] weights, double[] lambdas) {
        boolean intercept = !Arrays.equals(origin, Tables.zeros(T));
        assertThat(new HeldOutShape(D, T, lambdas.length).rotates()).isEqualTo(lambdas.length > 3);
        CrossValidation validation = CrossValidation.of(sums, origin, intercept, lambdas);
        CrossValidation.Measured measured =
                CrossValidation.measured(rows, sums, folds, origin, intercept, lambdas, false);
        // Fold by fold.
        CrossValidation.Measured apart =
                CrossValidation.measured(rows, sums, folds, origin, intercept, lambdas, false, 1);
        assertThat(measured.rates()).isNull();
        for (int i = 0; i < lambdas.length; i++) {
            double[] expected = refitted(folds, lambdas[i], intercept, weights);
            for (int k = 0; k < T; k++) {
                assertThat(validation.errors()[i][k]).isCloseTo(expected[k], within(PROMISED * expected[k]));
                assertThat(measured.errors()[i][k]).isCloseTo(expected[k], within(PROMISED * expected[k]));
                assertThat(apart.errors()[i][k]).isCloseTo(expected[k], within(PROMISED * expected[k]));
            }
        }
    }

    private double[] refitted(Folds folds, double lambda, boolean intercept, double[] weights) {
        double[] errors = new double[T];
        double total = 0;
        Philox numbers = folds.numbers();
        for (int f = 0; f < folds.count(); f++) {
            List<Integer> inside = new ArrayList<>();
            List<Integer> outside = new ArrayList<>();
            double n = 0;
            for (int i = 0; i < N; i++) {
                if (folds.of(i, numbers) == f) {
                    inside.add(i);
                } else {
                    outside.add(i);
                    n += weights[i];
                }
            }
            assertThat(inside).isNotEmpty();
            Matrix solution = Reference.ridge(
                    Tables.rows(z, outside), Tables.rows(y, outside), pick(weights, outside), n * lambda, intercept);
            double[] rss = Reference.rss(
                    Tables.rows(y, inside), Reference.fitted(Tables.rows(z, inside), solution), pick(weights, inside));
            for (int k = 0; k < T; k++) {
                errors[k] += rss[k];
            }
        }
        for (double weight : weights) {
            total += weight;
        }
        for (int k = 0; k < T; k++) {
            errors[k] /= total;
        }
        return errors;
    }

    private static double[] pick(double[] weights, List<Integer> rows) {
        return rows.stream().mapToDouble(i -> weights[i]).toArray();
    }

    @Test
    void closedErrorsThatCancelAreNamedAndMeasuredInstead() {
        // y of order 20 with residuals of 1e-9: their squares are lost beside y'y.
        Matrix exact = Tables.targets(z, 1, 1e-9, 0, 5);
        LocalBlocks rows = Tables.of(z, exact);
        Folds folds = new Folds(4, 1);
        double[] origin = Tables.zeros(1);
        RidgePath path = RidgePath.of(NormalPass.over(rows, origin), origin, true);
        double[] lambdas = {path.least()};
        FoldSums sums = FoldsPass.over(rows, folds, origin);
        CrossValidation validation = CrossValidation.of(sums, origin, true, lambdas);
        assertThat(validation.cancelled()).isTrue();
        double measured = CrossValidation.measured(rows, sums, folds, origin, true, lambdas, false)
                .errors()[0][0];
        assertThat(measured).isBetween(1e-19, 1e-13);
    }

    @Test
    void foldsAreTheSameForAnyNumberOfTasks() {
        Folds folds = new Folds(5, 42);
        double[] origin = Tables.zeros(T);
        for (Precision precision : Precision.values()) {
            List<FoldSums> sums = new ArrayList<>();
            for (int tasks : new int[] {1, 3}) {
                LocalBlocks rows = Tables.of(precision, new Layout(N, 64, 32), tasks, z, y, w);
                sums.add(FoldsPass.over(rows, folds, origin));
            }
            for (int f = 0; f < 5; f++) {
                NormalSums one = sums.get(0).folds().get(f);
                NormalSums other = sums.get(1).folds().get(f);
                assertThat(other.gram().values()).isEqualTo(one.gram().values());
                assertThat(other.cross().values()).isEqualTo(one.cross().values());
            }
        }
    }

    @Test
    void heldOutErrorsAreTheSameForAnyNumberOfTasks() {
        Folds folds = new Folds(5, 42);
        double[] origin = Tables.zeros(T);
        for (Precision precision : Precision.values()) {
            for (double[] lambdas : List.of(new double[] {1, 0.1}, new double[] {1, 0.1, 0.01, 0.001, 1e-4})) {
                List<double[][]> errors = new ArrayList<>();
                for (int tasks : new int[] {1, 3}) {
                    LocalBlocks rows = Tables.of(precision, new Layout(N, 64, 32), tasks, z, y, w);
                    FoldSums sums = FoldsPass.over(rows, folds, origin);
                    errors.add(CrossValidation.measured(rows, sums, folds, origin, false, lambdas, false)
                            .errors());
                }
                assertThat(errors.get(1)).isDeepEqualTo(errors.get(0));
            }
        }
    }

    @Test
    void floatPredictionsAreNoWorseWhereEigenvectorsTravel() {
        LocalBlocks doubles = Tables.of(z, y);
        LocalBlocks floats = Tables.of(Precision.FLOAT, new Layout(N, 64, 32), 1, z, y);
        Folds folds = new Folds(5, 42);
        double[] origin = Origin.of(doubles);
        FoldSums sums = FoldsPass.over(doubles, folds, origin);
        double[] lambdas = {1, 0.1, 0.05, 0.02, 0.01};
        double[][] expected = CrossValidation.measured(doubles, sums, folds, origin, true, lambdas, false)
                .errors();
        double[][] found = CrossValidation.measured(floats, sums, folds, origin, true, lambdas, false)
                .errors();
        for (int i = 0; i < lambdas.length; i++) {
            for (int k = 0; k < T; k++) {
                // As for the scores of float features below.
                assertThat(found[i][k])
                        .isCloseTo(expected[i][k], within(1e3 * Precision.FLOAT.roundoff() * expected[i][k]));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"3", "40"})
    void whatTravelsOfAFoldIsWhatIsPlanned(int count) throws Exception {
        double[] lambdas = new double[count];
        Arrays.setAll(lambdas, i -> Math.pow(0.8, i));
        RidgePath path = RidgePath.of(NormalPass.over(Tables.of(z, y), Tables.zeros(T)), Tables.zeros(T), true);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(HeldOutPart.of(1, path, lambdas));
        }
        // Names of classes and fields come on top.
        int names = 1000;
        long planned = new HeldOutShape(D, T, count).sentBytes(1);
        assertThat((long) bytes.size()).isBetween(planned - 8L * D, planned + names);
    }

    @Test
    void aFoldWithAllRowsIsRefused() {
        Matrix one = Tables.gaussian(1, 2, 3);
        assertThatThrownBy(() -> FoldsPass.over(Tables.of(one, Matrix.zeros(1, 1)), new Folds(2, 1), new double[1]))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("nothing is left to fit on");
        assertThatThrownBy(() -> new Folds(1, 1)).hasMessageStartingWith("solve.folds must be at least 2");
    }

    @Test
    void aBadWeightInAFoldIsNamedByItsRow() {
        Matrix bad = new Matrix(N, 1, w.values().clone());
        bad.set(133, 0, -1);
        assertThatThrownBy(() -> FoldsPass.over(Tables.of(z, y, bad), new Folds(5, 1), Tables.zeros(T)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("row 133 ");
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void leaveOneOutEqualsBruteForce(boolean intercept, boolean weighted) {
        LocalBlocks rows = weighted ? Tables.of(z, y, w) : Tables.of(z, y);
        double[] weights = weighted ? w.values() : Reference.ones(N);
        double[] origin = intercept ? Origin.of(rows) : Tables.zeros(T);
        RidgePath path = RidgePath.of(NormalPass.over(rows, origin), origin, intercept);
        double[] lambdas = {1e-1, 1e-4, 1e-8};
        LeaveOneOut left = LeaveOneOut.of(path, rows, lambdas);
        assertThat(left.note()).isNull();
        for (int i = 0; i < lambdas.length; i++) {
            double[] expected = bruteForce(path.weight() * lambdas[i], intercept, weights);
            for (int k = 0; k < T; k++) {
                double mean = expected[k] / path.weight();
                assertThat(left.errors()[i][k]).isCloseTo(mean, within(PROMISED * mean));
            }
        }
    }

    private double[] bruteForce(double mu, boolean intercept, double[] weights) {
        double[] errors = new double[T];
        for (int i = 0; i < N; i++) {
            if (weights[i] == 0) {
                continue;
            }
            List<Integer> others = Reference.without(N, i);
            Matrix solution = Reference.ridge(
                    Tables.rows(z, others), Tables.rows(y, others), pick(weights, others), mu, intercept);
            List<Integer> one = List.of(i);
            double[] rss = Reference.rss(
                    Tables.rows(y, one), Reference.fitted(Tables.rows(z, one), solution), pick(weights, one));
            for (int k = 0; k < T; k++) {
                errors[k] += rss[k];
            }
        }
        return errors;
    }

    @Test
    void aRowThatAloneDeterminesItsValueIsSaidToBeSo() {
        Matrix alone = Matrix.zeros(N, D + 1);
        System.arraycopy(z.values(), 0, alone.values(), 0, z.values().length);
        alone.set(17, D, 1);
        LocalBlocks rows = Tables.of(alone, y);
        RidgePath path = RidgePath.of(NormalPass.over(rows, Tables.zeros(T)), Tables.zeros(T), false);
        LeaveOneOut left = LeaveOneOut.of(path, rows, new double[] {1, path.least()});
        assertThat(left.fixed()).containsExactly(0, 1);
        assertThat(left.errors()[1][0]).isInfinite();
        assertThat(left.note()).contains("1 rows have leverage 1");
        assertThat(Lambdas.best(left.lambdas(), left.errors(), new double[] {1, 1, 1}))
                .isZero();
    }

    @Test
    void floatFeaturesGiveTheSameScoresToFloatsDigits() {
        LocalBlocks doubles = Tables.of(z, y, w);
        LocalBlocks floats = Tables.of(Precision.FLOAT, new Layout(N, 64, 32), 1, z, y, w);
        double[] lambdas = {1e-2};
        double[] origin = Origin.of(doubles);
        Folds folds = new Folds(5, 42);
        double[] loo = new double[2];
        double[] cv = new double[2];
        int at = 0;
        for (LocalBlocks rows : List.of(doubles, floats)) {
            loo[at] = LeaveOneOut.of(RidgePath.of(NormalPass.over(rows, origin), origin, true), rows, lambdas)
                    .errors()[0][0];
            cv[at++] = CrossValidation.of(FoldsPass.over(rows, folds, origin), origin, true, lambdas)
                    .errors()[0][0];
        }
        // Errors of relative size u in G and B, times the condition, at most 1 / lambda here.
        assertThat(loo[1]).isCloseTo(loo[0], within(1e3 * Precision.FLOAT.roundoff() * loo[0]));
        assertThat(cv[1]).isCloseTo(cv[0], within(1e3 * Precision.FLOAT.roundoff() * cv[0]));
    }
}
