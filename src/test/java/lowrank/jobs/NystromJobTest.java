package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lowrank.certify.Measure;
import lowrank.linalg.Dense;
import lowrank.linalg.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code job = nystrom}: landmarks, their whitening and what they miss, as SQL and small matrices find it. */
class NystromJobTest extends KernelJobCase {
    @ParameterizedTest
    @ValueSource(strings = {"rpcholesky", "uniform", "k-means", "leverage"})
    void theSameBitsForAnyPartitions(String landmarks) throws Exception {
        Path input = table("rows.parquet", 0, 100_000);
        Set<Map<String, String>> digests = new HashSet<>();
        for (int partitions : new int[] {1, 2, 7, 64}) {
            digests.add(digests(done(
                    input,
                    "out" + partitions,
                    "job=nystrom",
                    "features.landmarks=" + landmarks,
                    "features.size=12",
                    "write.features=true",
                    "write.coordinates=3",
                    "read.partitions=" + partitions)));
        }
        assertThat(digests).hasSize(1);
        assertThat(digests.iterator().next())
                .containsOnlyKeys("landmarks", "core", "inputs", "features", "s", "V", "coordinates");
    }

    /** Z = K(X, L) core, and tr(K - ZZ') / tr K: from the tables, in SQL. */
    @ParameterizedTest
    @CsvSource({"gaussian, double", "exponential, double", "gaussian, float"})
    void featuresAndTraceFollowFromTheTables(String kernel, String precision) throws Exception {
        Path input = table("rows.parquet", 0, 2000);
        Path output = done(
                input,
                "out",
                "job=nystrom",
                "kernel.name=" + kernel,
                "features.size=30",
                "features.landmarks=uniform",
                "read.id=key",
                "blocks.precision=" + precision,
                kernel.equals("gaussian") ? "kernel.bandwidth=0.7" : "kernel.temperature=2",
                "write.features=true");
        boolean gaussian = kernel.equals("gaussian");
        String of = gaussian
                ? "exp(-(list_distance(r.x::double[], l.values) ** 2) / (2 * 0.7 ** 2))"
                : "exp(list_dot_product(r.x::double[], l.values) / 2)";
        String self = gaussian ? "1" : "exp(list_dot_product(r.x, r.x) / 2)";
        int kept = (int) measure(output, "kept rank").value();
        String z = "select r.key, any_value(" + self
                + ") as self, list(z order by j) as z from (select r.key, any_value(r.x) as x,"
                + " t.j, sum(" + of + " * c.values[t.j]) as z from '" + input + "' r cross join "
                + parquet(output.resolve("landmarks")) + " l join " + parquet(output.resolve("core"))
                + " c on c.landmark = l.landmark cross join range(1, " + (kept + 1)
                + ") t(j) group by r.key, t.j) r group by r.key";
        double[] found = query("with s as (" + z + ") select count(*), max(list_distance(s.z, f.values)),"
                        + " sum(self - list_dot_product(s.z, s.z)) / sum(self) from s join "
                        + parquet(output.resolve("features")) + " f on f.id = s.key")
                .get(0);
        assertThat(found[0]).isEqualTo(2000);
        // Values of the kernel carry a rounding that the core magnifies by 1 / sqrt(its least eigenvalue), at most 1 /
        // sqrt(m u).
        double unit = precision.equals("float") ? 0x1p-24 : 0x1p-53;
        assertThat(found[1]).isLessThan(30 * Math.sqrt(30 * unit));
        Measure trace = measure(output, "trace residual");
        assertThat(found[2])
                .isBetween(trace.lower() - 1e-12, trace.upper() + 1e-12)
                .isPositive();
    }

    /** Coordinates are those of kernel principal component analysis: H ZZ' H has these eigenvalues and vectors. */
    @Test
    void coordinatesAreEigenvectorsOfTheCentredKernel() throws Exception {
        int n = 200;
        Path input = table("rows.parquet", 0, n);
        Path output = done(
                input,
                "out",
                "job=nystrom",
                "kernel.bandwidth=1",
                "features.size=" + n,
                "features.landmarks=uniform",
                "write.coordinates=4");
        double[][] points = query("select a, b, c from '" + input + "'").toArray(double[][]::new);
        Matrix kernel = Matrix.zeros(n, n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double square = 0;
                for (int c = 0; c < 3; c++) {
                    square += Math.pow(points[i][c] - points[j][c], 2);
                }
                kernel.set(i, j, Math.exp(-square / 2));
            }
        }
        double[] eigen = Dense.eigen(centred(kernel)).w();
        List<double[]> s = query("select value from " + parquet(output.resolve("s")) + " order by component");
        assertThat(s).hasSize(4);
        for (int j = 0; j < 4; j++) {
            assertThat(s.get(j)[0] * s.get(j)[0]).isEqualTo(eigen[n - 1 - j], within(1e-10 * n));
        }
        List<double[]> coordinates = query("select \"values\"[1], \"values\"[2], \"values\"[3], \"values\"[4] from "
                + parquet(output.resolve("coordinates")) + " order by row");
        Matrix found = Matrix.zeros(n, 4);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < 4; j++) {
                found.set(i, j, coordinates.get(i)[j]);
            }
        }
        Matrix image = centred(kernel).times(found);
        for (int j = 0; j < 4; j++) {
            double length = 0;
            for (int i = 0; i < n; i++) {
                assertThat(image.get(i, j)).isEqualTo(eigen[n - 1 - j] * found.get(i, j), within(1e-8 * n));
                length += found.get(i, j) * found.get(i, j);
            }
            assertThat(length).isEqualTo(eigen[n - 1 - j], within(1e-10 * n));
        }
        double kept =
                Arrays.stream(eigen, n - 4, n).sum() / Arrays.stream(eigen).sum();
        assertThat(measure(output, "variance of coordinates").value()).isEqualTo(kept, within(1e-10));
    }

    private static Matrix centred(Matrix k) {
        int n = k.rows();
        double[] mean = new double[n];
        double all = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                mean[i] += k.get(i, j) / n;
            }
            all += mean[i] / n;
        }
        Matrix centred = Matrix.zeros(n, n);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                centred.set(i, j, k.get(i, j) - mean[i] - mean[j] + all);
            }
        }
        return centred;
    }

    /** Landmarks of a result, given to another job as they lie there, are the same landmarks. */
    @Test
    void landmarksOfAResultAreGivenToTheNext() throws Exception {
        Path input = table("rows.parquet", 0, 3000);
        Path first = done(input, "first", "job=nystrom", "features.size=25", "kernel.bandwidth=1");
        Path second = done(
                input,
                "second",
                "job=nystrom",
                "features.landmarks=given",
                "features.table=" + first.resolve("landmarks"),
                "kernel.bandwidth=1");
        assertThat(digests(second)).containsEntry("core", digests(first).get("core"));
        assertThat(query("select max(list_distance(a.values, b.values)), count(*), max(b.row) from "
                        + parquet(first.resolve("landmarks")) + " a join " + parquet(second.resolve("landmarks"))
                        + " b on a.landmark = b.landmark"))
                .containsExactly(new double[] {0, 25, -1});
        assertThat(measure(second, "trace residual")).isEqualTo(measure(first, "trace residual"));
        assertThat(Cli.manifest(second).rank()).isEqualTo(25);
    }

    /** rpcholesky stops where it is told, and what is left is about that, exactly where the kernel is known. */
    @Test
    void aToleranceEndsTheChoice() throws Exception {
        Path input = table("rows.parquet", 0, 5000);
        Path output =
                done(input, "out", "job=nystrom", "features.size=500", "features.tolerance=0.01", "kernel.bandwidth=1");
        assertThat(measure(output, "trace residual").value()).isLessThan(0.01);
        long landmarks = Cli.manifest(output).factors().get("landmarks").rows();
        assertThat(landmarks).isLessThan(500);
        assertThat(Cli.manifest(output).rank()).as("features, of show").isEqualTo((int)
                measure(output, "kept rank").value());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rpcholesky", "uniform", "k-means", "leverage"})
    void moreLandmarksThanRowsAreRefused(String landmarks) throws Exception {
        Path input = table("rows.parquet", 0, 50);
        for (String job : List.of("job=nystrom", "job=features", "job=regress")) {
            List<String> keys = new ArrayList<>(List.of(job, "kernel.bandwidth=1", "features.size=51"));
            keys.addAll(List.of("features.landmarks=" + landmarks));
            keys.addAll(job.endsWith("regress") ? List.of("read.target=y") : List.of());
            Cli cli = run(input, "bad-out", keys.toArray(String[]::new));
            assertFails(cli, 65, "features.size asks for 51 landmarks of a table of 50 rows");
        }
    }
}
