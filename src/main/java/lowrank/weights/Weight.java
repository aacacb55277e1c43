package lowrank.weights;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lowrank.blas.Arena;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Slab;
import lowrank.io.HadoopConf;
import lowrank.io.checkpoint.StoredTensor;
import lowrank.io.checkpoint.TensorReader;

/**
 * A matrix of a model: what it makes of an input x of {@code in} numbers is W x, of {@code out} numbers.
 *
 * @param name of the tensor; of a convolution's second unfolding with {@code #in} behind it
 * @param layer the first whole number in the name, or -1
 * @param view how the stored numbers become out x in
 */
public record Weight(String name, int layer, StoredTensor tensor, View view, int out, int in) implements Serializable {

    /** How stored numbers become a matrix. */
    public enum View {
        /** Stored row by row as out x in, the way of PyTorch's linear layers. */
        OUT_IN,
        /** Stored as in x out, the way of TensorFlow, ONNX's MatMul and GPT-2. */
        IN_OUT,
        /** A convolution (out, in, height, width) as out x (in height width). */
        UNFOLDED_OUT,
        /** A convolution (out, in, height, width) as in x (out height width). */
        UNFOLDED_IN
    }

    private static final Pattern LAYER = Pattern.compile("(?:^|[._/])(\\d{1,6})(?=[._/]|$)");

    static Weight of(StoredTensor tensor, View view) {
        int first = Math.toIntExact(tensor.shape().get(0));
        int second = Math.toIntExact(tensor.shape().get(1));
        int rest = Math.toIntExact(tensor.count() / Math.max(1, (long) first * second));
        boolean inFirst = view == View.IN_OUT;
        int out = view == View.UNFOLDED_IN || inFirst ? second : first;
        int in = view == View.UNFOLDED_IN || inFirst
                ? Math.multiplyExact(first, rest)
                : Math.multiplyExact(second, rest);
        return new Weight(
                tensor.name() + (view == View.UNFOLDED_IN ? "#in" : ""), layer(tensor.name()), tensor, view, out, in);
    }

    /** The first whole number in a path of names, or -1. */
    static int layer(String name) {
        Matcher matcher = LAYER.matcher(name);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    /** The path of the module that holds the weight: its name without {@code .weight}. */
    public String module() {
        return name.endsWith(".weight") ? name.substring(0, name.length() - ".weight".length()) : name;
    }

    /** Numbers held. */
    public long count() {
        return (long) out * in;
    }

    /** min(out, in). */
    public int most() {
        return Math.min(out, in);
    }

    /** out x in / (out + in): with as many components or more, factors hold as many numbers as the matrix itself. */
    public double breakEven() {
        return (double) out * in / ((double) out + in);
    }

    /** The largest rank whose factors are smaller than the matrix. */
    public int worthwhile() {
        return (int) Math.ceil(breakEven()) - 1;
    }

    /**
     * The values, out x in, row by row, in memory of the arena.
     *
     * @throws DataException if some are infinite or no numbers
     */
    public Slab load(HadoopConf conf, Arena arena) {
        Slab slab = new Slab(arena.doubles(count()), out, in, Precision.DOUBLE);
        Weight lies = asItLies();
        try (TensorReader reader = TensorReader.open(conf, lies.tensor)) {
            switch (lies.view) {
                case OUT_IN, UNFOLDED_OUT -> reader.read(0, count(), slab.address());
                case IN_OUT -> StoredColumns.read(reader, in, out, 0, out, slab.address());
                case UNFOLDED_IN -> swapped(reader, slab);
            }
        }
        requireFinite(slab);
        return slab;
    }

    /** The same matrix, of a tensor that the file holds row by row: of one in Fortran order, the transpose. */
    Weight asItLies() {
        return tensor.isTransposed()
                ? new Weight(name, layer, tensor.transposed(), view == View.OUT_IN ? View.IN_OUT : View.OUT_IN, out, in)
                : this;
    }

    /**
     * W, or W^T where a model multiplies inputs with it, row by row, in memory of the arena: for what is the same of both. Where the file
     * holds it so nothing is turned; which of the two it is does not depend on the file.
     *
     * @throws DataException if some are infinite or no numbers
     */
    Slab loadEitherWay(HadoopConf conf, Arena arena) {
        if (view != View.IN_OUT) {
            return load(conf, arena);
        }
        Slab slab = new Slab(arena.doubles(count()), in, out, Precision.DOUBLE);
        Weight lies = asItLies();
        try (TensorReader reader = TensorReader.open(conf, lies.tensor)) {
            if (lies.view == View.IN_OUT) {
                reader.read(0, count(), slab.address());
            } else {
                StoredColumns.read(reader, out, in, 0, in, slab.address());
            }
        }
        if (!OffHeap.allFinite(slab.address(), count())) {
            arena.free(slab.address());
            return load(conf, arena); // which names the place
        }
        return slab;
    }

    private void requireFinite(Slab slab) {
        if (OffHeap.allFinite(slab.address(), count())) {
            return;
        }
        double[] tile = new double[OffHeap.TILE];
        for (long from = 0; from < count(); from += OffHeap.TILE) {
            int some = (int) Math.min(OffHeap.TILE, count() - from);
            OffHeap.get(slab.address() + 8 * from, tile, 0, some);
            for (int i = 0; i < some; i++) {
                if (!Double.isFinite(tile[i])) {
                    throw new DataException(tensor.file().path() + ": " + name
                            + " holds infinities or NaN, the first in row " + (from + i) / in + ", column "
                            + (from + i) % in + "; repair the checkpoint, or exclude it");
                }
            }
        }
    }

    /** Number (o, i, k) of the convolution becomes number (i, o, k). */
    private void swapped(TensorReader reader, Slab slab) {
        long outs = tensor.shape().get(0);
        long kernel = in / outs;
        reader.visit(0, count(), (first, tile, count) -> {
            for (int t = 0; t < count; t++) {
                long at = first + t;
                long k = at % kernel;
                long i = at / kernel % out;
                long o = at / kernel / out;
                OffHeap.putDouble(slab.address() + 8 * ((i * outs + o) * kernel + k), tile[t]);
            }
        });
    }
}
