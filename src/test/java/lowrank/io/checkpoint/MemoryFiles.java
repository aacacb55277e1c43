package lowrank.io.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PositionedReadable;
import org.apache.hadoop.fs.Seekable;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** Files in memory that are only read: a fuzzer opens a hundred thousand of them while a disk opens one thousand. */
public final class MemoryFiles extends FileSystem {
    private static final URI ROOT = URI.create("memory:///");

    private final Map<String, byte[]> files = new ConcurrentHashMap<>();

    /** A configuration that finds such files under {@code memory:/}. */
    static HadoopConf conf() {
        Configuration conf = new Configuration(false);
        conf.setClass("fs.memory.impl", MemoryFiles.class, FileSystem.class);
        return new HadoopConf(conf);
    }

    /** Makes a file of this name, in place of the last one. */
    static StoredFile put(HadoopConf conf, String name, byte[] bytes) {
        Path path = new Path("memory:/" + name);
        ((MemoryFiles) conf.fileSystem(path)).files.put(path.toUri().getPath(), bytes);
        return new StoredFile(path.toString(), bytes.length, 0);
    }

    private byte[] bytes(Path path) throws FileNotFoundException {
        byte[] bytes = files.get(path.toUri().getPath());
        if (bytes == null) {
            throw new FileNotFoundException(path.toString());
        }
        return bytes;
    }

    @Override
    public URI getUri() {
        return ROOT;
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws FileNotFoundException {
        return new FSDataInputStream(new Bytes(bytes(path)));
    }

    @Override
    public FileStatus getFileStatus(Path path) throws FileNotFoundException {
        return new FileStatus(bytes(path).length, false, 1, 1 << 20, 0, path);
    }

    @Override
    public FSDataOutputStream create(
            Path path,
            FsPermission permission,
            boolean overwrite,
            int bufferSize,
            short replication,
            long blockSize,
            Progressable progress) {
        throw new UnsupportedOperationException("files are only read");
    }

    @Override
    public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) {
        throw new UnsupportedOperationException("files are only read");
    }

    @Override
    public boolean rename(Path from, Path to) {
        throw new UnsupportedOperationException("files are only read");
    }

    @Override
    public boolean delete(Path path, boolean recursive) {
        throw new UnsupportedOperationException("files are only read");
    }

    @Override
    public FileStatus[] listStatus(Path path) {
        throw new UnsupportedOperationException("there are no folders");
    }

    @Override
    public void setWorkingDirectory(Path folder) {}

    @Override
    public Path getWorkingDirectory() {
        return new Path(ROOT);
    }

    @Override
    public boolean mkdirs(Path path, FsPermission permission) {
        throw new UnsupportedOperationException("there are no folders");
    }

    private static final class Bytes extends ByteArrayInputStream implements Seekable, PositionedReadable {
        Bytes(byte[] bytes) {
            super(bytes);
        }

        @Override
        public void seek(long position) {
            pos = Math.toIntExact(position);
        }

        @Override
        public long getPos() {
            return pos;
        }

        @Override
        public boolean seekToNewSource(long position) {
            return false;
        }

        @Override
        public int read(long position, byte[] target, int from, int count) {
            throw new UnsupportedOperationException("nobody reads so");
        }

        @Override
        public void readFully(long position, byte[] target, int from, int count) {
            throw new UnsupportedOperationException("nobody reads so");
        }

        @Override
        public void readFully(long position, byte[] target) {
            throw new UnsupportedOperationException("nobody reads so");
        }
    }
}
