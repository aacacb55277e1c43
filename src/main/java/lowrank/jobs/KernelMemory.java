package lowrank.jobs;

import lowrank.blocks.Column;
import lowrank.blocks.LeafRange;
import lowrank.certify.KernelMeasures;
import lowrank.factor.CrossSum;
import lowrank.factor.GramSum;
import lowrank.kernel.SampledError;
import lowrank.regress.ConjugateGradients;
import lowrank.store.OutputFolder;

/** What a nystrom, features or regress job holds in tasks, on the way to them and on the driver, beside nodes. */
record KernelMemory(KernelPlan plan) {
    /** Matrices like the sketch that the driver holds at once: basis, image, products of these, and LAPACK's. */
    private static final int SKETCHES = 8;

    /** An eigendecomposition with vectors: the matrix, its copy, LAPACK's work, vectors on the heap. */
    private static final int SQUARES = 5;

    /** The same beside those of all rows, while a fold is left out: sums, equations and vectors. */
    private static final int FOLD_SQUARES = 2;

    /** Matrices like the coefficients that a solver holds: sums, equations, these turned, filtered, and the fit. */
    private static final int CROSSES = 6;

    private static final int FOLD_CROSSES = 4;

    /** Bytes off the heap of a task: the block as read and prepared, what the map holds, what is summed, what is written. */
    long taskWork(LeafRange task) {
        long b = plan.layout().blockRows();
        long d = plan.table().cols();
        int bytes = plan.spec().precision().bytes();
        boolean prepares = plan.spec().read().standard()
                || plan.spec().read().clip() < Double.POSITIVE_INFINITY
                || plan.spec().kernel().lengthScales().length > 0;
        long block = b * d * (plan.spec().held().bytes() + (prepares ? bytes : 0)) + b * 8 * (plan.targets() + 1);
        long beside = plan.together() > 1 ? b * plan.together() * plan.landmarks() * bytes : 0;
        long sink = plan.spec().table()
                ? OutputFolder.sinkBytes(
                        plan.layout(),
                        task,
                        plan.together() * plan.landmarks(),
                        plan.spec().write().stored())
                : 0;
        long components = plan.spec().coordinates() > 0
                ? plan.components().taskBytes(plan.layout(), plan.together() * plan.landmarks())
                : 0;
        return block
                + Math.max(
                        mapBytes() + (plan.spec().solve() == null ? 0 : sumBytes()),
                        plan.spec().solve() == null
                                ? plan.together() * mapBytes() + beside + Math.max(sink, components)
                                : 0);
    }

    /** Of the map of one draw. */
    private long mapBytes() {
        return plan.map()
                .mapperBytes(
                        plan.layout(),
                        new Column("values", plan.table().cols(), plan.spec().precision()));
    }

    /** Of what a regression sums: normal equations, or the products of leave-one-out or of conjugate gradients. */
    private long sumBytes() {
        long b = plan.layout().blockRows();
        long m = plan.landmarks();
        long bytes = plan.spec().precision().bytes();
        if (plan.iterates()) {
            return (KernelPlan.sketchBytes(plan.landmarks(), plan.targets()) / 8) * (2 * bytes + 8)
                    + 2 * b * bytes * (ConjugateGradients.rank(plan.landmarks()) + plan.targets());
        }
        // Rows are copied where they are weighted, and where they are gathered by folds.
        long gathered = plan.folded() ? b * (bytes * m + 8L * (plan.targets() + 1)) : 0;
        long normal = (plan.folded() ? plan.spec().solve().folds() : 1)
                        * (GramSum.workBytes(plan.landmarks(), plan.spec().precision())
                                + CrossSum.workBytes(plan.landmarks(), plan.targets() + 1))
                + bytes * b * (plan.targets() + 1 + (plan.spec().read().beside().weight() != null ? m : 0));
        if (plan.folded()) {
            return gathered
                    + Math.max(
                            normal,
                            plan.heldOut()
                                    .workBytes(
                                            plan.layout(),
                                            plan.foldsAtOnce(),
                                            plan.spec().precision()));
        }
        long products = m + (long) plan.lambdas() * (1 + plan.targets());
        return plan.leavesOneOut() ? Math.max(normal, bytes * (b * (m + products) + m * products)) : normal;
    }

    /** Of the largest thing that goes to every executor: a map, and what a pass over its features needs. */
    long sentBytes() {
        long m = plan.landmarks();
        long map = plan.nystrom() ? 8 * m * (plan.table().cols() + m) : 8;
        if (plan.iterates()) {
            return map + KernelPlan.sketchBytes(plan.landmarks(), plan.targets());
        }
        if (plan.folded()) {
            return map + plan.heldOut().sentBytes(plan.foldsAtOnce());
        }
        return map + (plan.leavesOneOut() ? 8 * m * (m + (long) plan.lambdas() * (1 + plan.targets())) : 0);
    }

    /** Of the driver's own work: landmarks and their eigenvalues, the solver, and the error of the kernel. */
    long algebra() {
        long square = 8L * plan.landmarks() * plan.landmarks();
        long cross = 8L * plan.landmarks() * (plan.targets() + 1);
        long bytes =
                8 * Math.min(plan.pool(), plan.table().rows()) * plan.table().cols();
        if (plan.iterates()) {
            bytes += (plan.nystrom() ? SQUARES * square : 0)
                    + SKETCHES * KernelPlan.sketchBytes(plan.landmarks(), plan.targets());
        } else if (plan.spec().solve() != null) {
            bytes += SQUARES * square + CROSSES * cross;
        } else if (plan.nystrom()) {
            bytes += SQUARES * square;
        }
        if (plan.folded()) {
            // What is sent is made here, while it is sent.
            bytes += FOLD_SQUARES * square
                    + FOLD_CROSSES * cross
                    + plan.heldOut().sentBytes(plan.foldsAtOnce());
        }
        if (plan.samples()) {
            int sampled = (int) Math.min(plan.table().rows(), KernelMeasures.SAMPLED);
            bytes += SampledError.bytes(sampled, plan.table().cols(), plan.together() * plan.landmarks());
        }
        return bytes;
    }
}
