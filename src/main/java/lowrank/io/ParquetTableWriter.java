package lowrank.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;
import org.apache.parquet.schema.Types.MessageTypeBuilder;

/**
 * Writes a table of scalars and vectors without nulls, row group by row group; for one thread.
 *
 * <p>Pages hold whole rows, about 1 MB of them, plainly encoded, with checksums and an offset index.
 */
public final class ParquetTableWriter implements AutoCloseable {
    /** What a column holds. */
    public enum Type {
        INT,
        LONG,
        DOUBLE,
        TEXT,
        FLOAT_VECTOR,
        DOUBLE_VECTOR
    }

    /** A column of the table. */
    public record Column(String name, Type type) {}

    private static final int PAGE_BYTES = 1 << 20;

    private final FileSystem files;
    private final Path path;
    private final List<Column> columns;
    private final List<ColumnDescriptor> descriptors;
    private final CompressionCodecName codec;
    private final CodecFactory codecs;
    private final BytesInputCompressor compressor;
    private final CRC32C checksum = new CRC32C();
    private final ParquetFileWriter writer;
    private final Map<String, String> metadata;
    private boolean finished;
    private boolean closed;

    /** The page that is put together, and the levels of the last page of vectors: most pages have the same. */
    private ByteBuffer page = ByteBuffer.allocate(PAGE_BYTES + PAGE_BYTES / 8).order(ByteOrder.LITTLE_ENDIAN);

    private byte[] levels;
    private int levelRows = -1;
    private int levelWidth = -1;

    private ParquetTableWriter(
            HadoopConf conf, Path path, List<Column> columns, String codec, Map<String, String> metadata)
            throws IOException {
        this.files = conf.fileSystem(path);
        this.path = path;
        this.columns = List.copyOf(columns);
        this.codec = codec(codec);
        this.metadata = Map.copyOf(metadata);
        MessageType schema = schema(columns);
        this.descriptors = schema.getColumns();
        this.codecs = new CodecFactory(conf.get(), PAGE_BYTES);
        this.compressor = codecs.getCompressor(this.codec);
        ParquetProperties properties =
                ParquetProperties.builder().withPageWriteChecksumEnabled(true).build();
        this.writer = new ParquetFileWriter(
                new ParquetOutput(files, path, checksum),
                schema,
                ParquetFileWriter.Mode.OVERWRITE,
                Long.MAX_VALUE,
                0,
                null,
                properties);
        writer.start();
    }

    /**
     * Creates a file, in place of one that is there.
     *
     * @param codec none, zstd or snappy
     * @param metadata keys and values for the footer
     * @throws UncheckedIOException if it cannot be created
     */
    public static ParquetTableWriter create(
            HadoopConf conf, Path path, List<Column> columns, String codec, Map<String, String> metadata) {
        try {
            return new ParquetTableWriter(conf, path, columns, codec, metadata);
        } catch (IOException e) {
            throw cannotWrite(path, e);
        }
    }

    /**
     * Writes one row group.
     *
     * @param data one per column, of the column's type
     * @throws UncheckedIOException if it cannot be written, as when the disk is full
     */
    public void rowGroup(int rows, List<ColumnData> data) {
        if (data.size() != columns.size()) {
            throw new IllegalArgumentException(data.size() + " columns of data for " + columns.size());
        }
        if (rows == 0) {
            return;
        }
        try {
            writer.startBlock(rows);
            for (int c = 0; c < data.size(); c++) {
                column(columns.get(c), descriptors.get(c), rows, data.get(c));
            }
            writer.endBlock();
        } catch (IOException e) {
            throw cannotWrite(path, e);
        }
    }

    /** Completes the file; returns its length. */
    public long finish() {
        try {
            writer.end(metadata);
            long length = writer.getPos();
            writer.close();
            finished = true;
            return length;
        } catch (IOException e) {
            throw cannotWrite(path, e);
        }
    }

    /** CRC-32C of all bytes of the file, once it is finished, as {@code crc32c:} and 8 hexadecimal digits. */
    public String checksum() {
        return String.format(Locale.ROOT, "crc32c:%08x", checksum.getValue());
    }

    /** Deletes what was written, unless it was finished. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        codecs.release();
        if (finished) {
            return;
        }
        try {
            writer.close();
        } catch (IOException | RuntimeException e) {
            // What could not be written is deleted next; the reason was thrown before.
        }
        try {
            files.delete(path, false);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    path + " was not completed and cannot be deleted, delete it by hand: " + e.getMessage(), e);
        }
    }

    private static UncheckedIOException cannotWrite(Path path, IOException e) {
        return new UncheckedIOException(path + " cannot be written: " + e.getMessage(), e);
    }

    private static CompressionCodecName codec(String name) {
        return switch (name) {
            case "none" -> CompressionCodecName.UNCOMPRESSED;
            case "zstd" -> CompressionCodecName.ZSTD;
            case "snappy" -> CompressionCodecName.SNAPPY;
            default -> throw new IllegalArgumentException("codec " + name + " is not one of none, zstd, snappy");
        };
    }

    private static MessageType schema(List<Column> columns) {
        MessageTypeBuilder schema = Types.buildMessage();
        for (Column column : columns) {
            switch (column.type()) {
                case INT -> schema.required(PrimitiveTypeName.INT32).named(column.name());
                case LONG -> schema.required(PrimitiveTypeName.INT64).named(column.name());
                case DOUBLE -> schema.required(PrimitiveTypeName.DOUBLE).named(column.name());
                case TEXT ->
                    schema.required(PrimitiveTypeName.BINARY)
                            .as(LogicalTypeAnnotation.stringType())
                            .named(column.name());
                case FLOAT_VECTOR ->
                    schema.requiredList()
                            .requiredElement(PrimitiveTypeName.FLOAT)
                            .named(column.name());
                case DOUBLE_VECTOR ->
                    schema.requiredList()
                            .requiredElement(PrimitiveTypeName.DOUBLE)
                            .named(column.name());
            }
        }
        return schema.named("table");
    }

    private void column(Column column, ColumnDescriptor descriptor, int rows, ColumnData data) throws IOException {
        writer.startColumn(descriptor, (long) rows * valuesPerRow(data), codec);
        if (!(data instanceof ColumnData.Ints) && !(data instanceof ColumnData.Longs)) {
            // Without this, pages without minimum and maximum would be listed as holding nothing but nulls.
            writer.invalidateStatistics(noNulls(descriptor));
        }
        switch (column.type()) {
            case INT -> ints(descriptor, rows, ((ColumnData.Ints) data).values());
            case LONG -> longs(descriptor, rows, ((ColumnData.Longs) data).values());
            case DOUBLE -> doubles(descriptor, rows, ((ColumnData.Doubles) data).values());
            case TEXT -> texts(descriptor, rows, ((ColumnData.Texts) data).values());
            case FLOAT_VECTOR -> vectors(descriptor, rows, (ColumnData.VectorData) data, Precision.FLOAT);
            case DOUBLE_VECTOR -> vectors(descriptor, rows, (ColumnData.VectorData) data, Precision.DOUBLE);
        }
        writer.endColumn();
    }

    private static int valuesPerRow(ColumnData data) {
        return data instanceof ColumnData.VectorData vectors ? Math.max(1, vectors.width()) : 1;
    }

    private static Statistics<?> noNulls(ColumnDescriptor descriptor) {
        return Statistics.createStats(descriptor.getPrimitiveType());
    }

    private void ints(ColumnDescriptor descriptor, int rows, int[] values) throws IOException {
        int most = PAGE_BYTES / Integer.BYTES;
        for (int from = 0; from < rows; from += most) {
            int some = Math.min(most, rows - from);
            page.clear().asIntBuffer().put(values, from, some);
            int[] sorted = {values[from], values[from]};
            for (int i = from; i < from + some; i++) {
                sorted[0] = Math.min(sorted[0], values[i]);
                sorted[1] = Math.max(sorted[1], values[i]);
            }
            Statistics<?> statistics = noNulls(descriptor);
            statistics.updateStats(sorted[0]);
            statistics.updateStats(sorted[1]);
            write(some, some, some * Integer.BYTES, statistics);
        }
    }

    private void longs(ColumnDescriptor descriptor, int rows, long[] values) throws IOException {
        int most = PAGE_BYTES / Long.BYTES;
        for (int from = 0; from < rows; from += most) {
            int some = Math.min(most, rows - from);
            page.clear().asLongBuffer().put(values, from, some);
            long least = values[from];
            long greatest = values[from];
            for (int i = from; i < from + some; i++) {
                least = Math.min(least, values[i]);
                greatest = Math.max(greatest, values[i]);
            }
            Statistics<?> statistics = noNulls(descriptor);
            statistics.updateStats(least);
            statistics.updateStats(greatest);
            write(some, some, some * Long.BYTES, statistics);
        }
    }

    private void doubles(ColumnDescriptor descriptor, int rows, double[] values) throws IOException {
        int most = PAGE_BYTES / Double.BYTES;
        for (int from = 0; from < rows; from += most) {
            int some = Math.min(most, rows - from);
            page.clear().asDoubleBuffer().put(values, from, some);
            write(some, some, some * Double.BYTES, noNulls(descriptor));
        }
    }

    private void texts(ColumnDescriptor descriptor, int rows, String[] values) throws IOException {
        page.clear();
        int first = 0;
        for (int row = 0; row < rows; row++) {
            byte[] text = values[row].getBytes(StandardCharsets.UTF_8);
            room(page.position() + Integer.BYTES + text.length);
            page.putInt(text.length).put(text);
            if (page.position() >= PAGE_BYTES || row == rows - 1) {
                write(row + 1 - first, row + 1 - first, page.position(), noNulls(descriptor));
                page.clear();
                first = row + 1;
            }
        }
    }

    private void vectors(ColumnDescriptor descriptor, int rows, ColumnData.VectorData data, Precision stored)
            throws IOException {
        int width = data.width();
        long rowBytes = (long) width * stored.bytes();
        int most = (int) Math.max(1, PAGE_BYTES / Math.max(1, rowBytes));
        for (int from = 0; from < rows; from += most) {
            int some = Math.min(most, rows - from);
            if (some != levelRows || width != levelWidth) {
                levels = LevelBytes.ofVectors(some, width);
                levelRows = some;
                levelWidth = width;
            }
            int size = Math.toIntExact(levels.length + some * rowBytes);
            room(size);
            page.clear().put(levels);
            values(data, from, some, stored);
            write(some, some * Math.max(1, width), size, noNulls(descriptor));
        }
    }

    /** Appends the values of rows to the page. */
    private void values(ColumnData.VectorData data, int from, int rows, Precision stored) {
        int size = data.precision().bytes();
        int width = data.width();
        int stride = data.stride();
        // To the end of the last row's values, not of its stride.
        ByteBuffer source =
                OffHeap.view(data.address() + (long) from * stride * size, ((rows - 1L) * stride + width) * size);
        boolean whole = stride == width;
        int pieces = whole ? 1 : rows;
        int count = whole ? rows * width : width;
        for (int piece = 0; piece < pieces; piece++) {
            int at = piece * stride * size;
            if (data.precision() == stored) {
                page.put(page.position(), source, at, count * size);
                page.position(page.position() + count * size);
            } else if (stored == Precision.DOUBLE) {
                for (int i = 0; i < count; i++) {
                    page.putDouble(source.getFloat(at + i * size));
                }
            } else {
                for (int i = 0; i < count; i++) {
                    page.putFloat((float) source.getDouble(at + i * size));
                }
            }
        }
    }

    /** Makes the page large enough, keeping what it holds. */
    private void room(int bytes) {
        if (page.capacity() < bytes) {
            int capacity = Math.max(bytes, page.capacity() + page.capacity() / 2);
            page = ByteBuffer.wrap(Arrays.copyOf(page.array(), capacity))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .position(page.position());
        }
    }

    private void write(int rows, int values, int bytes, Statistics<?> statistics) throws IOException {
        BytesInput plain = BytesInput.from(page.array(), 0, bytes);
        BytesInput packed = codec == CompressionCodecName.UNCOMPRESSED ? plain : compressor.compress(plain);
        writer.writeDataPage(values, bytes, packed, statistics, rows, Encoding.RLE, Encoding.RLE, Encoding.PLAIN);
    }
}
