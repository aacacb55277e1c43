package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.FinitePass;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.io.Examples;
import lowrank.spark.SharedSpark;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Targets, labels and weights that cannot be read, and keys that contradict each other: what is wrong, and where. */
@ExtendWith(SharedSpark.class)
class BadExamplesTest extends ReadingExamples {
    BadExamplesTest(JavaSparkContext spark) {
        super(spark);
    }

    private void assertRefused(Path input, Class<?> type, String message, String... keys) {
        assertThatThrownBy(() -> {
                    Examples examples = read(input, keys);
                    Layout layout = Layout.of(examples.rows().rows(), examples.rowBytes(Precision.FLOAT), 0);
                    LocalBlocks.of(examples.source(Precision.FLOAT, layout)).pass(new FinitePass("", 0));
                })
                .isInstanceOf(type)
                .hasMessageContaining(message);
    }

    @Test
    void badTargetsLabelsAndWeightsAreNamed() throws Exception {
        Path bad = folder.resolve("bad.parquet");
        sql(
                "copy (select [i::double, 2] as features, case when i = 3 then null else i end as hole, case when i = 4 then 'nan'::double"
                        + " else i end::double as nan, case when i = 5 then null else 'c' || (i % 2) end as word, i as y,"
                        + " current_date as day, 9007199254740993 + i as far, [i, i] as pair from range(20) t(i)) to '"
                        + bad
                        + "' (format parquet)");
        for (String more : List.of("read.partitions = auto", "read.where = true")) {
            assertRefused(
                    bad, DataException.class, "bad.parquet row 3 column hole is null", "read.target = hole", more);
            assertRefused(
                    bad,
                    DataException.class,
                    "bad.parquet row 4 column nan is NaN",
                    "read.target = y",
                    "read.weight = nan",
                    more);
            assertRefused(bad, DataException.class, "bad.parquet row 5 column word is null", "read.label = word", more);
            assertRefused(bad, DataException.class, "bad.parquet row 3 column hole is null", "read.label = hole", more);
            assertRefused(
                    bad,
                    DataException.class,
                    "column far (read.label) holds whole numbers beyond 2^53",
                    "read.label = far",
                    more);
        }
        assertRefused(
                bad, DataException.class, "bad.parquet row 3 column hole is null", "read.target = [\"y + 1\", hole]");
        assertRefused(bad, DataException.class, "bad.parquet has no column missing", "read.label = missing");
        assertRefused(bad, DataException.class, "bad.parquet has no column missing", "read.target = missing");
        assertRefused(
                bad,
                DataException.class,
                "bad.parquet column word is not one number per row; read.target takes",
                "read.target = word");
        assertRefused(
                bad,
                DataException.class,
                "bad.parquet column pair is not one number per row; read.weight takes",
                "read.target = y",
                "read.weight = pair");
        assertRefused(bad, DataException.class, "bad.parquet column pair cannot be a label", "read.label = pair");
        assertRefused(bad, DataException.class, "cast it in read.target", "read.target = word", "read.where = true");
        assertRefused(bad, IllegalArgumentException.class, "no Spark SQL expression", "read.target = \"missing + 1\"");
        assertRefused(bad, IllegalArgumentException.class, "no Spark SQL expression", "read.label = \"missing + 1\"");

        Path csv = folder.resolve("bad.csv");
        Files.writeString(csv, "x,y,word\n1,2,a\n2,,b\n3,4,\n");
        assertRefused(
                csv,
                DataException.class,
                "bad.csv line 3 column y is empty",
                "read.format=csv",
                "read.target = y",
                "read.columns = x");
        assertRefused(
                csv,
                DataException.class,
                "bad.csv line 4 column word is empty",
                "read.format=csv",
                "read.label = word",
                "read.columns = x");
        assertRefused(
                csv,
                DataException.class,
                "bad.csv line 2 column word is not a number",
                "read.format=csv",
                "read.target = word",
                "read.columns = x");
        assertRefused(csv, DataException.class, "bad.csv has no column z", "read.format=csv", "read.label = z");

        Path many = folder.resolve("many.parquet");
        sql("copy (select [i::double] as features, i, 't' || i as word from range(10001) t(i)) to '" + many
                + "' (format parquet)");
        assertRefused(many, DataException.class, "more than 10000 different values", "read.label = word");
        assertRefused(many, DataException.class, "more than 10000 different values", "read.label = i");
    }

    @Test
    void keysThatContradictEachOtherAreRefused() throws IOException {
        String[][] wrong = {
            {"read.label and read.target exclude each other", "read.label = a", "read.target = b"},
            {"read.kind = classification needs a label", "read.target = b", "read.kind = classification"},
            {"read.weight needs read.label or read.target", "read.weight = b"},
            {"read.kind = regression needs", "read.kind = regression"},
            {"column b is named twice", "read.target = [b, b]"},
            {"column b is named twice", "read.target = b", "read.columns = [a, b]"},
            {"column b is named twice", "read.label = b", "read.weight = b"},
            {"remove the empty name", "read.target = \"b,\""},
            {"read.label does not apply to read.format = npy", "read.label = b", "read.format = npy"},
            {"read.target does not apply to read.format = triplets", "read.target = b", "read.format = triplets"},
            {"read.weight does not apply to read.format = libsvm", "read.weight = b", "read.format = libsvm"},
            {"set read.label = label", "read.label = b", "read.format = libsvm"},
        };
        for (String[] keys : wrong) {
            assertThatThrownBy(() -> read(parquet, Arrays.copyOfRange(keys, 1, keys.length)))
                    .isInstanceOf(SpecException.class)
                    .hasMessageContaining(keys[0]);
        }
        for (String job : List.of("svd", "pca")) {
            Cli cli = Cli.job(
                    folder,
                    "job=" + job,
                    "read.path=" + parquet,
                    "write.path=" + folder.resolve("out"),
                    "read.target=y");
            assertThat(cli.code()).isEqualTo(64);
            assertThat(cli.message()).contains("read.target does not apply to job = " + job);
        }
    }

    @Test
    void whatIsLearntOfLibsvmIsItsLabel() {
        ReadSpec spec = ReadSpec.of(Spec.of(Map.of("test", "read { path = x, format = libsvm }")));
        assertThat(spec.kind()).isNull();
        assertThat(spec.learning().kind()).isEqualTo(ReadSpec.Kind.CLASSIFICATION);
        assertThatThrownBy(() -> ReadSpec.of(Spec.of(Map.of("test", "read { path = x }")))
                        .learning())
                .isInstanceOf(SpecException.class)
                .hasMessageContaining("nothing to learn");
    }
}
