package lowrank.store.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | 0",
                "1 | 1.000",
                "-2.5 | -2.500",
                "113498.488 | 113,498",
                "9999.6 | 10,000",
                "0.0012345 | 0.001234",
                "0.00099999 | 0.001000",
                "1e-13 | 1.000×10⁻¹³",
                "1.23456e300 | 1.235×10³⁰⁰",
                "NaN | not known",
                "Infinity | ∞"
            })
    void fourSignificantDigits(double value, String text) {
        assertThat(Numbers.of(value)).isEqualTo(text);
    }

    @Test
    void chosenNumbersLoseTheirZeros() {
        assertThat(Numbers.chosen(1e-12)).isEqualTo("10⁻¹²");
        assertThat(Numbers.chosen(0.5)).isEqualTo("0.5");
        assertThat(Numbers.chosen(20000)).isEqualTo("20,000");
        assertThat(Numbers.chosen(2e-9)).isEqualTo("2×10⁻⁹");
    }

    @Test
    void nearlyAllIsNotAll() {
        assertThat(Numbers.percent(0.86293)).isEqualTo("86.29%");
        assertThat(Numbers.percent(0.99999999)).isEqualTo("over 99.99%");
        assertThat(Numbers.percent(1)).isEqualTo("100%");
        assertThat(Numbers.percent(0)).isEqualTo("0%");
        assertThat(Numbers.percent(0.0123)).isEqualTo("1.23%");
    }
}
