package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs on landmarks that a table gives: what becomes of them, and when a result is no longer of this table. */
class GivenLandmarksJobTest extends KernelJobCase {
    private Path input;
    private Path landmarks;

    @BeforeEach
    void makeInput() throws Exception {
        input = table("rows.parquet", 0, 200);
        landmarks = table("landmarks.parquet", 0, 12);
    }

    private String[] keys(String job, Path table, String... more) {
        List<String> keys = new ArrayList<>(
                List.of("job=" + job, "kernel.bandwidth=1", "features.landmarks=given", "features.table=" + table));
        if (job.equals("regress")) {
            keys.addAll(List.of("read.target=y", "solve.lambda=1e-3"));
        }
        keys.addAll(List.of(more));
        return keys.toArray(String[]::new);
    }

    private double[] fitted(Path model, String name, String... keys) throws Exception {
        List<String> all = new ArrayList<>(List.of("job=predict", "model=" + model));
        all.addAll(List.of(keys));
        Path told = done(input, name, all.toArray(String[]::new));
        return query("select value from " + parquet(told.resolve("predictions"))).stream()
                .mapToDouble(row -> row[0])
                .toArray();
    }

    /** Fits of rows that a query prepares, by landmarks that it prepares too, are the reference. */
    @Test
    void landmarksArePreparedAsTheRowsAre() throws Exception {
        // Far from mean 0 and deviation 1, and one column beyond the limit.
        String far = "[100 + 7 * sin(i * 1.7), 3 * cos(i * 0.9) - 50, if(i % 20 = 3, 40, sin(i * 0.31 + 1))] as v";
        input = table("far.parquet", COLUMNS + ", " + far, 0, 200);
        String statistics = "select list(m order by j) as m, list(s order by j) as s from (select j, avg(v[j]) as m,"
                + " stddev_samp(v[j]) as s from '" + input + "', range(1, 4) r(j) group by j)";
        Path scaled = folder.resolve("scaled.parquet");
        sql(
                "copy (select y, [greatest(-2, least(2, (v[j] - m[j]) / s[j])) / [2, 0.5, 3][j] for j in [1, 2, 3]] as v from '"
                        + input + "', (" + statistics + ")) to '" + scaled + "' (format parquet)");
        Path chosen = folder.resolve("chosen.parquet");
        Path chosenScaled = folder.resolve("chosen-scaled.parquet");
        sql(
                "copy (select v from '" + input + "' limit 30) to '" + chosen + "' (format parquet)",
                "copy (select v from '" + scaled + "' limit 30) to '" + chosenScaled + "' (format parquet)");
        String[] prepare = {"read.vector=v", "read.scale=standard", "read.clip=2", "kernel.length-scales=[2, 0.5, 3]"};
        Path model = done(input, "model", keys("regress", chosen, prepare));
        double[] found = fitted(model, "told", "read.vector=v");
        Path rows = input;
        input = scaled;
        Path reference = done(scaled, "reference", keys("regress", chosenScaled, "read.vector=v"));
        double[] expected = fitted(reference, "reference-told", "read.vector=v");
        // Statistics and kernel differ by rounding; lambda = 1e-3 magnifies it by no more than its inverse.
        Offset<Double> close = within(200 * 0x1p-52 / 1e-3 * 100);
        assertThat(found).containsExactly(expected, close);

        // The landmarks of the result stand there as prepared, and are the same rows again.
        input = rows;
        Path again = done(rows, "again", keys("regress", model.resolve("landmarks"), prepare));
        assertThat(fitted(again, "again-told", "read.vector=v")).containsExactly(expected, close);
        Path plain = done(rows, "plain", keys("regress", chosen, "read.vector=v", "kernel.bandwidth=9"));
        Path same =
                done(rows, "same", keys("regress", plain.resolve("landmarks"), "read.vector=v", "kernel.bandwidth=9"));
        assertThat(digests(same)).isEqualTo(digests(plain));
        Cli both = run(rows, "bad-out", keys("regress", Path.of(folder + "/{again,plain}/landmarks"), "read.vector=v"));
        assertFails(both, 65, "features.table", "give those of one result");
        Cli itself =
                run(rows, "again", keys("regress", again.resolve("landmarks"), "read.vector=v", "write.mode=replace"));
        assertThat(itself.code()).isEqualTo(64);
        assertThat(itself.message()).contains("write.path", "features.table", "lie one inside the other");
        assertThat(again.resolve("landmarks")).isDirectory();
    }

    @Test
    void emptyTablesAndBadCellsAreOfTheTable() throws Exception {
        Path none = table("none.parquet", 0, 0);
        Path header = folder.resolve("header.csv");
        Files.writeString(header, "a,b,c\n");
        for (Path empty : List.of(none, header)) {
            Cli cli = run(input, "bad-out", keys("regress", empty));
            assertFails(cli, 66, "features.table", empty.getFileName().toString(), "has no rows");
            assertThat(cli.message()).doesNotContain("the input", "read.where");
        }
        Path csv = folder.resolve("cells.csv");
        Files.writeString(csv, "a,b,c\n1,2,3\n4,nan,6\n");
        for (String bad : List.of("'nan'::double", "null")) {
            Path cells = table("cells.parquet", "[1.0::double, if(i = 1, " + bad + ", 2), 3] as x", 0, 3);
            for (Path table : List.of(cells, csv)) {
                Cli cli = run(input, "bad-out", keys("nystrom", table));
                assertFails(cli, 65, "features.table", table.getFileName().toString());
                assertThat(cli.message()).doesNotContain("read.where");
            }
        }
    }

    @Test
    void skipSeesThatTheTableChanged() throws Exception {
        for (String job : List.of("regress", "nystrom")) {
            Path model = done(input, job, keys(job, landmarks));
            String[] predict = {"job=predict", "model=" + model, "write.mode=skip"};
            assertThat(run(input, job, keys(job, landmarks, "write.mode=skip")).lastLine())
                    .contains("status=skipped code=0");
            // What predict tells of the model, and of one that is made again.
            done(input, job + "-told", predict);
            assertThat(run(input, job + "-told", predict).lastLine()).contains("status=skipped code=0");
            table("landmarks.parquet", 20, 40);
            Cli other = run(input, job, keys(job, landmarks, "write.mode=skip"));
            assertThat(other.code()).as(other.err()).isEqualTo(73);
            assertThat(other.message()).contains("features.table", "landmarks.parquet");
            done(input, job, keys(job, landmarks, "write.mode=replace"));
            assertThat(run(input, job + "-told", predict).code()).isEqualTo(73);
            // What verify needs stands in the result: the table may change, or go.
            Files.delete(landmarks);
            assertThat(Cli.run("verify", model.toString()).code()).isZero();
            table("landmarks.parquet", 0, 12);
        }
    }
}
