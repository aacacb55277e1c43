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
import lowrank.certify.RegressionMeasures;
import lowrank.kernel.Features;
import lowrank.regress.LinearModel;
import lowrank.regress.OneVsAll;
import lowrank.regress.RidgeFit;
import lowrank.regress.RidgeLearner;
import lowrank.regress.RidgeSettings;
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

    /**
     * A kernel that was tried, with all draws of its features.
     *
     * @param rule which of the bandwidths it is
     */
    private record Candidate(
            int rule, double bandwidth, boolean average, List<MapBuilder.Built> draws, List<RidgeFit> fits) {
        double[] scores() {
            return fits.stream().mapToDouble(RidgeFit::score).toArray();
        }

        /** What kernels are compared by: of draws that are averaged the mean, else the best. */
        double score() {
            return average ? Arrays.stream(scores()).average().orElseThrow() : scores()[best()];
        }

        int best() {
            return least(scores());
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
        double[] bandwidths = bandwidths(rows);
        RidgeLearner learner = RidgeLearner.of(
                spec.solve(),
                rows,
                classes != null,
                maps.size(),
                bandwidths.length > 1 || spec.features().repeats() > 1,
                spec.write().variance());
        Candidate best = null;
        List<KernelModel.Tried> tried = new ArrayList<>();
        for (int rule = 0; rule < bandwidths.length; rule++) {
            double bandwidth = bandwidths[rule];
            Candidate candidate = candidate(rows, rule, bandwidth, maps, learner);
            if (bandwidths.length > 1) {
                tried.add(new KernelModel.Tried(bandwidth, candidate.score()));
            }
            best = best == null || candidate.score() < best.score() ? candidate : best;
        }
        return write(out, listing, prepared, best, tried);
    }

    private Candidate candidate(RowBlocks rows, int rule, double bandwidth, MapBuilder maps, RidgeLearner learner) {
        List<MapBuilder.Built> draws = maps.draws(rows, spec.kernel().kernel(bandwidth));
        List<RidgeFit> fits = new ArrayList<>();
        for (MapBuilder.Built draw : draws) {
            fits.add(learner.fit(rows.map(new Features(draw.map()))));
        }
        return new Candidate(rule, bandwidth, spec.features().average(), draws, fits);
    }

    private Manifest write(
            OutputFolder out, String listing, Prepared prepared, Candidate best, List<KernelModel.Tried> tried) {
        boolean average = best.average() && best.draws().size() > 1;
        MapBuilder.Built built =
                average ? MapBuilder.Built.together(best.draws()) : best.draws().get(best.best());
        RidgeFit fit = best.fits().get(best.best());
        Classes classes = prepared.examples().classes();
        List<String> targets = classes == null
                ? prepared.examples().targetNames()
                : IntStream.range(0, classes.size()).mapToObj(classes::word).toList();
        KernelModel model = new KernelModel(
                prepared.inputs(),
                built.map(),
                new KernelModel.Fit(
                        average
                                ? LinearModel.mean(
                                        best.fits().stream()
                                                .map(RidgeFit::model)
                                                .toList(),
                                        fit.model().lambda())
                                : fit.model(),
                        targets,
                        classes,
                        fit.noise(),
                        tried,
                        fit.variance(),
                        average ? draws(best) : null));
        String codec = spec.write().codec();
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>(model.write(out, built.rows(), codec));
        factors.put(ModelTables.PATH, ModelTables.writePath(out, fit.path(), codec));
        List<String> reasons = reasons(built, best.bandwidth(), best.rule());
        tried.forEach(one -> reasons.add(
                "bandwidth " + shown(one.bandwidth()) + " scores " + shown(one.score()) + " (lower is better)"));
        if (fit.way().solver() == RidgeSettings.Solver.CONJUGATE_GRADIENTS) {
            reasons.add(reason(fit.way()));
        }
        if (average) {
            reasons.add("predictions are means over the draws; lambda, scores and path are those of the best draw");
        }
        List<Measure> measures = RegressionMeasures.of(
                fit,
                spec.solve().intercept(),
                built.map(),
                prepared.rows().rows(),
                best.scores(),
                built.landmarks().isEmpty() ? kernelError(prepared, built.map()).orElse(null) : null);
        Manifest manifest = manifests(prepared, listing)
                .of(
                        spec.features().map() + " + " + name(fit.way().solver()),
                        reasons,
                        new Findings(measures, List.of(), notes(fit)),
                        described(prepared, model, built),
                        factors);
        return reported(
                out,
                manifest,
                List.of(
                        Section.path(
                                fit.path(),
                                fit.model().lambda(),
                                spec.solve().select().name().toLowerCase(Locale.ROOT),
                                classes != null),
                        Section.eigenvalues(
                                fit.eigenvalues(), fit.weight() * fit.model().lambda())));
    }

    private static KernelModel.Draws draws(Candidate best) {
        return new KernelModel.Draws(
                best.fits().stream().mapToDouble(fit -> fit.model().lambda()).toArray(), best.best());
    }

    private static String name(RidgeSettings.Solver solver) {
        return solver.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** Why conjugate gradients were taken. */
    private String reason(RidgeFit.Way way) {
        if (way.refused() != null) {
            return "conjugate gradients, preconditioned by normal equations: " + way.refused();
        }
        return spec.solve().solver() == RidgeSettings.Solver.AUTO
                ? "conjugate gradients: more than " + RidgeSettings.MOST_DIRECT + " features"
                : "conjugate gradients, as asked for";
    }

    /** What a user should know of a fit. */
    private static List<String> notes(RidgeFit fit) {
        List<String> notes = new ArrayList<>();
        if (fit.loo() != null && fit.loo().note() != null) {
            notes.add(fit.loo().note());
        }
        if (fit.ridge().doubtful()) {
            notes.add(
                    "what the fit leaves unexplained of some target is not more than rounding of the sums it is told from: training"
                            + " RMSE and GCV of it say no more than that; job = predict on these rows measures it, blocks.precision = double"
                            + " rounds less than float");
        }
        if (fit.featureSquares() == 0) {
            notes.add(
                    "every feature of every row is 0, so that only constants were learnt: rows of this size are beyond what"
                            + " the kernel's features hold; scale the input (read.scale = standard), or choose another kernel");
        }
        if (fit.leastChosen()) {
            notes.add(
                    "the smallest lambda was chosen: a smaller one might do better still; lower solve.lambda, or raise"
                            + " features.size");
        }
        return notes;
    }
}
