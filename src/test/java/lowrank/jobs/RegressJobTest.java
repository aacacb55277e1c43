package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import lowrank.io.ShuffledFileSystem;
import lowrank.spark.SharedSpark;
import lowrank.store.Manifest;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code job = regress} from the command line: the same bits however it is run, and the right numbers. */
class RegressJobTest extends KernelJobCase {
    /** 65 leaves, so that even 64 partitions have leaves to share. */
    private static final int MANY = 524_389;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "features.landmarks=rpcholesky read.target=y,z read.weight=w kernel.bandwidth=median",
                "features.landmarks=k-means read.label=word solve.select=kfold kernel.bandwidth=1.5",
                "features.landmarks=leverage read.label=kind solve.select=loo kernel.bandwidth=1 read.scale=standard",
                "features.landmarks=uniform read.target=y solve.select=kfold solve.folds=3 kernel.bandwidth=[1,median]",
                "features.map=fourier read.target=y blocks.precision=float solve.lambda=1e-5 kernel.bandwidth=1"
            })
    void theSameBitsForAnyPartitionsFilesAndListing(String keys) throws Exception {
        List<String> all = new ArrayList<>(List.of(keys.split(" ")));
        all.addAll(List.of("job=regress", "features.size=16"));
        Path whole = table("whole/a.parquet", 0, MANY).getParent();
        Set<Map<String, String>> digests = new HashSet<>();
        for (int partitions : new int[] {1, 2, 7, 64}) {
            List<String> more = new ArrayList<>(all);
            more.add("read.partitions=" + partitions);
            Path output = done(whole, "out" + partitions, more.toArray(String[]::new));
            digests.add(digests(output));
            Manifest manifest = Cli.manifest(output);
            assertThat(manifest.passes().get(manifest.passes().size() - 1).tasks())
                    .isGreaterThanOrEqualTo(partitions);
        }
        // In the order of bytes: capitals before small letters, a file b.parquet before what is in a folder b.
        Path parts = table("parts/b/10.parquet", 300_000, 300_001).getParent().getParent();
        table("parts/b.parquet", 100_000, 300_000);
        table("parts/b/9.parquet", 300_001, MANY);
        table("parts/B.parquet", 0, 100_000);
        Configuration conf = SharedSpark.session().sparkContext().hadoopConfiguration();
        conf.set("fs." + ShuffledFileSystem.SCHEME + ".impl", ShuffledFileSystem.class.getName());
        conf.setBoolean("fs." + ShuffledFileSystem.SCHEME + ".impl.disable.cache", true);
        for (int seed = 1; seed <= 2; seed++) {
            conf.setLong(ShuffledFileSystem.SEED, seed);
            List<String> more = new ArrayList<>(all);
            more.add("read.path=" + ShuffledFileSystem.SCHEME + "://" + parts);
            digests.add(digests(done(parts, "shuffled" + seed, more.toArray(String[]::new))));
        }
        assertThat(digests).hasSize(1);
        assertThat(digests.iterator().next()).containsKeys("coefficients", "inputs", "path");
    }

    @Test
    void theReasonSaysMedianOfTheBandwidthThatIsOne() throws Exception {
        Path input = table("rows.parquet", 0, 300);
        Map<String, String> reasons = Map.of(
                "[1, \"100 * median\"]", "bandwidth 1",
                "[1000, \"0.5 * median\"]", "bandwidth 0\\.[0-9]+, by the median distance");
        for (Map.Entry<String, String> one : reasons.entrySet()) {
            Path output = done(
                    input,
                    "out" + one.getKey().charAt(1) + one.getKey().charAt(2),
                    "job=regress",
                    "read.target=y",
                    "features.size=30",
                    "kernel.bandwidth=" + one.getKey());
            assertThat(Cli.manifest(output).reasons().get(0)).matches(one.getValue());
        }
    }

    /** exp(w'x - |x|^2 / 2) is below the smallest double where |x| is 60 and w does not point at x. */
    @Test
    void featuresThatAreAllZeroAreSaidToBe() throws Exception {
        Path input = table("rows.parquet", COLUMNS.replace("[sin(i * 1.7)", "[60 + sin(i * 1.7)"), 0, 100);
        String[] keys = {
            "job=regress", "read.target=y", "features.map=positive", "features.size=20", "kernel.name=exponential"
        };
        Cli cli = run(input, "out", keys);
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(cli.out()).contains("every feature of every row is 0");
        Cli scaled = run(
                input,
                "scaled",
                Stream.concat(Stream.of(keys), Stream.of("read.scale=standard")).toArray(String[]::new));
        assertThat(scaled.out()).doesNotContain("every feature of every row is 0");
    }
}
