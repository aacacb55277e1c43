package lowrank.weights;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import lowrank.blas.Arena;
import lowrank.blocks.DataException;
import lowrank.blocks.Slab;
import lowrank.factor.Product;
import lowrank.io.HadoopConf;
import lowrank.linalg.Matrix;

/**
 * The matrices of a layer's attention heads. In the layout of rows x W, head h reads x W_Q, x W_K and x W_V, each of {@code size} numbers,
 * and writes what it has gathered times W_O. Several heads may share a key and a value (grouped queries).
 *
 * @param number of the layer
 * @param key null where the query's tensor is fused: outputs of query, key and value one after the other
 * @param value null as well
 * @param heads that have queries
 * @param keyValueHeads that have keys and values
 * @param width numbers in x
 * @param size numbers that a head reads
 */
public record AttentionLayer(
        int number,
        Weight query,
        Weight key,
        Weight value,
        Weight output,
        int heads,
        int keyValueHeads,
        int width,
        int size)
        implements Serializable {

    /**
     * Cuts heads out of tensors.
     *
     * @throws DataException if the shapes do not fit these numbers of heads
     */
    static AttentionLayer of(int number, Weight q, Weight k, Weight v, Weight o, int heads, int keyValueHeads) {
        int blocks = k == null ? Math.addExact(heads, Math.multiplyExact(2, keyValueHeads)) : heads;
        if (q.out() % blocks != 0) {
            throw new DataException(q.tensor().file().path() + ": the " + q.out() + " outputs of " + q.name()
                    + " are not a whole number for each of " + blocks
                    + (k == null ? " queries, keys and values" : " heads") + "; set heads.count"
                    + (k == null ? " and heads.key-value-count" : ""));
        }
        if (heads % keyValueHeads != 0) {
            throw new DataException(q.name() + ": " + heads + " heads cannot share " + keyValueHeads
                    + " keys and values evenly; set heads.count and heads.key-value-count");
        }
        int size = q.out() / blocks;
        int width = q.in();
        if (k != null) {
            requireShape(k, keyValueHeads * size, width, keyValueHeads, size);
            requireShape(v, keyValueHeads * size, width, keyValueHeads, size);
        }
        requireShape(o, width, heads * size, heads, size);
        return new AttentionLayer(number, q, k, v, o, heads, keyValueHeads, width, size);
    }

    private static void requireShape(Weight weight, int out, int in, int heads, int size) {
        if (weight.out() != out || weight.in() != in) {
            throw new DataException(weight.tensor().file().path() + ": " + weight.name() + " takes " + weight.in()
                    + " numbers to " + weight.out() + ", where " + heads + " heads of " + size + " numbers ask for "
                    + in
                    + " to " + out + "; check heads.count, heads.key-value-count and read.in-out");
        }
    }

    /** The tensors. */
    public List<Weight> weights() {
        return key == null ? List.of(query, output) : List.of(query, key, value, output);
    }

    /** Numbers in all tensors. */
    public long count() {
        return weights().stream().mapToLong(Weight::count).sum();
    }

    /** The head with whose key and value a head works. */
    int shared(int head) {
        return head / (heads / keyValueHeads);
    }

    /** The values of a layer, off the heap. */
    record Loaded(AttentionLayer layer, Slab q, Slab k, Slab v, Slab o, int keys, int values) {
        /** W_Q of a head, width x size. */
        Matrix query(int head) {
            return block(q, head * layer.size);
        }

        /** W_K of a head, width x size. */
        Matrix key(int head) {
            return block(k, keys + layer.shared(head) * layer.size);
        }

        /** W_V of a head, width x size. */
        Matrix value(int head) {
            return block(v, values + layer.shared(head) * layer.size);
        }

        /** W_O^T of a head, width x size. */
        Matrix output(int head) {
            return Matrix.load(o.address() + 8L * head * layer.size, layer.size, layer.width, o.width())
                    .transpose();
        }

        /** Rows of outputs are columns of what inputs are multiplied with. */
        private Matrix block(Slab slab, int row) {
            return Matrix.load(slab.row(row), layer.width, layer.size, layer.width);
        }

        /** Gives the memory back. */
        void free(Arena arena) {
            Stream.of(q, k, v, o)
                    .filter(Objects::nonNull)
                    .map(Slab::address)
                    .distinct()
                    .forEach(arena::free);
        }

        /** W_QK = W_Q W_K^T: how much what stands in one place asks for what stands in another. */
        Product queryKey(int head) {
            return new Product(query(head), key(head));
        }

        /** W_OV = W_V W_O: what is written where a place is attended to. */
        Product outputValue(int head) {
            return new Product(value(head), output(head));
        }
    }

    /** Reads the values. */
    Loaded load(HadoopConf conf, Arena arena) {
        return load(conf, arena, true);
    }

    /** Reads what W_OV takes alone: of what is read, only {@link Loaded#value}, {@link Loaded#output} may be asked for. */
    Loaded loadOutputValue(HadoopConf conf, Arena arena) {
        return load(conf, arena, false);
    }

    private Loaded load(HadoopConf conf, Arena arena, boolean queries) {
        if (key == null) {
            Slab q = query.load(conf, arena);
            return new Loaded(this, q, q, q, output.load(conf, arena), heads * size, (heads + keyValueHeads) * size);
        }
        return new Loaded(
                this,
                queries ? query.load(conf, arena) : null,
                queries ? key.load(conf, arena) : null,
                value.load(conf, arena),
                output.load(conf, arena),
                0,
                0);
    }

    /** Numbers that {@link #loadOutputValue} reads. */
    long outputValueCount() {
        return (key == null ? query.count() : value.count()) + output.count();
    }
}
