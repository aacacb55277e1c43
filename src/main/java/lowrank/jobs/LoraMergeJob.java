package lowrank.jobs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lowrank.certify.Findings;
import lowrank.certify.Measure;
import lowrank.spark.MatrixTasks;
import lowrank.store.Digests;
import lowrank.store.Manifest;
import lowrank.store.OutputFolder;
import lowrank.store.RowTable;
import lowrank.weights.Merging;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = lora-merge}: adapters added to a model, which keeps its files, its format and everything else in them. */
final class LoraMergeJob extends WeightsJob {
    private static final String MODEL = "model";

    private final LoraMergeSpec merge;
    private LoraMergeSpec.Inputs inputs;

    LoraMergeJob(Spec text, JavaSparkContext spark) {
        super(text, LoraMergeSpec.of(text).common(), spark);
        merge = LoraMergeSpec.of(text);
    }

    @Override
    Map<String, Source> sources() {
        inputs = merge.open(conf);
        Map<String, Source> sources = new LinkedHashMap<>();
        sources.put(
                "read.base",
                new Source(
                        merge.base(),
                        inputs.base().files().size(),
                        inputs.base().listing()));
        sources.putAll(AdaptersSpec.sources(inputs.adapters()));
        if (inputs.side() != null) {
            sources.put(
                    "read.side-file",
                    new Source(
                            merge.sideFile(),
                            inputs.side().files().size(),
                            inputs.side().listing()));
        }
        return sources;
    }

    @Override
    Manifest produce(OutputFolder out) {
        List<Merging.Target> targets = merge.targets(inputs);
        merge.plan(conf).require(spark.getConf(), spark.defaultParallelism());
        List<MatrixTasks.Item<Merging.Task>> items = LoraMergeSpec.items(inputs.base(), targets);
        List<Merging.Result> results = onAll(LoraMergeSpec.MERGE, items, new Merging(conf, out.scratch())::run);
        List<Manifest.Part> parts = new ArrayList<>();
        List<Merging.Merged> merged = new ArrayList<>();
        StringBuilder digests = new StringBuilder();
        for (Merging.Result result : results) {
            String name = MODEL + "/" + result.path().substring(result.path().lastIndexOf('/') + 1);
            out.adopt(result.path(), name);
            parts.add(new Manifest.Part(name, result.merged().size(), result.bytes()));
            merged.addAll(result.merged());
            digests.append(result.sha256());
        }
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        factors.put(
                MODEL, new Manifest.Factor(targets.size(), 0, "as stored", Digests.ofText(digests.toString()), parts));
        factors.put(
                "matrices", matrices(merged).write(out, "matrices", spec.write().codec()));
        MergeReport report = MergeReport.of(merged, targets.size() - merged.size());
        Manifest manifest = manifest(
                "addition in double, rounded once",
                List.of(),
                findings(report),
                LoraMergeSpec.summary(inputs.base(), targets),
                factors);
        return reported(
                out,
                manifest,
                report.headline(),
                merge.base() + " with " + merge.adapters().describe() + ".",
                report.sections());
    }

    private static RowTable<Merging.Merged> matrices(List<Merging.Merged> merged) {
        return RowTable.of(merged)
                .text("name", Merging.Merged::name)
                .whole("rows", Merging.Merged::out)
                .whole("cols", Merging.Merged::in)
                .whole("rank", Merging.Merged::rank)
                .number("norm", Merging.Merged::norm)
                .number("delta_norm", Merging.Merged::delta)
                .number("relative_error", MergeReport::rounding)
                .number("max_ulp", Merging.Merged::ulps);
    }

    private Findings findings(MergeReport report) {
        List<Measure> measures = List.of(
                Measure.exact(
                        "relative error",
                        report.relativeError(),
                        "what rounding to the stored type makes of W' - W: ||fl(W') - W'||_F / ||W' - W||_F"),
                Measure.exact("largest rounding", report.ulps(), "of one number, in units of its last place"));
        List<String> notes = new ArrayList<>();
        inputs.adapters().forEach(adapter -> adapter.notes().forEach(note -> notes.add(adapter.path() + ": " + note)));
        if (report.whole() > 0) {
            notes.add(report.whole() + " tensors were replaced whole");
        }
        return new Findings(measures, List.of(), notes);
    }
}
