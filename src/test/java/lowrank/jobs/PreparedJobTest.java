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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code read.scale} and {@code read.clip} through the command line, with DuckDB as the second opinion. */
class PreparedJobTest {
    /** Means up to a thousand deviations away, one of them of 1 / 1000, and a constant column. */
    private static final String ROW =
            "[sin(i), 1000 + cos(i * 2.0), 5 + sin(i * 3.0) / 1000, 7.5, 2 * sin(i) + cos(i * i)]";

    @TempDir
    private Path folder;

    private Path input;

    @BeforeEach
    void data() throws Exception {
        input = folder.resolve("input");
        rows(input, ROW, 3000);
    }

    private static void rows(Path to, String row, int count) throws IOException, SQLException {
        Files.createDirectories(to);
        sql("copy (select i as key, " + row + " as x from range(" + count + ") t(i)) to '" + to.resolve("a.parquet")
                + "' (format parquet)");
    }

    private static void sql(String statement) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement()) {
            sql.execute(statement);
        }
    }

    private static double[] numbers(String query) throws SQLException {
        try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
                Statement sql = duck.createStatement();
                ResultSet result = sql.executeQuery(query)) {
            result.next();
            double[] numbers = new double[result.getMetaData().getColumnCount()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = result.getDouble(i + 1);
            }
            return numbers;
        }
    }

    private Cli run(Path output, String... more) throws IOException {
        List<String> keys =
                new ArrayList<>(List.of("read.path=" + input, "read.vector=x", "read.id=key", "write.path=" + output));
        keys.addAll(List.of(more));
        return Cli.job(folder, keys.toArray(String[]::new));
    }

    private Path done(String name, String... more) throws IOException {
        Path output = folder.resolve(name);
        Cli cli = run(output, more);
        assertThat(cli.code()).as(cli.err()).isZero();
        return output;
    }

    private static String table(Path output, String factor) {
        return "read_parquet('" + output + "/" + factor + "/*.parquet')";
    }

    /** V's columns say all that is needed to come back to the input: x = read_mean + read_scale (mean + scale (U S V')). */
    @ParameterizedTest
    @CsvSource({"svd, tsqr", "pca, tsqr", "pca, gram", "svd, block-krylov", "pca, lapack"})
    void duckDbRebuildsTheInputAndVerifyHolds(String job, String algorithm) throws Exception {
        Path output = done(
                "out",
                "job=" + job,
                "read.scale=standard",
                "factor.algorithm=" + algorithm,
                "factor.rank=4",
                "write.also=[npy]");
        double[] found = numbers("select max(abs(a.x[v.feature + 1] - (v.read_mean + v.read_scale * (v.mean + v.scale *"
                + " list_sum(list_transform(list_zip(u.values, s.s, v.values), z -> z[1] * z[2] * z[3])))))), count(*)"
                + " from " + table(output, "U") + " u join read_parquet('" + input
                + "/*.parquet') a on a.key = u.id cross join " + table(output, "V")
                + " v cross join (select list(value order by component) as s from " + table(output, "s") + ") s");
        assertThat(found[1]).isEqualTo(15_000);
        // Four of five columns vary. Values of about 1000; gram has half of the digits of squares, relative to
        // deviations.
        assertThat(found[0]).isLessThan(1e-11);
        double[] moments = numbers("select max(abs(v.read_mean - m.mean)), max(abs(v.read_scale - m.sd) / m.sd)"
                + " from (select j, avg(x[j]) as mean, if(j = 4, 1, stddev_samp(x[j])) as sd from read_parquet('"
                + input
                + "/*.parquet'), range(1, 6) t(j) group by j) m join " + table(output, "V")
                + " v on v.feature + 1 = m.j");
        assertThat(moments[0]).isLessThan(1e-10);
        assertThat(moments[1]).isLessThan(1e-8);
        assertThat(output.resolve("npy")).isDirectoryContaining(p -> p.endsWith("read_mean.npy"));
        Cli verified = Cli.run("verify", output.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
    }

    @Test
    void verifyHoldsForFloatAndWithALimitAndNotWithoutIt() throws Exception {
        for (String precision : new String[] {"double", "float"}) {
            Path output = done(
                    precision,
                    "job=pca",
                    "read.scale=standard",
                    "read.clip=1.25",
                    "factor.rank=4",
                    "blocks.precision=" + precision);
            Cli verified = Cli.run("verify", output.toString());
            assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
            Path manifest = output.resolve("factorization.json");
            Files.writeString(manifest, Files.readString(manifest).replaceFirst("\"clip\" : 1.25", "\"clip\" : 1.2"));
            assertThat(Cli.run("verify", output.toString()).code()).isEqualTo(70);
        }
    }

    /** The plainest check of a limit: columns that a limit of 1.25 cut, scaled by hand, give the same singular values. */
    @Test
    void limitIsInUnitsOfTheDeviation() throws Exception {
        Path output = done("out", "read.scale=standard", "read.clip=1.25", "factor.rank=full");
        double[] squares = numbers("select (select sum(value * value) from " + table(output, "s") + "),"
                + " (select sum(list_sum(list_transform(range(1, 6), j -> pow(greatest(-1.25, least(1.25, (a.x[j] -"
                + " v.m[j]) / v.s[j])), 2)))) from read_parquet('" + input + "/*.parquet') a, (select list(read_mean"
                + " order by feature) as m, list(read_scale order by feature) as s from " + table(output, "V")
                + ") v)");
        assertThat(squares[0]).isCloseTo(squares[1], org.assertj.core.api.Assertions.withinPercentage(1e-10));
    }

    @Test
    void sameBitsForAnyNumberOfPartitions() throws Exception {
        Path many = folder.resolve("many");
        assertThat(Cli.run("generate", many.toString(), "--spectrum", "D2", "--rows", "524389", "--cols", "6")
                        .code())
                .isZero();
        Set<String> seen = new HashSet<>();
        for (int partitions : new int[] {1, 2, 7, 64}) {
            Path output = folder.resolve("out" + partitions);
            Cli cli = Cli.job(
                    folder,
                    "read.path=" + many,
                    "write.path=" + output,
                    "read.partitions=" + partitions,
                    "read.scale=standard",
                    "read.clip=2",
                    "factor.rank=4");
            assertThat(cli.code()).as(cli.err()).isZero();
            var factors = Cli.manifest(output).factors();
            double[] moments = numbers("select sum(read_mean * (feature + 1)), sum(read_scale * (feature + 1)) from "
                    + "(from " + table(output, "V") + " order by feature)");
            seen.add(factors.get("U").digest()
                    + factors.get("s").digest()
                    + factors.get("V").digest()
                    + moments[0]
                    + moments[1]);
        }
        assertThat(seen).hasSize(1);
    }

    /** New rows of quite other means are measured with the means of the model. */
    @ParameterizedTest
    @CsvSource({"svd, null", "pca, null", "pca, 1.25"})
    void predictPreparesNewRowsAsThoseOfTheModel(String job, String clip) throws Exception {
        Path model = done("model", "job=" + job, "read.scale=standard", "read.clip=" + clip, "factor.rank=2");
        Path fresh = folder.resolve("fresh");
        rows(fresh, "[3 + sin(i), 1001 + cos(i), 5, 8, i / 100.0]", 500);
        input = fresh;
        Path output = done("out", "job=predict", "model=" + model);
        String z = "((a.x[j] - v.rm[j]) / v.rs[j])";
        String limited = clip.equals("null") ? z : "greatest(-" + clip + ", least(" + clip + ", " + z + "))";
        double[] worst =
                numbers("select max(abs(c.values[t.k] - list_sum(list_transform(range(1, 6), j -> v.v[j][t.k] *"
                        + " (" + limited + " - v.m[j]) / v.s[j])))), count(*) from " + table(output, "coordinates")
                        + " c join read_parquet('" + fresh
                        + "/*.parquet') a on a.key = c.id cross join range(1, 3) t(k)"
                        + " cross join (select list(read_mean order by feature) as rm, list(read_scale order by feature) as rs,"
                        + " list(mean order by feature) as m, list(scale order by feature) as s, list(values order by feature)"
                        + " as v from " + table(model, "V") + ") v");
        assertThat(worst[1]).isEqualTo(1000);
        // A coordinate is a sum over z-scores of up to 1 / 0.0007, from values of 5: 1e4 roundoffs of 1e-16.
        assertThat(worst[0]).isLessThan(1e-11);
        assertThat(run(output, "job=predict", "model=" + model, "write.mode=replace", "read.scale=standard")
                        .code())
                .isZero();
        Cli other = run(output, "job=predict", "model=" + model, "write.mode=replace", "read.clip=7");
        assertThat(other.code()).isEqualTo(64);
        assertThat(other.message()).contains("read.clip is not what the model");
        Path plain = folder.resolve("plain");
        assertThat(run(plain, "job=svd", "factor.rank=2").code()).isZero();
        Cli wrong = run(folder.resolve("other"), "job=predict", "model=" + plain, "read.scale=standard");
        assertThat(wrong.code()).isEqualTo(64);
        assertThat(wrong.message()).contains("read.scale is not what the model");
    }

    @Test
    void rowsTooFarAwayHaveNoCoordinates() throws Exception {
        Path model = done("model", "read.scale=standard", "factor.rank=2");
        Path fresh = folder.resolve("fresh");
        rows(fresh, "[1e308, 1e308, 1e308, 1e308, -1e308]", 3);
        input = fresh;
        Cli cli = run(folder.resolve("out"), "job=predict", "model=" + model);
        assertThat(cli.code()).isEqualTo(65);
        assertThat(cli.message()).contains("z-scores overflow");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    /** Means a thousand deviations away would be lost in float before they are subtracted. */
    @Test
    void floatHoldsTheInputInDoubleUntilItIsScaled() throws Exception {
        Path exact = done("exact", "read.scale=standard", "factor.rank=4", "factor.algorithm=tsqr");
        Path coarse = done(
                "coarse", "read.scale=standard", "factor.rank=4", "factor.algorithm=tsqr", "blocks.precision=float");
        double[] off = numbers("select max(abs(a.value - b.value)) / max(a.value) from " + table(exact, "s")
                + " a join " + table(coarse, "s") + " b using (component)");
        assertThat(off[0]).isLessThan(1e-6);
    }

    @Test
    void everyReaderIsPrepared() throws Exception {
        Path csv = folder.resolve("csv");
        Files.createDirectories(csv);
        sql("copy (select x[1] as a, x[2] as b, x[3] as c, x[4] as d, x[5] as e from read_parquet('" + input
                + "/*.parquet')) to '" + csv.resolve("a.csv") + "' (format csv, header)");
        Path parquet = done("parquet", "read.scale=standard", "read.clip=2", "factor.rank=3");
        Path output = folder.resolve("out");
        Cli cli = Cli.job(
                folder,
                "read.path=" + csv,
                "read.format=csv",
                "write.path=" + output,
                "read.scale=standard",
                "read.clip=2",
                "factor.rank=3");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(Cli.manifest(output).factors().get("U").digest())
                .isEqualTo(Cli.manifest(parquet).factors().get("U").digest());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read.scale=robust|read.scale must be none or standard, not robust",
                "read.clip=0|read.clip must be a positive number, not 0",
                "read.clip=-1|read.clip must be a positive number, not -1",
                "read.clip=NaN|read.clip must be a positive number, not NaN",
                "read.clip=high|read.clip must be a positive number, not high",
            })
    void wrongKeysAreNamed(String pair, String message) throws Exception {
        Cli cli = run(folder.resolve("out"), pair);
        assertThat(cli.code()).isEqualTo(64);
        assertThat(cli.message()).contains(message);
    }

    @Test
    void scalingTwiceIsRefusedUnlessALimitLiesBetween() throws Exception {
        String[] keys = {"job=pca", "factor.rank=2", "read.scale=standard", "factor.scale=true"};
        Cli cli = run(folder.resolve("out"), keys);
        assertThat(cli.code()).isEqualTo(64);
        assertThat(cli.message()).contains("factor.scale = true", "read.scale = standard");
        done("out", "job=pca", "factor.rank=2", "read.scale=standard", "factor.scale=true", "read.clip=1");
    }
}
