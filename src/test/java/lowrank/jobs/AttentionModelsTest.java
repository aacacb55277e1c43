package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.models.HeadTables;
import lowrank.models.RealHeads;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code job = attention} on the 144 heads of bge-small-en-v1.5: {@code mvn verify -Pmodels}, as {@link RealHeads} says. */
@Tag("models")
class AttentionModelsTest {
    private static RealHeads real;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        real = RealHeads.load();
    }

    private RowTable.Columns heads(String name, String... keys) throws IOException {
        Path in = HeadTables.sorted().over(4).shuffled(3).write(folder.resolve("in-" + name), real.heads());
        Path out = folder.resolve(name);
        List<String> pairs = new ArrayList<>(List.of(
                "job=attention",
                "read.path=" + in,
                "read.position=pos",
                "read.keys=[layer, head]",
                "attention.force=true",
                "write.path=" + out));
        pairs.addAll(List.of(keys));
        Cli cli = Cli.job(folder, pairs.toArray(String[]::new));
        assertThat(cli.code()).as(cli.err()).isZero();
        Cli verified = Cli.run("verify", out.toString());
        assertThat(verified.code()).as(verified.out() + verified.err()).isZero();
        HadoopConf conf = new HadoopConf(new Configuration());
        return RowTable.read(conf, OutputFolder.read(conf, out.toString()), AttentionResult.HEADS);
    }

    private static long better(RowTable.Columns heads) {
        double[] errors = heads.numbers("relative_error");
        double[] uniform = heads.numbers("uniform_error");
        long count = 0;
        for (int i = 0; i < errors.length; i++) {
            count += errors[i] < uniform[i] ? 1 : 0;
        }
        System.out.printf("%d of %d heads, median %.3f%n", count, errors.length, RealHeads.median(errors));
        return count;
    }

    @Test
    void alignedFeaturesAndLandmarksBeatTheMeanAndPlainFeaturesDoNot() throws IOException {
        assertThat(better(heads("balanced", "attention.method=performer"))).isGreaterThan(105);
        assertThat(better(heads("plain", "attention.method=performer", "attention.align=none")))
                .isLessThan(72);
        assertThat(better(heads("nystrom", "attention.method=nystrom"))).isGreaterThan(135);
    }

    /** The 512 rows are sampled all: the intervals have no width. */
    @Test
    void aSampleOfAllRowsKnowsEachHead() throws IOException {
        RowTable.Columns heads = heads("all", "attention.method=linformer", "certify.rows=1000");
        assertThat(heads.numbers("upper")).isEqualTo(heads.numbers("relative_error"));
        assertThat(Arrays.stream(heads.numbers("sampled"))).allMatch(rows -> rows == 512);
    }
}
