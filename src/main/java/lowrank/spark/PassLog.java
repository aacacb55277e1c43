package lowrank.spark;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The passes of a run in the order they ended, for the report and the manifest. */
public final class PassLog {
    /**
     * One read of the input.
     *
     * @param bytes decoded bytes
     * @param flops floating-point operations
     * @param offHeap the most bytes off the heap that a process has held at once, until this pass ended
     */
    public record Entry(String label, double seconds, long rows, long bytes, double flops, int tasks, long offHeap) {

        /** Decoded GB per second. */
        public double gigabytesPerSecond() {
            return bytes / 1e9 / seconds;
        }

        /** GFLOP per second. */
        public double gigaflopsPerSecond() {
            return flops / 1e9 / seconds;
        }
    }

    private final List<Entry> entries = new CopyOnWriteArrayList<>();

    void add(Entry entry) {
        entries.add(entry);
    }

    public List<Entry> entries() {
        return List.copyOf(entries);
    }
}
