package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blas.Arena;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.store.Manifest;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code plan} says of kernel jobs is what their runs take. */
class KernelPlanTest extends KernelJobCase {
    /** How far planned memory may be from the allocator's peak. */
    private static final double MEMORY = 0.3;

    private Path wide() throws Exception {
        StringBuilder values = new StringBuilder("[");
        for (int j = 0; j < 100; j++) {
            values.append(j == 0 ? "" : ", ")
                    .append("sin(i * ")
                    .append(1 + j * 0.37)
                    .append(")");
        }
        return table(
                "wide.parquet",
                values + "] as x, i % 4 as kind, i % 10 as digit, i % 150 as many, sin(i) as y",
                0,
                40_000);
    }

    private Cli plan(Path input, String... keys) throws Exception {
        Path spec = folder.resolve("plan.conf");
        java.nio.file.Files.writeString(spec, "");
        List<String> args = new ArrayList<>(List.of("plan", spec.toString()));
        List<String> all =
                new ArrayList<>(List.of("read.path=" + input, "read.vector=x", "write.path=" + folder.resolve("none")));
        all.addAll(List.of(keys));
        for (String key : all) {
            args.add("--set");
            args.add(key);
        }
        return Cli.run(args.toArray(String[]::new));
    }

    /** Two tasks run at once in the shared session, so the peak of this process is that of two tasks. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "job=regress features.map=nystrom features.landmarks=uniform blocks.precision=double",
                "job=regress features.map=fourier blocks.precision=double",
                "job=regress features.map=fourier blocks.precision=float",
                "job=features features.map=fourier blocks.precision=double write.precision=float",
                "job=nystrom features.landmarks=uniform blocks.precision=double write.features=true",
                "job=regress features.map=fourier solve.select=loo blocks.precision=double",
                "job=regress features.map=fourier read.scale=standard read.clip=2 read.weight=kind",
                "job=regress features.map=structured solve.select=kfold solve.folds=3 blocks.precision=double",
                "job=regress features.map=fourier read.label=digit solve.select=kfold blocks.precision=double",
                "job=regress features.map=fourier read.label=digit solve.select=kfold features.size=128 blocks.precision=float",
                "job=features features.map=orthogonal features.repeats=2 features.combine=average blocks.precision=double",
                "job=nystrom features.landmarks=uniform features.repeats=2 write.coordinates=3 blocks.precision=double"
            })
    void planAgreesWithTheRun(String keys) throws Exception {
        Path input = wide();
        List<String> all = new ArrayList<>(List.of(keys.split(" ")));
        if (!keys.contains("features.size")) {
            all.add("features.size=512");
        }
        all.add("kernel.bandwidth=10");
        if (keys.contains("regress") && !keys.contains("read.label")) {
            all.add("read.target=y");
        }
        Cli planned = plan(input, all.toArray(String[]::new));
        assertThat(planned.code()).as(planned.out() + planned.err()).isZero();
        assertThat(folder.resolve("none")).doesNotExist();
        Arena.resetPeak();
        Path output = done(input, "out", all.toArray(String[]::new));
        long peak = Arena.peakBytes();
        Manifest manifest = Cli.manifest(output);
        // Labels are read by the run alone.
        List<Manifest.PassRecord> passes = manifest.passes().stream()
                .filter(pass -> !pass.label().equals("classes"))
                .toList();
        for (Manifest.PassRecord pass : passes) {
            assertThat(planned.out().lines().map(String::strip))
                    .as(planned.out())
                    .contains(String.format(
                                    Locale.ROOT,
                                    "pass        %-24s %,14d bytes  %10.4g flops",
                                    pass.label(),
                                    pass.bytes(),
                                    pass.flops())
                            .strip());
        }
        assertThat(planned.out().lines().filter(line -> line.startsWith("  pass ")))
                .hasSize(passes.size());
        int targets = keys.contains("label") ? 10 : keys.contains("regress") ? 1 : 0;
        Workload workload = planned(input, all, targets).workload();
        long task = workload.taskOffHeap(2);
        assertThat(peak / (2.0 * task)).isBetween(1 - MEMORY, 1 + MEMORY);
        // The recorded one is as of the last pass: what the driver needs afterwards is not in it.
        assertThat(manifest.passes().stream()
                                .mapToLong(Manifest.PassRecord::offHeap)
                                .max()
                                .orElseThrow()
                        / (2.0 * task))
                .isBetween(1 - MEMORY, 1 + MEMORY);
    }

    private KernelPlan planned(Path input, List<String> keys, int targets) {
        List<String> text = new ArrayList<>(keys);
        text.addAll(List.of("read.path=" + input, "read.vector=x", "write.path=none"));
        StringBuilder spec = new StringBuilder();
        text.forEach(key -> spec.append(key.replaceFirst("=(.*)", " = \"$1\"")).append('\n'));
        KernelJobSpec checked = KernelJobSpec.of(Spec.of(java.util.Map.of("test", spec.toString())));
        InputTable table = Input.of(checked.read(), checked.held(), new HadoopConf(new Configuration()), null)
                .inPlaceTable()
                .orElseThrow();
        return KernelPlan.of(checked, table, targets, checked.features().size());
    }

    /** 4,500 predictions of a row, by 30 lambdas: memory is that of 256 features. */
    @ParameterizedTest
    @ValueSource(strings = {"blocks.precision=double", "blocks.precision=float", "read.weight=kind"})
    void foldsOfManyClassesTakeWhatIsPlanned(String key) throws Exception {
        Path input = wide();
        List<String> all = List.of(
                "job=regress",
                "features.map=fourier",
                "features.size=256",
                "kernel.bandwidth=10",
                "read.label=many",
                "solve.select=kfold",
                key);
        Arena.resetPeak();
        Path output = done(input, "out", all.toArray(String[]::new));
        long peak = Arena.peakBytes();
        assertThat(Cli.manifest(output).passes().stream()
                        .map(Manifest.PassRecord::label)
                        .toList())
                .contains("held-out errors of 5 folds");
        Workload workload = planned(input, all, 150).workload();
        assertThat(peak / (2.0 * workload.taskOffHeap(2))).isBetween(1 - MEMORY, 1 + MEMORY);
        // V and b of each fold, and not their products for each lambda.
        assertThat(workload.broadcast()).isBetween(5L * 8 * 256 * (256 + 150), 6L * 8 * 256 * (256 + 150));
    }

    @Test
    void randomFeaturesThatAreOnlyWrittenNeedNoGramMatrix() throws Exception {
        Path input = table("rows.parquet", 0, 100);
        for (int size : List.of(20_000, 50_000)) {
            Cli cli = plan(input, "job=features", "features.map=fourier", "features.size=" + size);
            assertThat(cli.code()).as(cli.out() + cli.err()).isZero();
        }
        List<String> keys = List.of("job=features", "features.map=fourier", "features.size=20000");
        // 100 sampled rows of features, and not a square of them.
        assertThat(planned(input, keys, 0).workload().algebra()).isBetween(8L * 100 * 20_000, 2 * 8L * 100 * 20_000);
        Path output = done(input, "out", keys.toArray(String[]::new));
        assertThat(measure(output, "kernel error").value()).isBetween(0.0, 0.1);
    }

    @Test
    void tooManyFeaturesAreRefusedWithTheSizeThatWouldFit() throws Exception {
        Path input = wide();
        for (String map : List.of("nystrom", "fourier")) {
            Cli cli = plan(
                    input,
                    "job=regress",
                    "read.label=kind",
                    "features.map=" + map,
                    "features.size=30000",
                    "solve.algorithm=normal-equations");
            assertThat(cli.code()).as(cli.out() + cli.err()).isEqualTo(78);
            assertThat(cli.message()).containsPattern("features.size = \\d+ would fit");
            String fits = cli.message().replaceAll(".*features.size = (\\d+) would fit.*", "$1");
            int even = Integer.parseInt(fits) / 2 * 2;
            Cli smaller = plan(input, "job=regress", "read.label=kind", "features.map=" + map, "features.size=" + even);
            assertThat(smaller.code()).as(smaller.err()).isZero();
            assertThat(smaller.out()).contains("10 classes are reckoned with");
        }
    }

    @Test
    void whatCannotRunIsNotPlanned() throws Exception {
        Path input = table("rows.parquet", 0, 100);
        assertThat(plan(input, "job=regress", "read.target=y", "kernel.length-scales=[1,2]")
                        .message())
                .contains("kernel.length-scales has 2 numbers, the rows have 3");
        assertThat(plan(input, "job=features", "features.map=fourier", "features.size=11")
                        .message())
                .contains("features.size must be even");
        Path narrow = table("narrow/a.parquet", "[1.0::double] as x", 0, 5).getParent();
        Cli given = plan(input, "job=nystrom", "features.landmarks=given", "features.table=" + narrow);
        assertThat(given.code()).isEqualTo(65);
        assertThat(given.message()).contains("features.table", "rows of 1 values, the input has rows of 3");
    }
}
