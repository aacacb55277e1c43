package lowrank.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import lowrank.blocks.Classes;
import lowrank.blocks.RowBlocks;
import lowrank.certify.Findings;
import lowrank.kernel.Features;
import lowrank.kernel.Kernel;
import lowrank.regress.OneVsAll;
import lowrank.regress.Origin;
import lowrank.store.KernelModel;
import lowrank.store.Manifest;
import lowrank.store.ModelTables;
import lowrank.store.OutputFolder;
import lowrank.store.report.Section;
import org.apache.spark.api.java.JavaSparkContext;

/** {@code job = regress}: numbers or classes learnt from rows, by ridge regression on the features of a kernel. */
final class RegressJob extends KernelJob {
    RegressJob(Spec text, JavaSparkContext spark) {
        super(text, spark);
    }

    /** A kernel that was tried. */
    private record Candidate(double bandwidth, MapBuilder.Built built, Learner.Learnt learnt) {}

    @Override
    Manifest produce(OutputFolder out, String listing, Prepared prepared, MapBuilder maps) {
        Classes classes = prepared.examples().classes();
        if (classes != null && classes.size() < 2) {
            throw new lowrank.blocks.DataException(
                    "all rows have the same label, so there is nothing to learn; check" + " read.label and read.where");
        }
        RowBlocks rows = classes == null ? prepared.rows() : prepared.rows().map(new OneVsAll(classes.numbers()));
        double[] origin = spec.solve().intercept() && classes == null ? Origin.of(rows) : new double[targets(prepared)];
        double[] bandwidths = bandwidths(rows);
        Learner learner = new Learner(
                spec.solve(), origin, classes != null, spec.features().seed(), bandwidths.length > 1);
        Candidate best = null;
        List<KernelModel.Tried> tried = new ArrayList<>();
        for (double bandwidth : bandwidths) {
            Kernel kernel = spec.kernel().kernel(bandwidth);
            MapBuilder.Built built = maps.build(rows, kernel);
            Candidate candidate = new Candidate(bandwidth, built, learner.learn(rows.map(new Features(built.map()))));
            if (bandwidths.length > 1) {
                tried.add(new KernelModel.Tried(bandwidth, candidate.learnt.score()));
            }
            best = best == null || candidate.learnt.score() < best.learnt.score() ? candidate : best;
        }
        return write(out, listing, prepared, best, tried);
    }

    private static int targets(Prepared prepared) {
        Classes classes = prepared.examples().classes();
        return classes == null ? prepared.examples().targetNames().size() : classes.size();
    }

    private Manifest write(
            OutputFolder out, String listing, Prepared prepared, Candidate best, List<KernelModel.Tried> tried) {
        Learner.Learnt learnt = best.learnt();
        Classes classes = prepared.examples().classes();
        List<String> targets = classes == null
                ? prepared.examples().targetNames()
                : IntStream.range(0, classes.size()).mapToObj(classes::word).toList();
        double[] noise = Arrays.stream(learnt.ridge().rss())
                .map(rss -> rss / Math.max(1, learnt.weight() - learnt.ridge().df()))
                .toArray();
        KernelModel model = new KernelModel(
                prepared.inputs(),
                best.built().map(),
                new KernelModel.Fit(learnt.model(), targets, classes, noise, tried));
        String codec = spec.write().codec();
        long[] rows = best.built().landmarks() == null
                ? null
                : best.built().landmarks().rows();
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>(model.write(out, rows, codec));
        Learner.Path path = learnt.path();
        ModelTables.LambdaPath table =
                new ModelTables.LambdaPath(path.lambda(), path.gcv(), path.folds(), path.loo(), path.df());
        factors.put(ModelTables.PATH, ModelTables.writePath(out, table, codec));
        List<String> reasons = reasons(best.built(), best.bandwidth());
        tried.forEach(one -> reasons.add(
                "bandwidth " + shown(one.bandwidth()) + " scores " + shown(one.score()) + " (lower is better)"));
        Findings findings = new KernelFindings(
                        learnt,
                        best.built(),
                        best.built().landmarks() == null
                                ? sampledError(prepared, best.built().map())
                                : null)
                .findings();
        Manifest manifest = Manifests.of(
                text,
                prepared,
                listing,
                log,
                spark,
                spec.features().map() + " + normal equations",
                reasons,
                findings,
                model.json(spec.features().map(), spec.features().seed()),
                factors);
        return reported(
                out,
                manifest,
                List.of(
                        Section.path(
                                table,
                                learnt.model().lambda(),
                                spec.solve().select().name().toLowerCase(Locale.ROOT),
                                classes != null),
                        Section.eigenvalues(
                                learnt.eigenvalues(),
                                learnt.weight() * learnt.model().lambda())));
    }
}
