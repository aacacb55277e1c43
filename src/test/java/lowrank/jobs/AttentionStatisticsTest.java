package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lowrank.linalg.Matrix;
import lowrank.models.Head;
import lowrank.models.HeadTables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code attention.statistics}: causal features that are aligned by rows of another table. */
class AttentionStatisticsTest {
    private static final int WIDTH = 8;

    /** Rows of a head of more flops than one task takes. */
    private static final int LONG = 40_000;

    @TempDir
    private Path folder;

    private Path in;

    @BeforeEach
    void input() {
        in = HeadTables.sorted().write(folder.resolve("in"), heads(1, 900, 1300, 700));
    }

    /** Heads whose queries and keys have means, and whose keys are longer than their queries. */
    private static List<Head> heads(long seed, int... lengths) {
        List<Head> heads = new ArrayList<>();
        for (int h = 0; h < lengths.length; h++) {
            Head head = Head.normal(h / 2, h % 2, lengths[h], WIDTH, 6, 0.3, seed + 3L * h);
            heads.add(new Head(
                    h / 2, h % 2, moved(head.q(), 1, -0.3), moved(head.k(), 2, h % 2 == 0 ? 1 : -1), head.v()));
        }
        return heads;
    }

    private static Matrix moved(Matrix x, double factor, double step) {
        Matrix moved = Matrix.zeros(x.rows(), x.cols());
        for (int i = 0; i < x.rows(); i++) {
            for (int j = 0; j < x.cols(); j++) {
                moved.set(i, j, factor * x.get(i, j) + step);
            }
        }
        return moved;
    }

    private Cli causal(Path out, String... more) throws IOException {
        List<String> keys = new ArrayList<>(List.of(
                "job=attention",
                "read.path=" + in,
                "read.position=pos",
                "read.keys=[layer, head]",
                "attention.method=performer",
                "attention.causal=true",
                "attention.force=true",
                "write.path=" + out));
        keys.addAll(List.of(more));
        return Cli.job(folder, keys.toArray(String[]::new));
    }

    private Path others(String name, int... lengths) {
        return HeadTables.sorted().write(folder.resolve(name), heads(100, lengths));
    }

    @Test
    void otherRowsBringFeaturesNearer() throws IOException {
        Path statistics = others("others", 500, 600, 700);
        Path plain = folder.resolve("plain");
        Path aligned = folder.resolve("aligned");
        assertThat(causal(plain).code()).isZero();
        Cli cli = causal(aligned, "attention.statistics=" + statistics);
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(Cli.measure(aligned, "median relative error"))
                .isLessThan(Cli.measure(plain, "median relative error") / 2);
        assertThat(Cli.manifest(aligned).reasons())
                .anyMatch(reason -> reason.startsWith("features aligned by 1,800 rows of " + statistics));
        Cli verified = Cli.run("verify", aligned.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
    }

    /** Heads of both layers count together; neither their order, nor files, nor tasks change a bit. */
    @Test
    void bitsDoNotDependOnHowTheOthersAreRead() throws IOException {
        List<Head> others = heads(100, 500, LONG, 300, 200);
        Set<String> digests = new HashSet<>();
        for (HeadTables tables : List.of(
                HeadTables.sorted(),
                HeadTables.sorted().over(5),
                HeadTables.sorted().over(3).shuffled(7))) {
            Path statistics = tables.write(folder.resolve("others" + tables.files()), others);
            for (int partitions : new int[] {1, 7}) {
                Path out = folder.resolve("out-" + statistics.getFileName() + partitions);
                Cli cli = causal(
                        out,
                        "attention.statistics=" + statistics,
                        "attention.statistics-keys=[head]",
                        "read.partitions=" + partitions);
                assertThat(cli.code()).as(cli.err()).isZero();
                digests.add(Cli.manifest(out).factors().get(AttentionJob.OUTPUT).digest());
            }
        }
        assertThat(digests).hasSize(1);
    }

    /** Where no key tells statistics apart, all heads have the same. */
    @Test
    void allRowsMayCountTogether() throws IOException {
        Path statistics = others("others", 500, 600);
        Path out = folder.resolve("out");
        Cli cli = causal(out, "attention.statistics=" + statistics, "attention.statistics-keys=[]");
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(Cli.manifest(out).reasons()).contains("features aligned by 1,100 rows of " + statistics);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "65 | attention.statistics=OTHERS | has no rows of layer = 1, head = 0; add them, or name in"
                        + " attention.statistics-keys",
                "65 | attention.statistics=NARROW | queries have 4 values, and those of the input 8",
                "66 | attention.statistics=NOWHERE | attention.statistics",
                "64 | attention.statistics=OTHERS attention.causal=false | applies to attention.causal = true alone",
                "64 | attention.statistics=OTHERS attention.align=none | attention.align = none; remove one",
                "64 | attention.statistics=OTHERS attention.method=exact | does not apply to attention.method = exact",
                "64 | attention.statistics=OTHERS attention.statistics-keys=[sequence] | must be among read.keys",
                "64 | attention.statistics-keys=[head] | needs attention.statistics",
                "64 | attention.align=balanced | give other rows in attention.statistics"
            })
    void whatDoesNotFitIsRefused(int code, String keys, String words) throws IOException {
        Path narrow = HeadTables.sorted().write(folder.resolve("narrow"), List.of(Head.normal(0, 0, 30, 4, 4, 0.3, 1)));
        String[] more = keys.replace("OTHERS", others("others", 500, 600).toString())
                .replace("NARROW", narrow.toString())
                .replace("NOWHERE", folder.resolve("nowhere").toString())
                .split(" ");
        Cli cli = causal(folder.resolve("out"), more);
        assertThat(cli.code()).as(cli.err()).isEqualTo(code);
        assertThat(cli.message()).contains(words).doesNotContain("\n\tat ");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aResultOfOtherStatisticsIsNotSkipped() throws IOException {
        Path out = folder.resolve("out");
        Path statistics = others("others", 500, 600, 700);
        assertThat(causal(out, "attention.statistics=" + statistics, "write.mode=skip")
                        .code())
                .isZero();
        assertThat(causal(out, "attention.statistics=" + statistics, "write.mode=skip")
                        .lastLine())
                .contains("status=skipped");
        others("others", 500, 601, 700);
        Cli changed = causal(out, "attention.statistics=" + statistics, "write.mode=skip");
        assertThat(changed.code()).isEqualTo(73);
        assertThat(changed.message()).contains("attention.statistics").contains("before it changed");
    }
}
