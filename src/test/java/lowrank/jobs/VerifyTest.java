package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyTest {
    @TempDir
    private Path folder;

    private Path input;
    private Path output;

    @BeforeEach
    void places() throws IOException {
        input = Files.createDirectory(folder.resolve("input")).resolve("a.parquet");
        output = folder.resolve("out");
    }

    private static void sql(String text) throws Exception {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute(text);
        }
    }

    private void factor(String features, String... more) throws Exception {
        sql("copy (select " + features + " as features from range(10000) t(i)) to '" + input + "' (format parquet)");
        List<String> keys = new ArrayList<>(List.of("read.path=" + input, "write.path=" + output, "factor.rank=2"));
        keys.addAll(List.of(more));
        Cli run = Cli.job(folder, keys.toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
    }

    /** Rank 0 leaves nothing but what was subtracted, and that must be all of the matrix. */
    @Test
    void aZeroMatrixIsVerified() throws Exception {
        factor("[0.0::double, 0, 0]");
        assertThat(Cli.manifest(output).rank()).isZero();
        Cli verified = Cli.run("verify", output.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
        assertThat(verified.out()).contains("the values that were written", "measured 0.00000,");
    }

    @Test
    void aConstantMatrixIsVerified() throws Exception {
        factor("[3.0::double, 4, 5]", "factor.center=true");
        assertThat(Cli.manifest(output).rank()).isZero();
        Cli verified = Cli.run("verify", output.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
    }

    /** Floats have no digits for a deviation far below the mean: it is subtracted before values are rounded. */
    @Test
    void floatsOfRowsFarFromZeroAreCertifiedForTheInputItself() throws Exception {
        for (String more : new String[] {"factor.scale=false", "factor.scale=true", "read.clip=1000050"}) {
            factor(
                    "[1e6 + 100 * sin(i * 1.7), 1e6 + 100 * cos(i * i * 0.3), 1e6 + 100 * sin(i * i * 1.1), 0.1]",
                    "factor.center=true",
                    "blocks.precision=float",
                    "factor.algorithm=tsqr",
                    "write.mode=replace",
                    more,
                    "factor.rank=full");
            Cli verified = Cli.run("verify", output.toString());
            assertThat(verified.code())
                    .as(more + verified.out() + verified.err())
                    .isZero();
            assertThat(Cli.manifest(output).certificate().frobeniusResidual())
                    .as("the sum of what rounding adds to each of three columns, and not eps mean / deviation")
                    .isLessThan(64 * 0x1p-24);
        }
    }

    /** Rounding the input to float is an error of the factors like any other. */
    @Test
    void roundingOfTheInputToFloatIsPartOfTheCertificate() throws Exception {
        factor("[sin(i * 1.7), cos(i * i * 0.3)]", "blocks.precision=float", "write.u=false");
        assertThat(Cli.manifest(output).certificate().frobeniusResidual()).isGreaterThanOrEqualTo(0x1p-24);
    }

    /** Means and scales belong to V: a reader that centres new rows uses them, so its digest covers them. */
    @Test
    void anotherMeanOrScaleIsNoticed() throws Exception {
        factor("[sin(i), cos(i * 2.0), 5.0]", "factor.center=true");
        Path v = output.resolve("V/part-0.parquet");
        byte[] whole = Files.readAllBytes(v);
        for (String column : new String[] {"mean", "scale"}) {
            sql("copy (select * replace (" + column + " + 1e-9 as " + column + ") from read_parquet('" + v
                    + "') order by feature) to '" + folder.resolve("other.parquet") + "' (format parquet)");
            Files.write(v, Files.readAllBytes(folder.resolve("other.parquet")));
            Cli refused = Cli.run("verify", output.toString());
            assertThat(refused.code()).as(column).isEqualTo(74);
            assertThat(refused.message()).contains("/V does not hold the values that its manifest was written for");
            Cli predicted = Cli.job(
                    folder,
                    "job=predict",
                    "model=" + output,
                    "read.path=" + input,
                    "write.path=" + folder.resolve("coordinates"));
            assertThat(predicted.code()).as(column).isEqualTo(74);
            Files.write(v, whole);
        }
        assertThat(Cli.run("verify", output.toString()).code()).isZero();
    }
}
