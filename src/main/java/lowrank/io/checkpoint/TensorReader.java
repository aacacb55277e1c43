package lowrank.io.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lowrank.blas.OffHeap;
import lowrank.io.HadoopConf;

/** The numbers of a stored tensor as doubles, in order; quantised ones become weights. */
public final class TensorReader implements AutoCloseable {
    private static final int PIECE = 1 << 18;

    /** Bytes that a reader holds on the heap. */
    public static final long HEAP_BYTES = PIECE + 8L * OffHeap.TILE;

    private final StoredTensor tensor;
    private final ValueBytes values;
    private final byte[] bytes = new byte[PIECE];
    private final ByteBuffer piece = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private final double[] tile = new double[OffHeap.TILE];
    private final double[] scale;
    private final double[] zero;
    private final long scaleStride;

    private TensorReader(HadoopConf conf, StoredTensor tensor) {
        this.tensor = tensor;
        StoredTensor.Quantisation quantisation = tensor.quantisation();
        scale = quantisation == null ? null : all(conf, quantisation.scale());
        zero = quantisation == null
                ? null
                : quantisation.zeroPoint() == null ? new double[scale.length] : all(conf, quantisation.zeroPoint());
        long stride = 1;
        for (int axis = quantisation == null ? 0 : quantisation.axis() + 1;
                axis < tensor.shape().size();
                axis++) {
            stride *= tensor.shape().get(axis);
        }
        scaleStride = Math.max(1, stride);
        values = ValueBytes.open(conf, tensor);
    }

    public static TensorReader open(HadoopConf conf, StoredTensor tensor) {
        return new TensorReader(conf, tensor);
    }

    /** All numbers of a small tensor. */
    public static double[] all(HadoopConf conf, StoredTensor tensor) {
        double[] values = new double[Math.toIntExact(tensor.count())];
        try (TensorReader reader = open(conf, tensor)) {
            reader.visit(
                    0, values.length, (first, some, count) -> System.arraycopy(some, 0, values, (int) first, count));
        }
        return values;
    }

    /** Takes numbers a tile at a time. */
    @FunctionalInterface
    public interface Visitor {
        /** The numbers {@code first .. first + count} of the tensor are tile[0 .. count). */
        void tile(long first, double[] tile, int count);
    }

    /** Visits the numbers {@code from .. from + count}. */
    public void visit(long from, long count, Visitor visitor) {
        int size = tensor.type().bytes();
        for (long done = 0; done < count; ) {
            int some = (int) Math.min(count - done, PIECE / size);
            values.read(from + done, bytes, some);
            for (int at = 0; at < some; at += OffHeap.TILE) {
                int tiled = Math.min(OffHeap.TILE, some - at);
                tensor.type().decode(piece, at * size, tile, tiled);
                if (scale != null) {
                    dequantise(from + done + at, tiled);
                }
                visitor.tile(from + done + at, tile, tiled);
            }
            done += some;
        }
    }

    private void dequantise(long first, int count) {
        for (int i = 0; i < count; i++) {
            int of = (int) ((first + i) / scaleStride % scale.length);
            tile[i] = (tile[i] - zero[of]) * scale[of];
        }
    }

    /** Doubles at {@code address} = the numbers {@code from .. from + count}. */
    public void read(long from, long count, long address) {
        visit(from, count, (first, some, n) -> OffHeap.put(address + 8 * (first - from), some, 0, n));
    }

    @Override
    public void close() {
        values.close();
    }
}
