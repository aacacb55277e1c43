package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.MatrixRows;
import lowrank.blocks.MemorySink;
import lowrank.blocks.PairedSource;
import lowrank.blocks.Pass;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreparationTest {
    private static final int ROWS = 700;
    private static final int COLS = 6;
    private static final double NO_LIMIT = Double.POSITIVE_INFINITY;

    /** What MomentsPass promises of sums, with the roundings of a subtraction and a division. */
    private static final double SUMS = 80 * 0x1p-53;

    private static RowBlocks prepared(MatrixRows rows, double clip, Precision precision, int tasks) {
        LocalBlocks blocks = LocalBlocks.of(rows, tasks);
        return new Preparation(ZScore.of(blocks), clip, precision).of(blocks);
    }

    private static Matrix values(RowBlocks rows) {
        MemorySink sink = new MemorySink();
        rows.write(sink, Pass.nothing());
        return sink.matrix();
    }

    /** z-scores in decimal arithmetic of 34 digits, rounded once; constant columns are 0. */
    private static Matrix exact(Matrix a) {
        Matrix z = Matrix.zeros(a.rows(), a.cols());
        for (int j = 0; j < a.cols(); j++) {
            BigDecimal sum = BigDecimal.ZERO;
            for (int i = 0; i < a.rows(); i++) {
                sum = sum.add(new BigDecimal(a.get(i, j)));
            }
            BigDecimal mean = sum.divide(BigDecimal.valueOf(a.rows()), MathContext.DECIMAL128);
            BigDecimal squares = BigDecimal.ZERO;
            for (int i = 0; i < a.rows(); i++) {
                squares = squares.add(new BigDecimal(a.get(i, j)).subtract(mean).pow(2));
            }
            BigDecimal deviation = squares.divide(BigDecimal.valueOf(a.rows() - 1), MathContext.DECIMAL128)
                    .sqrt(MathContext.DECIMAL128);
            for (int i = 0; i < a.rows() && squares.doubleValue() > 1e-20; i++) {
                z.set(
                        i,
                        j,
                        new BigDecimal(a.get(i, j))
                                .subtract(mean)
                                .divide(deviation, MathContext.DECIMAL128)
                                .doubleValue());
            }
        }
        return z;
    }

    /** A mean is stored as one double, so z-scores are off by its roundoff in units of the deviation (at least 1 here), all alike. */
    private static double ofMean(double mean) {
        return 2 * Math.ulp(mean);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 1e3, 1e6})
    void valuesBecomeZScores(double mean) {
        Matrix a = Cases.shifted(ROWS, COLS, mean, 4, 3);
        Matrix z = values(prepared(Cases.rows(a), NO_LIMIT, Precision.DOUBLE, 3));
        Matrix exact = exact(a);
        for (int j = 0; j < COLS; j++) {
            for (int i = 0; i < ROWS; i++) {
                double off = SUMS * Math.max(1, Math.abs(exact.get(i, j))) + ofMean(mean);
                assertThat(z.get(i, j)).isCloseTo(exact.get(i, j), within(off));
            }
        }
    }

    /** One mean for all rows: its roundoff d moves A^T A by rows d^2 only, far below what is promised. */
    @ParameterizedTest
    @CsvSource({"1, false", "1000, false", "1e6, false", "1, true", "1000, true", "1e6, true"})
    void factorsAreThoseOfTheExactZScores(double mean, boolean center) {
        Matrix a = Cases.shifted(ROWS, COLS, mean, 4, 5);
        Dense.SmallSvd exact = Dense.svd(exact(a));
        int rank = COLS - 1;
        RankRule.Fixed rule = new RankRule.Fixed(rank);
        List<SvdAlgorithm> algorithms = List.of(
                new Tsqr(rule, center, false, true),
                new Gram(rule, center, false, true),
                new BlockKrylov(rule, center, false, true, new Sketch(2, 2, false, 8, 1e-10, 1)),
                new Lapack(rule, center, false, true));
        for (SvdAlgorithm algorithm : algorithms) {
            Svd svd = algorithm.factor(prepared(Cases.rows(a), NO_LIMIT, Precision.DOUBLE, 1));
            assertThat(svd.rank()).isEqualTo(rank);
            for (int j = 0; j < rank; j++) {
                assertThat(svd.s()[j])
                        .as("%s, s[%d]", algorithm.name(), j)
                        .isCloseTo(exact.s()[j], within(1e-13 * exact.s()[0]));
            }
            for (int j = 0; j < COLS; j++) {
                assertThat(svd.mean()[j]).isCloseTo(0, within(center ? ofMean(mean) + SUMS : 0));
                assertThat(svd.scale()[j]).isEqualTo(1);
            }
            MemorySink u = new MemorySink();
            svd.writeU(u);
            Matrix rest = exact(a).minus(
                            u.matrix().scaleColumns(svd.s()).times(svd.v().transpose()));
            // Rank 5 of 5 that vary; the roundoff of a mean is a column of ones, or is subtracted again.
            double frobenius = Math.sqrt(ROWS * (double) COLS);
            for (double column : rest.columnNorms()) {
                assertThat(column).isLessThan(frobenius * (1e-13 + ofMean(mean)));
            }
        }
    }

    @Test
    void sameBitsForAnyNumberOfTasks() {
        Matrix a = Cases.shifted(3000, COLS, 1e3, -1, 6);
        List<String> digests = new ArrayList<>();
        for (int tasks : new int[] {1, 2, 7, 64}) {
            LocalBlocks rows = LocalBlocks.of(Cases.rows(a), tasks);
            ZScore score = ZScore.of(rows);
            Matrix z = values(new Preparation(score, 1.5, Precision.DOUBLE).of(rows));
            digests.add(
                    MemorySink.digest(score.mean()) + MemorySink.digest(score.scale()) + MemorySink.digest(z.values()));
        }
        assertThat(digests).containsOnly(digests.get(0));
    }

    @Test
    void limitHoldsAfterScalingAndChangesNothingElse() {
        Matrix a = Cases.shifted(ROWS, COLS, 1e3, -1, 7);
        Matrix z = values(prepared(Cases.rows(a), NO_LIMIT, Precision.DOUBLE, 1));
        Matrix clipped = values(prepared(Cases.rows(a), 1.5, Precision.DOUBLE, 1));
        int limited = 0;
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLS; j++) {
                double value = z.get(i, j);
                limited += Math.abs(value) > 1.5 ? 1 : 0;
                assertThat(clipped.get(i, j)).isEqualTo(Math.abs(value) > 1.5 ? Math.copySign(1.5, value) : value);
            }
        }
        assertThat(limited).isPositive();
    }

    @Test
    void limitAloneIsOfTheValuesAsTheyAre() {
        Matrix a = Cases.gaussian(100, 3, 8);
        Matrix clipped = values(new Preparation(null, 0.5, Precision.DOUBLE).of(LocalBlocks.of(Cases.rows(a))));
        for (int i = 0; i < 100; i++) {
            for (int j = 0; j < 3; j++) {
                double value = a.get(i, j);
                assertThat(clipped.get(i, j)).isEqualTo(Math.abs(value) > 0.5 ? Math.copySign(0.5, value) : value);
            }
        }
        LocalBlocks rows = LocalBlocks.of(Cases.rows(a));
        assertThat(new Preparation(null, NO_LIMIT, Precision.DOUBLE).of(rows)).isSameAs(rows);
    }

    @Test
    void floatIsRoundedOnceAfterScaling() {
        Matrix a = Cases.shifted(ROWS, COLS, 1e6, 4, 9);
        Matrix z = values(prepared(Cases.rows(a), 2, Precision.DOUBLE, 1));
        RowBlocks floats = prepared(Cases.rows(a), 2, Precision.FLOAT, 1);
        assertThat(floats.schema().first().precision()).isEqualTo(Precision.FLOAT);
        Matrix rounded = values(floats);
        for (int i = 0; i < z.values().length; i++) {
            assertThat(rounded.values()[i]).isEqualTo((float) z.values()[i]);
        }
    }

    /** Powers of two change no digit, however far they go, and neither do they change z-scores. */
    @ParameterizedTest
    @ValueSource(ints = {900, -900})
    void magnitudesMakeNoDifference(int exponent) {
        Matrix a = Cases.shifted(ROWS, COLS, 10, 4, 10);
        Matrix far = Matrix.zeros(ROWS, COLS);
        for (int i = 0; i < far.values().length; i++) {
            far.values()[i] = Math.scalb(a.values()[i], exponent);
        }
        assertThat(values(prepared(Cases.rows(far), NO_LIMIT, Precision.DOUBLE, 2))
                        .values())
                .isEqualTo(values(prepared(Cases.rows(a), NO_LIMIT, Precision.DOUBLE, 2))
                        .values());
    }

    @Test
    void nothingIsEverNaN() {
        double[][] columns = {{7.5}, {0}, {Double.MIN_NORMAL * 3, 0, 0, 0, 0}, {Double.MAX_VALUE, Double.MAX_VALUE}};
        for (double[] column : columns) {
            Matrix a = new Matrix(column.length, 1, column);
            ZScore score = ZScore.of(LocalBlocks.of(Cases.rows(a)));
            assertThat(score.scale()[0]).isPositive().isFinite();
            for (double value : values(prepared(Cases.rows(a), NO_LIMIT, Precision.DOUBLE, 1))
                    .values()) {
                assertThat(value).isFinite();
            }
        }
    }

    @Test
    void aDeviationBelowTheNormalDoublesIsRefused() {
        Matrix a = new Matrix(5, 1, new double[] {Double.MIN_VALUE, 0, 0, 0, 0});
        assertThatThrownBy(() -> ZScore.of(LocalBlocks.of(Cases.rows(a))))
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("column 0");
    }

    @Test
    void inputIsCheckedBeforeItIsPrepared() {
        Matrix a = Cases.gaussian(100, 3, 11);
        a.set(42, 1, Double.NEGATIVE_INFINITY);
        RowBlocks clipped = new Preparation(null, 1, Precision.DOUBLE).of(LocalBlocks.of(Cases.rows(a)));
        assertThatThrownBy(() -> clipped.pass(Pass.nothing()))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("row 42 column features[1] is infinite");
        assertThatThrownBy(() -> ZScore.of(LocalBlocks.of(Cases.rows(a))))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("row 42 column features[1] is infinite");
    }

    @Test
    void otherColumnsStayAsTheyAre() {
        Matrix a = Cases.gaussian(100, 3, 12);
        Matrix b = Cases.gaussian(100, 2, 13);
        LocalBlocks both = LocalBlocks.of(new PairedSource(Cases.rows(a), Cases.rows(b)));
        RowBlocks rows = new Preparation(null, 0.5, Precision.DOUBLE).of(both);
        assertThat(rows.schema().columns()).hasSize(2);
        ResidualPass.Sums sums = rows.pass(new ResidualPass(Packing.none(3), Matrix.zeros(3, 1), Matrix.zeros(2, 1)));
        assertThat(sums.gram().symmetric().get(0, 1))
                .isCloseTo(b.transposeTimes(b).get(0, 1), within(1e-12));
    }

    @Test
    void plannedPassIsTheOneThatRuns() {
        RecordedBlocks rows = RecordedBlocks.of(Cases.rows(Cases.gaussian(100, 3, 14)));
        ZScore score = ZScore.of(rows);
        new Preparation(score, 2, Precision.DOUBLE).of(rows).pass(Pass.nothing());
        assertThat(rows.passes())
                .containsExactly(
                        ZScore.planned(100, 3),
                        new PlannedPass(Pass.nothing().label(), Preparation.flops(100, 3, true, 2, false), 0));
    }
}
