package lowrank.jobs;

import java.util.List;
import java.util.function.Predicate;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.factor.PlannedPass;
import lowrank.io.Examples;
import lowrank.io.HadoopConf;
import lowrank.spark.Beside;
import lowrank.spark.Room;
import lowrank.store.OutputFolder;
import lowrank.store.StoredRow;
import org.apache.spark.SparkConf;

/**
 * What {@code job = predict} will do and take, and what it refuses, known before the large tables of the model or any row are read: one
 * pass, which writes what it tells.
 */
sealed interface PredictPlan permits SvdPredictPlan, KernelPredictPlan {

    /**
     * By the manifest of the model.
     *
     * @throws SpecException when the spec asks for what the model does not tell
     */
    static PredictPlan of(Spec text, OutputFolder.Result model, HadoopConf conf) {
        PredictSpec spec = PredictSpec.of(text);
        return model.manifest().model() == null
                ? SvdPredictPlan.of(text, spec, model, conf)
                : KernelPredictPlan.of(text, spec, model, conf);
    }

    PredictSpec spec();

    /** The type of the blocks. */
    Precision precision();

    /** The type in which rows are read. */
    Precision held();

    /** Names of the columns that the model was made from. */
    List<String> columns();

    /** The classes of the model by which a label is read, or null. */
    Classes classes();

    /** How many columns the model was made from. */
    default int cols() {
        return columns().size();
    }

    /** The model in words. */
    String title();

    /** How a table of so many rows is cut. */
    Layout layout(long rows);

    /** The pass, with flops as the run counts them. */
    PlannedPass pass(long rows);

    /** What is written, in a word. */
    String written();

    /** A row of it. */
    StoredRow row();

    /** Bytes of the model on the heap, which are also sent to every executor. */
    long modelBytes();

    /** Bytes off the heap of a task, beside the row group of the matrix that it reads and the one that it writes. */
    long workBytes(Examples rows, Layout layout);

    /** The key that would have made the model smaller. */
    String sizeKey();

    /**
     * What would fit where this does not, in words that follow a semicolon.
     *
     * @param fits whether another plan does
     */
    String instead(Predicate<PredictPlan> fits);

    /** Bytes of a row beside the matrix, by what is known of it: one column of targets may be a vector. */
    default long besideBytes(Examples rows) {
        Beside beside = spec().read().beside();
        int named = beside.targets().size() + (beside.label() == null ? 0 : 1);
        // Texts have no columns until they are codes.
        int targets =
                rows.targets() == null ? named : Math.max(named, rows.targets().cols());
        return 8L * (targets + (beside.weight() == null ? 0 : 1));
    }

    /** What the pass takes of these rows. */
    default Workload workload(Examples rows) {
        long count = rows.rows().rows();
        Layout layout = layout(count);
        long work = workBytes(rows, layout);
        return new Workload(
                "predict",
                "lower " + sizeKey() + " of the model",
                rows.rows(),
                layout,
                spec().read().partitions(),
                List.of(pass(count)),
                (long) cols() * held().bytes() + besideBytes(rows),
                task -> work + row().offHeap(layout, task),
                task -> row().onHeap(layout, task),
                0,
                modelBytes(),
                modelBytes());
    }

    /**
     * Refuses what cannot run.
     *
     * @throws RefusedException with what would fit
     */
    default void require(Examples rows, SparkConf conf, int parallelism) {
        try {
            workload(rows).require(conf, parallelism);
        } catch (RefusedException e) {
            throw new RefusedException(e.getMessage() + "; "
                    + instead(other -> {
                        try {
                            other.workload(rows).require(conf, parallelism);
                            return true;
                        } catch (RefusedException | IllegalArgumentException tooLarge) {
                            // Or a map has no such size.
                            return false;
                        }
                    }));
        }
    }

    /**
     * Refuses more or fewer targets than the model tells.
     *
     * @param rows with what is known to stand beside them
     */
    void requireTargets(Examples rows);

    /**
     * Refuses rows of other columns than the model's.
     *
     * @param names of the rows' columns
     * @throws DataException when there are more or fewer, or one has another name
     */
    default void requireColumns(List<String> names) {
        requireCount(names.size());
        for (int j = 0; j < names.size(); j++) {
            // Places in a vector have no names of their own.
            boolean own =
                    !names.get(j).endsWith("[" + j + "]") && !columns().get(j).endsWith("[" + j + "]");
            if (own && !names.get(j).equals(columns().get(j))) {
                throw new DataException("column " + j + " of the rows is " + names.get(j) + ", that of the model "
                        + spec().model() + " is " + columns().get(j) + "; name read.columns in the model's order");
            }
        }
    }

    /** The same, where only their number is known. */
    default void requireCount(int count) {
        if (count != cols()) {
            throw new DataException("the rows have " + count + " columns, the model "
                    + spec().model() + " was made from " + cols()
                    + "; read the columns it was made from, in their order");
        }
    }

    /**
     * The plan in words.
     *
     * @param rows as far as they are known; null where their number is not
     * @param gemm GFLOP/s of one core's products
     */
    default String describe(Examples rows, SparkConf conf, int parallelism, double gemm) {
        StringBuilder text = new StringBuilder();
        Workload.line(text, "predict with the %s at %s", title(), spec().model());
        if (rows == null) {
            PlannedPass row = pass(1);
            Workload.line(text, "  pass        %s, %,d flops a row", row.label(), (long) row.flops());
            return text.toString();
        }
        text.append(workload(rows).describe(conf, parallelism, gemm));
        double bytes = (double) rows.rows().rows() * row().bytes();
        Workload.line(text, "  writes      %s of %s", Room.size(bytes), written());
        return text.toString();
    }
}
