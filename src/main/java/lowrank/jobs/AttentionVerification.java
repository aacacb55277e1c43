package lowrank.jobs;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lowrank.attention.AttentionError;
import lowrank.attention.HeadFit;
import lowrank.attention.Sampling;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Precision;
import lowrank.blocks.BlockSource;
import lowrank.blocks.DataException;
import lowrank.blocks.HeldRows;
import lowrank.blocks.Layout;
import lowrank.blocks.LocalBlocks;
import lowrank.blocks.RowBlocks;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import lowrank.io.InputTable;
import lowrank.io.ParquetTable;
import lowrank.linalg.NumericalException;
import lowrank.spark.MatrixTasks;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.DigestPass;
import lowrank.store.Digests;
import lowrank.store.GroupSink;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Measures stored outputs once more: exact outputs of the queries that were sampled, from the input, beside what the files hold. What heads/
 * says of each head must come out again.
 */
final class AttentionVerification {
    /** Sums of exact outputs are made in the same order, and stored values are what was measured: only the type may round. */
    private static final double ROUNDING = 1e-9;

    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final OutputFolder.Result result;
    private final Manifest manifest;
    private final AttentionSpec spec;
    private final Checks checks;
    private final PassLog log = new PassLog();

    AttentionVerification(JavaSparkContext spark, HadoopConf conf, OutputFolder.Result result) {
        this.spark = spark;
        this.conf = conf;
        this.result = result;
        manifest = result.manifest();
        checks = new Checks(result);
        spec = AttentionSpec.of(Spec.of(Spec.layers(
                null,
                result.path(),
                manifest.spec().toString(),
                List.of(),
                List.of("read.path=\"" + manifest.input().path() + "\""))));
    }

    /** What is found of a group. */
    private record Found(int index, byte[] digests, AttentionError error) implements Serializable {}

    /**
     * Prints what was measured; whether all of it holds.
     *
     * @param scratch a folder for a copy of the input, where its rows are not in order
     */
    boolean holds(String scratch) {
        StoredFiles.require(spark, conf, result, checks);
        AttentionInput input = AttentionInput.of(spec.read(), spec.precision(), conf, spark);
        if (!Digests.ofText(input.listing()).equals(manifest.input().listing())) {
            throw new DataException("the input at " + spec.read().path()
                    + " is not the one that was attended to (its files changed); run the job again");
        }
        Backend.choose(spec.blas());
        AttentionTable table = input.table(scratch, log);
        RowTable.Columns stored = RowTable.read(conf, result, AttentionResult.HEADS);
        if (stored.numbers("best_rank").length != table.groups().size()) {
            throw new NumericalException(result.path() + "/" + AttentionResult.HEADS
                    + " has another number of heads than the input; run the job again");
        }
        Work work = new Work(
                AttentionWork.of(spec, table, spark.getConf(), spark.defaultParallelism()),
                outputs(),
                spec.write().stored(),
                stored.numbers("best_rank"));
        List<Found> found = measured(work, table);
        Manifest.Factor output = manifest.factors().get(AttentionJob.OUTPUT);
        checks.same(
                AttentionJob.OUTPUT,
                Digests.ofBlocks(found.stream().map(Found::digests).toList()).equals(output.digest()),
                "the values that were written");
        heads(found, table, stored);
        checks.covers(
                AttentionJob.OUTPUT,
                AttentionResult.HEADS,
                "relative error",
                "median relative error",
                "uniform attention",
                "worst query");
        manifest.findings().measures().stream()
                .map(measure -> measure.name())
                .filter(name -> name.startsWith("best rank"))
                .forEach(checks::covers);
        checks.sayWhatIsLeft();
        return checks.hold();
    }

    private InputTable outputs() {
        List<InputFiles.Entry> files = InputFiles.list(conf, result.path() + "/" + AttentionJob.OUTPUT);
        return ParquetTable.open(conf, files, List.of(GroupSink.VALUES), null);
    }

    /** Reads groups beside their outputs, which lie in the order of the groups. */
    private record Work(AttentionWork work, InputTable outputs, Precision stored, double[] ranks)
            implements Serializable {
        BlockSource outputs(Group first, Layout layout) {
            long row = 0;
            for (Group group : work.table().groups().subList(0, first.index())) {
                row += group.rows();
            }
            return outputs.source(stored, layout, row);
        }

        Found found(Group group, RowBlocks rows, RowBlocks outputs) {
            byte[] digests = outputs.pass(new DigestPass(0, stored));
            int width = work.table().headWidth();
            Sampling sampling = work.settings().sampling(width);
            boolean chosen = !work.isExact(group)
                    && work.settings().approximation(width, group.index(), null).chooses();
            return new Found(
                    group.index(),
                    digests,
                    HeadFit.measured(rows, outputs, (int) ranks[group.index()], sampling, chosen));
        }

        List<Found> run(AttentionWork.Bundle bundle, Arena arena) {
            long rows = bundle.rows();
            Layout together = Layout.of(rows, work.table().rowBytes(work.precision()), 0);
            HeldRows held = HeldRows.of(work.table().source(bundle.groups(), work.precision(), together), arena);
            HeldRows outputs = HeldRows.of(outputs(bundle.groups().get(0), together), arena);
            List<Found> all = new ArrayList<>();
            long first = 0;
            for (Group group : bundle.groups()) {
                Layout layout = work.layout(group);
                all.add(found(
                        group, LocalBlocks.of(held.rows(first, layout)), LocalBlocks.of(outputs.rows(first, layout))));
                first += group.rows();
            }
            return all;
        }
    }

    private List<Found> measured(Work work, AttentionTable table) {
        Map<Integer, Found> found = new TreeMap<>();
        for (Group group : table.groups()) {
            if (work.work().isLong(group)) {
                Layout layout = work.work().layout(group);
                int partitions = spec.read().partitions();
                found.put(
                        group.index(),
                        work.found(
                                group,
                                SparkBlocks.of(spark, table.source(group, spec.precision(), layout), partitions, log),
                                SparkBlocks.of(spark, work.outputs(group, layout), partitions, log)));
            }
        }
        List<MatrixTasks.Item<AttentionWork.Bundle>> items = work.work().bundles(MatrixTasks.TASK_FLOPS).stream()
                .map(bundle -> new MatrixTasks.Item<>(bundle, bundle.rows(), bundle.flops()))
                .toList();
        if (!items.isEmpty()) {
            MatrixTasks.run(spark, "heads", items, work::run, log)
                    .of()
                    .forEach(some -> some.forEach(one -> found.put(one.index(), one)));
        }
        return List.copyOf(found.values());
    }

    /** What heads/ says must come out again; exact heads have the error of rounding alone. */
    private void heads(List<Found> found, AttentionTable table, RowTable.Columns stored) {
        double[] relative = stored.numbers("relative_error");
        double[] worst = stored.numbers("worst_error");
        double[] uniform = stored.numbers("uniform_error");
        double[] best = stored.numbers("best_rank_error");
        double rounding = Math.max(ROUNDING, 4 * spec.write().stored().roundoff());
        Checks.Worst errors = new Checks.Worst();
        Checks.Worst exact = new Checks.Worst();
        for (int i = 0; i < relative.length; i++) {
            AttentionError error = found.get(i).error();
            String place = table.groups().get(i).words(table.keys());
            if (Double.isNaN(relative[i])) {
                exact.add(place, error.relative(), exactRounding());
            } else {
                double[] claims = {relative[i], worst[i], uniform[i], best[i]};
                double[] measured = {error.relative(), error.worst(), error.uniform(), error.bestRank()};
                for (int c = 0; c < claims.length; c++) {
                    errors.add(place, Math.abs(measured[c] - claims[c]), rounding * Math.max(1, claims[c]));
                }
            }
        }
        checks.atMost("errors of heads, apart", errors);
        checks.atMost("exact heads, relative error", exact);
    }

    /** Scores of a hundred, and sums over all keys, round to some hundred units. */
    private double exactRounding() {
        double unit =
                Math.max(spec.precision().roundoff(), spec.write().stored().roundoff());
        return 1000 * unit;
    }
}
