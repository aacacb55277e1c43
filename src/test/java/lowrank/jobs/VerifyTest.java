package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
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
        String[] keys = java.util.Arrays.copyOf(more, more.length + 3);
        keys[more.length] = "read.path=" + input;
        keys[more.length + 1] = "write.path=" + output;
        keys[more.length + 2] = "factor.rank=2";
        Cli run = Cli.job(folder, keys);
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
