package lowrank.io.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * The bytes of a tensor's numbers by range, little-endian and in C order, however its file packs them. Of Fortran order a strip of rows is on
 * the heap, at most {@link #MOST_STRIP} bytes.
 */
final class ValueBytes implements AutoCloseable {
    /** A row must fit: such tensors are refused when their header is read. */
    static final int MOST_STRIP = 1 << 23;

    private final StoredTensor tensor;
    private final int size;
    private final boolean bigEndian;
    private final FSDataInputStream in;
    private final MemberBytes member;
    private final Strip strip;

    private ValueBytes(HadoopConf conf, StoredTensor tensor) throws IOException {
        Packing packing = tensor.packing();
        this.tensor = tensor;
        size = tensor.type().bytes();
        bigEndian = packing != null && packing.bigEndian() && size > 1;
        strip = packing != null && packing.columnMajor() ? new Strip() : null;
        boolean inside = packing != null && packing.member() != null;
        in = tensor.file().open(conf);
        member = inside ? new MemberBytes(in, tensor.file(), tensor.name(), packing.member()) : null;
    }

    static ValueBytes open(HadoopConf conf, StoredTensor tensor) {
        try {
            return new ValueBytes(conf, tensor);
        } catch (IOException e) {
            throw StoredFile.cannotRead(tensor.file().path(), e);
        }
    }

    /**
     * target[0 .. count * size) = the numbers {@code from .. from + count}.
     *
     * @throws lowrank.io.CorruptFileException if the file ends before, or does not hold what it says
     */
    void read(long from, byte[] target, int count) {
        try {
            if (strip == null) {
                take(from, target, count);
            } else {
                strip.copy(from, target, count);
            }
        } catch (EOFException e) {
            throw tensor.file().corrupt("ends before the last value of " + tensor.name(), e);
        } catch (IOException e) {
            throw StoredFile.cannotRead(tensor.file().path(), e);
        }
        if (bigEndian) {
            swap(target, count);
        }
    }

    /** Numbers in the order of the file. */
    private void take(long from, byte[] target, int count) throws IOException {
        if (member == null) {
            in.seek(tensor.offset() + from * size);
            in.readFully(target, 0, count * size);
        } else {
            int header = tensor.packing().member().header();
            if (from == 0) { // from its first byte on it is held to its checksum
                member.seek(0);
                member.readFully(new byte[header], header);
            }
            member.seek(header + from * size);
            member.readFully(target, count * size);
        }
    }

    private void swap(byte[] numbers, int count) {
        for (int at = 0; at < count * size; at += size) {
            for (int low = at, high = at + size - 1; low < high; low++, high--) {
                byte b = numbers[low];
                numbers[low] = numbers[high];
                numbers[high] = b;
            }
        }
    }

    /** Some rows in C order: a row is all numbers of one first index, which lie that many numbers apart in the file. */
    private final class Strip {
        private final long rows = tensor.shape().get(0);
        private final int width = (int) (tensor.count() / rows);
        private final int most = (int) Math.min(rows, MOST_STRIP / ((long) width * size));
        private final byte[] bytes = new byte[most * width * size];
        private final byte[] run = new byte[most * size];
        private long first = -1;

        void copy(long from, byte[] target, int count) throws IOException {
            for (int done = 0; done < count; ) {
                long number = from + done;
                long begin = number / width / most * most;
                if (begin != first) {
                    fill(begin);
                }
                int at = (int) (number - first * width);
                int some = Math.min(count - done, most * width - at);
                System.arraycopy(bytes, at * size, target, done * size, some * size);
                done += some;
            }
        }

        /** In the file the first index runs fastest, then the second: the others are counted in that order. */
        private void fill(long begin) throws IOException {
            first = begin;
            int count = (int) Math.min(most, rows - begin);
            int axes = tensor.shape().size();
            long[] index = new long[axes];
            int column = 0;
            for (long other = 0; other < width; other++) {
                take(other * rows + begin, run, count);
                for (int row = 0; row < count; row++) {
                    System.arraycopy(run, row * size, bytes, (row * width + column) * size, size);
                }
                column = next(index, column);
            }
        }

        /** The place in its row of what follows in the file. */
        private int next(long[] index, int column) {
            int at = column;
            long stride = width;
            for (int axis = 1; axis < index.length; axis++) {
                long length = tensor.shape().get(axis);
                stride /= length;
                at += (int) stride;
                if (++index[axis] < length) {
                    return at;
                }
                index[axis] = 0;
                at -= (int) (length * stride);
            }
            return at;
        }
    }

    @Override
    public void close() {
        if (member != null) {
            member.close();
        }
        try {
            in.close();
        } catch (IOException e) {
            throw StoredFile.cannotRead(tensor.file().path(), e);
        }
    }
}
