package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lowrank.certify.Measure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code job = features}: tables whose inner products are about the kernel, as SQL finds them. */
class FeaturesJobTest extends KernelJobCase {
    private static final int SIZE = 2048;

    /** d^2, |d|_1 and x'y of two rows p and q. */
    private static final String SQUARE = "(list_distance(p.x, q.x) ** 2)";

    private static final String INNER = "list_dot_product(p.x, q.x)";

    private static final String COSINE =
            "least(1, greatest(-1, " + INNER + " / sqrt(list_dot_product(p.x, p.x) * list_dot_product(q.x, q.x))))";

    private static final String VECTOR = "[sin(i * 1.7), cos(i * 0.9), sin(i * 0.31 + 1)] as x";

    private static final String POSITIVE = "[1.5 + sin(i * 1.7), 1.1 + cos(i * 0.9), 1.2 + sin(i * 0.31 + 1)] as x";

    private static String perColumn(String term) {
        List<String> terms = new ArrayList<>();
        for (int j = 1; j <= 3; j++) {
            terms.add(term.replace("u", "p.x[" + j + "]").replace("v", "q.x[" + j + "]"));
        }
        return "(" + String.join(" + ", terms) + ")";
    }

    private static String formula(String kernel) {
        return switch (kernel) {
            case "gaussian" -> "exp(-" + SQUARE + " / 2)";
            case "laplacian" -> "exp(-" + perColumn("abs(u - v)") + ")";
            case "matern" -> "(1 + sqrt(3 * " + SQUARE + ")) * exp(-sqrt(3 * " + SQUARE + "))";
            case "rational-quadratic" -> "(1 + " + SQUARE + " / 4) ** -2";
            case "cauchy" -> "1 / (1 + " + SQUARE + " / 2)";
            case "polynomial" -> "(0.5 * " + INNER + " + 1) ** 2";
            case "exponential" -> "exp(" + INNER + " / 2)";
            case "arc-cosine" ->
                "sqrt(list_dot_product(p.x, p.x) * list_dot_product(q.x, q.x)) * (sin(acos(" + COSINE
                        + ")) + (pi() - acos(" + COSINE + ")) * " + COSINE + ") / pi()";
            case "additive-chi2" -> perColumn("2 * u * v / (u + v)");
            case "exponential-chi2" -> "exp(-" + perColumn("(u - v) ** 2 / (u + v)") + ")";
            default -> throw new IllegalArgumentException(kernel);
        };
    }

    /**
     * Every map with every kernel it is for: the relative error over all pairs that DuckDB finds with a formula of its own is what the
     * manifest says, and small.
     *
     * @param limit four times what 2,048 features leave by the largest variance of a pair, relative to the norm of the kernel
     */
    @ParameterizedTest
    @CsvSource({
        "fourier, gaussian, '', 0.2",
        "orthogonal, gaussian, '', 0.2",
        "structured, gaussian, '', 0.2",
        "positive, gaussian, '', 0.4",
        "fourier, laplacian, '', 0.2",
        "fourier, matern, kernel.nu=1.5, 0.2",
        "orthogonal, matern, kernel.nu=1.5, 0.2",
        "fourier, rational-quadratic, kernel.alpha=2, 0.2",
        "structured, cauchy, '', 0.2",
        "tensor-sketch, polynomial, kernel.degree=2 kernel.scale=0.5, 0.2",
        "positive, exponential, kernel.temperature=2, 0.2",
        "fourier, arc-cosine, '', 0.2",
        "orthogonal, arc-cosine, '', 0.2",
        "fourier, additive-chi2, features.size=33, 0.01",
        "fourier, exponential-chi2, '', 0.2",
        "nystrom, gaussian, features.size=200 features.landmarks=k-means, 1e-3",
        "nystrom, polynomial, kernel.degree=2 kernel.scale=0.5 features.size=64, 1e-6",
        "nystrom, exponential-chi2, features.size=200 features.landmarks=leverage, 1e-2"
    })
    void innerProductsAreAboutTheKernel(String map, String kernel, String more, double limit) throws Exception {
        String columns = kernel.endsWith("chi2") ? COLUMNS.replace(VECTOR, POSITIVE) : COLUMNS;
        Path input = table("rows.parquet", columns, 0, 400);
        List<String> keys = new ArrayList<>(List.of(
                "job=features",
                "features.map=" + map,
                "kernel.name=" + kernel,
                "features.size=" + SIZE,
                "read.id=key"));
        if (List.of("gaussian", "laplacian", "matern", "rational-quadratic", "cauchy", "exponential-chi2")
                .contains(kernel)) {
            keys.add("kernel.bandwidth=1");
        }
        keys.addAll(more.isEmpty() ? List.of() : List.of(more.split(" ")));
        Path output = done(input, "out", keys.toArray(String[]::new));
        assertThat(types(output.resolve("features")))
                .isEqualTo(Map.of("row", "BIGINT", "id", "VARCHAR", "values", "DOUBLE[]"));
        String rows = "(select r.x::double[] as x, f.values as z from '" + input + "' r join "
                + parquet(output.resolve("features")) + " f on f.id = r.key)";
        double error = query("with t as " + rows + " select sqrt(sum((z - k) ** 2) / sum(k ** 2)) from (select"
                        + " list_dot_product(p.z, q.z) as z, " + formula(kernel) + " as k from t p cross join t q)")
                .get(0)[0];
        Measure measured = measure(output, "kernel error");
        assertThat(error).isLessThan(limit);
        // All 400 rows are sampled; small errors are differences of large sums.
        assertThat(measured.value()).isEqualTo(error, within(1e-9 + 1e-6 * error));
    }

    /** Samples of an even number of columns: an even number of features is an odd multiple of it. */
    @Test
    void samplesOfEvenlyManyColumns() throws Exception {
        Path input = table("rows.parquet", "[1.0::double + i % 7, 2.5, i % 3, 4 + i % 2] as x", 0, 50);
        Path output = done(
                input, "out", "job=features", "features.map=fourier", "kernel.name=additive-chi2", "features.size=20");
        assertThat(query("select min(len(values)), max(len(values)) from " + parquet(output.resolve("features")))
                        .get(0))
                .containsExactly(20, 20);
    }

    @Test
    void theSameBitsForAnyPartitions() throws Exception {
        Path input = table("rows.parquet", 0, 100_000);
        for (String map : new String[] {"fourier", "structured", "nystrom"}) {
            Set<Map<String, String>> digests = new HashSet<>();
            for (int partitions : new int[] {1, 2, 7, 64}) {
                digests.add(digests(done(
                        input,
                        map + partitions,
                        "job=features",
                        "features.map=" + map,
                        "features.size=12",
                        "blocks.precision=float",
                        "write.precision=float",
                        "read.partitions=" + partitions)));
            }
            assertThat(digests).hasSize(1);
            assertThat(digests.iterator().next()).containsKey("features");
        }
    }

    /** A table of features is not needed for a model, and a model without one is small. */
    @Test
    void onlyTheModelOnRequest() throws Exception {
        Path input = table("rows.parquet", 0, 500);
        Path output =
                done(input, "out", "job=features", "features.map=fourier", "features.size=10", "write.features=false");
        assertThat(digests(output)).containsOnlyKeys("inputs");
        Path whole = done(input, "whole", "job=features", "features.map=fourier", "features.size=10");
        Path predicted = done(input, "predicted", "job=predict", "model=" + output);
        assertThat(digests(predicted))
                .isEqualTo(Map.of("features", digests(whole).get("features")));
        Cli variance = run(input, "bad-out", "job=predict", "model=" + output, "write.also=[variance]");
        assertFails(variance, 64, "write.also");
    }
}
