package lowrank.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DrawsTest {
    private static final int DRAWS = 200_000;

    /** Standard deviations that a right generator stays within, but for one run in a million. */
    private static final double SIGMAS = 5;

    private static double[] many(LongToDoubleFunction draw) {
        double[] draws = new double[DRAWS];
        Arrays.setAll(draws, draw::applyAsDouble);
        return draws;
    }

    private static double moment(double[] draws, int power) {
        double sum = 0;
        for (double x : draws) {
            sum += Math.pow(x, power);
        }
        return sum / draws.length;
    }

    /** How many draws are at most x is binomial. */
    private static void assertPart(double[] draws, double x, double part) {
        double below = Arrays.stream(draws).filter(d -> d <= x).count() / (double) draws.length;
        assertThat(below).isCloseTo(part, within(SIGMAS * Math.sqrt(part * (1 - part) / draws.length)));
    }

    @Test
    void quantilesAreThoseOfTheCauchyDistribution() {
        Draws random = new Draws(1, 20);
        double[] draws = many(i -> random.cauchy(i, 3));
        for (double x : new double[] {-10, -1, 0, 0.5, 1, 100}) {
            assertPart(draws, x, 0.5 + Math.atan(x) / Math.PI);
        }
    }

    /** E x^p = a (a + 1) .. (a + p - 1). */
    @ParameterizedTest
    @ValueSource(doubles = {0.2, 0.5, 1, 1.5, 2.5, 30})
    void momentsAreThoseOfTheGammaDistribution(double shape) {
        Draws random = new Draws(1, 21);
        double[] draws = many(i -> random.gamma(i, shape));
        double[] exact = new double[5];
        exact[0] = 1;
        for (int p = 1; p <= 4; p++) {
            exact[p] = exact[p - 1] * (shape + p - 1);
        }
        for (int p = 1; p <= 2; p++) {
            double deviation = Math.sqrt((exact[2 * p] - exact[p] * exact[p]) / DRAWS);
            assertThat(moment(draws, p)).isCloseTo(exact[p], within(SIGMAS * deviation));
        }
    }

    /** Of shape 1 it is the exponential distribution, whose quantiles are known; of 1/2 the square of a normal number over 2. */
    @Test
    void quantilesAreThoseOfTheGammaDistribution() {
        Draws random = new Draws(2, 21);
        double[] exponential = many(i -> random.gamma(i, 1));
        for (double x : new double[] {0.01, 0.3, 1, 4}) {
            assertPart(exponential, x, 1 - Math.exp(-x));
        }
        double[] squares = many(i -> random.chiSquare(i, 1));
        assertPart(squares, 1, 0.682689492137086);
        assertPart(squares, 4, 0.954499736103642);
        assertPart(many(i -> random.chi(i, 1)), 2, 0.954499736103642);
        // Of two degrees of freedom the length is Rayleigh's.
        assertPart(many(i -> random.chi(i, 2)), 1.5, 1 - Math.exp(-1.125));
    }

    @Test
    void signsAreFair() {
        Draws random = new Draws(1, 23);
        double[] draws = many(i -> random.sign(i / 1000, (int) (i % 1000)));
        assertPart(draws, 0, 0.5);
        assertThat(Arrays.stream(draws).map(Math::abs).sum()).isEqualTo(DRAWS);
    }

    @Test
    void drawsBelongToTheirAddress() {
        assertThat(new Draws(5, 2).gamma(17, 0.3)).isEqualTo(new Draws(5, 2).gamma(17, 0.3));
        assertThat(new Draws(5, 2).cauchy(17, 4)).isNotEqualTo(new Draws(5, 3).cauchy(17, 4));
    }

    @Test
    void aShapeIsPositive() {
        assertThatThrownBy(() -> new Draws(1, 1).gamma(0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("positive number, not 0.0");
    }
}
