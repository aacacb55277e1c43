package lowrank.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lowrank.io.checkpoint.ElementType;
import lowrank.weights.CircuitFiles;
import lowrank.weights.MadeModel;
import org.junit.jupiter.api.io.TempDir;

/** Small models, rows that go into their matrices, and jobs on them. */
abstract class WeightsJobCase {
    static final int WIDTH = 12;

    @TempDir
    Path folder;

    /** Matrices of a model: both ways round, a convolution apart; the third is nearly of rank 2. */
    static Map<String, double[][]> matrices(int seed) {
        Random random = new Random(seed);
        Map<String, double[][]> matrices = new LinkedHashMap<>();
        matrices.put("layer.0.query.weight", MadeModel.gaussian(random, 16, 16, 1));
        matrices.put("layer.0.dense.weight", MadeModel.gaussian(random, 30, 16, 0.1));
        matrices.put(
                "layer.1.dense.weight",
                MadeModel.sum(
                        MadeModel.product(
                                MadeModel.gaussian(random, 14, 2, 1),
                                new double[] {3, 1},
                                MadeModel.gaussian(random, 20, 2, 1)),
                        MadeModel.gaussian(random, 14, 20, 0.01)));
        matrices.put("embeddings.weight", MadeModel.gaussian(random, 40, 16, 1));
        return matrices;
    }

    /** The model, with a convolution, a bias and whole numbers beside its matrices. */
    Path model(String name, ElementType type, Map<String, double[][]> matrices) {
        MadeModel model = new MadeModel();
        matrices.forEach((matrix, rows) -> model.add(matrix, type, rows));
        return model.add("conv.weight", type, MadeModel.gaussian(new Random(5), 1, 120, 1)[0], 5, 4, 3, 2)
                .add("layer.0.dense.bias", type, new double[] {1, 2, 3}, 3)
                .add("positions", ElementType.I64, new double[] {0, 1, 2}, 3)
                .write(folder.resolve(name + "/model.safetensors"));
    }

    Path model(String name, int seed) {
        return model(name, ElementType.F32, matrices(seed));
    }

    /** The matrices, two of them changed by a hundredth, one in rank 2, and the table of words. */
    static Map<String, double[][]> tuned(int seed) {
        Random random = new Random(seed + 1000);
        Map<String, double[][]> tuned = new LinkedHashMap<>(matrices(seed));
        for (String name : List.of("layer.0.query.weight", "layer.1.dense.weight")) {
            double[][] w = tuned.get(name);
            double[][] change = MadeModel.product(
                    MadeModel.gaussian(random, w.length, 2, 1),
                    new double[] {0.02, 0.01},
                    MadeModel.gaussian(random, w[0].length, 2, 1));
            tuned.put(name, MadeModel.sum(w, change));
        }
        tuned.put(
                "embeddings.weight",
                MadeModel.sum(tuned.get("embeddings.weight"), MadeModel.gaussian(random, 40, 16, 0.01)));
        return tuned;
    }

    /** Rows that go into each matrix, by DuckDB. */
    Path rows(String name, int seed) throws Exception {
        Path rows = Files.createDirectories(folder.resolve(name));
        for (Map.Entry<String, double[][]> matrix : matrices(1).entrySet()) {
            StringBuilder values = new StringBuilder("[");
            for (int j = 0; j < matrix.getValue()[0].length; j++) {
                values.append(j == 0 ? "" : ", ")
                        .append("sin(i * ")
                        .append(seed + 0.37 * j)
                        .append(") / ")
                        .append(1 + j);
            }
            rows(rows.resolve(matrix.getKey() + ".parquet"), values + "]", 90);
        }
        return rows;
    }

    static void rows(Path file, String values, int count) throws Exception {
        try (java.sql.Connection duck = java.sql.DriverManager.getConnection("jdbc:duckdb:");
                java.sql.Statement statement = duck.createStatement()) {
            statement.execute("copy (select " + values + " as features from range(" + count + ") t(i)) to '" + file
                    + "' (format parquet)");
        }
    }

    String heads(String name) throws Exception {
        return CircuitFiles.bert(3, WIDTH).write(folder.resolve(name + ".safetensors"));
    }

    /** Runs a job; its output is the folder of this name unless the keys say another. */
    Cli run(String output, String... keys) throws Exception {
        List<String> all = new ArrayList<>(List.of(keys));
        if (all.stream().noneMatch(key -> key.startsWith("write.path="))) {
            all.add("write.path=\"" + folder.resolve(output) + "\"");
        }
        return Cli.job(folder, all.toArray(String[]::new));
    }

    Path done(String output, String... keys) throws Exception {
        Cli cli = run(output, keys);
        assertThat(cli.code()).as(cli.err()).isZero();
        return folder.resolve(output);
    }

    /** An adapter, with what it does not hold in a side-file. */
    Path extracted(Path base, Path tuned, String name, String... keys) throws Exception {
        List<String> all = new ArrayList<>(List.of(
                "job=lora-extract",
                "read.base=" + base,
                "read.tuned=" + tuned,
                "read.include=[\"layer.*\"]",
                "write.side-file=true"));
        all.addAll(List.of(keys));
        return done(name, all.toArray(String[]::new));
    }
}
