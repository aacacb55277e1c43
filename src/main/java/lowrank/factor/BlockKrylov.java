package lowrank.factor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lowrank.blocks.Layout;
import lowrank.blocks.RightProduct;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Triangle;

/**
 * The leading singular triplets by a block Krylov space of A^T A: few passes, each of which reduces to a narrow matrix.
 *
 * <p>V_0 has random orthonormal columns, l = rank + oversampling of them. A pass sums W = A^T (A V_t), and V_(t+1) is what is new
 * in W ({@link Basis}); after q passes Q = [V_0, ..., V_q] has L = (q + 1) l columns (Musco and Musco, 2015, "Randomized block
 * Krylov methods for stronger and faster approximate singular value decomposition", on the side of the columns). One pass more
 * takes R of A Q = Q_Y R ({@link ProjectionPass}); R = W S Z^T gives s and V = Q Z_k, and U = A V_k S^-1 by the routes of {@link
 * FromTriangle}. The full-accuracy form takes B = Q_Y^T A in another pass ({@link RangePass}) and the SVD of B: no value is limited
 * by the squares in A^T A, and it converges half an iteration further.
 *
 * <p><b>Centring</b>: the first pass subtracts the first row while packing and is corrected, A_c^T A_c V = A^T A V - m mu (mu^T V);
 * it only steers the basis. From then on the mean itself is subtracted while packing, so what is measured is centred exactly.
 * Dividing by deviations needs them before the first product, hence a pass of its own.
 *
 * <p><b>Cost</b>: q + 1 passes, one more for U, one more in full, one more to scale (or when magnitudes ask for another unit);
 * 4 m n l flops per product with A^T A, 2 m n L + 2 m L^2 for R; n l or L^2 / 2 + n probes doubles per task to the driver.
 *
 * <p><b>Accuracy</b>, with N = A (I - Q Q^T) the part that was missed, ||N||_2 <= E ({@link Missed}): the rows of N and of A Q Q^T are
 * orthogonal, so that
 * <ul>
 *   <li>A - U_k S_k V_k^T = A (I - V_k V_k^T) = N + A Q Z' Z'^T Q^T with Z' the columns of Z beyond k, and its square (times its
 *       transpose) is N N^T plus one of norm s_(k+1)^2: the residual is at most sqrt(s_(k+1)^2 + E^2), in the Frobenius norm exactly
 *       sqrt(||A||_F^2 - s_1^2 - ... - s_k^2);
 *   <li>A A^T = A Q Q^T A^T + N N^T: s_j <= sigma_j <= sqrt(s_j^2 + E^2) (Cauchy, Weyl);
 *   <li>A^T u_j - s_j v_j = (I - Q Q^T) A^T A Q z_j / s_j, in which only the last block V_q leaves the space: at most
 *       E ||A V_q z_jq|| / s_j with z_jq its part of z_j, plus what was dropped and rounded, which is 1e-12 s_1^2 / s_j.
 * </ul>
 * In full, M = (I - Q_Y Q_Y^T) A = (I - Q_Y Q_Y^T) N stands for N, columns for rows, and A^T u_j = s_j v_j exactly.
 *
 * @param rank what to keep; for a tolerance the space is grown until it is met
 * @param center whether the column means are subtracted
 * @param scale whether columns are divided by their standard deviations (with center only)
 * @param leftVectors whether U will be written
 * @param sketch how hard to look
 */
public record BlockKrylov(RankRule rank, boolean center, boolean scale, boolean leftVectors, Sketch sketch)
        implements SvdAlgorithm {
    /** The rank that a tolerance is tried with first. */
    private static final int FIRST_RANK = 32;

    /** The most entries of a basis on the driver: 1 GB. */
    private static final long BASIS_ENTRIES = 1L << 27;

    public BlockKrylov {
        if (rank instanceof RankRule.Full) {
            throw new IllegalArgumentException(
                    "block-krylov finds leading singular values only; use factor.algorithm = tsqr for factor.rank = full");
        }
    }

    @Override
    public String name() {
        return "block-krylov";
    }

    @Override
    public Svd factor(RowBlocks rows) {
        return new KrylovRun(this, rows).run();
    }

    /** The rank to look for first. */
    int firstRank(long rows, int cols) {
        int wanted = rank instanceof RankRule.Fixed fixed ? fixed.rank() : FIRST_RANK;
        return (int) Math.min(wanted, Math.min(rows, cols));
    }

    /** Whether the basis for a rank is one that a tolerance may grow to. */
    boolean fits(int target, long rows, int cols) {
        return (long) sum(blocks(target, rows, cols)) * cols <= BASIS_ENTRIES;
    }

    /** Whether the first basis is within a Java array. */
    boolean isAddressable(long rows, int cols) {
        return (long) sum(blocks(firstRank(rows, cols), rows, cols)) * cols <= Integer.MAX_VALUE - 8;
    }

    /** Columns of V_0, ..., V_q for a rank: l each while there are as many columns; blocks without any are left out. */
    int[] blocks(int target, long rows, int cols) {
        int l = (int) Math.min((long) target + sketch.oversampling(), Math.min(rows, cols));
        // Without a product with A^T A, no random block of a wide matrix spans its rows, and a tolerance might never be
        // met.
        int powers =
                rank instanceof RankRule.Tolerance ? Math.max(1, sketch.powerIterations()) : sketch.powerIterations();
        int count = (int) Math.min(powers + 1L, ((long) cols + l - 1) / l);
        int[] widths = new int[count];
        for (int t = 0; t < count; t++) {
            widths[t] = Math.min(l, cols - t * l);
        }
        return widths;
    }

    private static int sum(int[] blocks) {
        return Arrays.stream(blocks).sum();
    }

    /** Probes that ride on the pass before U: none where the basis is the whole space. */
    private int probes(int width, int cols) {
        return width < cols ? sketch.probes() : 0;
    }

    /** The name of the t-th product with A^T A, t from 1. */
    static String label(int round, int t) {
        return "power iteration " + t + (round == 0 ? "" : ", round " + (round + 1));
    }

    @Override
    public List<PlannedPass> passes(long rows, int cols) {
        int target = firstRank(rows, cols);
        int[] blocks = blocks(target, rows, cols);
        int width = sum(blocks);
        List<PlannedPass> passes = new ArrayList<>();
        boolean together = blocks.length > 1 && !scale;
        double moments = MomentsPass.flops(rows, cols);
        long ofMoments = MomentsPass.nodeBytes(cols);
        passes.add(
                together
                        ? new PlannedPass(
                                "moments + " + label(0, 1),
                                moments + KrylovPass.flops(rows, cols, blocks[0]),
                                ofMoments + KrylovPass.nodeBytes(cols, blocks[0]))
                        : new PlannedPass("moments", moments, ofMoments));
        for (int t = together ? 2 : 1; t < blocks.length; t++) {
            passes.add(new PlannedPass(
                    label(0, t),
                    KrylovPass.flops(rows, cols, blocks[t - 1]),
                    KrylovPass.nodeBytes(cols, blocks[t - 1])));
        }
        int probes = probes(width, cols);
        int beside = sketch.full() ? 0 : probes;
        passes.add(new PlannedPass(
                ProjectionPass.label(beside),
                ProjectionPass.flops(rows, cols, width, beside),
                ProjectionPass.nodeBytes(cols, width, beside)));
        if (sketch.full()) {
            passes.add(new PlannedPass(
                    RangePass.label(probes),
                    RangePass.flops(rows, cols, width, probes),
                    RangePass.nodeBytes(cols, width, probes)));
        }
        if (leftVectors) {
            // In full, A Q_1 R_11^-1 T in place of A T.
            double whitened = sketch.full()
                    ? 2.0 * rows * ((long) cols * width + (long) (width - cols) * target)
                            + (double) rows * width * width
                    : 0;
            PlannedPass u = PlannedPass.ofU(rows, cols, target);
            passes.add(new PlannedPass(u.label(), whitened + u.flops(), u.nodeBytes()));
        }
        return passes;
    }

    @Override
    public long partialBytes(int cols) {
        int[] blocks = blocks(firstRank(cols, cols), cols, cols);
        int width = sum(blocks);
        long n = cols;
        long power = n * (blocks[0] + 4);
        long sketched = Triangle.entries(width) + n * (sketch.probes() + (sketch.full() ? width : 0));
        return 8 * Math.max(power, sketched);
    }

    /** Q and probes, a triangle and its inverse. */
    @Override
    public long broadcastBytes(long rows, int cols) {
        int first = firstRank(rows, cols);
        long width = sum(blocks(first, rows, cols));
        return 8 * (cols * (width + probes((int) width, cols)) + 2 * width * width)
                + (leftVectors ? Probing.sentBytes(cols, first) : 0);
    }

    @Override
    public long taskBytes(Layout layout, int cols) {
        int[] blocks = blocks(firstRank(layout.rows(), cols), layout.rows(), cols);
        int width = sum(blocks);
        int probes = probes(width, cols);
        long power = SvdAlgorithm.productBytes(layout, cols, blocks[0], center) + CrossSum.workBytes(cols, blocks[0]);
        long probing = 8 * RightProduct.entries(layout.blockRows(), probes) + 2 * CrossSum.workBytes(cols, probes);
        long sketched =
                SvdAlgorithm.productBytes(layout, cols, width, center) + QrPass.workBytes(layout, width) + probing;
        long range = sketch.full() ? CrossSum.workBytes(cols, width) : 0;
        return Math.max(power, sketched + range);
    }

    /** Q and its copies in products, a block and what is left of it, and the SVD of the triangle. */
    @Override
    public long driverBytes(long rows, int cols) {
        int[] blocks = blocks(firstRank(rows, cols), rows, cols);
        long width = sum(blocks);
        long vectors = 4 * width + 8L * blocks[0] + 4L * sketch.probes() + (sketch.full() ? 4 * width : 0);
        return 8 * (cols * vectors + 14 * width * width);
    }
}
