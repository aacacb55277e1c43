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
import lowrank.certify.Measure;
import lowrank.kernel.Features;
import lowrank.kernel.SideBySide;
import lowrank.linalg.Matrix;
import lowrank.regress.LinearModel;
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

    /** A kernel that was tried, with all draws of its features. */
    private record Candidate(
            double bandwidth, boolean average, List<MapBuilder.Built> draws, List<Learner.Learnt> fits) {
        /** What kernels are compared by: of draws that are averaged the mean, else the best. */
        double score() {
            return average
                    ? fits.stream().mapToDouble(Learner.Learnt::score).average().orElseThrow()
                    : fits.get(best()).score();
        }

        int best() {
            int best = 0;
            for (int i = 1; i < fits.size(); i++) {
                best = fits.get(i).score() < fits.get(best).score() ? i : best;
            }
            return best;
        }
    }

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
                spec.solve(),
                origin,
                classes != null,
                spec.features().seed(),
                maps.size(),
                bandwidths.length > 1 || spec.features().repeats() > 1,
                spec.write().variance());
        Candidate best = null;
        List<KernelModel.Tried> tried = new ArrayList<>();
        for (double bandwidth : bandwidths) {
            Candidate candidate = candidate(rows, bandwidth, maps, learner);
            if (bandwidths.length > 1) {
                tried.add(new KernelModel.Tried(bandwidth, candidate.score()));
            }
            best = best == null || candidate.score() < best.score() ? candidate : best;
        }
        return write(out, listing, prepared, best, tried);
    }

    private Candidate candidate(RowBlocks rows, double bandwidth, MapBuilder maps, Learner learner) {
        List<MapBuilder.Built> draws = maps.draws(rows, spec.kernel().kernel(bandwidth));
        List<Learner.Learnt> fits = new ArrayList<>();
        for (MapBuilder.Built draw : draws) {
            fits.add(learner.learn(rows.map(new Features(draw.map()))));
        }
        return new Candidate(bandwidth, spec.features().average(), draws, fits);
    }

    private static int targets(Prepared prepared) {
        Classes classes = prepared.examples().classes();
        return classes == null ? prepared.examples().targetNames().size() : classes.size();
    }

    private Manifest write(
            OutputFolder out, String listing, Prepared prepared, Candidate best, List<KernelModel.Tried> tried) {
        boolean average = best.average() && best.draws().size() > 1;
        MapBuilder.Built built =
                average ? MapBuilder.Built.together(best.draws()) : best.draws().get(best.best());
        Learner.Learnt learnt = best.fits().get(best.best());
        Classes classes = prepared.examples().classes();
        List<String> targets = classes == null
                ? prepared.examples().targetNames()
                : IntStream.range(0, classes.size()).mapToObj(classes::word).toList();
        double[] noise = learnt.variance() != null
                ? learnt.variance().noise()
                : Arrays.stream(learnt.ridge().rss())
                        .map(rss -> rss / learnt.free())
                        .toArray();
        KernelModel model = new KernelModel(
                prepared.inputs(),
                built.map(),
                new KernelModel.Fit(
                        average ? mean(best.fits(), learnt.model().lambda()) : learnt.model(),
                        targets,
                        classes,
                        noise,
                        tried,
                        learnt.variance(),
                        average ? draws(best) : null));
        String codec = spec.write().codec();
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>(model.write(out, built.rows(), codec));
        Learner.Path path = learnt.path();
        ModelTables.LambdaPath table =
                new ModelTables.LambdaPath(path.lambda(), path.gcv(), path.folds(), path.loo(), path.df());
        factors.put(ModelTables.PATH, ModelTables.writePath(out, table, codec));
        List<String> reasons = reasons(built, best.bandwidth());
        tried.forEach(one -> reasons.add(
                "bandwidth " + shown(one.bandwidth()) + " scores " + shown(one.score()) + " (lower is better)"));
        if (learnt.way().reason() != null) {
            reasons.add(learnt.way().reason());
        }
        if (average) {
            reasons.add("predictions are means over the draws; lambda, scores and path are those of the best draw");
        }
        Measure error = built.landmarks().isEmpty() ? sampledError(prepared, built.map()) : null;
        Findings findings = new KernelFindings(
                        learnt,
                        built,
                        error,
                        best.fits().stream().mapToDouble(Learner.Learnt::score).toArray(),
                        prepared.examples().rows().rows())
                .findings();
        Manifest manifest = manifests(prepared, listing)
                .of(
                        spec.features().map() + " + " + learnt.way().algorithm(),
                        reasons,
                        findings,
                        model.json(spec.features().map(), built.seeds()),
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

    private static KernelModel.Draws draws(Candidate best) {
        return new KernelModel.Draws(
                best.fits().stream().mapToDouble(fit -> fit.model().lambda()).toArray(), best.best());
    }

    /**
     * The fit whose predictions are the mean of those of several, on their features beside each other ({@link SideBySide}).
     *
     * @param lambda of the draw that scores and path are of: each has its own
     */
    private static LinearModel mean(List<Learner.Learnt> fits, double lambda) {
        int r = fits.size();
        Matrix coefficients = null;
        double[] intercepts = new double[fits.get(0).model().intercepts().length];
        for (Learner.Learnt fit : fits) {
            Matrix transposed = fit.model().coefficients().transpose();
            coefficients = coefficients == null ? transposed : coefficients.beside(transposed);
            for (int k = 0; k < intercepts.length; k++) {
                intercepts[k] += fit.model().intercepts()[k] / r;
            }
        }
        double[] factors = new double[coefficients.cols()];
        // (1/r) w'z = (w / sqrt(r))' (z / sqrt(r)).
        Arrays.fill(factors, 1 / Math.sqrt(r));
        return new LinearModel(lambda, coefficients.scaleColumns(factors).transpose(), intercepts);
    }
}
