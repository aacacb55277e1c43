package lowrank.kernel;

import java.io.Serializable;
import java.util.Arrays;
import lowrank.blas.Arena;
import lowrank.blas.Backend;
import lowrank.blas.Blas;
import lowrank.blas.OffHeap;
import lowrank.blas.Precision;
import lowrank.blocks.Block;
import lowrank.blocks.Column;
import lowrank.blocks.Fold;
import lowrank.blocks.Layout;
import lowrank.blocks.Pass;
import lowrank.blocks.RowReader;
import lowrank.blocks.Schema;
import lowrank.blocks.Slab;
import lowrank.linalg.Matrix;
import lowrank.linalg.Triangle;
import lowrank.random.Philox;

/**
 * One round of proposals for landmarks: with R^T R = K(L, L), the residual of a row is d_i = k(x_i, x_i) - |R^-T k(L, x_i)|^2, and b
 * rows are drawn independently with chances proportional to d_i.
 *
 * <p>Each node holds the b rows that would be drawn if the table ended there. Where two nodes meet, each draw takes the one of the
 * right with probability right / (left + right) of their sums, by a random number at (round, first row of the right node, draw): by
 * induction each row of both has the chance d_i / sum. A row begins a right node once in the tree, so no number is used twice.
 *
 * <p><b>Cost</b>: k (2 d + k) flops a row and k kernel values, no state beside the rows; a node is b rows.
 *
 * @param landmarks L so far, k x d
 * @param factor R
 * @param draws b
 */
record PivotPass(Kernel kernel, Matrix landmarks, Triangle factor, long seed, int round, int draws)
        implements Pass<PivotPass.Draws> {
    /** Draws of a round lie so far apart among the columns of random numbers. */
    static final int STRIDE = 1 << 11;

    /**
     * Rows drawn from a range of rows.
     *
     * @param firstRow of the range
     * @param left sum of the residuals
     * @param trace sum of k(x, x)
     * @param captured by each landmark, in order: the sums of (R^-T k)_j^2
     * @param weights residuals of the rows drawn
     * @param rows their global positions, -1 where the sum is 0
     * @param values of the rows drawn, one after the other
     */
    record Draws(
            long firstRow, double left, double trace, double[] captured, double[] weights, long[] rows, double[] values)
            implements Serializable {}

    /** Residuals below this part of k(x, x) are rounding of kernel values, and count as 0. */
    static double floor(Precision precision) {
        return precision == Precision.DOUBLE ? 0x1p-36 : 0x1p-15;
    }

    @Override
    public String label() {
        return "landmarks " + (landmarks.rows() + 1) + "..";
    }

    @Override
    public double flops(long rows, Schema schema) {
        double k = landmarks.rows();
        return CrossKernel.flops(rows, landmarks) + rows * k * k;
    }

    @Override
    public long nodeBytes(Schema schema) {
        return 8L * (draws * (schema.first().width() + 2L) + landmarks.rows());
    }

    @Override
    public Fold<Draws> open(Arena arena, Schema schema, Layout layout) {
        return new PivotFold(arena, schema.first(), layout);
    }

    private final class PivotFold implements Fold<Draws> {
        private final Blas blas = Backend.current();
        private final Philox pick = new Philox(seed, Landmarks.Streams.PICK);
        private final Philox merge = new Philox(seed, Landmarks.Streams.MERGE);
        private final Arena arena;
        private final Column input;
        private final Layout layout;
        private final RowReader reader;
        private final double[] residuals;
        private final double[] sums;
        private final double[] tile = new double[OffHeap.TILE];
        private final float[] floats = new float[OffHeap.TILE];
        private CrossKernel cross;
        private long triangle;
        private Draws leaf;
        private double left;
        private double trace;

        PivotFold(Arena arena, Column input, Layout layout) {
            this.arena = arena;
            this.input = input;
            this.layout = layout;
            reader = new RowReader(input);
            residuals = new double[layout.blockRows()];
            sums = new double[layout.blockRows()];
        }

        private void begin(long firstRow) {
            if (cross == null) {
                cross = new CrossKernel(kernel, landmarks, arena, input, layout);
                int k = landmarks.rows();
                triangle = arena.allocate((long) k * k, input.precision());
                if (input.precision() == Precision.DOUBLE) {
                    factor.store(triangle, k);
                } else {
                    long wide = arena.doubles((long) k * k);
                    factor.store(wide, k);
                    OffHeap.narrow(wide, triangle, (long) k * k);
                    arena.free(wide);
                }
            }
            if (leaf == null) {
                int width = input.width();
                long[] none = new long[draws];
                Arrays.fill(none, -1);
                leaf = new Draws(
                        firstRow,
                        0,
                        0,
                        new double[landmarks.rows()],
                        new double[draws],
                        none,
                        new double[draws * width]);
                left = 0;
                trace = 0;
            }
        }

        @Override
        public void add(Block block) {
            begin(block.firstRow());
            double total = residuals(block);
            int width = input.width();
            for (int t = 0; t < draws && total > 0; t++) {
                if (takesRight(left, total, block.firstRow(), t)) {
                    int row = draw(block, total, t);
                    leaf.weights[t] = residuals[row];
                    leaf.rows[t] = block.firstRow() + row;
                    System.arraycopy(reader.read(block.first(), row, 1), 0, leaf.values, t * width, width);
                }
            }
            left += total;
        }

        /** Residuals of the rows of a block and their running sums; returns the last. */
        private double residuals(Block block) {
            int k = landmarks.rows();
            int bytes = input.precision().bytes();
            Slab f = cross.of(block.first(), block.firstRow());
            if (k > 0) {
                // F = R^-T K(L, X_b), where the slab as a column-major matrix is K(L, X_b).
                blas.trsm(input.precision(), true, true, k, block.rows(), 1, triangle, k, f.address(), k);
            }
            double floor = floor(input.precision());
            double total = 0;
            for (int i = 0; i < block.rows(); i++) {
                double known = 0;
                for (int from = 0; from < k; from += OffHeap.TILE) {
                    int count = Math.min(OffHeap.TILE, k - from);
                    get(f.row(i) + (long) from * bytes, count);
                    for (int j = 0; j < count; j++) {
                        tile[j] *= tile[j];
                        leaf.captured[from + j] += tile[j];
                    }
                    for (int j = 0; j < count; j++) {
                        known += tile[j];
                    }
                }
                double self = cross.self(i);
                double residual = self - known;
                residuals[i] = residual > floor * self ? residual : 0;
                trace += self;
                total += residuals[i];
                sums[i] = total;
            }
            return total;
        }

        private void get(long address, int count) {
            if (input.precision() == Precision.DOUBLE) {
                OffHeap.get(address, tile, 0, count);
                return;
            }
            OffHeap.get(address, floats, 0, count);
            for (int j = 0; j < count; j++) {
                tile[j] = floats[j];
            }
        }

        /** A row of the block, with a chance proportional to its residual. */
        private int draw(Block block, double total, int t) {
            double at = pick.uniformAt(block.firstRow(), round * STRIDE + t) * total;
            int low = 0;
            int high = block.rows() - 1;
            // The first row whose running sum exceeds the number; rounding may have put it on the total.
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (sums[middle] > at) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            while (residuals[low] == 0) {
                low--;
            }
            return low;
        }

        private boolean takesRight(double leftSum, double rightSum, long firstRow, int t) {
            return rightSum > 0
                    && (leftSum == 0
                            || merge.uniformAt(firstRow, round * STRIDE + t) * (leftSum + rightSum) < rightSum);
        }

        @Override
        public Draws takeLeaf() {
            Draws node = new Draws(leaf.firstRow, left, trace, leaf.captured, leaf.weights, leaf.rows, leaf.values);
            leaf = null;
            return node;
        }

        @Override
        public Draws merge(Draws one, Draws two) {
            int width = input.width();
            Draws both = new Draws(
                    one.firstRow,
                    one.left + two.left,
                    one.trace + two.trace,
                    one.captured.clone(),
                    one.weights.clone(),
                    one.rows.clone(),
                    one.values.clone());
            for (int j = 0; j < both.captured.length; j++) {
                both.captured[j] += two.captured[j];
            }
            for (int t = 0; t < draws; t++) {
                if (takesRight(one.left, two.left, two.firstRow, t)) {
                    both.weights[t] = two.weights[t];
                    both.rows[t] = two.rows[t];
                    System.arraycopy(two.values, t * width, both.values, t * width, width);
                }
            }
            return both;
        }
    }
}
