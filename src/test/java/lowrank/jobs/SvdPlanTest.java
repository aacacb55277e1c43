package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.factor.PlannedPass;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.store.Manifest;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SvdPlanTest {
    /** How far planned memory may be from the allocator's peak. */
    private static final double MEMORY = 0.3;

    @TempDir
    private Path folder;

    private SvdPlan plan(Path input, String... keys) {
        Spec spec = Spec.of(Map.of(
                "test",
                "read.path = \"" + input + "\"\nwrite.path = \"" + folder.resolve("out") + "\"\n"
                        + String.join("\n", keys)));
        SvdSpec checked = SvdSpec.of(spec);
        InputTable table = Input.of(checked.read(), checked.precision(), new HadoopConf(new Configuration()), null)
                .inPlaceTable()
                .orElseThrow();
        return SvdPlan.of(checked, table);
    }

    /** Two tasks run at once in the shared session, so the peak of this process is that of two tasks. */
    @ParameterizedTest
    @CsvSource({
        "tsqr, 20, false, none, double",
        "tsqr, 20, true, none, double",
        "gram, 20, false, none, double",
        "gram, 20, true, none, double",
        "block-krylov, 10, false, none, double",
        "block-krylov, 10, true, none, double",
        "tsqr, 20, true, standard, double",
        "block-krylov, 10, true, standard, float"
    })
    void planAgreesWithTheRun(String algorithm, int rank, boolean center, String scale, String precision)
            throws Exception {
        Path input = folder.resolve("input");
        assertThat(Cli.run(
                                "generate",
                                input.toString(),
                                "--spectrum",
                                "D2",
                                "--rows",
                                "65536",
                                "--cols",
                                "300",
                                "--rank",
                                "60")
                        .code())
                .isZero();
        List<String> keys = new ArrayList<>(List.of(
                "factor.algorithm=" + algorithm,
                "factor.rank=" + rank,
                "factor.center=" + center,
                "read.scale=" + scale,
                "read.clip=" + (scale.equals("none") ? "null" : "3"),
                "blocks.precision=" + precision));
        SvdPlan plan = plan(input, keys.toArray(String[]::new));
        keys.addAll(List.of("read.path=" + input, "write.path=" + folder.resolve("out")));
        Arena.resetPeak();
        Cli run = Cli.job(folder, keys.toArray(String[]::new));
        long peak = Arena.peakBytes();
        assertThat(run.code()).as(run.err()).isZero();
        List<Manifest.PassRecord> passes = Cli.manifest(folder.resolve("out")).passes();
        List<PlannedPass> planned = plan.passes();
        assertThat(passes.stream().map(Manifest.PassRecord::label).toList())
                .isEqualTo(planned.stream().map(PlannedPass::label).toList());
        for (int i = 0; i < passes.size(); i++) {
            assertThat(passes.get(i).flops()).isEqualTo(planned.get(i).flops());
            assertThat(passes.get(i).bytes()).isEqualTo(plan.passBytes());
        }
        double ratio = peak / (2.0 * plan.taskOffHeap(plan.tasks(2)));
        assertThat(ratio).isBetween(1 - MEMORY, 1 + MEMORY);
    }

    @Test
    void tooMuchMemoryIsRefusedWithTheSettingToChange() throws Exception {
        Path input = folder.resolve("input");
        assertThat(Cli.run(
                                "generate",
                                input.toString(),
                                "--spectrum",
                                "D2",
                                "--rows",
                                "3000",
                                "--cols",
                                "2500",
                                "--rank",
                                "3")
                        .code())
                .isZero();
        SvdPlan plan = plan(input, "factor.algorithm=tsqr", "factor.rank=full");
        org.apache.spark.SparkConf small = new org.apache.spark.SparkConf(false)
                .set("spark.master", "spark://host:7077")
                .set("spark.executor.memory", "32m");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> plan.require(small, 2))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("--executor-memory");
    }
}
