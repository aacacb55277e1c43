package lowrank.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lowrank.linalg.Matrix;

/** Safetensors files of doubles or floats, written independently of the code under test. */
public final class TestCheckpoint {
    private record Tensor(List<Integer> shape, double[] values) {}

    private TestCheckpoint() {}

    /** Writes matrices as they are, row by row. */
    public static void write(Path file, Map<String, Matrix> matrices) throws IOException {
        write(file, matrices, true);
    }

    /** Writes matrices as doubles or rounded to floats. */
    public static void write(Path file, Map<String, Matrix> matrices, boolean doubles) throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>();
        matrices.forEach((name, m) -> tensors.put(
                name, new Tensor(List.of(m.rows(), m.cols()), m.transpose().values())));
        writeAll(file, tensors, doubles);
    }

    /** Writes one tensor. */
    public static void write(Path file, String name, List<Integer> shape, double[] values) throws IOException {
        writeAll(file, Map.of(name, new Tensor(shape, values)), true);
    }

    private static void writeAll(Path file, Map<String, Tensor> tensors, boolean doubles) throws IOException {
        int bytesOfOne = doubles ? Double.BYTES : Float.BYTES;
        StringBuilder header = new StringBuilder("{");
        int at = 0;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            int end = at + bytesOfOne * tensor.getValue().values.length;
            header.append(header.length() > 1 ? "," : "")
                    .append('"')
                    .append(tensor.getKey())
                    .append("\":{\"dtype\":\"")
                    .append(doubles ? "F64" : "F32")
                    .append("\",\"shape\":[")
                    .append(tensor.getValue().shape.stream()
                            .map(String::valueOf)
                            .collect(Collectors.joining(",")))
                    .append("],\"data_offsets\":[")
                    .append(at)
                    .append(',')
                    .append(end)
                    .append("]}");
            at = end;
        }
        byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + at).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        for (Tensor tensor : tensors.values()) {
            for (double value : tensor.values) {
                if (doubles) {
                    bytes.putDouble(value);
                } else {
                    bytes.putFloat((float) value);
                }
            }
        }
        Files.write(file, bytes.array());
    }
}
