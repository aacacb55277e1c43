package lowrank.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.apache.hadoop.util.LineReader;

/** The lines of a {@link LineSplit}, one after the other. */
final class Lines implements AutoCloseable {
    private static final int MOST_BYTES = 1 << 30;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final LineSplit split;
    private final InputStream stream;
    private final LineReader reader;
    private final Text text = new Text();
    private long position;
    private long count;

    Lines(HadoopConf conf, LineSplit split) {
        this.split = split;
        Path path = new Path(split.path());
        FileSystem files = conf.fileSystem(path);
        try {
            FSDataInputStream in = files.open(path);
            CompressionCodec codec = new CompressionCodecFactory(conf.get()).getCodec(path);
            stream = codec == null ? in : codec.createInputStream(in);
            position = split.from();
            if (position > 0) {
                // The line that the byte before belongs to is the last piece's, to its end.
                position--;
                in.seek(position);
            }
            reader = new LineReader(stream, conf.get());
            if (position > 0) {
                position += reader.readLine(text, MOST_BYTES, MOST_BYTES);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(split.path() + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The next line, or null after the last. */
    String next() {
        if (position >= split.to()) {
            return null;
        }
        int bytes;
        try {
            bytes = reader.readLine(text, MOST_BYTES, MOST_BYTES);
        } catch (IOException | RuntimeException e) {
            throw new CorruptFileException(split.path() + " cannot be read as text: write it again, or remove it", e);
        }
        if (bytes == 0) {
            return null;
        }
        String line = text.toString();
        if (position == 0 && !line.isEmpty() && line.charAt(0) == BYTE_ORDER_MARK) {
            line = line.substring(1);
        }
        position += bytes;
        count++;
        return line;
    }

    /** Lines read so far. */
    long count() {
        return count;
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException(split.path() + " cannot be closed: " + e.getMessage(), e);
        }
    }
}
