package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import lowrank.certify.Certificate;
import lowrank.factor.Confirmation;
import lowrank.factor.Probing;
import lowrank.store.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SvdJobTest {
    @TempDir
    private Path folder;

    /** 65 leaves, so that even 64 partitions have leaves to share. */
    private Path manyLeaves() {
        Path input = folder.resolve("input");
        Cli cli = Cli.run("generate", input.toString(), "--spectrum", "D2", "--rows", "524389", "--cols", "6");
        assertThat(cli.code()).as(cli.err()).isZero();
        return input;
    }

    @Test
    void factorsAreTheSameBitsForAnyNumberOfPartitions() throws IOException {
        Path input = manyLeaves();
        Set<String> digests = new HashSet<>();
        for (int partitions : new int[] {1, 2, 7, 64}) {
            Path output = folder.resolve("out" + partitions);
            Cli cli = Cli.job(
                    folder,
                    "read.path=" + input,
                    "write.path=" + output,
                    "read.partitions=" + partitions,
                    "factor.algorithm=tsqr",
                    "factor.rank=4",
                    "factor.center=true");
            assertThat(cli.code()).as(cli.err()).isZero();
            Manifest manifest = Cli.manifest(output);
            digests.add(manifest.factors().get("U").digest()
                    + manifest.factors().get("s").digest()
                    + manifest.factors().get("V").digest());
            assertThat(manifest.passes().get(0).tasks()).isGreaterThanOrEqualTo(partitions);
        }
        assertThat(digests).hasSize(1);
    }

    /** An independent reader joins the three factors and rebuilds rows of the input. */
    @Test
    void duckDbRebuildsTheInputFromTheFactors() throws IOException, SQLException {
        Path input = folder.resolve("input");
        Path output = folder.resolve("out");
        Files.createDirectories(input);
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute("copy (select 'k' || i as key, [sin(i), cos(i * 2.0), 5 + sin(i * 3.0), 7.5, i / 1000.0] as x"
                    + " from range(3000) t(i)) to '" + input.resolve("a.parquet") + "' (format parquet)");
            Cli cli = Cli.job(
                    folder,
                    "read.path=" + input,
                    "read.vector=x",
                    "read.id=key",
                    "write.path=" + output,
                    "factor.rank=4",
                    "factor.center=true",
                    "factor.scale=true");
            assertThat(cli.code()).as(cli.err()).isZero();
            String rebuilt = "select max(abs(a.x[v.feature + 1] - (v.mean + v.scale * list_sum(list_transform("
                    + "list_zip(u.values, s.s, v.values), z -> z[1] * z[2] * z[3]))))) as worst, count(*) as cells"
                    + " from read_parquet('" + output + "/U/*.parquet') u"
                    + " join read_parquet('" + input + "/*.parquet') a on a.key = u.id"
                    + " cross join read_parquet('" + output + "/V/*.parquet') v"
                    + " cross join (select list(value order by component) as s from read_parquet('" + output
                    + "/s/*.parquet')) s";
            try (ResultSet result = sql.executeQuery(rebuilt)) {
                result.next();
                assertThat(result.getLong("cells")).isEqualTo(15_000);
                // Four of five columns vary, so rank 4 is exact up to rounding of values of about 10.
                assertThat(result.getDouble("worst")).isLessThan(1e-12);
            }
            try (ResultSet result =
                    sql.executeQuery("select typeof(row), typeof(id), typeof(values) from read_parquet('" + output
                            + "/U/*.parquet') limit 1")) {
                result.next();
                assertThat(result.getString(1)).isEqualTo("BIGINT");
                assertThat(result.getString(2)).isEqualTo("VARCHAR");
                assertThat(result.getString(3)).isEqualTo("DOUBLE[]");
            }
        }
    }

    @Test
    void demandThatIsNotMetLeavesOnlyARejectedResult() throws IOException {
        Path input = manyLeaves();
        Path output = folder.resolve("out");
        Cli cli = Cli.job(
                folder, "read.path=" + input, "write.path=" + output, "factor.rank=2", "certify.require.spectral=0.3");
        assertThat(cli.code()).isEqualTo(70);
        assertThat(cli.message()).contains("certify.require.spectral = 0.3", "factor.rank = 3");
        assertThat(cli.lastLine()).startsWith("LOWRANK RESULT status=rejected code=70");
        assertThat(output).doesNotExist();
        assertThat(Cli.manifest(folder.resolve("out.rejected")).status()).isEqualTo("rejected");
    }

    @Test
    void modesSayWhatHappensToAnOlderResult() throws IOException {
        Path input = manyLeaves();
        Path output = folder.resolve("out");
        String[] keys = {"read.path=" + input, "write.path=" + output, "factor.rank=2"};
        assertThat(Cli.job(folder, keys).code()).isZero();
        assertThat(Cli.job(folder, keys).code()).isEqualTo(73);
        Cli skipped = Cli.job(folder, keys[0], keys[1], keys[2], "write.mode=skip");
        assertThat(skipped.code()).isZero();
        assertThat(skipped.lastLine()).contains("status=skipped");
        Cli other = Cli.job(folder, keys[0], keys[1], "factor.rank=3", "write.mode=skip");
        assertThat(other.code()).isEqualTo(73);
        Cli replaced = Cli.job(folder, keys[0], keys[1], "factor.rank=3", "write.mode=replace");
        assertThat(replaced.code()).as(replaced.err()).isZero();
        assertThat(Cli.manifest(output).rank()).isEqualTo(3);
        try (var left = Files.list(folder)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith(".out"));
        }
    }

    @Test
    void verifyHoldsOnWhatWasWrittenAndNotOnAnythingElse() throws IOException {
        Path input = folder.resolve("input");
        assertThat(Cli.run("generate", input.toString(), "--spectrum", "D2", "--rows", "20000", "--cols", "250")
                        .code())
                .isZero();
        for (String algorithm : new String[] {"tsqr", "block-krylov", "gram"}) {
            for (String stored : new String[] {"double", "float"}) {
                Path output = folder.resolve(algorithm + stored);
                Cli run = Cli.job(
                        folder,
                        "read.path=" + input,
                        "write.path=" + output,
                        "factor.algorithm=" + algorithm,
                        "factor.rank=6",
                        "factor.center=true",
                        "write.precision=" + stored);
                assertThat(run.code()).as(run.err()).isZero();
                Cli verified = Cli.run("verify", output.toString());
                assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
            }
        }
        // The U of another matrix of the same shape, written as if it were this one's.
        Path one = folder.resolve("tsqrdouble");
        Path two = folder.resolve("block-krylovdouble");
        Files.copy(
                two.resolve("U/part-00000.parquet"),
                one.resolve("U/part-00000.parquet"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Cli refused = Cli.run("verify", one.toString());
        assertThat(refused.code()).isEqualTo(70);
        assertThat(refused.out()).contains("NOT the values that were written");
        // The same bytes at another time: no longer the input that was factored.
        Path file = input.resolve("part-00000.parquet");
        Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
        assertThat(Cli.run("verify", two.toString()).code()).isEqualTo(65);
    }

    /** The manifest, the terminal and the report say what was measured while U was written; without U there is nothing to say. */
    @Test
    void whatWasMeasuredAtWritingStandsInTheCertificate() throws IOException {
        Path input = folder.resolve("input");
        assertThat(Cli.run("generate", input.toString(), "--spectrum", "D2", "--rows", "20000", "--cols", "250")
                        .code())
                .isZero();
        for (String algorithm : new String[] {"tsqr", "block-krylov", "gram"}) {
            for (String stored : new String[] {"double", "float"}) {
                Set<Confirmation> seen = new HashSet<>();
                for (int partitions : new int[] {1, 3}) {
                    Path output = folder.resolve(algorithm + stored + partitions);
                    Cli run = Cli.job(
                            folder,
                            "read.path=" + input,
                            "write.path=" + output,
                            "write.precision=" + stored,
                            "write.also=[report]",
                            "read.partitions=" + partitions,
                            "factor.algorithm=" + algorithm,
                            "factor.rank=6",
                            "factor.center=true");
                    assertThat(run.code()).as(run.err()).isZero();
                    Certificate certificate = Cli.manifest(output).certificate();
                    Confirmation written = certificate.written();
                    assertThat(certificate.frobeniusResidual())
                            .isBetween(written.frobeniusAtLeast(), written.frobeniusAtMost());
                    assertThat(written.spectralAtLeast()).isLessThanOrEqualTo(certificate.spectralResidual());
                    assertThat(written.probes()).isEqualTo(Probing.PROBES);
                    assertThat(written.failureProbability()).isEqualTo(1e-10);
                    assertThat(Cli.run("show", output.toString()).out()).contains("the same as U was written");
                    assertThat(Files.readString(output.resolve("report.html"))).contains("As U was written");
                    seen.add(written);
                }
                assertThat(seen).hasSize(1);
            }
        }
        Path values = folder.resolve("values");
        Cli run = Cli.job(folder, "read.path=" + input, "write.path=" + values, "write.u=false", "write.also=[report]");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Cli.manifest(values).certificate().written()).isNull();
        assertThat(Cli.run("show", values.toString()).out()).doesNotContain("as U was written");
        assertThat(Files.readString(values.resolve("report.html"))).doesNotContain("As U was written");
    }
}
