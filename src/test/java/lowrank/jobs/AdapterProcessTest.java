package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import lowrank.store.Manifest;
import lowrank.weights.TestAdapter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sums of adapters in real processes from scripts/lowrank, on clusters of several shapes. */
@Tag("heavy")
class AdapterProcessTest {
    /** Enough for several tasks: a module costs about a fifteenth of the flops that a task is worth. */
    private static final int MODULES = 40;

    @TempDir
    private Path folder;

    private Path adapter(Random random, String name, int rank) {
        TestAdapter adapter = new TestAdapter(false);
        for (int m = 0; m < MODULES; m++) {
            adapter.linear(
                    "layer." + m + ".q",
                    TestAdapter.gaussian(random, 300, rank),
                    TestAdapter.gaussian(random, rank, 200));
        }
        return adapter.write(folder.resolve(name));
    }

    @Test
    void theSameBytesOnEveryShapeOfCluster() throws Exception {
        Random random = new Random(8);
        Path spec = Files.writeString(
                folder.resolve("job.conf"),
                "job = lora-resize\nread { adapters = [\"" + adapter(random, "one", 80) + "\", \""
                        + adapter(random, "two", 60) + "\"], weights = [1, -0.5] }\nfactor.budget = 100000\n");
        Launcher lowrank = new Launcher(folder);
        Set<TreeMap<String, String>> digests = new HashSet<>();
        List<String> masters = List.of("local[1]", "local[2]", "local-cluster[2,1,1024]");
        for (String master : masters) {
            Path out = folder.resolve("out" + masters.indexOf(master));
            lowrank.succeed("--master", master, "run", spec.toString(), "--set", "write.path=" + out);
            Manifest manifest = Cli.manifest(out);
            assertThat(manifest.passes()).anyMatch(pass -> pass.label().equals("factors") && pass.tasks() > 1);
            TreeMap<String, String> these = new TreeMap<>();
            manifest.factors().forEach((name, factor) -> these.put(name, factor.digest()));
            digests.add(these);
        }
        assertThat(digests).hasSize(1);
        assertThat(digests.iterator().next()).containsOnlyKeys("adapter", "matrices", "spectra");
    }
}
