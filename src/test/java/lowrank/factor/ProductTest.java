package lowrank.factor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import lowrank.linalg.NumericalException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything is compared with the matrix itself, formed here. */
class ProductTest {
    private static final double ULP = 0x1p-52;

    /** LAPACK's pass mark for singular values. */
    private static final double PASS = 50;

    private static Matrix random(int rows, int cols, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Matrix m = Matrix.zeros(rows, cols);
        Arrays.setAll(m.values(), i -> random.nextDouble() * 2 - 1);
        return m;
    }

    private static Matrix formed(Product product) {
        return product.left().timesTranspose(product.right());
    }

    private static double norm(Matrix a) {
        return Math.sqrt(Arrays.stream(a.values()).map(x -> x * x).sum());
    }

    private static void assertSame(Matrix actual, Matrix expected, double size) {
        assertThat(norm(actual.minus(expected)))
                .isLessThanOrEqualTo(PASS * Math.max(expected.rows(), expected.cols()) * ULP * size);
    }

    @ParameterizedTest
    @CsvSource({
        "10, 7, 3",
        "7, 10, 3",
        "6, 6, 6",
        "5, 9, 7",
        "9, 5, 7",
        "4, 5, 11",
        "1, 8, 1",
        "8, 1, 3",
        "12, 12, 1",
        "40, 30, 20"
    })
    void singularFactorsAreThoseOfTheMatrix(int rows, int cols, int k) {
        Product product = new Product(random(rows, k, 1), random(cols, k, 2));
        Matrix m = formed(product);
        int count = Math.min(k, Math.min(rows, cols));
        Dense.SmallSvd svd = product.svd();
        double[] expected = Dense.svd(m).s();
        double unit = PASS * Math.max(k, Math.max(rows, cols)) * ULP;
        assertThat(svd.s()).hasSize(count);
        assertThat(svd.s()).containsExactly(Arrays.copyOf(expected, count), within(unit * expected[0]));
        assertThat(product.singularValues()).containsExactly(svd.s(), within(unit * expected[0]));
        assertThat(svd.u().orthogonalityDefect()).isLessThanOrEqualTo(unit);
        assertThat(svd.v().orthogonalityDefect()).isLessThanOrEqualTo(unit);
        assertSame(svd.u().scaleColumns(svd.s()).timesTranspose(svd.v()), m, norm(m));
        for (double sign : Signs.of(svd.v())) {
            assertThat(sign).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"9, 9, 4", "9, 9, 9", "5, 5, 8", "30, 20, 6", "4, 6, 9"})
    void normTraceAndEigenvaluesAreThoseOfTheMatrix(int rows, int cols, int k) {
        Product product = new Product(random(rows, k, 3), random(cols, k, 4));
        Matrix m = formed(product);
        double tolerance = PASS * Math.max(k, Math.max(rows, cols)) * ULP * norm(m);
        assertThat(product.frobeniusNorm()).isCloseTo(norm(m), within(tolerance));
        if (rows != cols) {
            assertThatThrownBy(product::trace).hasMessageContaining(rows + " x " + cols);
            assertThatThrownBy(product::eigenvalues).hasMessageContaining("square");
            return;
        }
        Dense.Eigenvalues some = product.eigenvalues();
        Dense.Eigenvalues all = Dense.eigenvalues(m);
        assertThat(some.real()).hasSize(Math.min(rows, k));
        // What is left are zeros: the power sums, which no order and no zero changes, are the same.
        for (int power = 1; power <= 4; power++) {
            assertThat(powerSum(some, power))
                    .isCloseTo(powerSum(all, power), within(tolerance * Math.pow(norm(m), power - 1)));
        }
        assertThat(product.trace()).isCloseTo(powerSum(all, 1), within(tolerance));
    }

    /** The real part of the sum of the eigenvalues' powers. */
    private static double powerSum(Dense.Eigenvalues values, int power) {
        double sum = 0;
        for (int j = 0; j < values.real().length; j++) {
            double angle = Math.atan2(values.imaginary()[j], values.real()[j]);
            sum += Math.pow(values.magnitude(j), power) * Math.cos(power * angle);
        }
        return sum;
    }

    @Test
    void algebraIsThatOfTheMatrices() {
        Product a = new Product(random(7, 3, 5), random(9, 3, 6));
        Product b = new Product(random(7, 2, 7), random(9, 2, 8));
        Product c = new Product(random(9, 5, 9), random(4, 5, 10));
        Matrix x = random(9, 6, 11);
        assertSame(formed(a.plus(b)), formed(a).plus(formed(b)), norm(formed(a)));
        assertThat(a.plus(b).inner()).isEqualTo(5);
        assertSame(formed(a.scaled(-2.5)), formed(a).scaleColumns(filled(9, -2.5)), norm(formed(a)));
        assertSame(formed(a.transpose()), formed(a).transpose(), norm(formed(a)));
        assertSame(a.times(x), formed(a).times(x), norm(formed(a)) * norm(x));
        Matrix product = formed(a).times(formed(c));
        assertSame(formed(a.times(c)), product, norm(formed(a)) * norm(formed(c)));
        assertThat(a.times(c).inner()).isEqualTo(3);
        assertThat(c.transpose().times(a.transpose()).inner()).isEqualTo(3);
        assertSame(formed(c.transpose().times(a.transpose())), product.transpose(), norm(formed(a)) * norm(formed(c)));
    }

    private static double[] filled(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    void shapesThatDoNotFitAreRefused() {
        Product a = new Product(random(7, 3, 5), random(9, 3, 6));
        assertThatThrownBy(() -> new Product(random(7, 3, 5), random(9, 2, 6))).hasMessageContaining("3 and 2");
        assertThatThrownBy(() -> a.plus(a.transpose())).hasMessageContaining("7 x 9 and 9 x 7");
        assertThatThrownBy(() -> a.times(a)).hasMessageContaining("9 and 7");
        assertThatThrownBy(() -> a.times(random(7, 1, 1))).hasMessageContaining("9 and 7");
    }

    @Test
    void tenByTenOfRankTwoHasRankTwoAndTheBestErrors() {
        Matrix u = Dense.qr(random(10, 2, 12)).q();
        Matrix v = Dense.qr(random(10, 2, 13)).q();
        double[] s = {5, 2};
        // Held with ten columns, of which eight are combinations of the others.
        Matrix mix = Dense.qr(random(10, 2, 14)).q().transpose();
        Product product = new Product(u.scaleColumns(s).times(mix), v.times(mix));
        double[] found = product.singularValues();
        double rounding = PASS * 10 * ULP * s[0];
        assertThat(found).hasSize(10);
        assertThat(Arrays.copyOf(found, 2)).containsExactly(s, within(rounding));
        assertThat(Arrays.copyOfRange(found, 2, 10)).containsOnly(new double[8], within(rounding));
        long rank = Arrays.stream(found).filter(value -> value > rounding).count();
        assertThat(rank).isEqualTo(2);
        Dense.SmallSvd svd = product.svd();
        double best = norm(formed(product)
                .minus(svd.u()
                        .columns(1)
                        .scaleColumns(new double[] {svd.s()[0]})
                        .timesTranspose(svd.v().columns(1))));
        assertThat(best).isCloseTo(2, within(rounding));
    }

    @Test
    void aLargeMatrixOfRankFourIsFactoredByItsEightyThousandNumbers() {
        int n = 10_000;
        Matrix u = Dense.qr(random(n, 4, 15)).q();
        Matrix v = Dense.qr(random(n, 4, 16)).q();
        double[] s = {1000, 10, 1e-3, 1e-9};
        Product product = new Product(u.scaleColumns(s), v);
        assertThat(product.count()).isEqualTo(80_000);
        // 100 million doubles would be 800 MB, which no heap of this test holds beside the factors: nothing n x n is
        // formed.
        Dense.SmallSvd svd = product.svd();
        assertThat(svd.s()).containsExactly(s, within(PASS * n * ULP * s[0]));
        assertThat(svd.u().orthogonalityDefect()).isLessThan(PASS * n * ULP);
        assertThat(product.frobeniusNorm()).isCloseTo(Math.hypot(1000, 10), within(1e-9));
        assertThat(product.eigenvalues().real()).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 8, 16})
    void anAdapterResizedToMoreColumnsIsExactlyRankDeficient(int wider) {
        Product narrow = new Product(random(40, 4, 17), random(30, 4, 18));
        Product wide = narrow.plus(new Product(Matrix.zeros(40, wider - 4), random(30, wider - 4, 19)));
        double[] s = wide.singularValues();
        double[] expected = narrow.singularValues();
        assertThat(Arrays.copyOf(s, 4)).containsExactly(expected, within(PASS * 40 * ULP * expected[0]));
        for (int j = 4; j < wider; j++) {
            assertThat(s[j]).isLessThanOrEqualTo(PASS * 40 * ULP * expected[0]);
        }
    }

    @Test
    void smallSingularValuesKeepTheDigitsThatALargeOneLeaves() {
        int k = 20;
        double[] s = new double[k];
        Arrays.setAll(s, j -> Math.pow(10, -12.0 * j / (k - 1)));
        Matrix q = Dense.qr(random(60, k, 20)).q();
        Matrix p = Dense.qr(random(50, k, 21)).q();
        Matrix turn = Dense.qr(random(k, k, 22)).q();
        Product product = new Product(q.scaleColumns(s).times(turn), p.times(turn));
        // The eigenvalues of the Gram matrices would know s only down to 1e-8.
        double[] found = product.singularValues();
        double[] dense = Dense.svd(formed(product)).s();
        for (int j = 0; j < k; j++) {
            assertThat(found[j]).isCloseTo(s[j], within(PASS * 60 * ULP * s[0]));
            assertThat(found[j]).isCloseTo(dense[j], within(PASS * 60 * ULP * s[0]));
        }
    }

    @Test
    void normIsRightWhereTermsCancel() {
        Product a = new Product(random(50, 6, 23), random(40, 6, 24));
        double size = a.frobeniusNorm();
        Product change = new Product(random(50, 1, 25), random(40, 1, 26)).scaled(1e-11);
        Product difference = a.plus(change).plus(a.scaled(-1));
        // The root of the rounding of the sum of squares would be some 1e-8.
        assertThat(difference.frobeniusNorm()).isCloseTo(change.frobeniusNorm(), within(PASS * 50 * ULP * size));
        assertThat(a.plus(a.scaled(-1)).frobeniusNorm()).isLessThan(PASS * 50 * ULP * size);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e300, 1e-300, 1e200, 1e-160})
    void normIsRightWhereSquaresLeaveTheRange(double scale) {
        Product a = new Product(random(20, 3, 27), random(10, 3, 28));
        Matrix left = a.left().scaleColumns(new double[] {scale, 1 / scale, 1});
        Matrix right = a.right().scaleColumns(new double[] {1 / scale, scale, 1});
        double tolerance = PASS * 20 * ULP * a.frobeniusNorm();
        assertThat(new Product(left, right).frobeniusNorm()).isCloseTo(a.frobeniusNorm(), within(tolerance));
        assertThat(a.scaled(scale).frobeniusNorm() / scale).isCloseTo(a.frobeniusNorm(), within(tolerance));
    }

    @Test
    void zerosAreZero() {
        Product zero = new Product(Matrix.zeros(5, 2), random(5, 2, 29));
        assertThat(zero.frobeniusNorm()).isZero();
        assertThat(zero.singularValues()).containsOnly(0);
        assertThat(zero.trace()).isZero();
        Product empty = new Product(Matrix.zeros(5, 0), Matrix.zeros(4, 0));
        assertThat(empty.frobeniusNorm()).isZero();
        assertThat(empty.svd().s()).isEmpty();
        assertThat(empty.times(random(4, 2, 30)).values()).containsOnly(0);
    }

    @Test
    void whatIsBeyondNumbersIsNamed() {
        Matrix bad = random(5, 2, 31);
        bad.set(3, 1, Double.NaN);
        Product product = new Product(bad, random(5, 2, 32));
        assertThatThrownBy(product::svd).isInstanceOf(NumericalException.class).hasMessageContaining("NaN");
        assertThatThrownBy(product::singularValues).isInstanceOf(NumericalException.class);
        assertThatThrownBy(product::eigenvalues).isInstanceOf(NumericalException.class);
        assertThatThrownBy(product::frobeniusNorm).isInstanceOf(NumericalException.class);
        Product huge = Product.rankOne(new double[] {1e200}, new double[] {1e200});
        assertThatThrownBy(huge::frobeniusNorm)
                .isInstanceOf(NumericalException.class)
                .hasMessageContaining("largest double");
    }

    @Test
    void aRankOneProductIsItsOuterProduct() {
        Product product = Product.rankOne(new double[] {1, -2}, new double[] {3, 0, 1});
        assertThat(formed(product).values()).containsExactly(3, -6, 0, 0, 1, -2);
        assertThat(product.svd().s()).hasSize(1);
    }
}
