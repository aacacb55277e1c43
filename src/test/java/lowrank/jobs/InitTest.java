package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class InitTest {
    @ParameterizedTest
    @ValueSource(strings = {"svd", "pca"})
    void printsASpecThatCanBeRun(String job) {
        Cli cli = Cli.run("init", job);
        assertThat(cli.code()).as(cli.err()).isZero();
        SvdSpec spec = SvdSpec.of(Spec.of(Map.of("init", cli.out())));
        assertThat(spec.job()).isEqualTo(job);
        assertThat(spec.write().path()).isEqualTo("out/" + job);
    }

    @ParameterizedTest
    @ValueSource(strings = {"regress", "nystrom", "features", "predict"})
    void printsSpecsOfKernelJobs(String job) {
        Cli cli = Cli.run("init", job);
        assertThat(cli.code()).as(cli.err()).isZero();
        Spec spec = Spec.of(Map.of("init", cli.out()));
        WriteSpec write = job.equals("predict")
                ? PredictSpec.of(spec).write()
                : KernelJobSpec.of(spec).write();
        assertThat(spec.job()).isEqualTo(job);
        assertThat(write.path()).isEqualTo("out/" + job);
    }

    @ParameterizedTest
    @ValueSource(strings = {"compress", "lora-extract", "lora-merge", "lora-resize", "circuits"})
    void printsSpecsOfJobsOnWeights(String job) {
        Cli cli = Cli.run("init", job);
        assertThat(cli.code()).as(cli.err()).isZero();
        Spec spec = Spec.of(Map.of("init", cli.out()));
        assertThatCode(() -> WeightsJob.check(spec)).doesNotThrowAnyException();
        assertThat(spec.job()).isEqualTo(job);
    }

    @Test
    void printsASpecOfAttention() {
        Cli cli = Cli.run("init", "attention");
        assertThat(cli.code()).as(cli.err()).isZero();
        AttentionSpec spec = AttentionSpec.of(Spec.of(Map.of("init", cli.out())));
        assertThat(spec.write().path()).isEqualTo("out/attention");
        assertThat(spec.read().keys()).containsExactly("sequence", "head");
        assertThat(spec.relativeError()).isEqualTo(0.2);
    }

    /** The lines switched off are keys with their defaults: switched on, they change nothing. */
    @Test
    void everyKeyIsThereAndSwitchedOffKeysShowTheirDefaults() {
        String template = Cli.run("init", "svd").out();
        assertThatCode(() -> Spec.of(Map.of("init", template.replaceAll("(?m)^( *)#(?=[a-z\"])", "$1"))))
                .doesNotThrowAnyException();
        Config all = ConfigFactory.parseString(template.replaceAll("(?m)^( *)#(?=[a-z\"])", "$1"));
        Config given = ConfigFactory.parseString(template);
        Config reference = Spec.reference();
        assertThat(given.withFallback(reference)).isEqualTo(all);
        assertThat(all.withFallback(reference)).isEqualTo(all);
    }

    @Test
    void namesTheKnownJobs() {
        assertThat(Cli.run("init", "--list").out()).contains("svd  Singular", "pca  Principal");
        Cli unknown = Cli.run("init", "sdv");
        assertThat(unknown.code()).isEqualTo(64);
        assertThat(unknown.message()).contains("no job sdv", "svd, pca");
    }

    @Test
    void docsHoldTheTableOfAllKeys() throws IOException {
        assertThat(Files.readString(Path.of("docs/spec.md")))
                .as("docs/spec.md is stale; write it anew: " + SpecKeys.REGENERATE)
                .isEqualTo(Cli.run("init", "--keys").out());
    }

    private static List<Path> specs() throws IOException {
        try (var files = Files.list(Path.of("jobs"))) {
            return files.filter(file -> file.toString().endsWith(".conf")).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("specs")
    void specsOfTheJobsFolderAreRight(Path file) throws IOException {
        Spec spec = Spec.of(Map.of(file.toString(), Files.readString(file)));
        assertThatCode(() -> RunCommand.check(spec)).doesNotThrowAnyException();
        assertThat(spec.job()).isEqualTo(file.getFileName().toString().replace(".conf", ""));
    }
}
