package lowrank.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.parquet.io.SeekableInputStream;

/** A local file, read straight into memory off the heap: Hadoop's stream would take each byte through two buffers more. */
final class LocalStream extends SeekableInputStream {
    private final FileChannel channel;

    private LocalStream(FileChannel channel) {
        this.channel = channel;
    }

    static LocalStream open(Path path) throws IOException {
        return new LocalStream(FileChannel.open(path, StandardOpenOption.READ));
    }

    @Override
    public long getPos() throws IOException {
        return channel.position();
    }

    @Override
    public void seek(long position) throws IOException {
        channel.position(position);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int from, int count) throws IOException {
        return channel.read(ByteBuffer.wrap(target, from, count));
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public void readFully(byte[] target) throws IOException {
        readFully(target, 0, target.length);
    }

    @Override
    public void readFully(byte[] target, int from, int count) throws IOException {
        readFully(ByteBuffer.wrap(target, from, count));
    }

    @Override
    public void readFully(ByteBuffer target) throws IOException {
        while (target.hasRemaining()) {
            if (channel.read(target) < 0) {
                throw new EOFException("the file ends " + target.remaining() + " bytes too early");
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
