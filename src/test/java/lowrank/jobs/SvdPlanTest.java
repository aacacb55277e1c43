package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Layout;
import lowrank.factor.PlannedPass;
import lowrank.factor.Probing;
import lowrank.factor.UnsuitableException;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.spark.Sessions;
import lowrank.store.Manifest;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SvdPlanTest {
    /** How far planned memory may be from the allocator's peak. */
    private static final double MEMORY = 0.3;

    @TempDir
    private Path folder;

    private SvdSpec spec(Path input, String... keys) {
        return SvdSpec.of(Spec.of(Map.of(
                "test",
                "read.path = \"" + input + "\"\nwrite.path = \"" + folder.resolve("out") + "\"\n"
                        + String.join("\n", keys))));
    }

    private SvdPlan plan(Path input, String... keys) {
        SvdSpec checked = spec(input, keys);
        InputTable table = Input.of(checked.read(), checked.held(), new HadoopConf(new Configuration()), null)
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
            assertThat(passes.get(i).bytes()).isEqualTo(plan.workload().passBytes());
        }
        double ratio = peak / (2.0 * plan.workload().taskOffHeap(2));
        assertThat(ratio).isBetween(1 - MEMORY, 1 + MEMORY);
    }

    /** A matrix of which only the shape is looked at. */
    private record Shape(long rows, int cols) implements InputTable {
        @Override
        public List<String> names() {
            return List.of();
        }

        @Override
        public int files() {
            return 1;
        }

        @Override
        public String listing() {
            return "";
        }

        @Override
        public boolean checksums() {
            return true;
        }

        @Override
        public long storedBytes() {
            return 8 * rows * cols;
        }

        @Override
        public long readerBytes() {
            return 0;
        }

        @Override
        public BlockSource source(Precision precision, Layout layout, long firstRow) {
            throw new UnsupportedOperationException();
        }
    }

    /** Triangles of 36 MB: 20 tasks send 720 MB, of which five nodes of four tasks each reach the driver. */
    @Test
    void driverHoldsWhatItCollectsAndSparksLimitIsKnown() {
        SvdSpec spec = spec(folder, "factor.algorithm=tsqr", "factor.rank=10", "read.partitions=20");
        SvdPlan plan = SvdPlan.of(spec, new Shape(20 * 8192, 3000));
        long node = 8L * 3000 * 3001 / 2;
        // T, and the vectors that confirm U.
        long sent = 8L * 3000 * 10 + 8L * Probing.PROBES * (3000 + 10);
        assertThat(plan.workload().driverHeap(2))
                .isEqualTo(5 * node + plan.algorithm().driverBytes(plan.table().rows(), 3000) + sent);
        // Two levels, the node that arrives and the one that is made.
        assertThat(plan.workload().taskHeap(2)).isEqualTo(4 * node);
        assertThat(plan.workload().executorHeap(2, 3)).isEqualTo(12 * node + 2 * sent);
        SparkConf conf =
                new SparkConf(false).set("spark.master", "spark://host:7077").set("spark.executor.memory", "8g");
        assertThat(plan.describe(conf, 2, 10))
                .contains("20 of 36.0 MB, merged on executors to 5 (720.2 MB through their disks)")
                .contains("180.1 MB of it collected")
                .contains("broadcast   0.4 MB");
        plan.workload().require(conf, 2);
        assertThatThrownBy(() -> plan.workload().require(conf.set("spark.driver.maxResultSize", "150m"), 2))
                .isInstanceOf(UnsuitableException.class)
                .hasMessageContaining("spark.driver.maxResultSize = 150m");
        plan.workload().require(conf.set("spark.driver.maxResultSize", "0"), 2);
    }

    @Test
    void ourSessionsLiftSparksLimitUnlessItIsSet() {
        assertThat(Sessions.withDefaults(new SparkConf(false)).get("spark.driver.maxResultSize"))
                .isEqualTo("0");
        SparkConf own = new SparkConf(false).set("spark.driver.maxResultSize", "3g");
        assertThat(Sessions.withDefaults(own).get("spark.driver.maxResultSize")).isEqualTo("3g");
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
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> plan.workload().require(small, 2))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("--executor-memory");
    }
}
