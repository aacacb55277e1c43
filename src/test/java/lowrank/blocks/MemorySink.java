package lowrank.blocks;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.TreeMap;
import lowrank.blas.Arena;
import lowrank.linalg.Matrix;

/** Keeps what is written on the heap, for tests on local blocks. */
public final class MemorySink implements RowSink {
    private final transient Map<Long, double[]> rows = new TreeMap<>();
    private int width;

    @Override
    public Part open(LeafRange range, Schema schema, Layout layout, Arena arena) {
        width = schema.first().width();
        return new Part() {
            private long count;

            @Override
            public void append(Block block) {
                RowReader reader = new RowReader(schema.first());
                for (int i = 0; i < block.rows(); i++) {
                    double[] row = java.util.Arrays.copyOf(reader.read(block.first(), i, 1), width);
                    rows.put(block.firstRow() + i, row);
                }
                count += block.rows();
            }

            @Override
            public Written finish() {
                return new Written(range, "memory", count, count * width * 8, new byte[0]);
            }

            @Override
            public void close() {}
        };
    }

    /** What was written last at each row, as a matrix. */
    public Matrix matrix() {
        Matrix m = Matrix.zeros(rows.size(), width);
        int i = 0;
        for (double[] row : rows.values()) {
            for (int j = 0; j < width; j++) {
                m.set(i, j, row[j]);
            }
            i++;
        }
        return m;
    }

    /** A digest of the bits of a matrix. */
    public static String digest(double[] values) {
        try {
            java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate(values.length * 8);
            bytes.asDoubleBuffer().put(values);
            return java.util.HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
