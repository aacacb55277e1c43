package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a job on attention is not asked for, or cannot do: the exit code, one sentence that names the key, and nothing visible afterwards. */
class BadAttentionJobTest {
    @TempDir
    private Path folder;

    private void assertFails(String keys, int code, String places, String... more) throws IOException {
        List<String> all = new ArrayList<>(List.of(more));
        all.addAll(Arrays.asList(keys.split(" ")));
        all.add("write.path=" + folder.resolve("out"));
        Cli cli = Cli.job(folder, all.toArray(String[]::new));
        assertThat(cli.code()).as(cli.out() + cli.err()).isEqualTo(code);
        assertThat(cli.message()).contains(places.split(";")).doesNotContain("Exception", "\tat ");
        assertThat(cli.lastLine()).isEqualTo("LOWRANK RESULT status=failed code=" + code + " output=-");
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString())).containsExactly("job.conf");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // Methods.
                "attention.method=flash|64|attention.method must be auto or exact or performer or nystrom or linformer, not flash",
                "attention.method=nystrom attention.causal=true|64|attention.method = nystrom has no causal form;performer or exact",
                "attention.method=linformer attention.causal=true|64|attention.method = linformer has no causal form",
                "attention.align=balanced attention.causal=true|64|attention.align = balanced;later keys;attention.align = none",
                "attention.align=centred|64|attention.align must be auto or balanced or none, not centred",
                "attention.causal=maybe|64|attention.causal must be true or false",
                "attention.force=maybe|64|attention.force must be true or false",
                // Their sizes.
                "attention.features=0|64|attention.features must be;at least 1;not 0",
                "attention.features=2.5|64|attention.features must be;not 2.5",
                "attention.features=70000|64|attention.features and attention.repeats;at most 65536;not 70000",
                "attention.features=1024 attention.repeats=65|64|attention.features and attention.repeats;not 1024 and 65",
                "attention.map=hyperbolic attention.features=255|64|attention.features must be even;hyperbolic;not 255",
                "attention.map=trigonometric attention.features=255|64|attention.features must be even;trigonometric",
                "attention.map=cosine|64|attention.map = cosine is not known;positive, hyperbolic, trigonometric",
                "attention.repeats=0|64|attention.repeats must be;at least 1;not 0",
                "attention.landmarks=0|64|attention.landmarks must be;at least 1;not 0",
                "attention.landmarks=-3|64|attention.landmarks must be;not -3",
                "attention.method=performer attention.map=trigonometric|70|of layer = ;head = ;is noise;use attention.map = positive",
                // Their numbers.
                "attention.scale=0|64|attention.scale must be a positive number, not 0",
                "attention.scale=wide|64|attention.scale must be;not wide",
                "attention.inverse=1.5|64|attention.inverse must be sample, iteration or a number in [0, 1), not 1.5",
                "attention.inverse=1|64|attention.inverse must be;not 1",
                "attention.inverse=-0.1|64|attention.inverse must be;not -0.1",
                "attention.inverse=exact|64|attention.inverse must be;not exact",
                "attention.iterations=20|64|attention.iterations does not apply to attention.inverse = sample; remove it",
                "attention.method=exact attention.features=32|64|attention.features does not apply to attention.method = exact; remove it",
                "attention.method=nystrom attention.map=hyperbolic|64|attention.map does not apply to attention.method = nystrom",
                "attention.method=linformer attention.repeats=2|64|attention.repeats does not apply to attention.method = linformer",
                "attention.method=linformer attention.inverse=0.1|64|attention.inverse does not apply to attention.method = linformer",
                "attention.method=performer attention.landmarks=32|64|attention.landmarks does not apply to attention.method = performer",
                "attention.causal=true attention.landmarks=32|64|attention.landmarks does not apply to attention.causal = true",
                "attention.inverse=iteration attention.iterations=0|64|attention.iterations must be;at least 1;not 0",
                "attention.seed=dice|64|attention.seed must be;not dice",
                "attention.heads=12|64|attention.heads",
                // What is certified, read and written.
                "certify.rows=1|64|certify.rows must be;at least 16;not 1",
                "certify.require.relative-error=-1|64|certify.require.relative-error must be a positive number, not -1",
                "certify.require.frobenius=0.5|64|certify.require.frobenius does not apply to job = attention; remove it",
                "certify.probes=8|64|certify.probes does not apply to job = attention",
                "factor.rank=3|64|factor.rank does not apply to job = attention; remove it",
                "features.size=3|64|features.size does not apply to job = attention; remove it",
                "read.vector=x|64|read.vector does not apply to job = attention; remove it",
                "read.keys=[layer,layer]|64|read.keys names column layer twice",
                "read.keys=[layer,position]|64|read.keys names a column position, as the result calls one of its own",
                "read.keys=[Condition]|64|read.keys names a column Condition, as the result calls one of its own",
                "read.keys=[method]|64|read.keys names a column method, as the result calls one of its own",
                "read.format=csv|64|read.format must be parquet or arrow or safetensors or npy, not csv",
                "write.also=[npy]|64|write.also",
                // What is read is not there.
                "read.keys=[layer,sequence]|65|sequence;minilm-heads.parquet",
                "read.q=queries|65|queries;minilm-heads.parquet",
                "read.mask=shown|65|shown;minilm-heads.parquet",
                "read.keys=[layer]|65|position 0 is there twice in layer = 0",
            })
    void saysWhatIsWrong(String keys, int code, String places) throws IOException {
        String keyed = keys.contains("read.keys") ? keys : keys + " read.keys=[layer,head]";
        assertFails(keyed, code, places, "job=attention", "read.path=jobs/data/minilm-heads.parquet");
    }

    /** Jobs that attend to nothing have no use for keys of attention. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "job=svd attention.method=exact|attention.method",
                "job=svd read.keys=[layer]|read.keys",
                "job=pca read.q=queries|read.q",
                "job=svd certify.rows=100|certify.rows",
                "job=svd certify.require.relative-error=0.1|certify.require.relative-error",
                "job=regress read.label=x attention.causal=true|attention.causal",
                "job=nystrom attention.landmarks=12|attention.landmarks",
                "job=features attention.seed=7|attention.seed",
                "job=compress attention.features=12|attention.features",
                "job=circuits heads.preset=bert attention.force=true|attention.force",
                "job=lora-merge read.base=a read.adapters=[b] read.position=pos|read.position",
                "job=predict model=m attention.scale=2|attention.scale",
            })
    void otherJobsRefuseKeysOfAttention(String keys, String key) throws IOException {
        String path = keys.contains("lora") ? "write.mode=fail" : "read.path=nowhere";
        assertFails(keys, 64, key + " does not apply to job = ;remove it", path);
    }
}
