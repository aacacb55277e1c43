package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.blocks.MemorySink;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every SVD algorithm promises, whatever it costs. */
abstract class SvdContract {
    /** Rows, columns and rank of the matrices: several leaves, and more columns than block-krylov takes at once. */
    private static final int ROWS = 300;

    private static final int COLS = 60;
    private static final int RANK = 12;

    /** Truncation may lose this factor on spectra that decay: DESIGN section 6. */
    private static final double TRUNCATED = 1.1;

    abstract SvdAlgorithm algorithm(RankRule rank, boolean center, boolean scale);

    /** The error that is left where nothing is truncated, relative to s_1. */
    abstract double accuracy();

    final SvdAlgorithm plain(int rank) {
        return algorithm(new RankRule.Fixed(rank), false, false);
    }

    private Measured check(SvdAlgorithm algorithm, BlockSource source) {
        Measured measured = Measured.of(algorithm, source, 3).requireFactors().requireTruthInside();
        int k = measured.rank();
        double next = k < measured.truth().length ? measured.truth()[k] : 0;
        double unresolved = source.schema().first().precision() == Precision.DOUBLE
                ? accuracy()
                : Math.max(accuracy(), 1e3 * Precision.FLOAT.roundoff());
        assertThat(measured.error()[0])
                .isLessThanOrEqualTo(Math.max(TRUNCATED * next, next + unresolved * measured.truth()[0]));
        return measured;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"S1", "S2", "S3", "S10", "S11", "step-300", "step-20", "flat-tail", "D1", "D2", "D3", "D4", "D5"
            })
    void knownSpectra(String spectrum) {
        check(plain(RANK), Cases.known(spectrum, ROWS, COLS, COLS, 1, Precision.DOUBLE));
        check(plain(RANK), Cases.known(spectrum, ROWS, COLS, COLS, 1, Precision.FLOAT));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e20, 1e-20, 1e300, 1e-300})
    void magnitudesChangeNothing(double scale) {
        check(plain(RANK), Cases.known("S2", ROWS, COLS, COLS, scale, Precision.DOUBLE));
        check(plain(RANK), Cases.known("S1", ROWS, COLS, COLS, scale, Precision.DOUBLE));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e20, 1e-20, 1e30, 1e-30})
    void magnitudesChangeNothingInFloat(double scale) {
        check(plain(RANK), Cases.known("D2", ROWS, COLS, COLS, scale, Precision.FLOAT));
    }

    @Test
    void powersOfTwoChangeNoBit() {
        Matrix a = Cases.random(ROWS, COLS, KnownSpectrum.values("D2", COLS), 5);
        Measured one = Measured.of(plain(RANK), Cases.rows(a), 1);
        double factor = 0x1p300;
        Measured other = Measured.of(plain(RANK), Cases.rows(a.scaleColumns(Magnitude.filled(COLS, factor))), 1);
        for (int j = 0; j < one.rank(); j++) {
            assertThat(other.svd().s()[j] / factor)
                    .isCloseTo(one.svd().s()[j], within(accuracy() * one.svd().s()[0]));
        }
    }

    @Test
    void zeroMatrixHasNoValues() {
        Measured m = check(plain(3), Cases.rows(Matrix.zeros(100, 7)));
        assertThat(m.rank()).isZero();
        assertThat(m.svd().v().rows()).isEqualTo(7);
        assertThat(m.svd().evidence().frobeniusResidual()).isZero();
        assertThat(m.svd().evidence().notes()).anyMatch(note -> note.contains("0 "));
    }

    @Test
    void oneRow() {
        Measured m = check(plain(1), Cases.rows(Cases.gaussian(1, 9, 1)));
        assertThat(m.rank()).isEqualTo(1);
        assertThat(Math.abs(m.u().get(0, 0))).isCloseTo(1, within(Measured.ORTHOGONAL));
    }

    @Test
    void oneRowCentredIsZero() {
        Measured m = check(algorithm(new RankRule.Fixed(1), true, false), Cases.rows(Cases.gaussian(1, 9, 1)));
        assertThat(m.rank()).isZero();
    }

    @Test
    void oneColumn() {
        Matrix a = Cases.gaussian(ROWS, 1, 2);
        Measured m = check(plain(1), Cases.rows(a));
        assertThat(m.svd().s()[0]).isCloseTo(a.columnNorms()[0], within(1e-14 * a.columnNorms()[0]));
        assertThat(m.svd().v().get(0, 0)).isCloseTo(1, within(Measured.ORTHOGONAL));
    }

    @Test
    void fewerRowsThanColumns() {
        Measured m = check(plain(20), Cases.rows(Cases.gaussian(20, 50, 3)));
        assertThat(m.rank()).isEqualTo(20);
        check(plain(5), Cases.rows(Cases.gaussian(20, 50, 3)));
        check(algorithm(new RankRule.Fixed(5), true, true), Cases.rows(Cases.gaussian(20, 50, 3)));
    }

    @Test
    void rankBeyondThatOfTheMatrixGivesItsRankAndANote() {
        Measured m = check(plain(RANK), Cases.rows(Cases.random(ROWS, COLS, new double[] {5, 4, 3, 2}, 4)));
        assertThat(m.rank()).isEqualTo(4);
        assertThat(m.svd().evidence().notes()).anyMatch(note -> note.contains("4"));
    }

    @Test
    void asManyAsThereAreColumns() {
        check(plain(8), Cases.rows(Cases.gaussian(ROWS, 8, 6)));
    }

    @Test
    void constantColumnIsCentredToZero() {
        Matrix a = Cases.shifted(ROWS, 10, 7, 4, 8);
        Measured m = check(algorithm(new RankRule.Fixed(9), true, true), Cases.rows(a));
        assertThat(m.svd().scale()[4]).isEqualTo(1);
        assertThat(m.svd().mean()[4]).isEqualTo(7);
        for (int j = 0; j < m.rank(); j++) {
            assertThat(m.svd().v().get(4, j)).isCloseTo(0, within(Measured.ORTHOGONAL));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, false", "1, true", "1e3, false", "1e3, true", "1e6, false", "1e6, true"})
    void centredAgainstTheExactlyCentredMatrix(double mean, boolean scale) {
        Matrix a = Cases.shifted(ROWS, 20, mean, -1, 9);
        Measured m = check(algorithm(new RankRule.Fixed(10), true, scale), Cases.rows(a));
        for (int j = 0; j < a.cols(); j++) {
            BigDecimal sum = BigDecimal.ZERO;
            for (int i = 0; i < ROWS; i++) {
                sum = sum.add(new BigDecimal(a.get(i, j)));
            }
            BigDecimal exact = sum.divide(BigDecimal.valueOf(ROWS), MathContext.DECIMAL128);
            BigDecimal squares = BigDecimal.ZERO;
            for (int i = 0; i < ROWS; i++) {
                squares =
                        squares.add(new BigDecimal(a.get(i, j)).subtract(exact).pow(2));
            }
            double deviation = Math.sqrt(squares.doubleValue() / (ROWS - 1));
            // A mean is a double: off by its roundoff, and by that of differences from the first row.
            double off = 4 * Math.ulp(mean) + 1e-14 * deviation;
            assertThat(m.svd().mean()[j]).isCloseTo(exact.doubleValue(), within(off));
            if (scale) {
                assertThat(m.svd().scale()[j]).isCloseTo(deviation, within(1e-13 * deviation));
            }
        }
    }

    /** Nothing is truncated, so the whole promise is against the exactly centred matrix; one column has no deviation. */
    @ParameterizedTest
    @CsvSource({"1, false", "1, true", "1e3, false", "1e3, true", "1e6, false", "1e6, true"})
    void allValuesOfTheExactlyCentredMatrix(double mean, boolean scale) {
        Measured m = Measured.of(
                        algorithm(new RankRule.Fixed(20), true, scale),
                        Cases.rows(Cases.shifted(ROWS, 20, mean, 4, 9)),
                        3)
                .requireFactors()
                .requireTruthInside();
        assertThat(m.rank()).isEqualTo(19);
        assertThat(m.relativeError()).isLessThanOrEqualTo(accuracy());
        for (int j = 0; j < m.rank(); j++) {
            assertThat(m.svd().s()[j] * m.unit()).isCloseTo(m.truth()[j], within(accuracy() * m.truth()[0]));
        }
    }

    @Test
    void centredInFloat() {
        Matrix a = Cases.shifted(ROWS, 20, 100, -1, 10);
        check(algorithm(new RankRule.Fixed(10), true, true), Cases.rows(a, Precision.FLOAT));
    }

    @Test
    void outlierInTheFirstRowDoesNotSpoilTheMean() {
        Matrix a = Cases.shifted(ROWS, 20, 1e3, -1, 11);
        for (int j = 0; j < 20; j++) {
            a.set(0, j, 0);
        }
        check(algorithm(new RankRule.Fixed(10), true, false), Cases.rows(a));
    }

    @ParameterizedTest
    @CsvSource({"false, DOUBLE", "true, DOUBLE", "false, FLOAT"})
    void sameBitsForAnyNumberOfTasks(boolean center, Precision precision) {
        // 1000 rows in 63 leaves, the last one short.
        KnownMatrix matrix = KnownMatrix.of("D2", 1000, 40, 40, 1, precision).with(new Layout(1000, 16, 8));
        List<String> digests = new ArrayList<>();
        for (int tasks : new int[] {1, 2, 7, 64}) {
            Measured m = Measured.of(algorithm(new RankRule.Fixed(8), center, center), matrix, tasks);
            digests.add(MemorySink.digest(m.svd().s())
                    + MemorySink.digest(m.svd().v().values())
                    + MemorySink.digest(m.u().values())
                    + MemorySink.digest(m.svd().evidence().upper())
                    + MemorySink.digest(m.svd().evidence().residual())
                    + m.confirmation());
        }
        assertThat(digests).containsOnly(digests.get(0));
    }

    /** What a pass says of its nodes, and an algorithm of the largest of them and of what it sends, is what travels. */
    private static void requireSizes(SvdAlgorithm algorithm, List<RecordedBlocks.Sent> passes) {
        // Names of classes and fields, and a few vectors of means and scales.
        long names = 4000;
        long vectors = 8 * 8L * COLS;
        for (RecordedBlocks.Sent pass : passes) {
            assertThat(pass.task()).isLessThanOrEqualTo(algorithm.broadcastBytes(ROWS, COLS) + names + vectors);
            assertThat(pass.planned()).isLessThanOrEqualTo(algorithm.partialBytes(COLS));
            if (pass.planned() > 0) {
                assertThat(pass.node()).isBetween(pass.planned(), pass.planned() + names / 8);
            }
        }
        if (!(algorithm instanceof Lapack)) {
            long largest = passes.stream()
                    .mapToLong(RecordedBlocks.Sent::planned)
                    .max()
                    .orElseThrow();
            // Without knowing the number of rows, probes are counted where a whole space needs none.
            assertThat(algorithm.partialBytes(COLS)).isLessThanOrEqualTo(3 * largest);
        }
    }

    @Test
    void plannedPassesAreThoseThatRunAndTravel() {
        for (boolean center : new boolean[] {false, true}) {
            SvdAlgorithm algorithm = algorithm(new RankRule.Fixed(RANK), center, center);
            KnownMatrix matrix = Cases.known("D1", ROWS, COLS, COLS, 1, Precision.DOUBLE);
            RecordedBlocks rows = RecordedBlocks.of(matrix);
            algorithm.factor(rows).writeU(new MemorySink());
            assertThat(rows.passes()).isEqualTo(algorithm.passes(ROWS, COLS));
            assertThat(algorithm.partialBytes(COLS)).isPositive();
            requireSizes(algorithm, rows.sent());
            assertThat(algorithm.taskBytes(matrix.layout(), COLS)).isPositive();
            assertThat(algorithm.driverBytes(ROWS, COLS)).isPositive();
        }
    }
}
