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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Matrices at the edge of what has a decomposition, from file to file: right factors or a named refusal, never NaN. */
class EdgeCasesTest {
    @TempDir
    private Path folder;

    /** Writes rows as one Parquet file. */
    private Path input(String rows) throws IOException, SQLException {
        Path input = Files.createDirectories(folder.resolve("input"));
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute("copy (select features::double[] as features from (" + rows + ")) to '"
                    + input.resolve("a.parquet") + "' (format parquet)");
        }
        return input;
    }

    static double ask(String query) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement();
                ResultSet result = sql.executeQuery(query)) {
            result.next();
            return result.getDouble(1);
        }
    }

    /** No value in any file is NaN or infinite, and U, s, V, mean and scale rebuild the input. */
    private void assertRebuilds(Path input, Path output, double tolerance) throws IOException, SQLException {
        String u = "read_parquet('" + output + "/U/*.parquet')";
        String s = "read_parquet('" + output + "/s/*.parquet')";
        String v = "read_parquet('" + output + "/V/*.parquet')";
        String all = "select unnest(values) as x from " + u + " union all select unnest(values) from " + v
                + " union all select unnest([mean, scale]) from " + v
                + " union all select unnest([value, lower, upper, residual, variance, variance_ratio]) from " + s;
        assertThat(ask("select count(*) from (" + all + ") where x is null or not isfinite(x)"))
                .isZero();
        try (var files = Files.walk(output)) {
            for (Path file :
                    files.filter(p -> p.toString().matches(".*\\.(json|html)")).toList()) {
                assertThat(Files.readString(file)).as(file.toString()).doesNotContain("NaN", "Infinity");
            }
        }
        String rebuilt =
                "select max(abs(a.features[v.feature + 1] - v.mean - v.scale * coalesce(list_sum(list_transform("
                        + "list_zip(u.values, s.s, v.values), z -> z[1] * z[2] * z[3])), 0)))"
                        + " from " + u + " u join (select *, row_number() over () - 1 as row from read_parquet('"
                        + input
                        + "/*.parquet')) a on a.row = u.row cross join " + v
                        + " v cross join (select coalesce(list(value order by component), []) as s from " + s + ") s";
        assertThat(ask(rebuilt)).isLessThanOrEqualTo(tolerance);
    }

    /** Rows of each case, as many values as can be asked for, and the rank of the matrix as it is and centred. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        zero            | select [0.0, 0, 0, 0] as features from range(50)                                            | 4 | 0 | 0
        negative zero   | select [-0.0, 0, -0.0] as features from range(50)                                           | 3 | 0 | 0
        one row         | select [1.0, 2, 3, 4, 5] as features                                                        | 1 | 1 | 0
        one cell        | select [3.0] as features                                                                    | 1 | 1 | 0
        one column      | select [sin(i)] as features from range(60) t(i)                                             | 1 | 1 | 1
        wide            | select list_transform(range(20), j -> sin(j * j * (i + 1.0))) as features from range(3) t(i) | 3 | 3 | 2
        rank two        | select [sin(i), cos(i), sin(i) + cos(i), sin(i) - cos(i), 2 * cos(i)] as features from range(90) t(i) | 5 | 2 | 2
        equal rows      | select [0.1, 0.2, 0.3] as features from range(70)                                           | 3 | 1 | 0
        constant column | select [sin(i), 0.7, cos(3.0 * i)] as features from range(80) t(i)                          | 3 | 3 | 2
        """)
    void rightFactorsThroughTheJob(String name, String rows, int most, int rank, int centred) throws Exception {
        Path input = input(rows);
        int run = 0;
        for (String how : new String[] {
            "auto double",
            "tsqr double",
            "tsqr float",
            "block-krylov double",
            "block-krylov float",
            "gram double",
            "gram float"
        }) {
            String[] words = how.split(" ");
            for (String job : new String[] {"svd", "pca", "pca scaled"}) {
                Path output = folder.resolve("out" + run++);
                Cli cli = Cli.job(
                        folder,
                        "job=" + job.split(" ")[0],
                        "read.path=" + input,
                        "write.path=" + output,
                        "blocks.precision=" + words[1],
                        "factor.algorithm=" + words[0],
                        "factor.rank=" + most,
                        "factor.scale=" + job.endsWith("scaled"));
                assertThat(cli.code())
                        .as(name + " " + how + " " + job + " " + cli.err())
                        .isZero();
                // In float a matrix is of whatever rank its rounding has.
                if (words[1].equals("double")) {
                    assertThat(Cli.manifest(output).rank())
                            .as(name + " " + how + " " + job)
                            .isEqualTo(job.equals("svd") ? rank : centred);
                }
                assertRebuilds(input, output, words[1].equals("double") ? 1e-13 : 1e-5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"auto", "tsqr", "block-krylov", "gram", "lapack"})
    void moreValuesThanThereAreIsRefused(String algorithm) throws Exception {
        Path input = input("select [i, 1.0, i * i] as features from range(2) t(i)");
        Cli cli = Cli.job(
                folder,
                "read.path=" + input,
                "write.path=" + folder.resolve("out"),
                "factor.algorithm=" + algorithm,
                "factor.rank=3");
        assertThat(cli.code()).isEqualTo(64);
        assertThat(cli.message()).contains("factor.rank = 3 is more than the 2 singular values of a 2 x 3 matrix");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    /** LAPACK's sizes without rows or columns: there is nothing to factor, and it is said. */
    @ParameterizedTest
    @CsvSource({"0, 3", "3, 0", "1, 0"})
    void sizesWithoutRowsOrColumnsAreRefused(int rows, int cols) throws Exception {
        Path input = input("select list_transform(range(" + cols + "), j -> j) as features from range(" + rows + ")");
        Cli cli = Cli.job(folder, "read.path=" + input, "write.path=" + folder.resolve("out"), "factor.rank=full");
        assertThat(cli.code()).as(cli.err()).isIn(65, 66);
        assertThat(cli.message()).containsAnyOf("no rows", "has 0 values");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    /** Values whose norm no double holds. */
    @ParameterizedTest
    @CsvSource({
        "auto, 1.5e308",
        "tsqr, 1.5e308",
        "block-krylov, 1.5e308",
        "gram, 1.5e308",
        "auto, 1e-310",
        "tsqr, 1e-310"
    })
    void normsBeyondDoublesAreRefused(String algorithm, String value) throws Exception {
        Path input = input(
                "select [" + value + "::double, " + value + "::double / (i + 1)] as features from range(40) t(i)");
        Cli cli = Cli.job(
                folder,
                "read.path=" + input,
                "write.path=" + folder.resolve("out"),
                "factor.algorithm=" + algorithm,
                "factor.rank=2");
        assertThat(cli.code()).as(cli.err()).isEqualTo(70);
        assertThat(cli.message()).contains("power of two");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    /** Stored means are rounded to doubles, which verify has to allow for, and no more than that. */
    @Test
    void verifyHoldsOnMeansFarFromZero() throws Exception {
        Path input = input(
                "select [1e7 + sin(i), 1e6 + cos(3.0 * i), sin(5.0 * i) - 1e8] as features from range(3000) t(i)");
        for (String algorithm : new String[] {"lapack", "tsqr", "gram", "block-krylov"}) {
            Path output = folder.resolve(algorithm);
            Cli run = Cli.job(
                    folder,
                    "job=pca",
                    "read.path=" + input,
                    "write.path=" + output,
                    "factor.algorithm=" + algorithm,
                    "factor.rank=3");
            assertThat(run.code()).as(run.err()).isZero();
            Cli verified = Cli.run("verify", output.toString());
            assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
        }
    }
}
