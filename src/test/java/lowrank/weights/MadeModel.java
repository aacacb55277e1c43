package lowrank.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.ElementType;
import org.apache.hadoop.conf.Configuration;

/** Models and adapters of known numbers, written as safetensors by code of its own. */
public final class MadeModel {
    static final HadoopConf CONF = new HadoopConf(new Configuration());

    private record Tensor(ElementType type, int[] shape, double[] values) {}

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    public MadeModel add(String name, ElementType type, double[] values, int... shape) {
        tensors.put(name, new Tensor(type, shape, values));
        return this;
    }

    public MadeModel add(String name, ElementType type, double[][] rows) {
        return add(name, type, flat(rows), rows.length, rows[0].length);
    }

    public Path write(Path file) {
        StringBuilder header = new StringBuilder("{");
        int at = 0;
        for (Map.Entry<String, Tensor> of : tensors.entrySet()) {
            Tensor tensor = of.getValue();
            int bytes = tensor.values.length * tensor.type.bytes();
            header.append(at == 0 ? "" : ",")
                    .append('"')
                    .append(of.getKey())
                    .append("\":{\"dtype\":\"")
                    .append(tensor.type)
                    .append("\",\"shape\":[")
                    .append(IntStream.of(tensor.shape).mapToObj(String::valueOf).collect(Collectors.joining(",")))
                    .append("],\"data_offsets\":[")
                    .append(at)
                    .append(',')
                    .append(at + bytes)
                    .append("]}");
            at += bytes;
        }
        byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + at).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text);
        for (Tensor tensor : tensors.values()) {
            for (double value : tensor.values) {
                switch (tensor.type) {
                    case F64 -> bytes.putDouble(value);
                    case F32 -> bytes.putFloat((float) value);
                    case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits((float) brain(value)) >>> 16));
                    case I64 -> bytes.putLong((long) value);
                    default -> throw new IllegalArgumentException(tensor.type.name());
                }
            }
        }
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, bytes.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Rounded to 8 bits. */
    static double brain(double value) {
        double unit = Math.scalb(1.0, Math.getExponent(value) - 7);
        return Math.rint(value / unit) * unit;
    }

    static double[] flat(double[][] rows) {
        double[] values = new double[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * rows[0].length, rows[0].length);
        }
        return values;
    }

    public static double[][] gaussian(Random random, int rows, int cols, double scale) {
        double[][] matrix = new double[rows][cols];
        for (double[] row : matrix) {
            for (int j = 0; j < cols; j++) {
                row[j] = scale * random.nextGaussian();
            }
        }
        return matrix;
    }

    /** Columns made orthonormal, by Gram and Schmidt, twice. */
    static double[][] orthonormal(Random random, int rows, int cols) {
        double[][] q = gaussian(random, rows, cols, 1);
        for (int j = 0; j < cols; j++) {
            for (int again = 0; again < 2; again++) {
                for (int k = 0; k < j; k++) {
                    double dot = 0;
                    for (double[] row : q) {
                        dot += row[j] * row[k];
                    }
                    for (double[] row : q) {
                        row[j] -= dot * row[k];
                    }
                }
            }
            double norm = 0;
            for (double[] row : q) {
                norm += row[j] * row[j];
            }
            for (double[] row : q) {
                row[j] /= Math.sqrt(norm);
            }
        }
        return q;
    }

    /** left diag(s) right^T. */
    public static double[][] product(double[][] left, double[] s, double[][] right) {
        double[][] product = new double[left.length][right.length];
        for (int i = 0; i < left.length; i++) {
            for (int j = 0; j < right.length; j++) {
                for (int k = 0; k < s.length; k++) {
                    product[i][j] += left[i][k] * s[k] * right[j][k];
                }
            }
        }
        return product;
    }

    public static double[][] sum(double[][] a, double[][] b) {
        double[][] sum = new double[a.length][a[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                sum[i][j] = a[i][j] + b[i][j];
            }
        }
        return sum;
    }

    public static double[][] transposed(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    static double norm(double[][] a) {
        double sum = 0;
        for (double[] row : a) {
            for (double value : row) {
                sum += value * value;
            }
        }
        return Math.sqrt(sum);
    }
}
