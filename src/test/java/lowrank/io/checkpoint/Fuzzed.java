package lowrank.io.checkpoint;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.BiFunction;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.io.StoredFile;

/**
 * What is asked of a reader that is given any bytes: it refuses them by one of three exceptions, or says of tensors that lie inside
 * the file, and either way takes memory as the file is long.
 */
final class Fuzzed {
    /** Bytes that a reader may take beside those for the file: buffers of Jackson, Hadoop and two readers of values. */
    private static final long MEMORY = 2 << 20;
    /** Bytes that it may take for each byte of the file: an entry of five characters becomes a list and a few objects. */
    private static final long MEMORY_PER_BYTE = 200;

    private static final int SMALL = 4096;

    private static final HadoopConf CONF = MemoryFiles.conf();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Fuzzed() {}

    /**
     * Reads bytes as a file of this name; anything but the three exceptions escapes.
     *
     * @return whether it was read
     */
    static boolean read(String name, byte[] bytes, BiFunction<HadoopConf, StoredFile, List<StoredTensor>> reader) {
        StoredFile file = MemoryFiles.put(CONF, name, bytes);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        boolean read = isRead(file, reader);
        if (THREADS.getCurrentThreadAllocatedBytes() - before > most(bytes)) {
            // Once more, now that all classes are loaded.
            before = THREADS.getCurrentThreadAllocatedBytes();
            isRead(file, reader);
            long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
            if (taken > most(bytes)) {
                throw new AssertionError("a file of " + bytes.length + " bytes took " + taken + " bytes of memory");
            }
        }
        return read;
    }

    /** Bytes that a reader may take for a file. */
    static long most(byte[] bytes) {
        return MEMORY + MEMORY_PER_BYTE * bytes.length;
    }

    private static boolean isRead(StoredFile file, BiFunction<HadoopConf, StoredFile, List<StoredTensor>> reader) {
        try {
            for (StoredTensor tensor : reader.apply(CONF, file)) {
                requireInside(tensor);
            }
            return true;
        } catch (DataException | CorruptFileException | MissingInputException e) {
            requireReadable(e.getMessage());
            return false;
        }
    }

    private static void requireInside(StoredTensor tensor) {
        boolean deflated = tensor.packing() != null && tensor.packing().deflated();
        long bytes = deflated ? tensor.packing().member().stored() : tensor.bytes();
        if (tensor.offset() < 0 || bytes < 0 || tensor.offset() > tensor.file().length() - bytes) {
            throw new AssertionError(tensor.name() + " lies outside of its file");
        }
    }

    /** Makes a file that the next ones may name. */
    static void beside(String name, byte[] bytes) {
        MemoryFiles.put(CONF, name, bytes);
    }

    /** Reads the values of the first small tensors: what a header promises must be there, or be refused. */
    static List<StoredTensor> withValues(List<StoredTensor> tensors) {
        tensors.stream()
                .filter(tensor -> tensor.count() <= SMALL)
                .limit(2)
                .forEach(tensor -> TensorReader.all(CONF, tensor));
        return tensors;
    }

    private static void requireReadable(String message) {
        if (message.length() > 2_000 || message.chars().anyMatch(c -> c < ' ' && c != '\n')) {
            throw new AssertionError("this message is no sentence: " + message);
        }
    }
}
