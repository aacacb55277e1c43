package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lowrank.certify.Demand;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.io.HadoopConf;
import lowrank.regress.LambdaPath;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code show} of a result that has a model and measures, but no factors. */
class ShowModelTest {
    @TempDir
    private Path folder;

    @Test
    void modelPathAndMeasuresAreShown() {
        String path = folder.resolve("model").toString();
        double nan = Double.NaN;
        ObjectNode model = new ObjectMapper().createObjectNode();
        model.putObject("kernel").put("name", "gaussian").put("bandwidth", 2.5);
        ObjectNode features = model.putObject("features").put("map", "nystrom").put("inputs", 20);
        features.putArray("sizes").add(512);
        features.putArray("seeds").add(42);
        model.put("precision", "DOUBLE");
        ObjectNode fit = model.putObject("fit").put("lambda", 0.25);
        ObjectNode classes = fit.putObject("classes").put("type", "TEXT");
        for (int i = 0; i < 1000; i++) {
            classes.withArray("numbers").add(i);
            classes.withArray("texts").add("class " + i);
        }
        try (OutputFolder out = OutputFolder.at(new HadoopConf(new Configuration()), path, OutputFolder.Mode.FAIL)) {
            out.begin();
            Manifest.Factor table = ModelTables.writePath(
                    out,
                    new LambdaPath(
                            new double[] {0.5, 0.25},
                            new double[] {1.5, 1.25},
                            new double[] {nan, nan},
                            new double[] {3.5, nan},
                            new double[] {10, 20}),
                    "none");
            out.commit(new Manifest(
                    Manifest.FORMAT,
                    "regress",
                    "complete",
                    null,
                    "spec",
                    new Manifest.Input("in", 1, "", "none", ""),
                    new Manifest.Shape(1000, 20, "double", 8192, 8192),
                    "ridge on nystrom",
                    List.of(),
                    512,
                    null,
                    null,
                    new Findings(
                            List.of(
                                    Measure.exact("trace residual", 0.125, "Missed."),
                                    new Measure("kernel error", 0.25, null, 0.5, 1e-6, "Sampled.")),
                            List.of(new Demand("trace residual", 0.2, 0.125)),
                            List.of("a note")),
                    model,
                    List.of(),
                    Map.of("path", table)));
        }
        Cli cli = Cli.run("show", path);
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(cli.out().lines().map(line -> line.strip().replaceAll(" +", " ")))
                .contains(
                        "regress of 1,000 x 20 double by ridge on nystrom: 512 features",
                        "stored path 2 x 1 double",
                        "model kernel Gaussian kernel, bandwidth 2.5",
                        "model lambda 0.25",
                        "path lambda GCV leave-one-out df",
                        "0.500000 1.50000 3.50000 10.0000",
                        "0.250000 1.25000 - 20.0000 <- chosen",
                        "trace residual 0.125 Missed.",
                        "kernel error 0.25 Sampled; at most 0.5, fails with probability 1e-06",
                        "demand trace residual <= 0.2: met",
                        "note a note")
                .anyMatch(line -> line.startsWith("model classes 1000: class 0, class 1, "))
                .anyMatch(line -> line.endsWith("and 988 more"))
                .filteredOn(line -> line.startsWith("model"))
                .allMatch(line -> line.length() <= 110);
    }
}
