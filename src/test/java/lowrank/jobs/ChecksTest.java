package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lowrank.certify.Findings;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of several differences one that is beyond its limit is never forgotten, whatever comes before and after it. */
class ChecksTest {
    private static Checks checks() {
        Manifest manifest = new Manifest(
                Manifest.FORMAT,
                "compress",
                "complete",
                null,
                "spec",
                null,
                null,
                "lapack",
                List.of(),
                0,
                null,
                null,
                new Findings(List.of(), List.of(), List.of()),
                null,
                List.of(),
                Map.of());
        return new Checks(new OutputFolder.Result("out", manifest));
    }

    private static boolean holds(List<double[]> differences) {
        Checks.Worst worst = new Checks.Worst();
        differences.forEach(d -> worst.add("matrix " + d[0] + " of " + d[1], d[0], d[1]));
        Checks checks = checks();
        checks.atMost("norm", worst);
        return checks.hold();
    }

    @ParameterizedTest
    @CsvSource({"5, 1", "5, 0", "1e-300, 0", "2e-200, 1e-200", "2e200, 1e200", "NaN, 1", "NaN, 0"})
    void whatIsBeyondItsLimitStays(double difference, double limit) {
        Random random = new Random(7);
        List<double[]> all = new ArrayList<>();
        double[][] others = {{0, 0}, {0, 1}, {1, 2}, {1e-300, 1e-200}, {1e200, 1e250}, {7, 7}};
        Collections.addAll(all, others);
        assertThat(holds(all)).isTrue();
        all.add(new double[] {difference, limit});
        for (int trial = 0; trial < 200; trial++) {
            Collections.shuffle(all, random);
            assertThat(holds(all)).as("in this order").isFalse();
        }
    }
}
