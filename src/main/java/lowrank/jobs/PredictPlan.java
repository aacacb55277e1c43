package lowrank.jobs;

import java.util.Locale;
import java.util.Optional;
import lowrank.blas.Precision;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.factor.Preparation;
import lowrank.factor.SvdAlgorithm;
import lowrank.io.InputTable;
import lowrank.spark.Room;
import lowrank.spark.TaskRanges;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;

/** What {@code job = predict} will take: one pass that multiplies rows by V and, for what is left, by its transpose. */
record PredictPlan(PredictSpec spec, Manifest model) {

    private boolean shifted() {
        return PredictJob.shifted(model, spec.precision());
    }

    private boolean standard() {
        return model.spec().at("/read/scale").asText().equals("standard");
    }

    /** Flops of so many rows: prepared as the model's were, then A V, and A - (A V) V^T. */
    double flops(long rows) {
        int cols = model.shape().cols();
        return Preparation.flops(rows, cols, standard(), PredictJob.clip(model), false)
                + 4.0 * rows * cols * model.rank();
    }

    /**
     * The plan in words.
     *
     * @param gemm GFLOP/s of one core's products
     * @throws DataException when the rows are known not to fit the model
     * @throws RefusedException when memory is known to be too small
     */
    String describe(InputBound bound, SparkConf conf, int parallelism, double gemm) {
        int cols = model.shape().cols();
        int rank = model.rank();
        if (bound.cols() > 0 && bound.cols() != cols) {
            throw new DataException("the rows have " + bound.cols() + " columns, the model " + spec.model()
                    + " was made from " + cols + "; read the columns it was made from, in their order");
        }
        StringBuilder text = new StringBuilder();
        line(text, "predict with the %s of %,d columns and rank %d at %s", model.job(), cols, rank, spec.model());
        Optional<InputTable> known = bound.table();
        if (known.isEmpty()) {
            line(text, "  pass        projection, %,d flops a row", (long) flops(1));
            return text.toString();
        }
        InputTable table = known.get();
        long rows = table.rows();
        int held = (standard() || shifted() ? Precision.DOUBLE : spec.precision()).bytes();
        boolean prepared = standard() || shifted() || PredictJob.clip(model) < Double.POSITIVE_INFINITY;
        long bytes = rows * cols * held;
        Layout layout = Layout.of(rows, (long) cols * held, 0);
        LeafRange task = TaskRanges.of(layout, table.chunkRows(), spec.read().partitions(), parallelism)
                .get(0);
        long offHeap = table.chunkBytes()
                + (long) layout.blockRows()
                        * cols
                        * (held + (prepared ? spec.precision().bytes() : 0))
                + SvdAlgorithm.productBytes(layout, cols, rank, true)
                + OutputFolder.sinkBytes(layout, task, rank, spec.write().stored());
        text.append(new Read(
                        "projection",
                        table,
                        bytes,
                        flops(rows),
                        rank + 1,
                        spec.write().stored(),
                        offHeap)
                .describe(conf, parallelism, gemm));
        return text.toString();
    }

    /**
     * The one pass of a predict job.
     *
     * @param bytes as decoded
     * @param width values that are written of each row
     * @param offHeap bytes of one task
     */
    record Read(String label, InputTable table, long bytes, double flops, int width, Precision stored, long offHeap) {
        /**
         * Figures in words.
         *
         * @throws RefusedException when memory is known to be too small
         */
        String describe(SparkConf conf, int parallelism, double gemm) {
            StringBuilder text = new StringBuilder();
            Room room = Room.of(conf, parallelism);
            line(text, "  pass        %-24s %,14d bytes  %10.4g flops", label, bytes, flops);
            line(text, "  reads       %,d bytes as stored, %,d bytes as decoded", table.storedBytes(), bytes);
            String what = label.equals("projection") ? "coordinates" : label.equals("scores") ? "predictions" : label;
            line(text, "  writes      %s of %s", Room.size((double) table.rows() * width * stored.bytes()), what);
            line(text, "  task        %s off the heap, %s on it", Room.size(offHeap), Room.size(table.readerBytes()));
            long atOnce = room.tasksAtOnce() * offHeap;
            line(text, "  at once     %d tasks: %s off the heap", room.tasksAtOnce(), Room.size(atOnce));
            double seconds = (flops / (0.5e9 * gemm) + bytes / 1e9) / parallelism;
            line(text, "  time        about %.0f s on %d cores (start not counted)", Math.max(1, seconds), parallelism);
            if (room.local() && atOnce > room.overhead()) {
                throw new RefusedException("predict needs " + Room.size(atOnce)
                        + " beside the heap; lower --driver-memory, use fewer cores (--master local[1]), or a cluster"
                        + " (there is " + Room.size(Math.max(0, room.overhead())) + ")");
            }
            return text.toString();
        }
    }

    static void line(StringBuilder text, String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
