package lowrank.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelsTest {
    private static Map<String, Double> map(String parameters) {
        Map<String, Double> map = new HashMap<>();
        for (String each : parameters.isEmpty() ? new String[0] : parameters.split(" ")) {
            map.put(each.split("=")[0], Double.valueOf(each.split("=")[1]));
        }
        return map;
    }

    @Test
    void missingParametersTakeTheirDefaults() {
        assertThat(Kernels.of("matern", map("bandwidth=2"))).isEqualTo(new Matern(2, 1.5));
        assertThat(Kernels.of("polynomial", map("degree=2"))).isEqualTo(new Polynomial(1, 1, 2));
        assertThat(Kernels.of("cauchy", map("bandwidth=2"))).isEqualTo(new RationalQuadratic(2, 1));
        assertThat(Kernels.of("additive-chi2", map(""))).isEqualTo(new AdditiveChi2());
    }

    @ParameterizedTest
    @CsvSource({
        "rbf, '', kernel.name = rbf is not known; choose one of gaussian",
        "gaussian, '', kernel.bandwidth is missing",
        "gaussian, bandwidth=0, 'kernel.bandwidth must be a positive number, not 0.0'",
        "laplacian, bandwidth=-1, 'kernel.bandwidth must be a positive number, not -1.0'",
        "matern, bandwidth=Infinity, kernel.bandwidth must be a positive number",
        "cauchy, bandwidth=NaN, kernel.bandwidth must be a positive number",
        "exponential-chi2, bandwidth=0, kernel.bandwidth must be a positive number",
        "gaussian, bandwidth=1 degree=2, kernel.degree does not apply to kernel.name = gaussian",
        "additive-chi2, bandwidth=1, 'kernel.bandwidth does not apply to kernel.name = additive-chi2, which takes no parameters'",
        "matern, bandwidth=1 nu=2, 'kernel.nu must be 0.5, 1.5 or 2.5'",
        "rational-quadratic, bandwidth=1 alpha=0, kernel.alpha must be a positive number",
        "polynomial, degree=2.5, kernel.degree must be a whole number",
        "polynomial, degree=0, kernel.degree must lie between 1 and 100",
        "polynomial, offset=-1, kernel.offset must be a number of at least 0",
        "polynomial, scale=0, kernel.scale must be a positive number",
        "arc-cosine, order=2, kernel.order must be 0 or 1",
        "exponential, temperature=0, kernel.temperature must be a positive number",
    })
    void errorsBeginWithTheKey(String name, String parameters, String message) {
        assertThatThrownBy(() -> Kernels.of(name, map(parameters)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }
}
