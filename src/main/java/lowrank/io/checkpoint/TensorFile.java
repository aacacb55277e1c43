package lowrank.io.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;

/** Writes a safetensors file tensor by tensor, in the order in which they were declared, and digests it on the way. */
public final class TensorFile implements AutoCloseable {
    private static final int PIECE = 1 << 18;

    /** A tensor to come. */
    public record Entry(String name, ElementType type, List<Long> shape) {
        public Entry {
            shape = List.copyOf(shape);
        }

        long bytes() {
            return Math.multiplyExact(shape.stream().reduce(1L, Math::multiplyExact), type.bytes());
        }
    }

    private final String path;
    private final FSDataOutputStream out;
    private final MessageDigest digest;
    private final byte[] bytes = new byte[PIECE];
    private final ByteBuffer piece = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private final long expected;
    private long written;

    private TensorFile(HadoopConf conf, String path, List<Entry> entries) {
        this.path = path;
        this.expected = entries.stream().mapToLong(Entry::bytes).reduce(0, Math::addExact);
        Path file = new Path(path);
        try {
            digest = MessageDigest.getInstance("SHA-256");
            out = conf.fileSystem(file).create(file, true);
            write(header(entries));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
        written = 0;
    }

    /** Begins a file. */
    public static TensorFile create(HadoopConf conf, String path, List<Entry> entries) {
        return new TensorFile(conf, path, entries);
    }

    private static byte[] header(List<Entry> entries) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        // Without it transformers does not take the file for one of PyTorch's.
        root.putObject(SafetensorsHeader.METADATA).put("format", "pt");
        long at = 0;
        for (Entry entry : entries) {
            ObjectNode of = root.putObject(entry.name);
            of.put("dtype", entry.type.name());
            entry.shape.forEach(of.putArray("shape")::add);
            of.putArray("data_offsets").add(at).add(at += entry.bytes());
        }
        String text = mapper.writeValueAsString(root);
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        byte[] padded = (text + " ".repeat((8 - length % 8) % 8)).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length)
                .put(padded)
                .array();
    }

    /** Appends numbers, each rounded once to the type. */
    public void values(ElementType type, double[] values, int count) {
        int most = PIECE / type.bytes();
        for (int from = 0; from < count; from += most) {
            int now = Math.min(most, count - from);
            double[] some = from == 0 ? values : Arrays.copyOfRange(values, from, from + now);
            type.encode(some, now, piece, 0);
            write(now * type.bytes());
        }
    }

    /** Appends the bytes of a stored tensor. */
    public void copy(HadoopConf conf, StoredTensor tensor) {
        try (FSDataInputStream in = tensor.file().open(conf)) {
            in.seek(tensor.offset());
            for (long left = tensor.bytes(); left > 0; ) {
                int some = (int) Math.min(left, PIECE);
                in.readFully(bytes, 0, some);
                write(some);
                left -= some;
            }
        } catch (IOException e) {
            throw StoredFile.cannotRead(tensor.file().path(), e);
        }
    }

    private void write(int count) {
        try {
            write(out, bytes, count);
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }

    private void write(byte[] text) throws IOException {
        write(out, text, text.length);
    }

    private void write(OutputStream to, byte[] from, int count) throws IOException {
        to.write(from, 0, count);
        digest.update(from, 0, count);
        written += count;
    }

    private UncheckedIOException cannotWrite(IOException e) {
        return new UncheckedIOException(path + " cannot be written: " + e.getMessage(), e);
    }

    /** Ends the file, through to the disks where the file system can; returns its SHA-256. */
    public String finish() {
        if (written != expected) {
            throw new IllegalStateException(path + " got " + written + " bytes of values, declared are " + expected);
        }
        try {
            if (out.hasCapability(StreamCapabilities.HSYNC)) {
                out.hsync();
            }
        } catch (IOException e) {
            throw cannotWrite(e);
        }
        close();
        return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw cannotWrite(e);
        }
    }
}
