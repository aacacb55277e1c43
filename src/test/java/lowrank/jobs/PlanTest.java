package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans of what has no footers, and of predict: what is known is said, what is not is named, and nothing runs. */
class PlanTest {
    @TempDir
    private Path folder;

    private Path input;

    @BeforeEach
    void generate() {
        input = folder.resolve("input");
        assertThat(Cli.run("generate", input.toString(), "--spectrum", "D2", "--rows", "3000", "--cols", "20")
                        .code())
                .isZero();
    }

    private Cli plan(Path path, String... keys) throws IOException {
        Path spec = Files.writeString(folder.resolve("plan.conf"), "");
        List<String> args = new ArrayList<>(List.of("plan", spec.toString()));
        for (String key : keys) {
            args.addAll(List.of("--set", key));
        }
        args.addAll(List.of("--set", "read.path=" + path, "--set", "write.path=" + folder.resolve("out")));
        Cli cli = Cli.run(args.toArray(String[]::new));
        assertThat(folder.resolve("out")).doesNotExist();
        return cli;
    }

    private static void assertSays(Cli cli, String... words) {
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(cli.out()).contains(words);
        assertThat(cli.lastLine()).isEqualTo("LOWRANK RESULT status=planned code=0 output=-");
    }

    @Test
    void textHasAsManyRowsAsItsBytesAllow() throws IOException {
        Path csv = Files.writeString(folder.resolve("a.csv"), "a,b,key\n" + "1,2,k\n".repeat(5000));
        Cli cli = plan(csv, "read.format=csv", "read.id=key", "factor.rank=1");
        assertSays(
                cli, "at most 7,503 rows x 2 columns", "unknown     the number of rows", "at most 0.1 MB", "algorithm");
        assertThat(plan(csv, "read.format=csv", "read.columns=a,z").code()).isEqualTo(65);
        Path svm = Files.writeString(folder.resolve("a.txt"), "1 1:2\n".repeat(5000));
        assertSays(plan(svm, "read.format=libsvm"), "unknown columns", "set read.width", "of unknown size");
        assertSays(plan(svm, "read.format=libsvm", "read.width=7", "factor.rank=2"), "x 7 columns", "pass");
        assertSays(plan(csv, "read.format=triplets"), "unknown rows x unknown columns", "set read.rows");
        assertSays(
                plan(csv, "read.format=triplets", "read.rows=1000", "read.width=500"),
                "1,000 rows x 500 columns",
                "about 4.0 MB",
                "svd of 1,000 x 500");
    }

    @Test
    void orderKeepsTheRowsOfTheFootersAndAConditionBoundsThem() throws IOException {
        assertSays(plan(input, "read.order-by=row", "factor.rank=5"), "3,000 rows x 20 columns", "svd of 3,000 x 20");
        assertSays(plan(input, "read.where=row > 5", "factor.rank=5"), "at most 3,000 rows x 20 columns");
        assertSays(
                plan(input, "read.columns=[\"features[0]\", \"features[1] * 2\"]", "factor.rank=2"),
                "3,000 rows x 2 columns");
        assertSays(plan(input, "read.columns=[\"slice(features, 1, 3)\"]"), "unknown columns", "an expression");
    }

    /** The figures of the pass that runs are those of the plan. */
    @Test
    void predictAgreesWithItsRun() throws IOException {
        Path model = folder.resolve("model");
        assertThat(Cli.job(folder, "read.path=" + input, "write.path=" + model, "factor.rank=3")
                        .code())
                .isZero();
        Cli cli = plan(input, "job=predict", "model=" + model);
        assertThat(cli.code()).as(cli.err()).isZero();
        Path output = folder.resolve("coordinates");
        Cli run = Cli.job(folder, "job=predict", "model=" + model, "read.path=" + input, "write.path=" + output);
        assertThat(run.code()).as(run.err()).isZero();
        var pass = Cli.manifest(output).passes().get(0);
        assertSays(
                cli,
                String.format(java.util.Locale.ROOT, "%,14d bytes  %10.4g flops", pass.bytes(), pass.flops()),
                "rank 3");
        assertThat(plan(input, "job=predict", "model=" + model, "read.columns=[\"features[0]\", \"features[1]\"]")
                        .code())
                .isEqualTo(65);
        assertThat(plan(input, "job=predict", "model=" + folder.resolve("nowhere"))
                        .code())
                .isEqualTo(66);
    }

    /** The same of kernel models: features, and what is multiplied with them. */
    @ParameterizedTest
    @CsvSource({
        "scores, job=regress read.target=features[0] features.size=30, read.target=features[0]",
        "predictions, job=regress read.target=features[0] features.map=fourier features.size=40 read.scale=standard, ''",
        "predictions, job=regress read.target=features[0] features.size=30 write.also=[variance], write.also=[variance]",
        "features, job=features features.map=orthogonal features.size=40, ''",
        "coordinates, job=nystrom features.size=30 write.coordinates=3, ''"
    })
    void predictOfAKernelModelAgreesWithItsRun(String label, String learn, String predict) throws IOException {
        Path model = folder.resolve("model");
        Path output = folder.resolve("predicted");
        List<String> learning = new ArrayList<>(List.of("read.path=" + input, "write.path=" + model));
        learning.addAll(quoted(learn));
        Cli learnt = Cli.job(folder, learning.toArray(String[]::new));
        assertThat(learnt.code()).as(learnt.err()).isZero();
        List<String> keys = new ArrayList<>(List.of("job=predict", "model=" + model));
        keys.addAll(quoted(predict));
        Cli planned = plan(input, keys.toArray(String[]::new));
        keys.addAll(List.of("read.path=" + input, "write.path=" + output));
        Cli run = Cli.job(folder, keys.toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
        var pass = Cli.manifest(output).passes().get(0);
        assertThat(pass.label()).isEqualTo(label);
        assertSays(
                planned,
                String.format(
                        java.util.Locale.ROOT, "%-24s %,14d bytes  %10.4g flops", label, pass.bytes(), pass.flops()),
                "features at ",
                "off the heap");
        assertThat(plan(input, "job=predict", "model=" + model, "read.columns=[\"features[0]\", \"features[1]\"]")
                        .code())
                .isEqualTo(65);
        assertThat(plan(input, "job=predict", "model=" + model, "read.scale=standard")
                        .code())
                .isEqualTo(64);
    }

    private static List<String> quoted(String keys) {
        return keys.isEmpty()
                ? List.of()
                : List.of(keys.replace("read.target=features[0]", "read.target=\"features[0]\"")
                        .split(" "));
    }
}
