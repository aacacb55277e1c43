package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.StoredTensor;

/**
 * What an adapter adds to the weight of one module: scale outFactor inFactor^T, where W is out x in.
 *
 * <p>PEFT stores outFactor (out x rank) as {@code lora_B.weight} and inFactor^T (rank x in) as {@code lora_A.weight}. Of an embedding,
 * whose weight is a row for each word, outFactor^T (rank x words) is {@code lora_embedding_A} and inFactor {@code lora_embedding_B}.
 *
 * @param path of the module in the model, such as {@code encoder.layer.0.attention.self.query}
 * @param outTensor that holds the outer factor
 * @param inTensor that holds the inner one
 */
public record AdapterModule(
        String path, Kind kind, StoredTensor outTensor, StoredTensor inTensor, int out, int in, int rank, double scale)
        implements Serializable {

    /** Names of tables that rows are taken from. */
    private static final List<Glob> TABLES = List.of(new Glob("*embed*"), new Glob("*wte*"), new Glob("*wpe*"));

    /** What the module is. */
    public enum Kind {
        /** A product with a matrix, or a convolution as out x (in height width). */
        LINEAR,
        /** A table that rows are taken from. */
        EMBEDDING
    }

    /** What a matrix is to its model: a table where its format says so, or its name where that does not say. */
    public static Kind kind(Weight weight) {
        boolean table = weight.tensor().role() == StoredTensor.Role.EMBEDDING
                || weight.tensor().role() == StoredTensor.Role.UNKNOWN
                        && TABLES.stream().anyMatch(glob -> glob.matches(weight.name()));
        return table ? Kind.EMBEDDING : Kind.LINEAR;
    }

    /** Numbers in both factors. */
    public long count() {
        return (long) rank * ((long) out + in);
    }

    /** Height and width of a convolution's kernel, or empty. */
    List<Long> kernel() {
        return kind == Kind.EMBEDDING
                ? List.of()
                : inTensor.shape().subList(2, inTensor.shape().size());
    }

    /** The factors, without the scale. */
    FactorPair load(HadoopConf conf, Arena arena) {
        return new FactorPair(
                matrix(outTensor, outView()).load(conf, arena),
                matrix(inTensor, turned(outView())).load(conf, arena));
    }

    /** outFactor^T, rank x out, row by row: the outer factor by columns, without the scale. */
    Slab outColumns(HadoopConf conf, Arena arena) {
        return matrix(outTensor, turned(outView())).load(conf, arena);
    }

    /** inFactor^T, rank x in, row by row: the inner factor by columns. */
    Slab inColumns(HadoopConf conf, Arena arena) {
        return matrix(inTensor, outView()).load(conf, arena);
    }

    /** How the outer factor is stored; the inner one is stored the other way. */
    private Weight.View outView() {
        return kind == Kind.EMBEDDING ? Weight.View.IN_OUT : Weight.View.OUT_IN;
    }

    private static Weight.View turned(Weight.View view) {
        return view == Weight.View.IN_OUT ? Weight.View.OUT_IN : Weight.View.IN_OUT;
    }

    /** The factors, the outer one times a number. */
    FactorPair load(HadoopConf conf, double times, Arena arena) {
        FactorPair factors = load(conf, arena);
        scale(factors.outFactor().address(), factors.outFactor().count(), times);
        return factors;
    }

    static void scale(long address, long count, double times) {
        double[] tile = new double[OffHeap.TILE];
        for (long from = 0; times != 1 && from < count; from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, count - from);
            OffHeap.get(address + 8 * from, tile, 0, some);
            for (int i = 0; i < some; i++) {
                tile[i] *= times;
            }
            OffHeap.put(address + 8 * from, tile, 0, some);
        }
    }

    /** A tensor of any dimensions as a matrix with its first as rows. */
    private static Weight matrix(StoredTensor tensor, Weight.View view) {
        long first = tensor.shape().get(0);
        return Weight.of(reshaped(tensor, List.of(first, tensor.count() / Math.max(1, first))), view);
    }

    private static StoredTensor reshaped(StoredTensor tensor, List<Long> shape) {
        return new StoredTensor(
                tensor.name(),
                tensor.storedName(),
                tensor.type(),
                shape,
                tensor.file(),
                tensor.offset(),
                tensor.role(),
                tensor.quantisation());
    }
}
