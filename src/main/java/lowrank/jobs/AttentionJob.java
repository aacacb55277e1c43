package lowrank.jobs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lowrank.attention.HeadFit;
import lowrank.blas.Backend;
import lowrank.blocks.BlockSource;
import lowrank.blocks.Pass;
import lowrank.blocks.RowSink;
import lowrank.io.AttentionTable;
import lowrank.io.Group;
import lowrank.io.HadoopConf;
import lowrank.spark.MatrixTasks;
import lowrank.spark.PassLog;
import lowrank.spark.SparkBlocks;
import lowrank.store.Digests;
import lowrank.store.GroupSink;
import lowrank.store.Manifest;
import lowrank.store.OutputExistsException;
import lowrank.store.OutputFolder;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * {@code job = attention}: outputs of each query of each head of each sequence, and how far they are from exact ones.
 *
 * <p>Long groups are worked on by all tasks, one after the other: all are approximated before the first is written, and what does not meet
 * a demand is refused then, where its outputs are made query by query. Other groups are worked on in a task each, neighbours together.
 */
final class AttentionJob {
    static final String OUTPUT = "output";

    /** Where the manifest's model holds what identifies the table of statistics. */
    private static final String STATISTICS = "/" + AttentionResult.STATISTICS;

    private final Spec text;
    private final AttentionSpec spec;
    private final JavaSparkContext spark;
    private final HadoopConf conf;
    private final PassLog log = new PassLog();
    private final Set<String> kernels = new TreeSet<>();

    AttentionJob(Spec text, JavaSparkContext spark) {
        this.text = text;
        this.spec = AttentionSpec.of(text);
        this.spark = spark;
        this.conf = new HadoopConf(spark.hadoopConfiguration());
    }

    /** A group that all tasks work on. */
    private record Long(Group group, BlockSource source, SparkBlocks rows, HeadFit fit) {}

    /** What was written of some groups, the first of which has this index. */
    private record Written(int index, List<RowSink.Written> parts, List<AttentionHead> heads) {}

    /** Runs the job; see {@link ExitCode} for what may go wrong. */
    Outcome run() {
        AttentionInput input = AttentionInput.of(spec.read(), spec.precision(), conf, spark);
        try (OutputFolder out =
                OutputFolder.at(conf, spec.write().path(), spec.write().mode())) {
            out.requireApartFrom("read.path", spec.read().path());
            String listing = Digests.ofText(input.listing());
            if (spec.statistics() != null) {
                out.requireApartFrom(
                        "attention.statistics", spec.statistics().read().path());
            }
            String statistics = AttentionStatistics.listing(spec, conf, spark);
            if (spec.write().mode() == OutputFolder.Mode.SKIP && out.existing().isPresent()) {
                requireStatistics(out, out.existing().get(), statistics);
                return SvdJob.skip(text, out, out.existing().get(), listing);
            }
            out.begin();
            Backend.choose(spec.blas());
            AttentionTable table = input.table(out.scratch(), log);
            AttentionWork work = AttentionWork.of(spec, table, spark.getConf(), spark.defaultParallelism());
            new AttentionPlan(spec, work).require(spark.getConf(), spark.defaultParallelism());
            work = work.alignedBy(AttentionStatistics.of(spec, table, conf, spark, out.scratch() + "/statistics", log));
            AttentionResult result = new AttentionResult(text, spec, work, listing, statistics, log, spark);
            List<Long> longOnes = approximated(work, table);
            result.require(out, known(longOnes), kernels);
            List<Written> written = written(out, work, table, longOnes);
            List<AttentionHead> heads =
                    written.stream().flatMap(some -> some.heads().stream()).toList();
            result.require(out, heads, kernels);
            Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
            factors.put(
                    OUTPUT,
                    out.collect(
                            OUTPUT,
                            written.stream()
                                    .flatMap(some -> some.parts().stream())
                                    .toList(),
                            table.valueWidth(),
                            spec.write().stored()));
            out.commit(result.complete(out, heads, factors, kernels));
            return new Outcome("complete", out.path());
        }
    }

    /** Refuses to skip where the result is of what the statistics were before. */
    private void requireStatistics(OutputFolder out, Manifest there, String statistics) {
        boolean same = there.specDigest().equals(Manifests.specDigest(text));
        if (statistics != null && same && !there.model().at(STATISTICS).asText().equals(statistics)) {
            throw new OutputExistsException("write.path " + out.path() + " holds a result of what attention.statistics "
                    + spec.statistics().read().path()
                    + " was before it changed; choose another path, or set write.mode = replace");
        }
    }

    private List<Long> approximated(AttentionWork work, AttentionTable table) {
        List<Long> fits = new ArrayList<>();
        for (Group group : table.groups()) {
            if (work.isLong(group)) {
                BlockSource source = table.source(group, spec.precision(), work.layout(group));
                SparkBlocks rows = SparkBlocks.of(spark, source, spec.read().partitions(), log);
                fits.add(new Long(group, source, rows, work.isExact(group) ? null : work.fit(group, rows)));
            }
        }
        return fits;
    }

    /** What is known of the errors before anything is written. */
    private static List<AttentionHead> known(List<Long> longOnes) {
        List<AttentionHead> heads = new ArrayList<>();
        for (Long one : longOnes) {
            if (one.fit() != null) {
                one.fit().error().ifPresent(error -> heads.add(AttentionWork.head(one.group(), one.fit(), error)));
            }
        }
        return heads;
    }

    private List<Written> written(OutputFolder out, AttentionWork work, AttentionTable table, List<Long> longOnes) {
        GroupSink sink = out.groupSink(
                OUTPUT,
                table.keys(),
                table.valueWidth(),
                spec.write().stored(),
                spec.write().codec());
        List<Written> written = new ArrayList<>();
        for (Long one : longOnes) {
            written.add(write(work, sink, one));
            kernels.addAll(one.rows().kernels());
        }
        List<AttentionWork.Bundle> bundles = work.bundles(MatrixTasks.TASK_FLOPS);
        if (!bundles.isEmpty()) {
            written.addAll(inTasks(work, sink, table, bundles));
        }
        written.sort(Comparator.comparingInt(Written::index));
        return written;
    }

    private static Written write(AttentionWork work, GroupSink sink, Long one) {
        RowSink rows = sink.of(one.group());
        int index = one.group().index();
        if (one.fit() == null) {
            return new Written(
                    index,
                    one.rows()
                            .map(work.exact(one.source()))
                            .write(rows, Pass.nothing())
                            .parts(),
                    List.of(AttentionWork.exactly(one.group())));
        }
        HeadFit.Written written = one.fit().write(one.rows(), rows);
        return new Written(
                index, written.parts(), List.of(AttentionWork.head(one.group(), one.fit(), written.error())));
    }

    private List<Written> inTasks(
            AttentionWork work, GroupSink sink, AttentionTable table, List<AttentionWork.Bundle> bundles) {
        long width = table.rowBytes(spec.precision()) / spec.precision().bytes();
        List<MatrixTasks.Item<AttentionWork.Bundle>> items = bundles.stream()
                .map(bundle -> new MatrixTasks.Item<>(bundle, bundle.rows() * width, bundle.flops()))
                .toList();
        String label = String.format(
                Locale.ROOT,
                "attention of %,d groups",
                bundles.stream().mapToInt(bundle -> bundle.groups().size()).sum());
        MatrixTasks.Results<AttentionWork.Done> results =
                MatrixTasks.run(spark, label, items, (bundle, arena) -> work.run(bundle, sink, arena), log);
        kernels.addAll(results.kernels());
        List<Written> written = new ArrayList<>();
        for (int i = 0; i < bundles.size(); i++) {
            AttentionWork.Done done = results.of().get(i);
            written.add(new Written(bundles.get(i).groups().get(0).index(), List.of(done.part()), done.heads()));
        }
        return written;
    }
}
