package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
                "job=features blocks.precision=float write.precision=float",
                "job=regress read.target=y,z read.weight=w features.map=fourier features.repeats=3 features.combine=average",
                "job=regress read.label=word features.repeats=2 features.combine=average blocks.precision=float",
                "job=regress read.target=y solve.algorithm=conjugate-gradients solve.lambda=1e-4 solve.tolerance=1e-6",
                "job=nystrom features.repeats=2 features.combine=average write.features=true write.coordinates=3",
                "job=nystrom blocks.precision=float write.precision=float read.scale=standard write.coordinates=5",
                "job=nystrom blocks.precision=float kernel.name=polynomial read.id=key write.coordinates=4",
                "job=features features.map=orthogonal features.repeats=2 features.combine=average"
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

    /** Puts a table of one result into another, with what its manifest says of it: no digest tells them apart. */
    private static void transplant(Path from, Path to, String table) throws Exception {
        try (var files = Files.list(from.resolve(table))) {
            for (Path file : files.toList()) {
                Files.write(to.resolve(table).resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        ObjectMapper mapper = new ObjectMapper();
        Path manifest = to.resolve("factorization.json");
        JsonNode edited = mapper.readTree(manifest.toFile());
        JsonNode factor = mapper.readTree(from.resolve("factorization.json").toFile())
                .get("factors")
                .get(table);
        ((ObjectNode) edited.get("factors")).set(table, factor);
        mapper.writeValue(manifest.toFile(), edited);
    }

    /** Changes values in a table with SQL, and leaves its manifest. */
    private void change(Path table, String replacement) throws Exception {
        Path changed = folder.resolve("changed.parquet");
        sql("copy (select * replace (" + replacement + ") from " + parquet(table) + ") to '" + changed
                + "' (format parquet)");
        Files.write(only(table), Files.readAllBytes(changed));
    }

    /** SQL that changes all values of one row in the tenth digit. */
    private static String times(String row) {
        return "list_transform(\"values\", lambda x : case when " + row + " then x * (1 + 1e-9) else x end) as values";
    }

    /** What is said of a result that is not what it should be. */
    private static String refused(Path output, int code) {
        Cli refused = Cli.run("verify", output.toString());
        assertThat(refused.code()).as(refused.out() + refused.err()).isEqualTo(code);
        return refused.out() + refused.message();
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

    private static final String[] COORDINATES = {
        "job=nystrom", "features.size=40", "features.landmarks=uniform", "write.coordinates=4", "read.partitions=1"
    };

    private Path coordinates(Path input, String name, String bandwidth) throws Exception {
        List<String> keys = new ArrayList<>(List.of(COORDINATES));
        keys.add("kernel.bandwidth=" + bandwidth);
        return done(input, name, keys.toArray(String[]::new));
    }

    /** One changed value anywhere in the tables of coordinates is caught, where a digest covers it and where none does. */
    @Test
    void aChangedValueOfCoordinatesIsCaught() throws Exception {
        Path input = table("rows.parquet", 0, 9000);
        Path output = coordinates(input, "out", "1");
        assertThat(Cli.run("verify", output.toString()).code()).isZero();
        String digest = "74 /%s does not hold the values that its manifest was written for";
        String[][] changes = {
            {"s", "case when component = 2 then value * (1 + 1e-9) else value end as value", digest},
            {"s", "case when component = 2 then lower * (1 - 1e-9) else lower end as lower", "70 s and its bounds"},
            {"s", "case when component = 3 then upper * (1 + 1e-9) else upper end as upper", "70 s and its bounds"},
            {"s", "case when component = 0 then 1e-9 else residual end as residual", "70 s and its bounds"},
            {"s", "variance * (1 + 1e-9) as variance", "70 s: variances"},
            {"s", "variance_ratio * (1 + 1e-9) as variance_ratio", "70 s: variances"},
            {"V", "case when feature = 5 then mean + 1e-9 else mean end as mean", digest},
            {"V", "case when feature = 5 then scale + 1e-9 else scale end as scale", digest},
            {"V", "case when feature = 5 then 'values[6]' else name end as name", "70 V: names and scales        NOT"},
            {"V", times("feature = 5"), digest},
            {"coordinates", times("row = 17"), "70 coordinates (row 17)"},
            {
                "coordinates",
                "case when row = 8999 then residual * (1 + 1e-9) else residual end as residual",
                "70 coordinates (row 8999)"
            }
        };
        for (String[] change : changes) {
            Path file = only(output.resolve(change[0]));
            byte[] whole = Files.readAllBytes(file);
            change(output.resolve(change[0]), change[1]);
            String[] expected = change[2].split(" ", 2);
            assertThat(refused(output, Integer.parseInt(expected[0])))
                    .as(change[1])
                    .contains(String.format(expected[1], change[0]));
            Files.write(file, whole);
        }
        assertThat(Cli.run("verify", output.toString()).code()).isZero();
    }

    /** Tables of another bandwidth are no longer those of these rows, whatever the manifest says of them. */
    @ParameterizedTest
    @ValueSource(strings = {"s", "V", "coordinates"})
    void coordinatesOfAnotherKernelDoNotHold(String table) throws Exception {
        Path input = table("rows.parquet", 0, 9000);
        Path right = coordinates(input, "right", "1");
        transplant(coordinates(input, "other", "1.00001"), right, table);
        assertThat(refused(right, 70)).containsPattern("\\n" + table + ".* does NOT hold");
    }

    /** What another BLAS kernel made has other bits, but is the same within what rounding and the condition of the landmarks allow. */
    @ParameterizedTest
    @ValueSource(strings = {"double", "float"})
    void resultsOfAnotherBlasKernelHold(String precision) throws Exception {
        Path input = table("rows.parquet", 0, 3000);
        List<String> keys = new ArrayList<>(List.of(COORDINATES));
        keys.addAll(List.of("blocks.precision=" + precision, "write.features=true", "kernel.bandwidth=1"));
        Path other = done(input, "other", keys.toArray(String[]::new));
        keys.add("blocks.blas=java");
        Path java = done(input, "java", keys.toArray(String[]::new));
        edit(java.resolve("factorization.json"), "(\"blas\" : )\"java\"", "$1\"auto\"");
        Cli verified = Cli.run("verify", java.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
        assertThat(verified.out())
                .contains(
                        "not compared: they were made with another BLAS kernel",
                        "not made again             features, ");
        keys.set(keys.indexOf("kernel.bandwidth=1"), "kernel.bandwidth=1.1");
        Path wrong = done(input, "wrong", keys.toArray(String[]::new));
        assertThat(digests(java).get("s")).isNotEqualTo(digests(other).get("s"));
        transplant(wrong, java, "coordinates");
        assertThat(refused(java, 70)).containsPattern("\ncoordinates .* does NOT hold");
    }

    /** Of draws that are averaged each one's coefficients are held to its own normal equations. */
    @Test
    void averagedDrawsOfAnotherFitDoNotHold() throws Exception {
        Path input = table("rows.parquet", 0, 9000);
        String[] keys = {
            "job=regress",
            "read.target=y",
            "features.map=fourier",
            "features.size=40",
            "features.repeats=3",
            "features.combine=average",
            "kernel.bandwidth=1",
            "solve.lambda=1e-4"
        };
        Path right = done(input, "right", keys);
        keys[keys.length - 1] = "solve.lambda=1.00001e-4";
        Path other = done(input, "other", keys);
        byte[] whole = Files.readAllBytes(right.resolve("factorization.json"));
        byte[] coefficients = Files.readAllBytes(only(right.resolve("coefficients")));
        transplant(other, right, "coefficients");
        assertThat(refused(right, 70)).contains("|B - (G + n lambda I) w|", "does NOT hold");
        Files.write(right.resolve("factorization.json"), whole);
        Files.write(only(right.resolve("coefficients")), coefficients);
        assertThat(Cli.run("verify", right.toString()).code()).isZero();
        edit(right.resolve("factorization.json"), "(\"lambdas\" : \\[[^,]*, )[0-9.E-]+", "$12.0E-4");
        assertThat(refused(right, 70)).containsPattern("B - .* does NOT hold");
        // Results of before do not say the lambdas: what cannot be measured is named.
        edit(right.resolve("factorization.json"), "\"draws\" : \\{[^}]*\\},", "");
        Cli unknown = Cli.run("verify", right.toString());
        assertThat(unknown.code()).as(unknown.out() + unknown.err()).isZero();
        assertThat(unknown.out())
                .contains(
                        "not measured: the result does not say the lambda of each draw", "coefficients, path: no more");
        change(right.resolve("coefficients"), "\"offset\" + 1e-9 as \"offset\"");
        assertThat(refused(right, 74)).contains("/coefficients does not hold the values");
    }

    private static Path only(Path table) throws Exception {
        try (var files = Files.list(table)) {
            List<Path> all =
                    files.filter(file -> file.toString().endsWith(".parquet")).toList();
            assertThat(all).hasSize(1);
            return all.get(0);
        }
    }
}
