package lowrank.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import lowrank.io.checkpoint.ElementType;

/** Adapters of known factors as PEFT would write them, by code of its own. */
public final class TestAdapter {
    private static final String PREFIX = "base_model.model.";

    private final ElementType type;
    private final MadeModel tensors = new MadeModel();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final List<String> ranks = new ArrayList<>();
    private final List<String> alphas = new ArrayList<>();
    private final Map<String, double[][]> changes = new LinkedHashMap<>();

    /** An adapter whose factors are stored as doubles or floats. */
    public TestAdapter(boolean doubles) {
        type = doubles ? ElementType.F64 : ElementType.F32;
        settings.put("peft_type", "\"LORA\"");
        settings.put("r", "1");
        settings.put("lora_alpha", "1");
    }

    /** Numbers of an adapter. */
    public static double[][] gaussian(Random random, int rows, int cols) {
        return MadeModel.gaussian(random, rows, cols, 1);
    }

    /** Adds alpha / rank b a to a module, b being out x rank and a rank x in. */
    public TestAdapter linear(String path, double[][] b, double[][] a, double alpha) {
        factors(path, b, a, alpha, ".lora_A.weight", ".lora_B.weight");
        changes.merge(path, product(b, a, alpha / a.length), MadeModel::sum);
        return this;
    }

    /** The same with alpha = rank. */
    public TestAdapter linear(String path, double[][] b, double[][] a) {
        return linear(path, b, a, a.length);
    }

    /** Adds (b a)^T to a table: b is dim x rank, a rank x words. */
    public TestAdapter embedding(String path, double[][] b, double[][] a) {
        factors(path, b, a, a.length, ".lora_embedding_A", ".lora_embedding_B");
        changes.put(path, MadeModel.transposed(product(b, a, 1)));
        return this;
    }

    /** Adds to a convolution: a is rank x (in height width), b out x rank. */
    public TestAdapter convolution(String path, double[][] b, double[][] a, int height, int width) {
        int rank = a.length;
        tensors.add(
                PREFIX + path + ".lora_A.weight",
                type,
                MadeModel.flat(a),
                rank,
                a[0].length / height / width,
                height,
                width);
        tensors.add(PREFIX + path + ".lora_B.weight", type, MadeModel.flat(b), b.length, rank, 1, 1);
        pattern(path, rank, rank);
        changes.put(path, product(b, a, 1));
        return this;
    }

    /** The same, for sizes at which the change is not formed. */
    TestAdapter factors(String path, double[][] b, double[][] a) {
        factors(path, b, a, a.length, ".lora_A.weight", ".lora_B.weight");
        return this;
    }

    private void factors(String path, double[][] b, double[][] a, double alpha, String ofA, String ofB) {
        tensors.add(PREFIX + path + ofA, type, a).add(PREFIX + path + ofB, type, b);
        pattern(path, a.length, alpha);
    }

    private void pattern(String path, int rank, double alpha) {
        ranks.add("\"" + path + "\": " + rank);
        alphas.add("\"" + path + "\": " + alpha);
    }

    /** Holds a tensor whole. */
    public TestAdapter whole(String name, double[] values, int... shape) {
        tensors.add(PREFIX + name, type, values, shape);
        return this;
    }

    /** A setting as JSON. */
    public TestAdapter set(String key, String json) {
        settings.put(key, json);
        return this;
    }

    /** out x in of what is added to a module, before factors are rounded to their type. */
    public double[][] change(String path) {
        return changes.get(path);
    }

    private static double[][] product(double[][] b, double[][] a, double scale) {
        double[] scales = new double[a.length];
        java.util.Arrays.fill(scales, scale);
        return MadeModel.product(b, scales, MadeModel.transposed(a));
    }

    /** Writes the adapter into a folder, which is returned. */
    public Path write(Path folder) {
        tensors.write(folder.resolve(Adapter.TENSORS));
        settings.put("rank_pattern", "{" + String.join(", ", ranks) + "}");
        settings.put("alpha_pattern", "{" + String.join(", ", alphas) + "}");
        try {
            Files.writeString(
                    folder.resolve("adapter_config.json"),
                    settings.entrySet().stream()
                            .map(setting -> "\"" + setting.getKey() + "\": " + setting.getValue())
                            .collect(Collectors.joining(", ", "{", "}")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }
}
