package lowrank.io;

import java.io.IOException;
import java.util.zip.CRC32C;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.util.HadoopStreams;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/**
 * A file as parquet-hadoop creates it.
 *
 * @param checksum takes all bytes that are written
 */
record ParquetOutput(FileSystem files, Path path, CRC32C checksum) implements OutputFile {

    @Override
    public PositionOutputStream create(long blockSize) throws IOException {
        return summed(files.create(path, false));
    }

    @Override
    public PositionOutputStream createOrOverwrite(long blockSize) throws IOException {
        return summed(files.create(path, true));
    }

    private PositionOutputStream summed(FSDataOutputStream stream) {
        return new Summed(HadoopStreams.wrap(stream), checksum);
    }

    /** A stream whose bytes are summed as they pass. */
    private static final class Summed extends PositionOutputStream {
        private final PositionOutputStream out;
        private final CRC32C checksum;

        Summed(PositionOutputStream out, CRC32C checksum) {
            this.out = out;
            this.checksum = checksum;
        }

        @Override
        public long getPos() throws IOException {
            return out.getPos();
        }

        @Override
        public void write(int value) throws IOException {
            checksum.update(value);
            out.write(value);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            checksum.update(bytes, from, count);
            out.write(bytes, from, count);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    @Override
    public boolean supportsBlockSize() {
        return false;
    }

    @Override
    public long defaultBlockSize() {
        return 0;
    }

    @Override
    public String getPath() {
        return path.toString();
    }
}
