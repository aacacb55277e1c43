package lowrank.io.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lowrank.blas.OffHeap;
import lowrank.io.HadoopConf;
import lowrank.linalg.NumericalException;
import org.apache.hadoop.fs.Path;

/**
 * Writes a safetensors file: the header first, then the values of one tensor after the other, in the order of {@link #order}. The same
 * tensors give the same bytes. Memory: the header, and 256 KB.
 *
 * <pre>
 * try (SafetensorsWriter out = SafetensorsWriter.create(conf, path, Map.of("format", "pt"), tensors)) {
 *     for (Entry tensor : out.order()) {
 *         out.begin(tensor.name());
 *         out.values(tile, count); // until all are there
 *     }
 *     Written written = out.finish();
 * }
 * </pre>
 */
public final class SafetensorsWriter implements AutoCloseable {
    private static final int PIECE = 1 << 18;
    private static final int ALIGNMENT = 8;

    /** Wide numbers first: each tensor then begins at a multiple of its numbers' size, which PyTorch asks for. The library's own order. */
    private static final List<ElementType> TYPES = List.of(
            ElementType.U64,
            ElementType.I64,
            ElementType.F64,
            ElementType.F32,
            ElementType.U32,
            ElementType.I32,
            ElementType.BF16,
            ElementType.F16,
            ElementType.U16,
            ElementType.I16,
            ElementType.I8,
            ElementType.U8,
            ElementType.BOOL);

    private static final Comparator<Entry> ORDER = Comparator.comparingInt((Entry e) -> TYPES.indexOf(e.type))
            .thenComparing((Entry e) -> e.name.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    private final HadoopConf conf;
    private final String path;
    private final List<Entry> order;
    private final DigestOutputStream out;
    private final byte[] bytes = new byte[PIECE];
    private final ByteBuffer piece = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private long written;
    private int next;
    private Entry current;
    private long missing;

    /** A tensor to be written. */
    public record Entry(String name, ElementType type, List<Long> shape) {
        public Entry {
            shape = List.copyOf(shape);
        }

        /** The same name, type and shape as a tensor that was read. */
        public static Entry of(StoredTensor tensor) {
            return new Entry(tensor.name(), tensor.type(), tensor.shape());
        }

        long count() {
            return shape.stream().reduce(1L, Math::multiplyExact);
        }

        long bytes() {
            return Math.multiplyExact(count(), type.bytes());
        }
    }

    /**
     * What was written.
     *
     * @param sha256 of all bytes of the file, in hexadecimal
     */
    public record Written(long bytes, String sha256) {}

    private SafetensorsWriter(HadoopConf conf, String path, List<Entry> order, OutputStream out) {
        this.conf = conf;
        this.path = path;
        this.order = order;
        this.out = new DigestOutputStream(out, sha256());
    }

    /**
     * Begins a file, in place of one that is there.
     *
     * @param metadata texts under {@code __metadata__}; PyTorch's libraries ask for {@code format = pt}
     * @throws IllegalArgumentException if a name stands twice or is not one that is read
     */
    public static SafetensorsWriter create(
            HadoopConf conf, String path, Map<String, String> metadata, Collection<Entry> tensors) {
        List<Entry> order = tensors.stream().sorted(ORDER).toList();
        byte[] header = header(metadata, order);
        Path file = new Path(path);
        try {
            SafetensorsWriter writer = new SafetensorsWriter(
                    conf, path, order, conf.fileSystem(file).create(file, true));
            writer.append(header, header.length);
            return writer;
        } catch (IOException e) {
            throw cannotWrite(path, e);
        }
    }

    /**
     * The first bytes of a file whose tensors lie in this order: the length of the header, and the header, padded so that values
     * begin at a multiple of 8.
     */
    public static byte[] header(Map<String, String> metadata, List<Entry> order) {
        requireReadable(order);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafetensorsHeader.METADATA);
                for (Map.Entry<String, String> field : new TreeMap<>(metadata).entrySet()) {
                    json.writeStringField(field.getKey(), field.getValue());
                }
                json.writeEndObject();
            }
            long at = 0;
            for (Entry tensor : order) {
                at = entry(json, tensor, at);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        int length = (text.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (length > Limits.HEADER) {
            throw new IllegalArgumentException("the header would have " + length + " bytes, where safetensors allows "
                    + Limits.HEADER + ": write several files");
        }
        ByteBuffer all = ByteBuffer.allocate(SafetensorsHeader.BEFORE + length).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(length).put(text.toByteArray());
        Arrays.fill(all.array(), all.position(), all.capacity(), (byte) ' ');
        return all.array();
    }

    private static long entry(JsonGenerator json, Entry tensor, long at) throws IOException {
        json.writeObjectFieldStart(tensor.name);
        json.writeStringField("dtype", tensor.type.name());
        json.writeFieldName("shape");
        json.writeArray(tensor.shape.stream().mapToLong(size -> size).toArray(), 0, tensor.shape.size());
        long end = Math.addExact(at, tensor.bytes());
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {at, end}, 0, 2);
        json.writeEndObject();
        return end;
    }

    private static void requireReadable(List<Entry> tensors) {
        Set<String> names = new HashSet<>();
        for (Entry tensor : tensors) {
            if (!Limits.isName(tensor.name) || tensor.name.equals(SafetensorsHeader.METADATA)) {
                throw new IllegalArgumentException(Limits.shown(tensor.name) + " is not a name of a tensor");
            }
            if (!names.add(tensor.name)) {
                throw new IllegalArgumentException(tensor.name + " is to be written twice");
            }
        }
        if (tensors.size() > Limits.TENSORS) {
            throw new IllegalArgumentException(
                    "a file holds at most " + Limits.TENSORS + " tensors: write several files");
        }
    }

    /** The tensors in the order in which their values are taken: the widest numbers first, in the order of the library of the format, then
     * by the bytes of the name. */
    public List<Entry> order() {
        return order;
    }

    /** Begins the next tensor, which must be of this name. */
    public void begin(String name) {
        requireComplete();
        if (next == order.size() || !order.get(next).name.equals(name)) {
            throw new IllegalStateException(name + " is not the next tensor of " + path + ": "
                    + (next == order.size() ? "all are there" : order.get(next).name + " is"));
        }
        current = order.get(next++);
        missing = current.count();
    }

    /**
     * The next numbers of the tensor = values[0 .. count), each rounded once to its type.
     *
     * @throws NumericalException if the type does not hold a finite value
     */
    public void values(double[] values, int count) {
        take(count);
        int size = current.type.bytes();
        requireFits(values, count);
        for (int at = 0; at < count; at += PIECE / size) {
            int some = Math.min(PIECE / size, count - at);
            double[] these = at == 0 ? values : Arrays.copyOfRange(values, at, at + some);
            current.type.encode(these, some, piece, 0);
            append(bytes, some * size);
        }
    }

    /** The next numbers of the tensor = {@code count} doubles at {@code address}, rounded as {@link #values(double[], int)} does. */
    public void values(long address, long count) {
        double[] tile = new double[(int) Math.min(OffHeap.TILE, count)];
        for (long done = 0; done < count; done += tile.length) {
            int some = (int) Math.min(tile.length, count - done);
            OffHeap.get(address + 8 * done, tile, 0, some);
            values(tile, some);
        }
    }

    /** All values of the tensor = those of a stored one of its type and count, byte by byte. */
    public void copy(StoredTensor from) {
        if (current == null || from.type() != current.type || from.count() != current.count()) {
            throw new IllegalArgumentException(from.name() + " is not of the type and size that is to be written");
        }
        take(current.count());
        int size = current.type.bytes();
        try (ValueBytes in = ValueBytes.open(conf, from)) {
            for (long done = 0; done < current.count(); ) {
                int some = (int) Math.min(PIECE / size, current.count() - done);
                in.read(done, bytes, some);
                append(bytes, some * size);
                done += some;
            }
        }
    }

    /**
     * Ends the file.
     *
     * @throws IllegalStateException if values are missing
     */
    public Written finish() {
        requireComplete();
        if (next < order.size()) {
            throw new IllegalStateException(order.get(next).name + " is missing in " + path);
        }
        close();
        return new Written(
                written, HexFormat.of().formatHex(out.getMessageDigest().digest()));
    }

    private void take(long count) {
        if (current == null || count > missing) {
            throw new IllegalStateException(
                    "more values than " + (current == null ? "no tensor" : current.name) + " has, in " + path);
        }
        missing -= count;
    }

    private void requireComplete() {
        if (missing > 0) {
            throw new IllegalStateException(missing + " values of " + current.name + " are missing in " + path);
        }
    }

    private void requireFits(double[] values, int count) {
        double beyond = current.type.beyond();
        for (int i = 0; i < count; i++) {
            double magnitude = Math.abs(values[i]);
            if (magnitude >= beyond && magnitude < Double.POSITIVE_INFINITY) {
                throw new NumericalException(
                        current.name + " has values that " + current.type + " does not hold: write it in a wider type");
            }
        }
    }

    private void append(byte[] from, int count) {
        try {
            out.write(from, 0, count);
            written += count;
        } catch (IOException e) {
            throw cannotWrite(path, e);
        }
    }

    private static UncheckedIOException cannotWrite(String path, IOException e) {
        return new UncheckedIOException(path + " cannot be written: " + e.getMessage(), e);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Closes the file as it is; one that was not finished is of no use. */
    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw cannotWrite(path, e);
        }
    }
}
