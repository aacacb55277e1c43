package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import lowrank.blas.Arena;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import lowrank.linalg.LargeSvd;
import lowrank.store.Manifest;
import lowrank.weights.CircuitFiles;
import lowrank.weights.MadeModel;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code plan} says of jobs on weights is what their runs take. One matrix, layer or file is one task. */
class WeightsPlanTest extends WeightsJobCase {
    /** How far planned memory may be from the allocator's peak. */
    private static final double MEMORY = 0.3;

    private static final int OUT = 400;
    private static final int IN = 300;

    private static Map<String, double[][]> one(int seed, int out, int in) {
        Map<String, double[][]> one = new LinkedHashMap<>();
        one.put("dense.weight", MadeModel.gaussian(new Random(seed), out, in, 1));
        return one;
    }

    private Path write(String name, Map<String, double[][]> matrices) {
        MadeModel model = new MadeModel();
        matrices.forEach((matrix, rows) -> model.add(matrix, ElementType.F32, rows));
        return model.write(folder.resolve(name + "/model.safetensors"));
    }

    private static List<String> planned(String... keys) {
        StringBuilder spec = new StringBuilder();
        for (String key : keys) {
            String value = key.substring(key.indexOf('=') + 1);
            spec.append(key, 0, key.indexOf('='))
                    .append(" = ")
                    .append(value.startsWith("[") ? value : "\"" + value + "\"")
                    .append('\n');
        }
        return List.of(spec.toString());
    }

    private static WeightsPlan plan(String... keys) {
        return WeightsJob.plan(Spec.of(Map.of("test", planned(keys).get(0))), new HadoopConf(new Configuration()));
    }

    /**
     * Holds the peak of a run to what its plan says of the matrix that takes most, and stages to those of the plan.
     *
     * @param lapack bytes that LAPACK may take by itself, which the allocator does not see
     */
    private void holds(long lapack, String... keys) throws Exception {
        List<String> all = new ArrayList<>(List.of(keys));
        all.add("write.path=" + folder.resolve("out"));
        WeightsPlan plan = plan(all.toArray(String[]::new));
        long most = plan.stages().stream()
                .flatMap(stage -> stage.costs().stream())
                .mapToLong(WeightsPlan.Cost::bytes)
                .max()
                .orElseThrow();
        long before = Arena.liveBytes();
        Arena.resetPeak();
        Path output = done("out", all.toArray(String[]::new));
        long peak = Arena.peakBytes() - before;
        assertThat(plan.stages())
                .extracting(WeightsPlan.Stage::label)
                .isEqualTo(Cli.manifest(output).passes().stream()
                        .map(Manifest.PassRecord::label)
                        .toList());
        for (int i = 0; i < plan.stages().size(); i++) {
            Manifest.PassRecord pass = Cli.manifest(output).passes().get(i);
            assertThat(plan.stages().get(i).flops()).as(pass.label()).isEqualTo(pass.flops());
            assertThat(plan.stages().get(i).values()).as(pass.label()).isEqualTo(pass.rows());
        }
        assertThat((double) peak).isBetween((1 - MEMORY) * (most - lapack), (1 + MEMORY) * most);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "factor.rank=20",
                "factor.rank=150",
                "factor.rank=150 write.precision=float",
                "factor.budget=20000",
                "write.factors=false",
                "factor.rank=150 write.also=[safetensors]",
                "factor.rank=150 read.in-out=[\"dense*\"]"
            })
    void compress(String keys) throws Exception {
        for (int[] shape : new int[][] {{OUT, IN}, {IN, OUT}, {700, 150}, {150, 700}}) {
            Path model = write("model", one(1, shape[0], shape[1]));
            holds(
                    keys.contains("false")
                            ? LargeSvd.valueWorkspace(shape[0], shape[1])
                            : LargeSvd.workspace(shape[0], shape[1]),
                    ("job=compress read.path=" + model + " write.mode=replace " + keys).split(" "));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"factor.rank=20", "factor.rank=150", "factor.rank=150 read.held-out=true", "factor.budget=20000"
            })
    void whitened(String keys) throws Exception {
        for (int[] shape : new int[][] {{OUT, IN}, {IN, OUT}, {150, 600}}) {
            Path model = write("model", one(1, shape[0], shape[1]));
            Path rows = Files.createDirectories(folder.resolve("rows"));
            String row = "list_transform(range(" + shape[1] + "), lambda j: sin(i * (j + 1) * 0.37))";
            rows(rows.resolve("dense.weight.parquet"), row, 3000);
            holds(
                    LargeSvd.workspace(shape[0], shape[1]),
                    ("job=compress read.path=" + model + " write.mode=replace read.calibration=" + rows + " "
                                    + keys.replace("true", rows.toString()))
                            .split(" "));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "factor.rank=20",
                "factor.rank=110",
                "factor.rank=110 write.precision=float",
                "factor.budget=20000"
            })
    void extract(String keys) throws Exception {
        for (int[] shape : new int[][] {{OUT, IN}, {200, 700}}) {
            Map<String, double[][]> base = one(1, shape[0], shape[1]);
            Map<String, double[][]> tuned = new LinkedHashMap<>(base);
            tuned.replaceAll((name, w) -> MadeModel.sum(w, MadeModel.gaussian(new Random(2), shape[0], shape[1], 0.1)));
            holds(
                    LargeSvd.workspace(shape[0], shape[1]),
                    ("job=lora-extract read.base=" + write("base", base) + " read.tuned=" + write("tuned", tuned)
                                    + " write.mode=replace " + keys)
                            .split(" "));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 120})
    void merge(int rank) throws Exception {
        Path base = write("base", one(1, OUT, IN));
        Map<String, double[][]> factors = new LinkedHashMap<>();
        factors.put("base_model.model.dense.lora_A.weight", MadeModel.gaussian(new Random(3), rank, IN, 1));
        factors.put("base_model.model.dense.lora_B.weight", MadeModel.gaussian(new Random(4), OUT, rank, 1));
        Path adapter = write("adapter", factors);
        Files.move(adapter, adapter.resolveSibling("adapter_model.safetensors"));
        Files.writeString(
                adapter.resolveSibling("adapter_config.json"),
                "{\"peft_type\": \"LORA\", \"r\": " + rank + ", \"lora_alpha\": 4}");
        holds(0, "job=lora-merge", "read.base=" + base, "read.adapters=[\"" + adapter.getParent() + "\"]");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void circuits(int layers) throws Exception {
        String model = CircuitFiles.bert(layers, 240).write(folder.resolve("bert.safetensors"));
        holds(
                0,
                "job=circuits",
                "read.path=" + model,
                "heads.preset=bert",
                "heads.count=4",
                "read.include=[\"*attention*\"]");
    }

    /** A line for each stage, with what it reads and computes and how much of it a task holds. */
    @Test
    void planNamesEveryStageAndItsMemory() throws Exception {
        Path model = write("model", one(1, OUT, IN));
        Path spec = folder.resolve("plan.conf");
        Files.writeString(
                spec,
                planned(
                                "job=compress",
                                "read.path=" + model,
                                "factor.budget=20000",
                                "write.path=" + folder.resolve("none"))
                        .get(0));
        Cli cli = Cli.run("plan", spec.toString());
        assertThat(cli.code()).as(cli.err()).isZero();
        WeightsPlan plan = plan(
                "job=compress", "read.path=" + model, "factor.budget=20000", "write.path=" + folder.resolve("none"));
        assertThat(plan.stages()).extracting(WeightsPlan.Stage::label).containsExactly("singular values", "factors");
        for (WeightsPlan.Stage stage : plan.stages()) {
            assertThat(cli.out())
                    .containsPattern(String.format(
                            Locale.ROOT,
                            "stage +%s +%,d bytes +%s flops +1 task, at most %s off the heap for dense.weight",
                            stage.label(),
                            8 * stage.values(),
                            String.format(Locale.ROOT, "%.4g", stage.flops()).replace("+", "\\+"),
                            lowrank.spark.Room.size(stage.costs().get(0).bytes())));
        }
        assertThat(folder.resolve("none")).doesNotExist();
    }
}
