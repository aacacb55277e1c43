package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.factor.Chooser;
import lowrank.factor.PlannedPass;
import lowrank.factor.Preparation;
import lowrank.factor.Probing;
import lowrank.factor.RankRule;
import lowrank.factor.SvdAlgorithm;
import lowrank.factor.ZScore;
import lowrank.io.InputTable;
import lowrank.spark.Room;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;

/**
 * What will run, decided from shape and spec alone, and what it will take.
 *
 * @param reasons why this algorithm
 */
record SvdPlan(SvdSpec spec, InputTable table, SvdAlgorithm algorithm, Layout layout, List<String> reasons) {
    static SvdPlan of(SvdSpec spec, InputTable table) {
        requireRow(table);
        Chooser.Choice choice = Chooser.choose(
                spec.algorithm(),
                table.rows(),
                table.cols(),
                spec.rank(),
                spec.center(),
                spec.scale(),
                spec.leftVectors(),
                spec.sketch());
        SvdAlgorithm algorithm = choice.algorithm();
        Layout layout = Layout.of(
                table.rows(), (long) table.cols() * spec.held().bytes(), algorithm.partialBytes(table.cols()));
        return new SvdPlan(spec, table, algorithm, layout, choice.reasons());
    }

    /** Refuses rows that no block can hold: sparse vectors are as wide as they say, not as what they hold. */
    static void requireRow(InputTable table) {
        if (table.cols() > InputTable.MOST_COLS) {
            throw new RefusedException("the input has " + table.cols() + " columns, which makes dense rows of "
                    + Room.size(8.0 * table.cols()) + ", and a row is at most " + Room.size(8.0 * InputTable.MOST_COLS)
                    + " in memory; read fewer columns");
        }
    }

    /** The passes to come. */
    List<PlannedPass> passes() {
        double flops = Preparation.flops(
                table.rows(), table.cols(), spec.read().standard(), spec.read().clip(), spec.shifted());
        List<PlannedPass> passes = new ArrayList<>();
        if (spec.read().standard()) {
            passes.add(ZScore.planned(table.rows(), table.cols()));
        }
        for (PlannedPass pass : algorithm.passes(table.rows(), table.cols())) {
            passes.add(new PlannedPass(pass.label(), pass.flops() + flops, pass.nodeBytes()));
        }
        return passes;
    }

    /** What the passes take. */
    Workload workload() {
        return new Workload(
                algorithm.name(),
                "lower factor.rank",
                table,
                layout,
                spec.read().partitions(),
                passes(),
                (long) table.cols() * spec.held().bytes(),
                this::taskWork,
                algorithm.partialBytes(table.cols()),
                algorithm.broadcastBytes(table.rows(), table.cols()),
                algorithm.driverBytes(table.rows(), table.cols()));
    }

    /**
     * Bytes off the heap of one task beside its row group: the block that is read (and the prepared one), and the algorithm's work
     * or U and its row group.
     */
    private long taskWork(LeafRange task) {
        boolean prepared =
                spec.read().standard() || spec.shifted() || spec.read().clip() < Double.POSITIVE_INFINITY;
        long block = (long) layout.blockRows()
                * table.cols()
                * (spec.held().bytes() + (prepared ? spec.precision().bytes() : 0));
        long work = algorithm.taskBytes(layout, table.cols());
        if (spec.leftVectors()) {
            int width = spec.rank() instanceof RankRule.Fixed fixed
                    ? fixed.rank()
                    : (int) Math.min(table.rows(), table.cols());
            long sink = OutputFolder.sinkBytes(layout, task, width, spec.write().stored());
            long product = SvdAlgorithm.productBytes(layout, table.cols(), width, spec.center());
            long confirmed = Probing.workBytes(
                    layout, table.cols(), width, spec.precision(), spec.write().stored());
            work = Math.max(work, product + confirmed + sink);
        }
        return block + work;
    }

    /**
     * The plan in words.
     *
     * @param gemm GFLOP/s of one core's products, for the predicted time
     */
    String describe(SparkConf conf, int parallelism, double gemm) {
        StringBuilder text = new StringBuilder();
        Workload.line(
                text,
                "%s of %,d x %,d %s",
                spec.job(),
                table.rows(),
                table.cols(),
                spec.precision().name().toLowerCase(Locale.ROOT));
        reasons.forEach(reason -> Workload.line(text, "  algorithm   %s", reason));
        text.append(workload().describe(conf, parallelism, gemm));
        if (algorithm.driverBytes(table.rows(), table.cols()) > 1L << 30) {
            Workload.line(
                    text,
                    "  note        the small factorisation weighs on the driver: minutes on one core at this size");
        }
        if (spec.rank() instanceof RankRule.Tolerance) {
            Workload.line(text, "  note        the rank, and the passes of block-krylov, depend on the values");
        }
        return text.toString();
    }
}
