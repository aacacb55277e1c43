package lowrank.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.compression.CommonsCompressionFactory;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * What the footer of an Arrow IPC file says, and the heads of its record batches.
 *
 * @param digest SHA-256 of the footer
 */
record ArrowFile(StoredFile file, String digest, List<Column> columns, List<Batch> batches) implements Serializable {
    private static final byte[] MAGIC = {'A', 'R', 'R', 'O', 'W', '1'};
    private static final int CONTINUATION = -1;
    private static final long MARGIN = 1L << 20;
    private static final long MOST_BYTES = 16L << 30;
    private static final int LEAST = 8 + 4 + MAGIC.length;

    /** What a column holds, as far as it can be read. */
    enum Kind {
        VECTOR,
        NUMBER,
        WHOLE_INT,
        WHOLE_LONG,
        TEXT,
        OTHER;

        boolean isNumeric() {
            return this != TEXT && this != OTHER;
        }
    }

    /**
     * A column.
     *
     * @param width values per row, 1 for scalars
     * @param type as Arrow names it, for messages
     */
    record Column(String name, Kind kind, int width, String type) implements Serializable {}

    /**
     * A record batch.
     *
     * @param head bytes of its head, after which the values follow
     * @param body bytes of the values as they lie in the file
     */
    record Batch(long offset, int head, long body, long rows, boolean compressed) implements Serializable {}

    /**
     * Reads the footer and the heads of the batches.
     *
     * @throws CorruptFileException if it is no Arrow IPC file, or was cut off
     */
    static ArrowFile read(HadoopConf conf, String path) {
        StoredFile file = StoredFile.look(conf, path);
        if (file.length() < LEAST) {
            throw file.corrupt("is too short to be an Arrow IPC file", null);
        }
        try (FSDataInputStream in = file.open(conf)) {
            String digest = footer(in, file);
            try (BufferAllocator allocator = new RootAllocator();
                    ArrowFileReader reader = reader(file, in, allocator)) {
                List<Column> columns = reader.getVectorSchemaRoot().getSchema().getFields().stream()
                        .map(ArrowFile::column)
                        .toList();
                List<Batch> batches = new ArrayList<>();
                for (ArrowBlock block : reader.getRecordBlocks()) {
                    batches.add(batch(in, file, block));
                }
                return new ArrowFile(file, digest, new ArrayList<>(columns), batches);
            }
        } catch (EOFException e) {
            throw file.corrupt("ends where more must follow", e);
        } catch (IOException e) {
            throw StoredFile.cannotRead(path, e);
        } catch (CorruptFileException e) {
            throw e;
        } catch (RuntimeException e) {
            throw file.corrupt("has a footer that cannot be read", e);
        }
    }

    /** Looks at both ends of a file before Arrow sees it; returns a digest of the footer. */
    private static String footer(FSDataInputStream in, StoredFile file) throws IOException {
        byte[] head = new byte[MAGIC.length];
        byte[] tail = new byte[4 + MAGIC.length];
        in.readFully(0, head);
        in.readFully(file.length() - tail.length, tail);
        if (!ByteBuffer.wrap(head).equals(ByteBuffer.wrap(MAGIC))) {
            throw file.corrupt("does not begin as an Arrow IPC file does (the streaming format is not read)", null);
        }
        if (!ByteBuffer.wrap(tail, 4, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
            throw file.corrupt("does not end as an Arrow IPC file does: it was cut off or never completed", null);
        }
        int size = ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (size <= 0 || size > file.length() - LEAST) {
            throw file.corrupt("has a footer of impossible length", null);
        }
        byte[] footer = new byte[size];
        in.readFully(file.length() - tail.length - size, footer);
        return StoredFile.sha256(ByteBuffer.wrap(footer));
    }

    /** Arrow's reader of a file; buffers that lz4 or zstd compressed are unpacked by Arrow's own codecs. */
    static ArrowFileReader reader(StoredFile file, FSDataInputStream in, BufferAllocator allocator) {
        return new ArrowFileReader(new HadoopChannel(in, file.length()), allocator, CommonsCompressionFactory.INSTANCE);
    }

    private static Batch batch(FSDataInputStream in, StoredFile file, ArrowBlock block) throws IOException {
        long offset = block.getOffset();
        int head = block.getMetadataLength();
        long body = block.getBodyLength();
        if (offset < 0
                || head < 8
                || body < 0
                || offset > file.length() - head
                || body > file.length() - offset - head) {
            throw file.corrupt("names a record batch that lies beyond its end", null);
        }
        byte[] bytes = new byte[head];
        in.readFully(offset, bytes);
        ByteBuffer message = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        // Before version 0.15 the length stood alone.
        message.position(message.getInt(0) == CONTINUATION ? 8 : 4);
        Message parsed = Message.getRootAsMessage(message);
        RecordBatch batch = parsed.headerType() == MessageHeader.RecordBatch
                ? (RecordBatch) parsed.header(new RecordBatch())
                : null;
        if (batch == null || batch.length() < 0 || batch.length() > Integer.MAX_VALUE) {
            throw file.corrupt("has something else where a record batch must be", null);
        }
        return new Batch(offset, head, body, batch.length(), batch.compression() != null);
    }

    private static Column column(Field field) {
        ArrowType type = field.getType();
        if (field.getDictionary() != null) {
            return new Column(field.getName(), Kind.OTHER, 1, "dictionary-encoded");
        }
        Kind kind = Kind.OTHER;
        int width = 1;
        if (type instanceof ArrowType.FixedSizeList list) {
            Field values = field.getChildren().get(0);
            if (isFloat(values.getType()) && values.getDictionary() == null) {
                kind = Kind.VECTOR;
                width = list.getListSize();
            }
        } else if (isFloat(type)) {
            kind = Kind.NUMBER;
        } else if (type instanceof ArrowType.Int whole) {
            kind = whole.getBitWidth() < 32 || (whole.getBitWidth() == 32 && whole.getIsSigned())
                    ? Kind.WHOLE_INT
                    : whole.getIsSigned() || whole.getBitWidth() == 32 ? Kind.WHOLE_LONG : Kind.OTHER;
        } else if (type instanceof ArrowType.Utf8 || type instanceof ArrowType.LargeUtf8) {
            kind = Kind.TEXT;
        }
        return new Column(field.getName(), kind, width, type.toString());
    }

    private static boolean isFloat(ArrowType type) {
        return type instanceof ArrowType.FloatingPoint number && number.getPrecision() != FloatingPointPrecision.HALF;
    }

    /**
     * The most memory that a batch may ask for: what its head says of lengths is not to be believed. Texts have no size of
     * their own; zstd packs them a thousand times at best.
     */
    long allocationLimit() {
        long limit = 0;
        for (Batch batch : batches) {
            long expected = batch.body() + MARGIN;
            for (Column column : columns) {
                boolean sized = column.kind() != Kind.TEXT && column.kind() != Kind.OTHER;
                // Doubled: Arrow rounds to powers of two.
                expected += sized ? 2 * batch.rows() * (column.width() + 1L) * Double.BYTES : 1000 * batch.body();
            }
            limit = Math.max(limit, Math.min(expected, MOST_BYTES));
        }
        return limit;
    }

    long rows() {
        return batches.stream().mapToLong(Batch::rows).sum();
    }

    Optional<Column> column(String name) {
        return columns.stream().filter(c -> c.name().equals(name)).findFirst();
    }
}
