package lowrank.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import lowrank.linalg.Matrix;

/** Writes small checkpoints with attention heads, as safetensors of doubles; matrices are given as they are stored. */
public final class CircuitFiles {
    private final Map<String, Matrix> tensors = new LinkedHashMap<>();

    /** Adds a matrix. */
    public CircuitFiles put(String name, Matrix stored) {
        tensors.put(name, stored);
        return this;
    }

    /** The matrix of a name. */
    public Matrix get(String name) {
        return tensors.get(name);
    }

    /** Leaves one out. */
    public CircuitFiles remove(String name) {
        tensors.remove(name);
        return this;
    }

    /** Uniform numbers in (-1, 1). */
    public static Matrix random(int rows, int cols, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Matrix m = Matrix.zeros(rows, cols);
        for (int i = 0; i < m.values().length; i++) {
            m.values()[i] = random.nextDouble() * 2 - 1;
        }
        return m;
    }

    /** The attention of BERT: layers of query, key, value and output, and a matrix beside them. */
    public static CircuitFiles bert(int layers, int width) {
        CircuitFiles files = new CircuitFiles();
        String[] names = {"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"
        };
        for (int layer = 0; layer < layers; layer++) {
            for (int i = 0; i < names.length; i++) {
                files.put(
                        "bert.encoder.layer." + layer + "." + names[i] + ".weight",
                        random(width, width, 10L * layer + i));
            }
        }
        return files.put("bert.encoder.layer.0.intermediate.dense.weight", random(3, width, 99));
    }

    /** Writes the file. */
    public String write(Path file) throws IOException {
        StringJoiner header = new StringJoiner(",", "{", "}");
        long at = 0;
        for (Map.Entry<String, Matrix> tensor : tensors.entrySet()) {
            Matrix m = tensor.getValue();
            long end = at + 8L * m.values().length;
            header.add("\"" + tensor.getKey() + "\":{\"dtype\":\"F64\",\"shape\":[" + m.rows() + "," + m.cols()
                    + "],\"data_offsets\":[" + at + "," + end + "]}");
            at = end;
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(8 + text.length + at)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        for (Matrix m : tensors.values()) {
            for (int i = 0; i < m.rows(); i++) {
                for (int j = 0; j < m.cols(); j++) {
                    bytes.putDouble(m.get(i, j));
                }
            }
        }
        Files.write(file, bytes.array());
        return file.toString();
    }
}
