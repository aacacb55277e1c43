package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lowrank.blas.Arena;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.store.Manifest;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code plan} says of predict is what its runs take, and what does not fit is refused before anything is written. */
class PredictPlanTest extends KernelJobCase {
    /** How far planned memory may be from the allocator's peak. */
    private static final double MEMORY = 0.3;

    private final HadoopConf conf = new HadoopConf(new Configuration());

    private Path wide(int rows) throws Exception {
        StringBuilder values = new StringBuilder("[");
        for (int j = 0; j < 100; j++) {
            values.append(j == 0 ? "" : ", ")
                    .append("sin(i * ")
                    .append(1 + j * 0.37)
                    .append(")");
        }
        return table(rows + ".parquet", values + "] as x, i % 4 as kind, sin(i) as y, cos(i) as y2", 0, rows);
    }

    private Cli plan(Path input, String... keys) throws Exception {
        Path spec = Files.writeString(folder.resolve("plan.conf"), "");
        List<String> args = new ArrayList<>(List.of("plan", spec.toString()));
        List<String> all = new ArrayList<>(
                List.of("read.path=\"" + input + "\"", "read.vector=x", "write.path=" + folder.resolve("none")));
        all.addAll(List.of(keys));
        for (String key : all) {
            args.add("--set");
            args.add(key);
        }
        Cli cli = Cli.run(args.toArray(String[]::new));
        assertThat(folder.resolve("none")).doesNotExist();
        return cli;
    }

    private PredictPlan planned(Path input, Path model, String... keys) {
        StringBuilder text = new StringBuilder("job = predict\nread.vector = x\nwrite.path = none\nread.path = \""
                + input + "\"\nmodel = \"" + model + "\"\n");
        for (String key : keys) {
            text.append(key).append('\n');
        }
        return PredictPlan.of(Spec.of(Map.of("test", text.toString())), PredictJob.model(conf, model.toString()), conf);
    }

    private Examples rows(Path input, PredictPlan plan) {
        assertThat(input).exists();
        return Examples.of(Input.of(plan.spec().read(), plan.held(), conf, null)
                .inPlaceTable()
                .orElseThrow());
    }

    private static String[] words(String keys) {
        return keys == null ? new String[0] : keys.split(" ");
    }

    /** Two tasks run at once in the shared session, so the peak of this process is that of two tasks. */
    @ParameterizedTest
    @CsvSource({
        "job=regress read.target=y features.landmarks=uniform write.also=[variance], 'write.also=[variance,novelty]'",
        "job=regress read.target=y features.landmarks=uniform read.scale=standard read.clip=2, read.target=y",
        "'job=regress read.target=[y,y2] features.map=fourier write.also=[variance]', write.also=[variance]",
        "job=regress read.label=kind features.map=fourier blocks.precision=float, read.label=kind",
        "job=regress read.target=y features.map=orthogonal features.repeats=2 features.combine=average, ",
        "job=features features.map=structured, write.precision=float",
        "job=nystrom features.landmarks=uniform, ",
        "job=nystrom features.landmarks=uniform write.coordinates=30, ",
        "job=svd factor.rank=50, ",
        "job=pca factor.rank=30 factor.scale=true, blocks.precision=float",
        "job=pca factor.rank=30 read.scale=standard blocks.precision=float, blocks.precision=float"
    })
    void planAgreesWithTheRun(String learn, String predict) throws Exception {
        List<String> learning = new ArrayList<>(List.of(words(learn)));
        if (!learn.contains("factor.rank")) {
            learning.addAll(List.of("features.size=512", "kernel.bandwidth=10"));
            if (learn.contains("regress")) {
                learning.add("solve.lambda=1e-4");
            }
        }
        Path model = done(wide(3000), "model", learning.toArray(String[]::new));
        Path input = wide(40_000);
        List<String> keys = new ArrayList<>(List.of("job=predict", "model=" + model));
        keys.addAll(List.of(words(predict)));
        Cli cli = plan(input, keys.toArray(String[]::new));
        assertThat(cli.code()).as(cli.out() + cli.err()).isZero();
        Arena.resetPeak();
        Path output = done(input, "out", keys.toArray(String[]::new));
        long peak = Arena.peakBytes();
        // Labels of numbers are read once more, to see their type.
        Manifest.PassRecord pass =
                Cli.manifest(output).passes().get(Cli.manifest(output).passes().size() - 1);
        assertThat(cli.out())
                .contains(String.format(
                        Locale.ROOT, "%-24s %,14d bytes  %10.4g flops", pass.label(), pass.bytes(), pass.flops()));
        PredictPlan plan = planned(input, model, words(predict));
        Workload workload = plan.workload(rows(input, plan));
        double ratio = peak / (2.0 * workload.taskOffHeap(2));
        assertThat(ratio).isBetween(1 - MEMORY, 1 + MEMORY);
    }

    /** The model is sent to every executor as it stands in its tables: landmarks, what whitens them, coefficients, the root of variances. */
    @Test
    void theModelIsHeldByTheDriverAndSentToExecutors() throws Exception {
        Path input = table("rows.parquet", 0, 500);
        Path model = done(
                input,
                "model",
                "job=regress",
                "read.target=[y,z]",
                "features.size=40",
                "features.landmarks=uniform",
                "kernel.bandwidth=1",
                "write.also=[variance]");
        int kept = Cli.manifest(model).rank();
        long values = 40L * (3 + kept) + 2L * kept + 3 * 3;
        PredictPlan plan = planned(input, model);
        Workload workload = plan.workload(rows(input, plan));
        assertThat(workload.broadcast()).isEqualTo(8 * values);
        assertThat(workload.driverHeap(2)).isEqualTo(2 * 8 * values);
        PredictPlan varying = planned(input, model, "write.also = [variance]");
        assertThat(varying.modelBytes()).isEqualTo(8 * (values + (long) kept * kept));
    }

    @Test
    void whatDoesNotFitIsRefusedWithWhatWould() throws Exception {
        Path input = table("rows.parquet", 0, 2000);
        Path model = done(
                input,
                "model",
                "job=regress",
                "read.target=y",
                "features.map=fourier",
                "features.size=1024",
                "kernel.bandwidth=1",
                "write.also=[variance]");
        // 8 MB for the square matrix, twice, and a task of little; 70 % of a heap are usable.
        SparkConf small = new SparkConf(false).set("spark.master", "spark://host:7077");
        PredictPlan varying = planned(input, model, "write.also = [variance]");
        assertThatThrownBy(() -> varying.require(rows(input, varying), small.set("spark.executor.memory", "16m"), 2))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("predict needs", "on the heap of each executor; raise --executor-memory")
                .hasMessageContaining("or lower features.size of the model")
                .hasMessageEndingWith("; without variance in write.also it would fit");
        varying.require(rows(input, varying), small.set("spark.executor.memory", "32m"), 2);
        PredictPlan plain = planned(input, model);
        plain.require(rows(input, plain), small.set("spark.executor.memory", "16m"), 2);

        Path landmarks = done(input, "landmarks", "job=nystrom", "features.size=1000", "features.landmarks=uniform");
        PredictPlan features = planned(input, landmarks);
        assertThatThrownBy(() -> features.require(rows(input, features), small.set("spark.executor.memory", "2m"), 2))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("; a model of features.size = ");
        assertThatThrownBy(() -> features.require(rows(input, features), small.set("spark.executor.memory", "1k"), 2))
                .isInstanceOf(RefusedException.class)
                .hasMessageEndingWith("; no features.size would fit");
    }

    /** What footers and manifests tell is refused by the plan as by the run, in the same words. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "numbers | read.label=word                 | 64 | tells numbers | read.target",
                "numbers | write.also=[variance]           | 64 | learnt without what variances are made with | ",
                "numbers | read.target=[y,z]               | 64 | read.target names 2 columns | tells 1: y",
                "numbers | read.target=x                   | 64 | read.target names 3 columns | tells 1: y",
                "numbers | read.target=nothing             | 65 | rows.parquet has no column nothing | ",
                "numbers | read.target=word                | 65 | column word is not one number per row | read.target",
                "numbers | read.target=y read.weight=word  | 65 | column word is not one number per row | read.weight",
                "numbers | read.clip=3                     | 64 | read.clip does not apply | ",
                "numbers | blocks.precision=float          | 64 | blocks.precision does not apply | ",
                "numbers | read.columns=[a,b]              | 65 | the rows have 2 columns | made from 3",
                "numbers | read.columns=[a,c,b]            | 65 | column 1 of the rows is c | is b",
                "numbers | read.columns=[a,c,b] read.order-by=key | 65 | column 1 of the rows is c | is b",
                "words   | read.target=y                   | 64 | tells classes | read.label",
                "words   | write.also=[variance]           | 64 | write.also = variance is of numbers | ",
                "words   | read.label=kind                 | 65 | column kind (read.label) holds numbers | are text",
                "words   | read.label=kind read.order-by=key | 65 | column kind (read.label) holds numbers | are text",
                "kinds   | read.label=word                 | 65 | column word (read.label) holds text | are numbers",
                "kinds   | read.label=x                    | 65 | column x cannot be a label | ",
                "waves   | write.also=[novelty]            | 64 | write.also = novelty is 0 for every row | ",
                "feats   | read.target=y                   | 64 | read.target does not apply | learns nothing",
                "factors | read.label=word                 | 64 | read.label does not apply | learns nothing",
                "factors | read.scale=standard             | 64 | read.scale is not what the model | remove it",
                "factors | read.clip=3                     | 64 | read.clip is not what the model | remove it",
                "factors | read.columns=[a,c,b]            | 65 | column 1 of the rows is c | is b"
            })
    void thePlanRefusesWhatTheRunRefuses(String kind, String keys, int code, String one, String other)
            throws Exception {
        Path input = table("rows.parquet", 0, 200);
        List<String> learn = new ArrayList<>(
                switch (kind) {
                    case "numbers" -> List.of("job=regress", "read.target=y", "features.size=10");
                    case "words" -> List.of("job=regress", "read.label=word", "features.size=10");
                    case "kinds" -> List.of("job=regress", "read.label=kind", "features.size=10");
                    case "waves" -> List.of("job=regress", "read.target=y", "features.map=fourier", "features.size=10");
                    case "feats" -> List.of("job=features", "features.map=fourier", "features.size=10");
                    default -> List.of("job=svd", "factor.rank=2");
                });
        learn.add("read.columns=[a,b,c]");
        Path model = done(input, "model", learn.toArray(String[]::new));
        List<String> asked = new ArrayList<>(List.of("job=predict", "model=" + model));
        if (!keys.contains("read.columns")) {
            asked.add("read.columns=[a,b,c]");
        }
        asked.addAll(List.of(words(keys)));
        Cli planned = plan(input, asked.toArray(String[]::new));
        assertThat(planned.code()).as(planned.out() + planned.err()).isEqualTo(code);
        assertThat(planned.message()).contains(one, other == null ? "" : other);
        Cli run = run(input, "bad-out", asked.toArray(String[]::new));
        assertFails(run, code, one);
        assertThat(run.message()).isEqualTo(planned.message());
    }
}
