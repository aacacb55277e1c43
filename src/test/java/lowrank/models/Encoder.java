package lowrank.models;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.Checkpoint;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;
import lowrank.linalg.Matrix;
import org.apache.hadoop.conf.Configuration;

/**
 * The forward pass of a BERT encoder in doubles, whose attention is given by the caller: embeddings of words, positions and the first
 * type, and in each layer x = norm(x + heads(x) W), x = norm(x + gelu(x W) W), the norm after the sum (Devlin et al. 2019). Weights are
 * read as (in, out), as ONNX stores them.
 */
public final class Encoder {
    /** Of layers of BERT, as the graph adds it to a variance. */
    private static final double NORM_EPSILON = 1e-12;

    private static final HadoopConf CONF = new HadoopConf(new Configuration());

    private final Map<String, StoredTensor> stored = new HashMap<>();
    private final Map<String, Matrix> weights = new HashMap<>();
    private final int heads;
    private final int layers;

    private Encoder(Path model, int heads) {
        this.heads = heads;
        for (StoredTensor tensor : Checkpoint.open(CONF, model.toString()).tensors()) {
            stored.put(tensor.name(), tensor);
        }
        int count = 0;
        while (stored.containsKey(prefix(count) + "attention.self.query.weight")) {
            count++;
        }
        layers = count;
    }

    /**
     * An encoder.
     *
     * @param model an ONNX file
     * @param heads of each layer, which no tensor tells
     */
    public static Encoder read(Path model, int heads) {
        return new Encoder(model, heads);
    }

    public int layers() {
        return layers;
    }

    public int heads() {
        return heads;
    }

    /** The last hidden state, a row for each token. */
    public Matrix states(long[] ids, HeadAttention attention) {
        Matrix x = norm(embeddings(ids), "embeddings.LayerNorm");
        for (int layer = 0; layer < layers; layer++) {
            String prefix = prefix(layer);
            Matrix context = linear(attention(x, layer, attention), prefix + "attention.output.dense");
            x = norm(x.plus(context), prefix + "attention.output.LayerNorm");
            Matrix inner = map(linear(x, prefix + "intermediate.dense"), Encoder::gelu);
            x = norm(x.plus(linear(inner, prefix + "output.dense")), prefix + "output.LayerNorm");
        }
        return x;
    }

    /** The state of the first token, of length one, as bge takes it. */
    public double[] embedding(long[] ids, HeadAttention attention) {
        Matrix first = states(ids, attention).transpose().columns(1);
        double norm = first.columnNorms()[0];
        return Arrays.stream(first.values()).map(value -> value / norm).toArray();
    }

    /** What goes into all heads where each gives these outputs, layer by layer. */
    public List<Head> heads(long[] ids, HeadAttention attention) {
        List<Head> all = new ArrayList<>();
        states(ids, (layer, head, q, k, v) -> {
            all.add(new Head(layer, head, q, k, v));
            return attention.outputs(layer, head, q, k, v);
        });
        return all;
    }

    private static String prefix(int layer) {
        return "encoder.layer." + layer + ".";
    }

    private Matrix embeddings(long[] ids) {
        Matrix types = table("embeddings.token_type_embeddings.weight", new long[ids.length]);
        long[] positions = new long[ids.length];
        Arrays.setAll(positions, i -> i);
        return table("embeddings.word_embeddings.weight", ids)
                .plus(types)
                .plus(table("embeddings.position_embeddings.weight", positions));
    }

    /** Rows of a table of embeddings. */
    private Matrix table(String name, long[] rows) {
        Matrix table = weight(name);
        Matrix some = Matrix.zeros(rows.length, table.cols());
        for (int j = 0; j < table.cols(); j++) {
            for (int i = 0; i < rows.length; i++) {
                some.set(i, j, table.get(Math.toIntExact(rows[i]), j));
            }
        }
        return some;
    }

    private Matrix attention(Matrix x, int layer, HeadAttention attention) {
        String prefix = prefix(layer) + "attention.self.";
        Matrix q = linear(x, prefix + "query");
        Matrix k = linear(x, prefix + "key");
        Matrix v = linear(x, prefix + "value");
        Matrix context = Matrix.zeros(x.rows(), 0);
        for (int head = 0; head < heads; head++) {
            context = context.beside(
                    attention.outputs(layer, head, columnsOf(q, head), columnsOf(k, head), columnsOf(v, head)));
        }
        return context;
    }

    /** The columns of one head. */
    private Matrix columnsOf(Matrix all, int head) {
        int width = all.cols() / heads;
        int[] columns = new int[width];
        Arrays.setAll(columns, j -> head * width + j);
        return all.columns(columns, width);
    }

    /** x W + b. */
    private Matrix linear(Matrix x, String name) {
        Matrix product = x.times(weight(name + ".weight"));
        double[] bias = weight(name + ".bias").values();
        for (int j = 0; j < product.cols(); j++) {
            for (int i = 0; i < product.rows(); i++) {
                product.set(i, j, product.get(i, j) + bias[j]);
            }
        }
        return product;
    }

    /** Each row less its mean, by its standard deviation, times one vector and plus another. */
    private Matrix norm(Matrix x, String name) {
        double[] factor = weight(name + ".weight").values();
        double[] shift = weight(name + ".bias").values();
        Matrix normed = Matrix.zeros(x.rows(), x.cols());
        for (int i = 0; i < x.rows(); i++) {
            double sum = 0;
            for (int j = 0; j < x.cols(); j++) {
                sum += x.get(i, j);
            }
            double mean = sum / x.cols();
            double squares = 0;
            for (int j = 0; j < x.cols(); j++) {
                squares += (x.get(i, j) - mean) * (x.get(i, j) - mean);
            }
            double deviation = Math.sqrt(squares / x.cols() + NORM_EPSILON);
            for (int j = 0; j < x.cols(); j++) {
                normed.set(i, j, (x.get(i, j) - mean) / deviation * factor[j] + shift[j]);
            }
        }
        return normed;
    }

    private static Matrix map(Matrix x, DoubleUnaryOperator function) {
        return new Matrix(
                x.rows(), x.cols(), Arrays.stream(x.values()).map(function).toArray());
    }

    static double gelu(double x) {
        return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    }

    /** 2 / sqrt(pi) exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...), whose terms have one sign; beyond 6 it rounds to 1. */
    static double erf(double x) {
        if (Math.abs(x) > 6) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 0x1p-54 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /** A matrix (in, out), or a vector as one row; read once. */
    private Matrix weight(String name) {
        return weights.computeIfAbsent(name, n -> {
            StoredTensor tensor = stored.get(n);
            if (tensor == null) {
                throw new IllegalArgumentException("the model has no " + n);
            }
            int cols = Math.toIntExact(tensor.shape().get(tensor.shape().size() - 1));
            double[] values = TensorReader.all(CONF, tensor);
            return new Matrix(cols, values.length / cols, values).transpose();
        });
    }
}
