package lowrank.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import lowrank.blocks.DataException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopStreams;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/** A file as parquet-hadoop opens it. */
record ParquetInput(FileSystem files, Path path, long length) implements InputFile {

    @Override
    public long getLength() {
        return length;
    }

    @Override
    public SeekableInputStream newStream() throws IOException {
        return files instanceof LocalFiles local
                ? LocalStream.open(local.pathToFile(path).toPath())
                : HadoopStreams.wrap(files.open(path));
    }

    @Override
    public String toString() {
        return path.toString();
    }

    /** Column chunks up to this size are read in one piece, so that no page straddles two and has to be copied together. */
    private static final int PIECE = 1 << 30;

    /**
     * Opens the file of a footer, which must not have changed since; page checksums are verified where there are any.
     *
     * @param memory what row groups are read into; it must outlive the reader
     */
    static ParquetFileReader open(HadoopConf conf, ParquetFooter footer, ChunkMemory memory) {
        Path path = new Path(footer.path());
        FileSystem files = conf.fileSystem(path);
        RawFooter raw = RawFooter.read(files, path);
        if (!raw.digest().equals(footer.digest()) || raw.length() != footer.length()) {
            throw new DataException(
                    path + " has changed since the run began: run again when nothing writes to it any more");
        }
        ParquetReadOptions options = HadoopReadOptions.builder(conf.get())
                .usePageChecksumVerification(true)
                .withUseHadoopVectoredIo(false)
                .withAllocator(memory)
                .withMaxAllocationInBytes(PIECE)
                .build();
        InputFile input = new ParquetInput(files, path, raw.length());
        try {
            return new ParquetFileReader(input, raw.metadata(), options, input.newStream());
        } catch (IOException e) {
            throw new UncheckedIOException(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Requests the columns, and brings those of a row group into memory. */
    static PageReadStore rowGroup(
            ParquetFileReader reader, int group, List<ColumnDescriptor> columns, ParquetFooter footer) {
        reader.setRequestedSchema(columns);
        try {
            return reader.readRowGroup(group);
        } catch (IOException e) {
            // A page header that is no page header has a cause of its own kind; the rest is the file system's.
            boolean damaged =
                    e instanceof EOFException || (e.getCause() != null && !(e.getCause() instanceof IOException));
            if (damaged) {
                throw damaged(reader, group, columns, footer, e);
            }
            throw new UncheckedIOException(footer.path() + " cannot be read: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            throw damaged(reader, group, columns, footer, e);
        }
    }

    /** Finds the column whose pages made the reading of a row group fail, by reading them one by one. */
    private static CorruptFileException damaged(
            ParquetFileReader reader, int group, List<ColumnDescriptor> columns, ParquetFooter footer, Exception all) {
        for (ColumnDescriptor column : columns) {
            reader.setRequestedSchema(List.of(column));
            try {
                reader.readRowGroup(group).close();
            } catch (RuntimeException e) {
                return new Place(footer.path(), column.getPath()[0], group).corrupt(e);
            } catch (IOException e) {
                return new Place(footer.path(), column.getPath()[0], group)
                        .corrupt("has pages that cannot be found", e);
            }
        }
        return new CorruptFileException(
                footer.path() + " row group " + group
                        + " was read damaged once and whole the second time: look for a failing disk or"
                        + " network, and run again",
                all);
    }
}
