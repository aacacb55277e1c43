package lowrank.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lowrank.blocks.Layout;
import lowrank.certify.KernelMeasures;
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
import lowrank.regress.HeldOutShape;
import lowrank.regress.Lambdas;
import lowrank.regress.NormalPass;
import lowrank.regress.RidgeSettings;
import lowrank.spark.Room;
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

    /** Doubles of a square on the heap are addressed by ints. */
    private static final int MOST_FEATURES = 46_340;

    static KernelPlan of(KernelJobSpec spec, InputTable table, int targets, int landmarks) {
        SvdPlan.requireRow(table);
        boolean iterates = spec.solve() != null && spec.solve().iterates(landmarks);
        if (spec.solve() != null) {
            SolveSpec.requireSolvable(spec, landmarks);
        }
        boolean gram = spec.solve() != null && !iterates || spec.features().isNystrom();
        if (landmarks > MOST_FEATURES && gram) {
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
    static long sketchBytes(int features, int targets) {
        return 8L * features * (Math.max(ConjugateGradients.rank(features), targets) + 1);
    }

    boolean iterates() {
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

    boolean folded() {
        return spec.solve() != null && !iterates() && spec.solve().select() == RidgeSettings.Select.KFOLD;
    }

    boolean leavesOneOut() {
        return spec.solve() != null && !iterates() && spec.solve().select() == RidgeSettings.Select.LOO;
    }

    /** Of a fold's held-out rows. */
    HeldOutShape heldOut() {
        return new HeldOutShape(landmarks, targets, lambdas());
    }

    /** Folds whose held-out rows are predicted in one pass. */
    int foldsAtOnce() {
        return heldOut().together(spec.solve().folds());
    }

    /** Whether the error of the kernel is measured on sampled rows. */
    boolean samples() {
        return spec.job().equals("features") || !nystrom();
    }

    boolean nystrom() {
        return spec.features().isNystrom();
    }

    /** Draws whose features stand beside each other in the result. */
    int together() {
        return spec.features().average() ? spec.features().repeats() : 1;
    }

    /** The map of one draw, where no landmark is dropped. */
    FeatureMap map() {
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
    int lambdas() {
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
        if (samples()) {
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
    Tsqr components() {
        return new Tsqr(new RankRule.Fixed(Math.min(spec.coordinates(), together() * landmarks)), true, false, false);
    }

    private void regress(List<PlannedPass> passes) {
        if (iterates()) {
            iterate(passes);
            return;
        }
        long rows = table.rows();
        int folds = folded() ? spec.solve().folds() : 1;
        passes.add(prepared(
                folded() ? "normal equations of " + folds + " folds" : "normal equations",
                mapFlops() + NormalPass.flops(rows, landmarks, targets),
                folds * NormalPass.nodeBytes(landmarks, targets)));
        if (folded() && spec.read().kind() == ReadSpec.Kind.CLASSIFICATION) {
            for (int from = 0; from < folds; from += foldsAtOnce()) {
                int some = Math.min(foldsAtOnce(), folds - from);
                passes.add(prepared(
                        HeldOutShape.label(some),
                        mapFlops() + heldOut().flops(rows, some, folds),
                        heldOut().nodeBytes()));
            }
        }
        if (leavesOneOut()) {
            double products = landmarks + (double) lambdas() * (1 + targets);
            passes.add(prepared("leave-one-out", mapFlops() + 2.0 * rows * landmarks * products, 0));
        }
    }

    Workload workload() {
        KernelMemory memory = new KernelMemory(this);
        return new Workload(
                spec.job(),
                "lower features.size",
                table,
                layout,
                spec.read().partitions(),
                passes(),
                (long) table.cols() * spec.held().bytes()
                        + 8L * spec.read().beside().all().size(),
                memory::taskWork,
                0,
                memory.sentBytes(),
                memory.algebra());
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
                            : String.format(
                                    Locale.ROOT,
                                    "%.2g flops for its eigenvalues%s",
                                    (folded() ? spec.solve().folds() + 1 : 1) * 9 * Math.pow(landmarks, 3),
                                    folded() ? " and those of each fold's" : ""));
        }
        if (nystrom() && spec.features().landmarks() == FeatureSpec.Sampler.RPCHOLESKY && pool() >= table.rows()) {
            Workload.line(text, "  note        rpcholesky takes as many rounds as it needs, %d as a rule", ROUNDS);
        }
        return text.toString();
    }
}
