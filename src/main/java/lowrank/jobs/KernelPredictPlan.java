package lowrank.jobs;

import lowrank.blas.Precision;
import lowrank.blocks.Column;
import lowrank.blocks.DataException;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.blocks.RightProduct;
import lowrank.factor.Preparation;
import lowrank.factor.SvdAlgorithm;
import lowrank.io.HadoopConf;
import lowrank.io.InputTable;
import lowrank.spark.TaskRanges;
import lowrank.store.FactorTables;
import lowrank.store.KernelModel;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;

/**
 * What {@code job = predict} on the result of a kernel job will take: one pass that makes features of rows, and multiplies them by
 * coefficients or, for coordinates, by V and its transpose.
 *
 * @param job that made the model
 * @param components columns of V; 0 where the result has none
 */
record KernelPredictPlan(PredictSpec spec, String job, KernelModel model, int components) {

    static KernelPredictPlan of(PredictSpec spec, OutputFolder.Result result, HadoopConf conf) {
        KernelModel model = KernelModel.read(conf, result);
        boolean projected = model.fit() == null && result.manifest().factors().containsKey("V");
        int components = projected ? FactorTables.readV(conf, result).v().cols() : 0;
        return new KernelPredictPlan(spec, result.manifest().job(), model, components);
    }

    /** The type in which rows are read. */
    Precision held() {
        return model.inputs().score() == null ? model.inputs().precision() : Precision.DOUBLE;
    }

    private int targets() {
        return model.fit().targets().size();
    }

    private boolean varies() {
        return spec.write().also().contains("variance") && model.fit().variance() != null;
    }

    private String label() {
        if (model.fit() == null) {
            return components > 0 ? "coordinates" : "features";
        }
        return spec.read().kind() == null ? "predictions" : "scores";
    }

    /** Flops of so many rows: as the run counts them. */
    double flops(long rows) {
        KernelModel.Inputs inputs = model.inputs();
        int cols = inputs.names().size();
        double size = model.map().size();
        double preparing = Preparation.flops(rows, cols, inputs.score() != null, inputs.clip(), false)
                + (inputs.lengths().length == 0 ? 0 : (double) rows * cols);
        double products = model.fit() == null
                ? 4.0 * rows * size * components
                : 2.0 * rows * size * (targets() + (varies() ? size : 0));
        return preparing + model.map().flops(rows) + products;
    }

    /** Values that are written of each row. */
    private int width() {
        if (model.fit() == null) {
            return components > 0 ? components + 1 : model.map().size();
        }
        int values = model.fit().classes() != null ? 2 : targets();
        return values + (varies() ? targets() : 0) + (spec.write().also().contains("novelty") ? 1 : 0);
    }

    private Precision stored() {
        return model.fit() == null ? spec.write().stored() : Precision.DOUBLE;
    }

    /** Bytes off the heap of a task: what is read, the block as read and prepared, features, their products, what is written. */
    private long offHeap(InputTable table, Layout layout, LeafRange task) {
        KernelModel.Inputs inputs = model.inputs();
        long b = layout.blockRows();
        int size = model.map().size();
        int bytes = inputs.precision().bytes();
        boolean prepares =
                inputs.score() != null || inputs.clip() < Double.POSITIVE_INFINITY || inputs.lengths().length > 0;
        long block = b * table.cols() * (held().bytes() + (prepares ? bytes : 0))
                + 8 * b * spec.read().beside().all().size();
        long products = components > 0 ? SvdAlgorithm.productBytes(layout, size, components, true) : 0;
        if (model.fit() != null) {
            int width = targets() + (varies() ? size : 0);
            products =
                    bytes * (RightProduct.entries(layout.blockRows(), width) + (long) size * width) + 8 * b * width();
        }
        return table.chunkBytes()
                + block
                + model.map().mapperBytes(layout, new Column("values", table.cols(), inputs.precision()))
                + products
                + OutputFolder.sinkBytes(layout, task, width(), stored());
    }

    /**
     * The plan in words.
     *
     * @param gemm GFLOP/s of one core's products
     * @throws DataException when the rows are known not to fit the model
     * @throws RefusedException when memory is known to be too small
     */
    String describe(InputBound bound, SparkConf conf, int parallelism, double gemm) {
        int cols = model.inputs().names().size();
        if (bound.cols() > 0 && bound.cols() != cols) {
            throw new DataException("the rows have " + bound.cols() + " columns, the model " + spec.model()
                    + " was made from " + cols + "; read the columns it was made from, in their order");
        }
        StringBuilder text = new StringBuilder();
        int size = model.map().size();
        PredictPlan.line(
                text, "predict with the %s of %,d columns and %,d features at %s", job, cols, size, spec.model());
        if (bound.table().isEmpty()) {
            PredictPlan.line(text, "  pass        %s, %,d flops a row", label(), (long) flops(1));
            return text.toString();
        }
        InputTable table = bound.table().get();
        long rows = table.rows();
        long row = (long) cols * held().bytes();
        Layout layout = Layout.of(
                rows, Math.max(row, (long) size * model.inputs().precision().bytes()), 0);
        LeafRange task = TaskRanges.of(layout, table.chunkRows(), spec.read().partitions(), parallelism)
                .get(0);
        long bytes = rows * (row + 8L * spec.read().beside().all().size());
        text.append(new PredictPlan.Read(
                        label(), table, bytes, flops(rows), width(), stored(), offHeap(table, layout, task))
                .describe(conf, parallelism, gemm));
        return text.toString();
    }
}
