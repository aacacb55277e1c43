package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import lowrank.blas.Precision;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Matrices that are made to break things, through every algorithm, centred and scaled: the truth is inside of every bound, and what
 * has no answer in doubles is refused by name.
 */
class AdversaryTest {
    private static final int ROWS = 130;
    private static final int COLS = 12;

    /** What lapack and tsqr leave in double where nothing is truncated, relative to s_1. */
    private static final double PROMISE = 1e-13;

    private static final List<Arguments> CASES = new ArrayList<>();

    private static void add(String name, Matrix matrix) {
        CASES.add(Arguments.of(name, matrix));
    }

    /** Column j times 10^exponent(j). */
    private static Matrix columns(Matrix a, IntToDoubleFunction exponent) {
        double[] factors = new double[a.cols()];
        Arrays.setAll(factors, j -> Math.pow(10, exponent.applyAsDouble(j)));
        return a.scaleColumns(factors);
    }

    private static Matrix map(Matrix a, DoubleUnaryOperator function) {
        return new Matrix(
                a.rows(), a.cols(), Arrays.stream(a.values()).map(function).toArray());
    }

    private static Matrix rows(Matrix a, int row, double first, double step) {
        Matrix changed = map(a, x -> x);
        for (int j = 0; j < a.cols(); j++) {
            changed.set(row, j, first + step * j);
        }
        return changed;
    }

    private static Matrix cell(Matrix a, int row, int column, double value) {
        Matrix changed = map(a, x -> x);
        changed.set(row, column, value);
        return changed;
    }

    private static Matrix equalRows() {
        Matrix a = Matrix.zeros(ROWS, COLS);
        for (int j = 0; j < COLS; j++) {
            for (int i = 0; i < ROWS; i++) {
                a.set(i, j, 0.1 * (j + 1));
            }
        }
        return a;
    }

    static List<Arguments> matrices() {
        CASES.clear();
        Matrix g = Cases.gaussian(ROWS, COLS, 1);
        int[] shuffled = {5, 0, 11, 3, 7, 1, 10, 2, 4, 6, 8, 9};
        double[][] ranges = {{-150, 150}, {-80, 80}, {-30, 30}, {-15, 15}, {-170, 0}, {0, 170}, {-300, 0}, {-300, 300}};
        for (double[] range : ranges) {
            double step = (range[1] - range[0]) / (COLS - 1);
            Matrix scaled = columns(g, j -> range[0] + step * j);
            add("columns from 1e" + range[0] + " to 1e" + range[1], scaled);
            add("the same shuffled, 1e" + range[0] + " to 1e" + range[1], scaled.columns(shuffled, COLS));
            Matrix falling = columns(Cases.gaussian(COLS, ROWS, 2), i -> range[1] + (range[0] - range[1]) * i / ROWS);
            add("rows from 1e" + range[1] + " to 1e" + range[0], falling.transpose());
        }
        add("near the largest float", map(g, x -> x * Float.MAX_VALUE / 5));
        add("the largest float", map(g, x -> Float.MAX_VALUE));
        add("float denormals", map(g, x -> Math.rint(x * 3) * Float.MIN_VALUE));
        add("1e-306", map(g, x -> x * 1e-306));
        add("near the largest double", map(g, x -> x * (Double.MAX_VALUE / 1000)));
        for (double big : new double[] {1e5, 1e8, 1e12, 1e15, 1e30, 1e300}) {
            add("first row " + big, rows(g, 0, big, big / 100));
            add("row 77 " + big, rows(g, 77, big, big / 100));
            add("first cell " + big, cell(g, 0, 3, big));
        }
        add("equal rows", equalRows());
        add("equal rows but the first", rows(equalRows(), 0, 0, 1e6));
        add("equal rows but a cell", cell(equalRows(), ROWS - 1, 4, 0.1000001));
        add("equal rows but a bit", cell(equalRows(), 77, 4, Math.nextUp(0.5)));
        add("columns four times", g.columns(new int[] {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}, COLS));
        add("negative zero", map(g, x -> -0.0));
        add("half negative zero", map(g, x -> x > 0 ? x : -0.0));
        add("one cell", cell(Matrix.zeros(ROWS, COLS), ROWS - 1, COLS - 1, 3e-200));
        add("zero leaves", rows(Matrix.zeros(ROWS, COLS), ROWS - 1, 1, 1));
        for (int m : new int[] {1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129}) {
            for (int n : new int[] {1, 2, 3, COLS}) {
                add(m + " x " + n, Cases.gaussian(m, n, 7));
            }
        }
        for (int m : new int[] {1, 2, 40, 70, 99, 100}) {
            add("wide " + m + " x 100", Cases.shifted(m, 100, 1e5, 3, 9));
        }
        add("S1", Cases.random(400, 100, KnownSpectrum.values("S1", 100), 3));
        add("S3", Cases.random(400, 100, KnownSpectrum.values("S3", 100), 3));
        Matrix hilbert = Matrix.zeros(ROWS, 60);
        Matrix powers = Matrix.zeros(ROWS, 40);
        Matrix kahan = Matrix.zeros(90, 90);
        for (int j = 0; j < 90; j++) {
            for (int i = 0; i < ROWS; i++) {
                if (j < 60) {
                    hilbert.set(i, j, 1.0 / (i + j + 1));
                }
                if (j < 40) {
                    powers.set(i, j, Math.pow(i / 100.0, j));
                }
                if (i <= j) {
                    kahan.set(i, j, Math.pow(Math.sin(1.2), i) * (i == j ? 1 : -Math.cos(1.2)));
                }
            }
        }
        add("Hilbert", hilbert);
        add("powers", powers);
        add("Kahan", kahan);
        return CASES;
    }

    private static List<SvdAlgorithm> algorithms(int rank, boolean center, boolean scale) {
        RankRule rule = new RankRule.Fixed(rank);
        Sketch sketch = Sketch.of(3);
        return List.of(
                new Tsqr(rule, center, scale, true),
                new Lapack(rule, center, scale, true),
                new Gram(rule, center, scale, true),
                new BlockKrylov(rule, center, scale, true, sketch),
                new BlockKrylov(rule, center, scale, true, sketch.toFull()));
    }

    private static boolean isIn(Matrix a, Precision precision) {
        return precision == Precision.DOUBLE || Arrays.stream(a.values()).allMatch(x -> Float.isFinite((float) x));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("matrices")
    void theTruthIsInside(String name, Matrix a) {
        int most = Math.min(a.rows(), a.cols());
        for (Precision precision : Precision.values()) {
            for (int form = 0; form < 3 && isIn(a, precision); form++) {
                for (int k : new int[] {Math.min(4, most), most}) {
                    for (SvdAlgorithm algorithm : algorithms(k, form > 0, form > 1)) {
                        String what = name + ", " + precision + ", " + algorithm;
                        try {
                            check(Measured.of(algorithm, Cases.rows(a, precision), 3), algorithm);
                        } catch (AssertionError | RuntimeException e) {
                            throw new AssertionError(what + ": " + e.getMessage(), e);
                        }
                    }
                }
            }
        }
    }

    private static void check(Measured m, SvdAlgorithm algorithm) {
        m.requireFactors().requireTruthInside();
        assertThat(m.truth()[0] > 0 && m.rank() == 0).as("everything is missed").isFalse();
        boolean exact = algorithm instanceof Tsqr || algorithm instanceof Lapack;
        if (exact && m.precision() == Precision.DOUBLE) {
            double next = m.rank() < m.truth().length ? m.truth()[m.rank()] : 0;
            assertThat(m.error()[0]).isLessThanOrEqualTo(next * (1 + PROMISE) + PROMISE * m.truth()[0]);
        }
    }

    static List<Arguments> beyondDoubles() {
        Matrix g = Cases.gaussian(ROWS, COLS, 1);
        return List.of(
                Arguments.of("denormal", map(g, x -> Math.rint(x * 3) * Double.MIN_VALUE)),
                Arguments.of("1e-310", map(g, x -> x * 1e-310)),
                Arguments.of("a norm that overflows", map(g, x -> x * (Double.MAX_VALUE / 5))),
                Arguments.of("values at the end", map(g, x -> x > 0 ? Double.MAX_VALUE : -Double.MAX_VALUE)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("beyondDoubles")
    void whatHasNoAnswerInDoublesIsRefused(String name, Matrix a) {
        for (SvdAlgorithm algorithm : algorithms(4, false, false)) {
            assertThatThrownBy(() -> Measured.of(algorithm, Cases.rows(a), 3))
                    .as(name + ", " + algorithm)
                    .isInstanceOf(NumericalException.class)
                    .hasMessageContaining("power of two");
        }
        // Scaled, sizes may not matter: then there is an answer.
        for (SvdAlgorithm algorithm : algorithms(4, true, true)) {
            try {
                check(Measured.of(algorithm, Cases.rows(a), 3), algorithm);
            } catch (NumericalException e) {
                assertThat(e).hasMessageContaining("power of two");
            }
        }
    }
}
