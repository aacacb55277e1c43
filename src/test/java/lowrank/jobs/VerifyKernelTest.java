package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code verify} of results of kernel jobs: it holds on what was written, and not on anything else. */
class VerifyKernelTest extends KernelJobCase {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "job=regress read.target=y,z read.weight=w",
                "job=regress read.label=word solve.select=kfold read.scale=standard read.clip=2",
                "job=regress read.target=y blocks.precision=float solve.lambda=1e-4",
                "job=regress read.target=y features.map=fourier solve.intercept=false",
                "job=regress read.target=y features.map=positive features.repeats=2",
                "job=nystrom write.features=true write.coordinates=2",
                "job=nystrom kernel.name=polynomial write.precision=float write.features=true",
                "job=features features.map=orthogonal",
                "job=features blocks.precision=float write.precision=float"
            })
    void holdsOnWhatWasWritten(String keys) throws Exception {
        Path input = table("rows.parquet", 0, 9000);
        List<String> all = new ArrayList<>(List.of(keys.split(" ")));
        all.add("features.size=40");
        Path output = done(input, "out", all.toArray(String[]::new));
        Cli verified = Cli.run("verify", output.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
        assertThat(verified.out()).contains("the values that were written").doesNotContain("NOT");
        assertThat(Cli.run("show", output.toString()).code()).isZero();
        Cli converted = Cli.run("convert", output.toString(), "--to", "npy");
        assertThat(converted.code()).as(converted.err()).isZero();
    }

    private static void edit(Path manifest, String pattern, String replacement) throws Exception {
        String text = Files.readString(manifest);
        String edited = text.replaceAll(pattern, replacement);
        assertThat(edited).isNotEqualTo(text);
        Files.writeString(manifest, edited);
    }

    @Test
    void aModelOfOtherRowsDoesNotHold() throws Exception {
        Path input = table("rows.parquet", 0, 3000);
        String[] keys = {"job=regress", "read.target=y", "features.size=20", "kernel.bandwidth=1", "solve.lambda=1e-6"};
        Path right = done(input, "right", keys);
        Path other = done(table("other.parquet", 3000, 6000), "other", keys);
        String listing = Cli.manifest(right).input().listing();
        edit(
                other.resolve("factorization.json"),
                java.util.regex.Pattern.quote(Cli.manifest(other).input().listing()),
                listing);
        edit(other.resolve("factorization.json"), "other\\.parquet", "rows.parquet");
        Cli refused = Cli.run("verify", other.toString());
        assertThat(refused.code()).as(refused.out() + refused.err()).isEqualTo(70);
        assertThat(refused.out()).contains("|B - (G + n lambda I) w|", "does NOT hold");
        edit(right.resolve("factorization.json"), "(\"lambda\" : )[0-9.E-]+", "$12.0E-6");
        assertThat(Cli.run("verify", right.toString()).code()).isEqualTo(70);
    }

    @Test
    void otherTablesAndOtherClaimsDoNotHold() throws Exception {
        Path input = table("rows.parquet", 0, 3000);
        Path one = done(input, "one", "job=nystrom", "features.size=20", "kernel.bandwidth=1", "write.features=true");
        Path two = done(input, "two", "job=nystrom", "features.size=20", "kernel.bandwidth=2", "write.features=true");
        Path features = one.resolve("features/part-00000.parquet");
        byte[] whole = Files.readAllBytes(features);
        Files.write(features, Files.readAllBytes(two.resolve("features/part-00000.parquet")));
        Cli refused = Cli.run("verify", one.toString());
        assertThat(refused.code()).as(refused.out() + refused.err()).isEqualTo(70);
        assertThat(refused.out()).contains("features                   NOT the values that were written");
        Files.write(features, whole);
        assertThat(Cli.run("verify", one.toString()).code()).isZero();
        String claimed = String.valueOf(measure(one, "trace residual").value());
        edit(one.resolve("factorization.json"), java.util.regex.Pattern.quote(claimed), "1.0E-3");
        Cli false_ = Cli.run("verify", one.toString());
        assertThat(false_.code()).as(false_.out() + false_.err()).isEqualTo(70);
        assertThat(false_.out()).contains("trace residual", "does NOT hold");
        Files.write(two.resolve("core/part-0.parquet"), Files.readAllBytes(one.resolve("core/part-0.parquet")));
        assertThat(Cli.run("verify", two.toString()).code()).isEqualTo(74);
        Files.setLastModifiedTime(input, java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
        assertThat(Cli.run("verify", one.toString()).code()).isEqualTo(65);
    }
}
