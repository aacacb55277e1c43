package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blocks.Column;
import lowrank.blocks.Layout;
import lowrank.blocks.LeafRange;
import lowrank.certify.KernelMeasures;
import lowrank.factor.CrossSum;
import lowrank.factor.GramSum;
import lowrank.factor.PlannedPass;
import lowrank.factor.Preparation;
import lowrank.factor.RankRule;
import lowrank.factor.Tsqr;
import lowrank.factor.ZScore;
import lowrank.io.InputTable;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Kernel;
import lowrank.kernel.MedianDistance;
import lowrank.kernel.PlannedNystrom;
import lowrank.kernel.RandomFeatures;
import lowrank.regress.ConjugateGradients;
import lowrank.regress.Lambdas;
import lowrank.regress.NormalPass;
import lowrank.regress.RidgeSettings;
import lowrank.spark.Room;
import lowrank.store.OutputFolder;
import org.apache.spark.SparkConf;

/**
 * What a nystrom, features or regress job will take, by shapes alone.
 *
 * @param table the matrix
 * @param targets columns that are learnt; classes count one each
 * @param landmarks rows of a given table of landmarks, or features.size
 */
record KernelPlan(KernelJobSpec spec, InputTable table, int targets, int landmarks, Layout layout) {
    /** What a plan counts for classes before any label is read. */
    static final int UNKNOWN_CLASSES = 10;

    /** Rounds of rpcholesky, as a rule. */
    private static final int ROUNDS = 6;

    /** Iterations of conjugate gradients, as a rule. */
    private static final int ITERATIONS = 20;

    /** Matrices like the sketch that the driver holds at once: basis, image, products of these, and LAPACK's. */
    private static final int SKETCHES = 8;

    /** An eigendecomposition with vectors: the matrix, its copy, LAPACK's work, vectors on the heap. */
    private static final int SQUARES = 5;

    /** Doubles of a square on the heap are addressed by ints. */
    private static final int MOST_FEATURES = 46_340;

    static KernelPlan of(KernelJobSpec spec, InputTable table, int targets, int landmarks) {
        SvdPlan.requireRow(table);
        boolean iterates = spec.solve() != null && spec.solve().iterates(landmarks);
        if (spec.solve() != null) {
            SolveSpec.requireSolvable(spec, landmarks);
        }
        if (landmarks > MOST_FEATURES && (!iterates || spec.features().isNystrom())) {
            throw new RefusedException("features.size = " + landmarks + " makes a Gram matrix of "
                    + Room.size(8.0 * landmarks * landmarks) + "; it can be at most " + MOST_FEATURES);
        }
        long row = (long) table.cols() * spec.held().bytes();
        long mapped = (long) landmarks * spec.precision().bytes();
        long node = !spec.job().equals("regress")
                ? 0
                : iterates ? sketchBytes(landmarks, targets) : NormalPass.nodeBytes(landmarks, targets);
        return new KernelPlan(spec, table, targets, landmarks, Layout.of(table.rows(), Math.max(row, mapped), node));
    }

    /** Of the widest matrix that conjugate gradients multiply: the sketch, or a column per target. */
    private static long sketchBytes(int features, int targets) {
        return 8L * features * (Math.max(ConjugateGradients.rank(features), targets) + 1);
    }

    private boolean iterates() {
        return spec.solve() != null && spec.solve().iterates(landmarks);
    }

    private void iterate(List<PlannedPass> passes) {
        long node = 8L * landmarks * (targets + 1);
        double flops = mapFlops() + 4.0 * table.rows() * landmarks * targets;
        passes.add(prepared("errors of the fit", flops, node));
        passes.add(prepared("errors of the fit", flops, node));
        passes.add(prepared(
                "product with Z'Z",
                mapFlops() + 4.0 * table.rows() * landmarks * ConjugateGradients.rank(landmarks),
                sketchBytes(landmarks, targets)));
        for (int i = 0; i < ITERATIONS; i++) {
            passes.add(prepared("product with Z'Z", flops, node));
        }
        passes.add(prepared("errors of the fit", flops, node));
    }

    private boolean nystrom() {
        return spec.features().isNystrom();
    }

    /** Draws whose features stand beside each other in the result. */
    private int together() {
        return spec.features().average() ? spec.features().repeats() : 1;
    }

    /** The map of one draw, where no landmark is dropped. */
    private FeatureMap map() {
        Kernel kernel = spec.kernel().kernel(1);
        return nystrom()
                ? new PlannedNystrom(kernel, landmarks, table.cols(), landmarks)
                : RandomFeatures.of(spec.features().map(), kernel, table.cols(), landmarks, 0);
    }

    /** Flops of the features of all rows, of one draw. */
    private double mapFlops() {
        return map().flops(table.rows());
    }

    /** Values of lambda that are tried. */
    private int lambdas() {
        return spec.solve().lambdas().isEmpty()
                ? Lambdas.PATH
                : spec.solve().lambdas().size();
    }

    /** Rows that landmarks are chosen from. */
    long pool() {
        return spec.features().pool(table.rows(), table.cols(), landmarks);
    }

    List<PlannedPass> passes() {
        long rows = table.rows();
        int d = table.cols();
        List<PlannedPass> passes = new ArrayList<>();
        if (spec.read().standard()) {
            passes.add(ZScore.planned(rows, d));
        }
        if (spec.kernel().usesMedian()) {
            passes.add(prepared("sample rows", 0, 8L * d * Math.min(rows, MedianDistance.ROWS)));
        }
        int draws = spec.features().repeats();
        for (int candidate = 0; candidate < spec.kernel().candidates(); candidate++) {
            for (int draw = 0; draw < draws; draw++) {
                landmarkPasses(passes);
            }
            learn(passes, draws);
        }
        // Rows that the error of the kernel is measured on: of the result, and where the best of several is kept of
        // each.
        if (spec.job().equals("features") || !nystrom()) {
            for (int i = spec.job().equals("features") && draws > 1 ? -draws : 0; i <= 0; i++) {
                passes.add(prepared("sample rows", 0, 8L * Math.min(rows, KernelMeasures.SAMPLED) * (d + 2)));
            }
        }
        return passes;
    }

    private PlannedPass prepared(String label, double flops, long node) {
        double preparing = Preparation.flops(
                table.rows(), table.cols(), spec.read().standard(), spec.read().clip(), false);
        double scaling = spec.kernel().lengthScales().length == 0 ? 0 : (double) table.rows() * table.cols();
        return new PlannedPass(label, preparing + scaling + flops, node);
    }

    private void landmarkPasses(List<PlannedPass> passes) {
        if (!nystrom()) {
            return;
        }
        long m = landmarks;
        boolean pooled = pool() < table.rows();
        double half = table.rows() * (double) m * (table.cols() + m / 3.0);
        switch (spec.features().landmarks()) {
            case GIVEN -> {}
            case UNIFORM -> passes.add(prepared("sample rows", 0, 8L * m * (table.cols() + 2)));
            case LEVERAGE -> passes.add(prepared("sample rows", 0, 8L * pool() * (table.cols() + 2)));
            case RPCHOLESKY -> {
                if (pooled) {
                    passes.add(prepared("sample rows", 0, 8L * pool() * (table.cols() + 2)));
                } else {
                    for (int round = 0; round < ROUNDS; round++) {
                        passes.add(prepared("landmarks", half, 8L * Math.min(m, 1024) * (table.cols() + 3)));
                    }
                }
            }
            case K_MEANS -> {
                passes.add(prepared("sample rows", 0, 8L * pool() * (table.cols() + 2)));
                for (int round = 0; round < FeatureSpec.LLOYD; round++) {
                    passes.add(prepared("k-means", 2.0 * table.rows() * m * table.cols(), 8L * m * (table.cols() + 1)));
                }
            }
        }
    }

    private void learn(List<PlannedPass> passes, int draws) {
        long rows = table.rows();
        double mapped = together() * mapFlops();
        int width = together() * landmarks;
        switch (spec.job()) {
            case "regress" -> {
                for (int draw = 0; draw < draws; draw++) {
                    regress(passes);
                }
            }
            case "nystrom" -> {
                for (int draw = 0; draw < draws && draws > 1; draw++) {
                    passes.add(prepared("trace", mapFlops() + 2.0 * rows * landmarks, 0));
                }
                passes.add(prepared(spec.table() ? "trace + features" : "trace", mapped + 2.0 * rows * width, 0));
                if (spec.coordinates() > 0) {
                    for (PlannedPass pass : components().passes(rows, width)) {
                        passes.add(prepared(pass.label(), mapped + pass.flops(), pass.nodeBytes()));
                    }
                    passes.add(prepared(
                            "coordinates", mapped + 4.0 * rows * width * Math.min(spec.coordinates(), width), 0));
                }
            }
            default -> {
                if (spec.table()) {
                    passes.add(prepared("features", mapped, 0));
                }
            }
        }
    }

    /** What finds the coordinates of a nystrom job, which projects on V and reads no U. */
    private Tsqr components() {
        return new Tsqr(new RankRule.Fixed(Math.min(spec.coordinates(), together() * landmarks)), true, false, false);
    }

    private void regress(List<PlannedPass> passes) {
        if (iterates()) {
            iterate(passes);
            return;
        }
        long rows = table.rows();
        boolean folded = spec.solve().select() == RidgeSettings.Select.KFOLD;
        int folds = folded ? spec.solve().folds() : 1;
        passes.add(prepared(
                folded ? "normal equations of " + folds + " folds" : "normal equations",
                mapFlops() + NormalPass.flops(rows, landmarks, targets),
                folds * NormalPass.nodeBytes(landmarks, targets)));
        if (folded && spec.read().kind() == ReadSpec.Kind.CLASSIFICATION) {
            passes.add(prepared(
                    "held-out errors of " + folds + " folds",
                    mapFlops() + 2.0 * rows * landmarks * lambdas() * targets,
                    0));
        }
        if (spec.solve().select() == RidgeSettings.Select.LOO) {
            double products = landmarks + (double) lambdas() * (1 + targets);
            passes.add(prepared("leave-one-out", mapFlops() + 2.0 * rows * landmarks * products, 0));
        }
    }

    /** Bytes off the heap of a task: the block as read and prepared, what the map holds, what is summed, what is written. */
    private long taskWork(LeafRange task) {
        long b = layout.blockRows();
        long d = table.cols();
        int bytes = spec.precision().bytes();
        boolean prepares = spec.read().standard()
                || spec.read().clip() < Double.POSITIVE_INFINITY
                || spec.kernel().lengthScales().length > 0;
        long block = b * d * (spec.held().bytes() + (prepares ? bytes : 0)) + b * 8 * (targets + 1);
        long beside = together() > 1 ? b * together() * landmarks * bytes : 0;
        long sink = spec.table()
                ? OutputFolder.sinkBytes(
                        layout, task, together() * landmarks, spec.write().stored())
                : 0;
        long components = spec.coordinates() > 0 ? components().taskBytes(layout, together() * landmarks) : 0;
        return block
                + Math.max(
                        mapBytes() + (spec.solve() == null ? 0 : sumBytes()),
                        spec.solve() == null ? together() * mapBytes() + beside + Math.max(sink, components) : 0);
    }

    /** Of the map of one draw. */
    private long mapBytes() {
        return map().mapperBytes(layout, new Column("values", table.cols(), spec.precision()));
    }

    /** Of what a regression sums: normal equations, or the products of leave-one-out or of conjugate gradients. */
    private long sumBytes() {
        long b = layout.blockRows();
        long m = landmarks;
        long bytes = spec.precision().bytes();
        if (iterates()) {
            return (sketchBytes(landmarks, targets) / 8) * (2 * bytes + 8)
                    + 2 * b * bytes * (ConjugateGradients.rank(landmarks) + targets);
        }
        // Rows are copied where they are weighted, or gathered by folds.
        boolean copied = spec.read().beside().weight() != null || spec.solve().select() == RidgeSettings.Select.KFOLD;
        long normal = GramSum.workBytes(landmarks, spec.precision())
                + CrossSum.workBytes(landmarks, targets + 1)
                + bytes * b * (targets + 1 + (copied ? m : 0));
        if (spec.solve().select() != RidgeSettings.Select.LOO) {
            return normal;
        }
        long products = m + (long) lambdas() * (1 + targets);
        return Math.max(normal, bytes * (b * (m + products) + m * products));
    }

    Workload workload() {
        long m = landmarks;
        long square = 8 * m * m;
        return new Workload(
                spec.job(),
                "features.size",
                table,
                layout,
                spec.read().partitions(),
                passes(),
                (long) table.cols() * spec.held().bytes()
                        + 8L * spec.read().beside().all().size(),
                this::taskWork,
                0,
                Math.max(
                        nystrom() ? 8 * m * table.cols() + square : 8,
                        iterates()
                                ? sketchBytes(landmarks, targets)
                                : spec.solve() != null && spec.solve().select() == RidgeSettings.Select.LOO
                                        ? 8 * m * (m + (long) lambdas() * (1 + targets))
                                        : 0),
                (nystrom() || !iterates() ? SQUARES * square : 0)
                        + (iterates() ? SKETCHES * sketchBytes(landmarks, targets) : 0)
                        + 8 * Math.min(pool(), table.rows()) * table.cols());
    }

    /**
     * Refuses what cannot run.
     *
     * @throws RefusedException with the size that would fit
     */
    void require(SparkConf conf, int parallelism) {
        try {
            workload().require(conf, parallelism);
        } catch (RefusedException e) {
            int fits = landmarks;
            while (fits > 1 && !fits(fits, conf, parallelism)) {
                // Even, as maps of pairs want it.
                fits = fits * 7 / 16 * 2;
            }
            throw new RefusedException(e.getMessage()
                    + (fits > 1 ? "; features.size = " + fits + " would fit" : "; no features.size would fit"));
        }
    }

    private boolean fits(int size, SparkConf conf, int parallelism) {
        try {
            of(spec, table, targets, size).workload().require(conf, parallelism);
            return true;
        } catch (RefusedException | IllegalArgumentException e) {
            // Or a map has no such size.
            return false;
        }
    }

    /** The plan in words. */
    String describe(SparkConf conf, int parallelism, double gemm) {
        StringBuilder text = new StringBuilder();
        Workload.line(
                text,
                "%s of %,d x %,d %s by %s, %,d features%s",
                spec.job(),
                table.rows(),
                table.cols(),
                spec.precision().name().toLowerCase(Locale.ROOT),
                spec.features().map(),
                landmarks,
                targets > 0 ? String.format(Locale.ROOT, ", %,d targets", targets) : "");
        text.append(workload().describe(conf, parallelism, gemm));
        if (iterates()) {
            Workload.line(
                    text,
                    "  solve       conjugate gradients, a pass per iteration, %d as a rule; a preconditioner of %s on the driver",
                    ITERATIONS,
                    Room.size(sketchBytes(landmarks, targets)));
        } else if (spec.solve() != null) {
            Workload.line(
                    text,
                    "  solve       a Gram matrix of %s on the driver, %s",
                    Room.size(8.0 * landmarks * landmarks),
                    spec.solve().lambdas().size() == 1
                                    && spec.solve().select() == RidgeSettings.Select.GCV
                                    && spec.kernel().candidates() == 1
                            ? String.format(Locale.ROOT, "%.2g flops by Cholesky", Math.pow(landmarks, 3) / 3)
                            : String.format(Locale.ROOT, "%.2g flops for its eigenvalues", 9 * Math.pow(landmarks, 3)));
        }
        if (nystrom() && spec.features().landmarks() == FeatureSpec.Sampler.RPCHOLESKY && pool() >= table.rows()) {
            Workload.line(text, "  note        rpcholesky takes as many rounds as it needs, %d as a rule", ROUNDS);
        }
        return text.toString();
    }
}
