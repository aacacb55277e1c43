package lowrank.io.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FSDataInputStream;

/** Ranges of a file whose headers are being read: what lies beyond its end is named, never allocated. */
final class FileBytes implements AutoCloseable {
    private final StoredFile file;
    private final FSDataInputStream in;

    private FileBytes(StoredFile file, FSDataInputStream in) {
        this.file = file;
        this.in = in;
    }

    static FileBytes open(HadoopConf conf, StoredFile file) {
        return new FileBytes(file, file.open(conf));
    }

    StoredFile file() {
        return file;
    }

    /** Whether a range lies inside the file. */
    boolean holds(long at, long count) {
        return at >= 0 && count >= 0 && at <= file.length() && count <= file.length() - at;
    }

    /**
     * Bytes of a range, as a little-endian buffer.
     *
     * @throws CorruptFileException naming {@code what} if the file does not hold the range
     */
    ByteBuffer bytes(String what, long at, int count) {
        if (!holds(at, count)) {
            throw file.corrupt("ends inside its " + what, null);
        }
        byte[] bytes = new byte[count];
        try {
            in.seek(at);
            in.readFully(bytes);
        } catch (EOFException e) {
            throw file.corrupt("ends inside its " + what, e);
        } catch (IOException e) {
            throw StoredFile.cannotRead(file.path(), e);
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw StoredFile.cannotRead(file.path(), e);
        }
    }
}
