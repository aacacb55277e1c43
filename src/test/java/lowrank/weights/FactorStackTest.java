package lowrank.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Slab;
import lowrank.linalg.Dense;
import lowrank.linalg.LargeSvd;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against LAPACK on the matrix that plain loops form. */
class FactorStackTest {
    private static final double EPS = Math.ulp(1.0);

    private final Random random = new Random(11);

    /** The sum left right^T, its factors given by rows. */
    private static FactorStack stack(double[][] left, double[][] right, Arena arena) {
        return new FactorStack("a sum", columns(left, arena), columns(right, arena));
    }

    private static Slab columns(double[][] rows, Arena arena) {
        double[][] t = MadeModel.transposed(rows);
        double[] flat = MadeModel.flat(t);
        long address = arena.doubles(flat.length);
        OffHeap.put(address, flat, 0, flat.length);
        return new Slab(address, t.length, rows.length, Precision.DOUBLE);
    }

    private static double[][] formed(double[][] left, double[][] right) {
        double[] ones = new double[left[0].length];
        Arrays.fill(ones, 1);
        return MadeModel.product(left, ones, right);
    }

    static double[] lapack(double[][] rows) {
        double[] byRows = MadeModel.flat(rows);
        return Dense.singularValues(new Matrix(rows[0].length, rows.length, byRows));
    }

    @ParameterizedTest
    @CsvSource({"9,7,3", "7,9,3", "7,9,12", "5,40,8", "40,5,8", "1,6,1", "6,1,3", "30,30,30", "1,1,1", "64,48,20"})
    void itsSvdIsThatOfTheMatrixItStandsFor(int out, int in, int k) {
        double[][] left = MadeModel.gaussian(random, out, k, 1);
        double[][] right = MadeModel.gaussian(random, in, k, 1);
        double[][] m = formed(left, right);
        double[] expected = lapack(m);
        double tolerance = 4 * Math.max(Math.max(out, in), k) * EPS * MadeModel.norm(left) * MadeModel.norm(right);
        try (Arena arena = new Arena()) {
            LargeSvd svd = stack(left, right, arena).svd(0, arena);
            int most = Math.min(Math.min(out, in), k);
            assertThat(svd.s()).hasSize(most);
            double[] alone = stack(left, right, arena).values(0, arena);
            for (int j = 0; j < most; j++) {
                assertThat(svd.s()[j]).isCloseTo(expected[j], within(tolerance));
                assertThat(alone[j]).isCloseTo(expected[j], within(tolerance));
            }
            double[][] u = new double[most][];
            double[][] v = new double[most][];
            Arrays.setAll(u, svd::left);
            Arrays.setAll(v, svd::right);
            double[][] rebuilt = MadeModel.product(MadeModel.transposed(u), svd.s(), MadeModel.transposed(v));
            assertThat(distance(rebuilt, m)).isLessThan(tolerance);
            assertThat(distance(formed(u, u), eye(most))).isLessThan(tolerance);
            assertThat(distance(formed(v, v), eye(most))).isLessThan(tolerance);
            assertThat(stack(left, right, arena).norm(arena)).isCloseTo(MadeModel.norm(m), within(tolerance));
        }
    }

    private static double[][] eye(int order) {
        double[][] eye = new double[order][order];
        for (int i = 0; i < order; i++) {
            eye[i][i] = 1;
        }
        return eye;
    }

    static double distance(double[][] a, double[][] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[i].length; j++) {
                sum += (a[i][j] - b[i][j]) * (a[i][j] - b[i][j]);
            }
        }
        return Math.sqrt(sum);
    }

    /** X Y^T - X Y^T is rounding alone, of any shape, in whatever order its columns stand. */
    @Test
    void whatCancelsHasNoSingularValues() {
        for (int trial = 0; trial < 200; trial++) {
            int out = 1 + random.nextInt(40);
            int in = 1 + random.nextInt(40);
            int k = 1 + random.nextInt(12);
            double[][] x = MadeModel.gaussian(random, out, k, Math.exp(random.nextGaussian() * 5));
            double[][] y = MadeModel.gaussian(random, in, k, Math.exp(random.nextGaussian() * 5));
            try (Arena arena = new Arena()) {
                FactorStack stack = stack(beside(x, negative(x)), beside(y, y), arena);
                double noise = stack.noise();
                assertThat(stack.values(noise, arena))
                        .as("%d x %d, %d", out, in, k)
                        .containsOnly(0);
                stack = stack(beside(x, negative(x)), beside(y, y), arena);
                assertThat(stack.svd(noise, arena).s()).containsOnly(0);
            }
        }
    }

    /** Twice the same is of the same rank, with twice the singular values. */
    @Test
    void repeatedTermsAddNoRank() {
        double[][] x = MadeModel.gaussian(random, 30, 3, 1);
        double[][] y = MadeModel.gaussian(random, 20, 3, 1);
        double[] once = lapack(formed(x, y));
        try (Arena arena = new Arena()) {
            FactorStack stack = stack(beside(x, x), beside(y, y), arena);
            double noise = stack.noise();
            double[] s = stack.values(noise, arena);
            for (int j = 0; j < 6; j++) {
                assertThat(s[j]).isCloseTo(j < 3 ? 2 * once[j] : 0, within(noise));
            }
            assertThat(Arrays.stream(s).filter(value -> value > 0).count()).isEqualTo(3);
        }
    }

    /**
     * x y^T - x' y^T with x' = x (1 + 2^-29) is 2^-29 |x| |y| to the last digit; a root of cancelled squares would know it to 2^-26 at
     * best.
     */
    @Test
    void theNormOfWhatAlmostCancelsIsRight() {
        double[][] x = MadeModel.gaussian(random, 50, 1, 1);
        for (double[] row : x) {
            row[0] = (float) row[0];
        }
        double[][] y = MadeModel.gaussian(random, 40, 1, 1);
        double[][] almost = new double[50][1];
        for (int i = 0; i < 50; i++) {
            almost[i][0] = -x[i][0] * (1 + 0x1p-29);
        }
        double expected = 0x1p-29 * MadeModel.norm(x) * MadeModel.norm(y);
        try (Arena arena = new Arena()) {
            FactorStack stack = stack(beside(x, almost), beside(y, y), arena);
            double noise = stack.noise();
            assertThat(noise).isLessThan(expected * 1e-4);
            assertThat(stack.norm(arena)).isCloseTo(expected, within(noise));
        }
    }

    @ParameterizedTest
    @CsvSource({"300", "-300", "150", "-150"})
    void scalesOfColumnsDoNotMatter(int exponent) {
        double[][] x = MadeModel.gaussian(random, 20, 4, 1);
        double[][] y = MadeModel.gaussian(random, 15, 4, 1);
        double[] expected = lapack(formed(x, y));
        for (int j = 0; j < 4; j += 2) {
            for (double[] row : x) {
                row[j] = Math.scalb(row[j], exponent);
            }
            for (double[] row : y) {
                row[j] = Math.scalb(row[j], -exponent);
            }
        }
        try (Arena arena = new Arena()) {
            FactorStack stack = stack(x, y, arena);
            double noise = stack.noise();
            double[] s = stack.values(noise, arena);
            for (int j = 0; j < 4; j++) {
                assertThat(s[j]).isCloseTo(expected[j], within(noise));
            }
        }
    }

    @Test
    void whatOverflowsIsSaid() {
        double[][] x = {{1e200}, {1}};
        try (Arena arena = new Arena()) {
            FactorStack stack = stack(x, x, arena);
            assertThatThrownBy(stack::noise)
                    .isInstanceOf(NumericalException.class)
                    .hasMessageContaining("a sum")
                    .hasMessageContaining("read.weights");
        }
    }

    @Test
    void aSumOfNothingIsZero() {
        try (Arena arena = new Arena()) {
            FactorStack none = new FactorStack(
                    "nothing",
                    new Slab(arena.doubles(0), 0, 5, Precision.DOUBLE),
                    new Slab(arena.doubles(0), 0, 4, Precision.DOUBLE));
            assertThat(none.noise()).isZero();
            assertThat(none.values(0, arena)).isEmpty();
            assertThat(none.svd(0, arena).s()).isEmpty();
            assertThat(none.norm(arena)).isZero();
        }
    }

    static double[][] beside(double[][] a, double[][] b) {
        double[][] both = new double[a.length][];
        for (int i = 0; i < a.length; i++) {
            both[i] = Arrays.copyOf(a[i], a[i].length + b[i].length);
            System.arraycopy(b[i], 0, both[i], a[i].length, b[i].length);
        }
        return both;
    }

    private static double[][] negative(double[][] a) {
        return Arrays.stream(a)
                .map(row -> Arrays.stream(row).map(value -> -value).toArray())
                .toArray(double[][]::new);
    }
}
