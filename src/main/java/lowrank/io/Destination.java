package lowrank.io;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;

/**
 * Where the rows of one column go: {@code width} values per row, {@code stride} values from row to row. Values are counted as
 * if rows lay side by side, so value {@code i} belongs to row {@code i / width}.
 */
final class Destination {
    /** The most bytes that one destination spans: its positions are ints. */
    static final long LIMIT = 1L << 30;
    /** From here on a row is worth a copy of its own. */
    private static final int WIDE = 8;

    private final Precision precision;
    private final int width;
    private final int stride;
    private final int offset;
    private final ByteBuffer bytes;
    private final DoubleBuffer doubles;
    private final FloatBuffer floats;

    Destination(long address, int rows, int width, ParquetRows.Target target) {
        this.precision = target.precision();
        this.width = width;
        this.stride = target.stride();
        this.offset = target.offset();
        // To the end of the last row's values, not of its stride: what lies beside them may be another's.
        long values = rows == 0 ? 0 : (rows - 1L) * stride + offset + width;
        this.bytes = OffHeap.view(address, values * precision.bytes());
        this.doubles = precision == Precision.DOUBLE ? bytes.asDoubleBuffer() : null;
        this.floats = precision == Precision.FLOAT ? bytes.asFloatBuffer() : null;
    }

    Precision precision() {
        return precision;
    }

    /** Whether bytes of the same precision are better copied than taken through a tile. */
    boolean takesBytes() {
        return stride == width || width >= WIDE;
    }

    /** Values from {@code index} on = the next {@code count} values of this precision in {@code source}. */
    void put(long index, ByteBuffer source, int sourceByte, int count) {
        int size = precision.bytes();
        if (stride == width) {
            bytes.put(Math.toIntExact(index * size), source, sourceByte, count * size);
            return;
        }
        int row = (int) (index / width);
        int column = (int) (index % width);
        int done = 0;
        while (done < count) {
            int piece = Math.min(count - done, width - column);
            bytes.put((row * stride + offset + column) * size, source, sourceByte + done * size, piece * size);
            done += piece;
            row++;
            column = 0;
        }
    }

    /** Values from {@code index} on = the first {@code count} of a tile. */
    void put(long index, double[] tile, int count) {
        if (stride == width) {
            doubles.put((int) index, tile, 0, count);
            return;
        }
        int column = (int) (index % width);
        int at = (int) (index / width) * stride + offset;
        for (int i = 0; i < count; i++) {
            doubles.put(at + column, tile[i]);
            if (++column == width) {
                column = 0;
                at += stride;
            }
        }
    }

    /** Values from {@code index} on = the first {@code count} of a tile. */
    void put(long index, float[] tile, int count) {
        if (stride == width) {
            floats.put((int) index, tile, 0, count);
            return;
        }
        int column = (int) (index % width);
        int at = (int) (index / width) * stride + offset;
        for (int i = 0; i < count; i++) {
            floats.put(at + column, tile[i]);
            if (++column == width) {
                column = 0;
                at += stride;
            }
        }
    }

    /** One value of a row. */
    void put(int row, int column, double value) {
        int at = row * stride + offset + column;
        if (doubles != null) {
            doubles.put(at, value);
        } else {
            floats.put(at, (float) value);
        }
    }

    /** Sets a row to zero. */
    void zero(int row) {
        for (int column = 0; column < width; column++) {
            put(row, column, 0);
        }
    }
}
