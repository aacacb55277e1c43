package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lowrank.io.HadoopConf;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees of attention: its page and {@code show} say what heads/ says. The input is the one that is shipped. */
class AttentionReportsTest {
    private static final String INPUT = "jobs/data/minilm-heads.parquet";

    @TempDir
    private Path folder;

    private Cli attention(String out, String... more) throws IOException {
        List<String> pairs = new ArrayList<>(List.of(
                "job=attention", "read.path=" + INPUT, "read.keys=[layer, head]", "write.path=" + folder.resolve(out)));
        pairs.addAll(List.of(more));
        return Cli.job(folder, pairs.toArray(String[]::new));
    }

    private String page(String out) throws IOException {
        String page = Files.readString(folder.resolve(out).resolve("report.html"));
        assertThat(page).doesNotContain("NaN", "Infinity", "<script", "http");
        return page;
    }

    private RowTable.Columns heads(String out) throws IOException {
        HadoopConf conf = new HadoopConf(new Configuration());
        return RowTable.read(conf, OutputFolder.read(conf, folder.resolve(out).toString()), AttentionResult.HEADS);
    }

    private Cli show(String out) {
        Cli show = Cli.run("show", folder.resolve(out).toString());
        assertThat(show.code()).as(show.err()).isZero();
        return show;
    }

    private static int worst(double[] errors) {
        int worst = 0;
        for (int i = 0; i < errors.length; i++) {
            worst = errors[i] > errors[worst] ? i : worst;
        }
        return worst;
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    @Test
    void pageAndTerminalNameTheHeadsByTheirErrors() throws IOException {
        Cli run = attention("out", "attention.method=nystrom", "certify.require.relative-error=0.5");
        assertThat(run.code()).as(run.err()).isZero();
        RowTable.Columns heads = heads("out");
        double[] errors = heads.numbers("relative_error");
        int worst = worst(errors);
        String name = "layer = " + heads.whole("layer")[worst] + ", head = " + heads.whole("head")[worst];
        String page = page("out");
        assertThat(page)
                .contains("Attention of 4 heads misses", "minilm-heads.parquet: 2,048 tokens in 4 heads")
                .contains("<b>2,048</b>", "<b>" + digits(errors[worst]) + "</b>", "at worst: " + name)
                .contains("<b>" + digits(heads.numbers("uniform_error")[worst]) + "</b>")
                .contains("id=\"heads-wide-t\"", "id=\"heads-narrow-t\"", "id=\"head-errors-t\"")
                .contains("id=\"head-measures\"", "kept rank", "row sums at least")
                .contains("id=\"passes\"", "id=\"facts\"", "The demand of the spec is met");
        Cli show = show("out");
        assertThat(show.out()).startsWith("attention of 2,048 rows in 4 heads, 32 wide, by nystrom, double");
        assertThat(show.out())
                .contains("nystrom    4 heads, 2,048 rows: median error", "0 of 4 heads are farther", "<= 0.5: met");
        List<String> named =
                show.out().lines().filter(line -> line.startsWith("  layer = ")).toList();
        assertThat(named).hasSize(4);
        assertThat(named.get(0)).startsWith("  " + name).contains(digits(errors[worst]));
        assertThat(named.get(3)).contains(digits(Arrays.stream(errors).min().orElseThrow()));
    }

    @Test
    void aSingleHeadHasItsMeasuresInTheTable() throws IOException {
        attention("made", "attention.method=exact");
        String text = "SELECT q, k, v, position FROM '" + INPUT + "' WHERE layer = 5 AND head = 0";
        Path one = folder.resolve("one.parquet");
        try {
            ReadingExamples.sql("COPY (" + text + ") TO '" + one + "' (FORMAT parquet)");
        } catch (Exception e) {
            throw new IOException(e);
        }
        Cli run = Cli.job(
                folder,
                "job=attention",
                "read.path=" + one,
                "attention.method=performer",
                "write.path=" + folder.resolve("one"));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(page("one"))
                .contains("Attention of one head misses", "all rows", "aligned squared norms")
                .doesNotContain("id=\"head-map\"", "id=\"head-measures\"");
        assertThat(show("one").out())
                .startsWith("attention of 512 rows, 32 wide, by performer")
                .contains("the whole table  performer", "aligned squared norms");
    }

    @Test
    void exactHeadsSaySoInsteadOfANumber() throws IOException {
        Cli run = attention("out", "attention.causal=true");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(page("out"))
                .contains("Exact attention of 4 heads", "each query seeing no key behind it", "4 heads are exact")
                .doesNotContain("id=\"heads-wide-t\"", "not known");
        assertThat(show("out").out())
                .startsWith("causal attention of 2,048 rows in 4 heads")
                .contains("exact      4 heads, 2,048 rows, exact")
                .doesNotContain("worse", "NaN");
    }

    @Test
    void aRejectedResultIsShownToo() throws IOException {
        String[] bad = {"attention.method=nystrom", "attention.landmarks=64", "attention.inverse=0"};
        Cli refused = attention("out", bad);
        assertThat(refused.code()).isEqualTo(70);
        assertThat(page("out.rejected"))
                .contains("heads are farther from exact attention than the mean", "The outputs were not kept")
                .contains("class=\"frame\"", "class=\"dot worse\"");
        assertThat(show("out.rejected").out())
                .contains("worse than uniform")
                .contains("heads are farther from exact outputs than the mean of all values")
                .doesNotContain("stored  output", "attention.force = true let");
        List<String> forced = new ArrayList<>(List.of(bad));
        forced.add("attention.force=true");
        assertThat(attention("forced", forced.toArray(String[]::new)).code()).isZero();
        assertThat(page("forced")).contains("attention.force = true let the outputs be written");
    }

    @Test
    void aDemandThatIsMissedStandsOnThePage() throws IOException {
        Cli refused = attention("out", "attention.method=nystrom", "certify.require.relative-error=0.01");
        assertThat(refused.code()).isEqualTo(70);
        assertThat(page("out.rejected"))
                .contains("does not meet what the spec demands", "Demanded was relative-error ≤ 0.01");
        assertThat(show("out.rejected").out()).contains("relative-error <= 0.01: NOT met");
    }

    @Test
    void noPageIsWrittenWhereNoneIsAskedFor() throws IOException {
        assertThat(attention("out", "write.also=[]").code()).isZero();
        assertThat(folder.resolve("out/report.html")).doesNotExist();
    }
}
