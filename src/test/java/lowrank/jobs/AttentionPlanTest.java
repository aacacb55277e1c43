package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.io.AttentionTable;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;
import lowrank.models.Head;
import lowrank.models.HeadTables;
import lowrank.random.Philox;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a plan of attention says, beside what a run takes. */
class AttentionPlanTest {
    private static final double MEMORY = 0.3;
    private static final int WIDTH = 16;

    @TempDir
    private Path folder;

    private static Matrix normal(int rows, long seed) {
        Philox random = new Philox(seed, 4);
        double[] row = new double[WIDTH];
        Matrix all = Matrix.zeros(rows, WIDTH);
        for (int i = 0; i < rows; i++) {
            random.gaussians(i, 0, row, 0, WIDTH);
            for (int j = 0; j < WIDTH; j++) {
                all.set(i, j, 0.4 * row[j]);
            }
        }
        return all;
    }

    private Path input(int rows) {
        Head head = new Head(0, 0, normal(rows, 1), normal(rows, 2), normal(rows, 3));
        return HeadTables.sorted().write(folder.resolve("in"), List.of(head));
    }

    private String[] keys(Path input, String... more) {
        List<String> keys = new ArrayList<>(List.of(
                "job=attention", "read.path=" + input, "read.position=pos", "write.path=" + folder.resolve("out")));
        keys.addAll(List.of(more));
        return keys.toArray(String[]::new);
    }

    /** One long group, two tasks at once in the shared session: the peak of this process is that of two tasks. */
    @ParameterizedTest
    @CsvSource({"performer, false", "performer, true", "nystrom, false", "auto, false"})
    void memoryOfALongGroupIsThatOfThePlan(String method, boolean causal) throws IOException {
        Path input = input(200_000);
        String[] keys = keys(
                input,
                "attention.method=" + method,
                "attention.causal=" + causal,
                method.equals("nystrom") ? "attention.landmarks=64" : "attention.features=128",
                "attention.force=true");
        AttentionSpec spec = AttentionSpec.of(Spec.of(
                Map.of("test", String.join("\n", keys).replace("=", " = \"").replaceAll("(?m)$", "\""))));
        AttentionTable table = AttentionInput.of(
                        spec.read(), spec.precision(), new HadoopConf(new Configuration()), null)
                .shape();
        AttentionPlan plan = new AttentionPlan(spec, AttentionWork.of(spec, table, new SparkConf(), 2));
        Arena.resetPeak();
        Cli run = Cli.job(folder, keys);
        long peak = Arena.peakBytes();
        assertThat(run.code()).as(run.err()).isZero();
        long planned = 2 * plan.workload(table.groups().get(0), 2).taskOffHeap(2);
        assertThat(peak / (double) planned).isBetween(1 - MEMORY, 1 + MEMORY);
    }

    @Test
    void aPlanShowsTheCrossover() throws IOException {
        Path input = input(3000);
        Path spec = folder.resolve("spec.conf");
        java.nio.file.Files.writeString(spec, "");
        List<String> arguments = new ArrayList<>(List.of("plan", spec.toString()));
        for (String key : keys(input, "read.keys=[layer, head]")) {
            arguments.add("--set");
            arguments.add(key);
        }
        Cli plan = Cli.run(arguments.toArray(String[]::new));
        assertThat(plan.code()).as(plan.err()).isZero();
        // 64 n^2 = 74,752 n + 26 * 64^3, where 74,752 = 128 (256 + 64) + 4 * 16^2 + 64 * 256 + 128^2: features and
        // landmarks, alignment,
        // 256 sampled queries and the products of 128 of their rows.
        assertThat(plan.out())
                .contains(
                        "74,752 per row; fewer than exact from 1,253 rows on",
                        "exact below 1,253 rows",
                        "layer, head are not known");
        assertThat(folder.resolve("out")).doesNotExist();
    }
}
