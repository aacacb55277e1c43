package lowrank.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lowrank.blas.Precision;
import lowrank.blocks.Ids;
import lowrank.blocks.Offenders;
import org.apache.hadoop.fs.FSDataInputStream;

/** Rows of a {@code .npy} file: in C order one stream of bytes, in Fortran order a piece of each column. */
final class NpyRows implements FileRows {
    /** Bytes that are on the heap at a time. */
    static final int PIECE = 1 << 18;

    private final NpyHeader header;
    private final Precision precision;
    private final FSDataInputStream in;
    private final StoredValues values;
    private final byte[] bytes = new byte[PIECE];
    private final ByteBuffer piece = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private long next;

    NpyRows(HadoopConf conf, NpyHeader header, long fromRow, Precision precision) {
        this.header = header;
        this.precision = precision;
        values = new StoredValues(header.precision());
        next = fromRow;
        in = header.file().open(conf);
    }

    @Override
    public long remaining() {
        return header.rows() - next;
    }

    @Override
    public void read(int rows, long address, long globalRow, Offenders offenders) {
        int cols = header.cols();
        try {
            if (header.columnMajor()) {
                for (int j = 0; j < cols; j++) {
                    Destination column =
                            new Destination(address, rows, 1, new ParquetRows.Target("", precision, cols, j, 1));
                    read(j * header.rows() + next, rows, column);
                }
            } else {
                Destination all =
                        new Destination(address, rows, cols, new ParquetRows.Target("", precision, cols, 0, cols));
                read(next * cols, (long) rows * cols, all);
            }
        } catch (EOFException e) {
            throw header.file().corrupt("ends before its last value", e);
        } catch (IOException e) {
            throw StoredFile.cannotRead(header.file().path(), e);
        }
        next += rows;
    }

    /** Reads {@code count} values that stand one after the other in the file. */
    private void read(long first, long count, Destination to) throws IOException {
        int size = header.precision().bytes();
        long position = header.data() + first * size;
        if (in.getPos() != position) {
            in.seek(position);
        }
        for (long done = 0; done < count; ) {
            int some = (int) Math.min(count - done, PIECE / size);
            in.readFully(bytes, 0, some * size);
            values.copy(piece, 0, to, done, some);
            done += some;
        }
    }

    @Override
    public Ids ids() {
        throw new IllegalStateException(".npy files hold no ids");
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw StoredFile.cannotRead(header.file().path(), e);
        }
    }
}
