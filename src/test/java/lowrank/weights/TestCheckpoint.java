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

/** Safetensors files, written independently of the code under test; values other than doubles must be ones that their type holds. */
public final class TestCheckpoint {
    private record Tensor(List<Integer> shape, double[] values) {}

    private TestCheckpoint() {}

    /** Writes matrices as they are, row by row. */
    public static void write(Path file, Map<String, Matrix> matrices) throws IOException {
        write(file, "F64", matrices);
    }

    /** Writes matrices as doubles or rounded to floats. */
    public static void write(Path file, Map<String, Matrix> matrices, boolean doubles) throws IOException {
        write(file, doubles ? "F64" : "F32", matrices);
    }

    /** The same in another type: F64, F32, BF16 or F16 (numbers that are normal, or 0). */
    public static void write(Path file, String type, Map<String, Matrix> matrices) throws IOException {
        Map<String, Tensor> tensors = new TreeMap<>();
        matrices.forEach((name, m) -> tensors.put(
                name, new Tensor(List.of(m.rows(), m.cols()), m.transpose().values())));
        writeAll(file, type, tensors);
    }

    /** Writes one tensor. */
    public static void write(Path file, String name, List<Integer> shape, double[] values) throws IOException {
        writeAll(file, "F64", Map.of(name, new Tensor(shape, values)));
    }

    private static void writeAll(Path file, String type, Map<String, Tensor> tensors) throws IOException {
        StringBuilder header = new StringBuilder("{");
        int at = 0;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            int end = at + bytes(type) * tensor.getValue().values.length;
            header.append(header.length() > 1 ? "," : "")
                    .append('"')
                    .append(tensor.getKey())
                    .append("\":{\"dtype\":\"")
                    .append(type)
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
                put(bytes, type, value);
            }
        }
        Files.write(file, bytes.array());
    }

    private static int bytes(String type) {
        return type.equals("F64") ? 8 : type.equals("F32") ? 4 : 2;
    }

    private static void put(ByteBuffer bytes, String type, double value) {
        int single = Float.floatToRawIntBits((float) value);
        switch (type) {
            case "F64" -> bytes.putDouble(value);
            case "F32" -> bytes.putFloat((float) value);
            case "BF16" -> bytes.putShort((short) (single >>> 16));
            // Ten bits of the fraction, and an exponent that counts from 15 in place of 127.
            default ->
                bytes.putShort((short)
                        (value == 0 ? 0 : (single >>> 16 & 0x8000) | ((single & 0x7fffffff) >>> 13) - (112 << 10)));
        }
    }
}
